"""Every notice that leaves: when, to whom, by which rule. Data only; code, tests and docs/guide/notices.md read it."""

from dataclasses import dataclass
from enum import StrEnum

from tenants.notices.recipients import Audience


class DatedEvent(StrEnum):
    """What is told at 09:00 local time of a day that is known before (ALR-1)."""

    DELETION = "DELETION"
    API_KEY_ENDS = "API_KEY_ENDS"
    CONSENT_ENDS = "CONSENT_ENDS"
    KYC_DUE = "KYC_DUE"
    RENEWAL_COMING = "RENEWAL_COMING"
    EXPIRING = "EXPIRING"
    LOW_MONEY = "LOW_MONEY"


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """One line of the table. `days_before`: how many local days before the last one; `when` says what it is not."""

    topic: str
    what: str
    when: str
    audience: Audience
    rule: str
    days_before: tuple[int, ...] = ()
    unless: str = ""


_MORNING = "09:00 local time"
AT_ONCE = "at once"

DATED: dict[DatedEvent, NoticeEvent] = {
    DatedEvent.DELETION: NoticeEvent(
        "notice.deletion_coming", "A deletion comes near", f"7 and 1 days before the last day, {_MORNING}",
        Audience.OWNER_AND_ACCOUNTS, "ALR-1", (7, 1), "the deletion was reversed or carried out",
    ),
    DatedEvent.API_KEY_ENDS: NoticeEvent(
        "notice.api_key_ends", "An API key ends", f"30, 7 and 1 days before, {_MORNING}",
        Audience.LEADERS, "ALR-1", (30, 7, 1), "the key was revoked",
    ),
    DatedEvent.CONSENT_ENDS: NoticeEvent(
        "notice.support_consent_ends", "A standing consent to support ends",
        f"30, 7 and 1 days before its last day, {_MORNING}",
        Audience.LEADERS, "SUP-4", (30, 7, 1), "the consent was revoked or has ended",
    ),
    DatedEvent.KYC_DUE: NoticeEvent(
        "notice.kyc_due", "Documents are due", f"2 days before and on the last day, {_MORNING}",
        Audience.SERVICE, "KYC-1", (2, 0), "documents were handed in or approved",
    ),
    DatedEvent.RENEWAL_COMING: NoticeEvent(
        "notice.renewal_coming", "A subscription will be renewed", f"`reminderDays` before the end, {_MORNING}",
        Audience.MONEY, "SUB section 15", (), "it was renewed, ended, or auto-renew was turned off",
    ),
    DatedEvent.EXPIRING: NoticeEvent(
        "notice.expiring", "A subscription will end", f"`expiringDays` before the end, {_MORNING}",
        Audience.MONEY, "SUB section 15", (), "it was renewed, ended, or auto-renew was turned on",
    ),
    DatedEvent.LOW_MONEY: NoticeEvent(
        "notice.low_money", "Money is low", f"at once, then each day at {_MORNING} while it is",
        Audience.MONEY, "MON-66", (), "there is enough money again",
    ),
}  # fmt: skip

IMMEDIATE: tuple[NoticeEvent, ...] = tuple(
    NoticeEvent(f"notice.{name}", what, AT_ONCE, audience, rule)
    for name, what, audience, rule in (
        ("suspended", "An organization is suspended", Audience.SERVICE, "STOP-10"),
        ("suspended_again", "A delay of a suspension is over", Audience.SERVICE, "STOP-8"),
        ("suspension_delayed", "A suspension is delayed", Audience.SERVICE, "STOP-8"),
        ("lifted", "A suspension is lifted", Audience.SERVICE, "STOP-10"),
        ("deletion_requested", "A deletion was asked for", Audience.OWNER_AND_ACCOUNTS, "DEL-1"),
        ("deletion_reversed", "A deletion was reversed", Audience.OWNER_AND_ACCOUNTS, "DEL-3"),
        ("organization_ended", "An organization has ended", Audience.OWNER_AND_ACCOUNTS, "DEL-5"),
        ("organization_moved", "An organization has a new seller", Audience.OWNER_AND_CONTACTS, "MOVE-8"),
        ("move_opened", "An offer to move was opened", Audience.LEADERS, "MOVE-2"),
        ("move_refused", "An offer to move was refused", Audience.LEADERS, "MOVE-2"),
        ("ownership_recovery_started", "A new owner was named", Audience.OWNER_AND_CONTACTS, "OWN-5"),
        ("ownership_recovery_stopped", "The owner stopped a recovery", Audience.OWNER_AND_CONTACTS, "OWN-5"),
        ("ownership_recovery_lapsed", "A recovery did not take effect", Audience.OWNER_AND_CONTACTS, "OWN-5"),
        ("support_session_asked", "Somebody asks for a support session", Audience.LEADERS, "SUP-2"),
        ("support_session_opened", "A support session was opened", Audience.SERVICE, "SUP-12"),
        ("support_session_ended", "A support session has ended", Audience.SERVICE, "SUP-12"),
        ("support_session_refused", "A support session was refused", Audience.SERVICE, "SUP-2"),
        ("support_consent_given", "A standing consent was given", Audience.SERVICE, "SUP-4"),
        ("support_consent_ended", "A standing consent was revoked or cut off", Audience.SERVICE, "SUP-4"),
        ("kyc_handed_in", "Documents were handed in", Audience.SERVICE, "KYC-1"),
        ("kyc_decided", "Documents were approved or rejected", Audience.SERVICE, "KYC-1"),
        ("kyc_locked", "Too many wrong codes for the documents", Audience.SERVICE, "KYC-2"),
        ("billing_name_changed", "The seller changed a locked billing name", Audience.GENERAL, "KYC-4"),
        ("identity_provider_changed", "How members may sign in was changed", Audience.SERVICE, "AUTH-2"),
        ("second_factor_changed", "A second factor was changed", Audience.SERVICE, "AUTH-2"),
        ("renewal_failed", "A renewal failed; to the buyer and the seller", Audience.MONEY, "SUB-43"),
        ("subscription_expired", "A subscription is EXPIRED", Audience.MONEY, "SUB-110"),
        ("subscription_deactivated", "A subscription is DEACTIVATED", Audience.MONEY, "SUB-110"),
        ("subscription_suspended", "Subscriptions are SUSPENDED for the limit", Audience.MONEY, "MON-62"),
        ("subscription_returned", "Subscriptions are back within the limit", Audience.MONEY, "MON-64"),
    )
)

PERSONAL: tuple[tuple[str, str, str], ...] = (
    ("mail.invitation", "The invited", "MEM-6"),
    ("mail.password_reset", "Who asked for it", "AUTH-5"),
    ("mail.password_changed", "Whose password it is", "AUTH-4"),
    ("mail.sign_in_locked", "Whose sign-in is locked, if it is a known one", "AUTH-3"),
    ("mail.owner_code", "The new e-mail of the OWNER", "OWN-4"),
    ("mail.owner_contact_changed", "The old e-mail of the OWNER", "OWN-4"),
    ("mail.ownership_transferred", "Both persons and the ACCOUNTS contacts", "OWN-3"),
    ("mail.kyc_code", "Who hands in the documents", "KYC-2"),
)
"""At once, to the persons concerned: topic, to whom, rule."""
