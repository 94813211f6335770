"""What an account may do: by its kind and end, by KYC, by its status (DEMO-6, DEMO-8, BAT-3, BAT-9). Pure."""

from collections.abc import Mapping
from enum import StrEnum

from accounts.account_id import AccountRole
from accounts.account_status import AccountKind, AccountStatus
from core.clock import Instant


class Service(StrEnum):
    """What an account is used for; NUMBER is having one."""

    INCOMING_CALL = "INCOMING_CALL"
    OUTGOING_CALL = "OUTGOING_CALL"
    MESSAGE = "MESSAGE"
    API = "API"
    NUMBER = "NUMBER"


_NEEDS_KYC = frozenset({Service.INCOMING_CALL, Service.OUTGOING_CALL, Service.NUMBER})
PAID = frozenset({Service.OUTGOING_CALL, Service.MESSAGE})
_SESSIONS = PAID | {Service.INCOMING_CALL}

_STOPPED: Mapping[AccountStatus, str] = {
    AccountStatus.CLOSED: "ACCOUNT_TERMINATED",
    AccountStatus.CUSTOMER_CLOSED: "ORGANIZATION_NOT_ACTIVE",
    AccountStatus.CUSTOMER_BLOCKED: "ORGANIZATION_NOT_ACTIVE",
    AccountStatus.SELLER_BLOCKED: "ORGANIZATION_NOT_ACTIVE",
    AccountStatus.CUSTOMER_SUSPENDED: "ORGANIZATION_NOT_ACTIVE",
    AccountStatus.SELLER_SUSPENDED: "ORGANIZATION_NOT_ACTIVE",
}
"""Statuses that end every use."""

_WITHOUT_SESSIONS: Mapping[AccountStatus, str] = {
    AccountStatus.BLOCKED: "ACCOUNT_BLOCKED",
    AccountStatus.EXPIRED: "ACCOUNT_EXPIRED",
    AccountStatus.INACTIVE: "ACCOUNT_INACTIVE",
    AccountStatus.NOT_YET_ACTIVE: "ACCOUNT_INACTIVE",
    AccountStatus.OVERDRAFT: "NO_FUNDS",
    AccountStatus.DEPLETED: "NO_FUNDS",
}
_WITHOUTPAID_SESSIONS: Mapping[AccountStatus, str] = {
    AccountStatus.CUSTOMER_NO_FUNDS: "NO_FUNDS",
    AccountStatus.CREDIT_EXCEEDED: "NO_FUNDS",
}
_INSIDE_CUSTOMER = frozenset({AccountStatus.QUARANTINED, AccountStatus.SCREENED})


def is_ended_demo(kind: AccountKind, demo_ends_at: Instant | None, now: Instant) -> bool:
    """Whether the account is a demo that is over, which leaves it read-only (DEMO-6); over at that very instant."""
    return kind is AccountKind.DEMO and demo_ends_at is not None and now >= demo_ends_at


def service_refusal(
    kind: AccountKind, role: AccountRole, status: AccountStatus, service: Service, *,
    is_ended: bool, lacks_kyc: bool, is_inside_customer: bool = False,
) -> str | None:  # fmt: skip
    """The code with which the use is refused, or None.

    `lacks_kyc`: Policy `kycRequired` holds for the customer and its KYC is not APPROVED (DEMO-8). Codes, in this order:
    ACCOUNT_TERMINATED; ACCOUNT_READ_ONLY (traffic and API of an ended demo, DEMO-6); KYC_REQUIRED (voice, number);
    DEMO_OUTBOUND_REFUSED; ORGANIZATION_NOT_ACTIVE; then of a session ACCOUNT_BLOCKED, ACCOUNT_EXPIRED,
    ACCOUNT_INACTIVE, ACCOUNT_RESTRICTED (held back by a check, or a VOUCHER), NO_FUNDS."""
    if status is AccountStatus.CLOSED:
        return _STOPPED[status]
    if is_ended and service is not Service.NUMBER:
        return "ACCOUNT_READ_ONLY"
    if lacks_kyc and service in _NEEDS_KYC:
        return "KYC_REQUIRED"
    if kind is AccountKind.DEMO and service is Service.OUTGOING_CALL:
        return "DEMO_OUTBOUND_REFUSED"
    if status in _STOPPED:
        return _STOPPED[status]
    return _session_refusal(role, status, service, is_inside_customer) if service in _SESSIONS else None


def _session_refusal(role: AccountRole, status: AccountStatus, service: Service, is_inside: bool) -> str | None:
    if role is AccountRole.VOUCHER or (status in _INSIDE_CUSTOMER and not is_inside):
        return "ACCOUNT_RESTRICTED"
    code = _WITHOUT_SESSIONS.get(status)
    if code is None and service in PAID:
        code = _WITHOUTPAID_SESSIONS.get(status)
    return code
