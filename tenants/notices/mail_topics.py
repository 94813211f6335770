"""What each message of the outbox is as a mail: its subject, its first sentence, whom it is for. Data only.

A topic that is not named here is still sent: by its beginning to an audience, with a subject made of its words."""

from collections.abc import Mapping

from tenants.notices.recipients import Audience

SUBJECTS: dict[str, tuple[str, str]] = {
    "mail.invitation": ("Invitation to {organization}", "You are invited to {organization}. Accept by this link:"),
    "mail.password_reset": ("Set a new password", "Somebody, probably you, asked for a new password. Set it here:"),
    "mail.password_changed": ("Your password was changed", "Your password was changed. If it was not you, reset it."),
    "mail.sign_in_locked": ("Sign-in is locked", "There were too many wrong passwords for your e-mail."),
    "mail.owner_code": ("Your code is {code}", "With this code your new e-mail counts for {organization}: {code}"),
    "text.owner_code": ("Code", "{code} is your code for {organization}."),
    "mail.owner_contact_changed": ("Your e-mail was changed", "The e-mail of the owner of {organization} was changed."),
    "mail.kyc_code": ("Your code is {code}", "With this code the documents of {organization} are yours: {code}"),
    "mail.ownership_transferred": ("{organization} has a new owner", "{owner} is the owner of {organization} now."),
    "notice.ownership_recovery_started": (
        "A new owner was named for {organization}",
        "{owner} will be the owner of {organization} unless the present owner stops it.",
    ),
    "notice.ownership_recovery_stopped": ("{organization} keeps its owner", "The owner stopped the recovery."),
    "notice.ownership_recovery_lapsed": ("{organization} keeps its owner", "The recovery did not take effect."),
    "notice.suspended": ("{organization} is suspended", "{organization} is suspended."),
    "notice.suspended_again": ("{organization} is suspended again", "A delay is over: {organization} is suspended."),
    "notice.suspension_delayed": ("The suspension of {organization} is delayed", "{organization} works for now."),
    "notice.lifted": ("A suspension of {organization} is lifted", "A suspension of {organization} is lifted."),
    "notice.deletion_requested": ("{organization} will be deleted", "The deletion of {organization} was asked for."),
    "notice.deletion_coming": ("{organization} will be deleted soon", "The time to take it back is over soon."),
    "notice.api_key_ends": ("An API key of {organization} ends", "An API key of {organization} ends soon."),
    "notice.support_consent_ends": ("A consent to support ends", "A standing consent of {organization} ends soon."),
    "notice.kyc_due": ("Documents of {organization} are due", "Documents of {organization} are due."),
    "notice.renewal_coming": ("{product} will be renewed", "{product} of {organization} will be renewed."),
    "notice.expiring": ("{product} will end", "{product} of {organization} will end; it is not renewed by itself."),
    "notice.low_money": ("Money is low", "The balance of {organization} is low."),
    "notice.renewal_failed": ("A renewal failed", "{product} of {organization} could not be renewed."),
    "notice.subscription_expired": ("{product} has expired", "{product} of {organization} has expired."),
    "notice.subscription_deactivated": ("{product} is deactivated", "{product} of {organization} is deactivated."),
    "notice.deletion_reversed": ("{organization} will not be deleted", "The deletion of {organization} was reversed."),
    "notice.organization_ended": ("{organization} is deleted", "{organization} is deleted."),
    "notice.move_opened": ("An offer to move {organization}", "{organization} may move to {newSeller}."),
    "notice.move_refused": ("{organization} does not move", "The offer to move {organization} was refused."),
    "notice.support_session_asked": (
        "Support asks to act inside {organization}",
        "{supporter} asks to act inside {organization}. Nothing happens unless you allow it.",
    ),
    "notice.support_session_opened": ("A support session was opened", "A support session of {supporter} is open."),
    "notice.support_session_ended": ("A support session has ended", "A support session of {supporter} has ended."),
    "notice.support_session_refused": (
        "A support session was refused",
        "The support session that {supporter} asked for was refused.",
    ),
    "notice.support_consent_given": (
        "A consent to support was given",
        "From now on support may act inside {organization} without asking, as far as the consent goes.",
    ),
    "notice.support_consent_ended": ("A consent to support has ended", "A consent of {organization} has ended."),
    "notice.kyc_handed_in": ("Documents of {organization} were handed in", "They wait for an answer."),
    "notice.kyc_decided": ("The documents of {organization} were looked at", "There is an answer to the documents."),
    "notice.kyc_locked": (
        "Documents of {organization}: too many wrong codes",
        "There were too many wrong codes. Documents can be handed in again later.",
    ),
    "notice.billing_name_changed": (
        "The billing name of {organization} was changed",
        "The seller of {organization} changed its billing name, which is locked for others.",
    ),
    "notice.subscription_suspended": (
        "Subscriptions are suspended",
        "Subscriptions of {organization} are suspended, because more is owed than the limit allows.",
    ),
    "notice.subscription_returned": ("Subscriptions run again", "Subscriptions of {organization} run again."),
    "notice.organization_moved": ("{organization} has moved", "{organization} has a new seller."),
    "notice.identity_provider_changed": (
        "The sign-in of {organization} was changed",
        "Through which provider the members of {organization} may sign in was changed.",
    ),
    "notice.second_factor_changed": ("How you sign in was changed", "The second factor of your sign-in was changed."),
}

AUDIENCES: tuple[tuple[str, Audience], ...] = (
    ("notice.ownership", Audience.OWNER_AND_CONTACTS),
    ("notice.deletion", Audience.OWNER_AND_ACCOUNTS),
    ("notice.organization_ended", Audience.OWNER_AND_ACCOUNTS),
    ("notice.organization_moved", Audience.OWNER_AND_CONTACTS),
    ("notice.move", Audience.LEADERS),
    ("notice.support_session_asked", Audience.LEADERS),
    ("notice.support_consent_ends", Audience.LEADERS),
    ("notice.api_key", Audience.LEADERS),
    ("notice.keys", Audience.LEADERS),
    ("notice.support", Audience.SERVICE),
    ("notice.suspen", Audience.SERVICE),
    ("notice.lifted", Audience.SERVICE),
    ("notice.kyc", Audience.SERVICE),
    ("notice.identity_provider", Audience.SERVICE),
    ("notice.second_factor", Audience.SERVICE),
    ("notice.lock", Audience.SERVICE),
    ("notice.number", Audience.SERVICE),
    ("notice.account", Audience.SERVICE),
    ("notice.low_money", Audience.MONEY),
    ("notice.payment", Audience.MONEY),
    ("notice.invoice", Audience.MONEY),
    ("notice.credit", Audience.MONEY),
    ("notice.wallet", Audience.MONEY),
    ("notice.refund", Audience.MONEY),
    ("notice.renew", Audience.MONEY),
    ("notice.dunning", Audience.MONEY),
    ("notice.subscription", Audience.MONEY),
    ("notice.trial", Audience.MONEY),
    ("notice.expir", Audience.MONEY),
)
"""By the topic's beginning, the first that fits; anything else is GENERAL (CON-3)."""

LINK_PATHS: dict[str, str] = {
    "mail.invitation": "/invitation",
    "mail.password_reset": "/password-reset",
}
"""Where a message's token is taken."""


def audience_of(topic: str, payload: Mapping[str, object]) -> Audience:
    """Whom the message is for: what it says itself, else by its topic."""
    if "audience" in payload:
        return Audience(str(payload["audience"]))
    return next((audience for beginning, audience in AUDIENCES if topic.startswith(beginning)), Audience.GENERAL)
