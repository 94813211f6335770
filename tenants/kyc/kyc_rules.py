"""KYC as facts and dates (KYC-1, KYC-3). Pure; asks no clock."""

from datetime import date, timedelta
from enum import StrEnum

from core.calendar import end_of_days, local_date
from core.clock import Instant
from tenants.policy.policy_resolution import Policies


class KycStatus(StrEnum):
    """Where an organization's documents stand."""

    NONE = "NONE"
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


MISSING = frozenset({KycStatus.NONE, KycStatus.REJECTED})
"""Nothing is handed in that could still be approved: what falls due (SUB-114)."""


def is_kyc_lacking(policies: Policies, status: KycStatus) -> bool:
    """Whether `kycRequired` holds and the documents are not approved: no voice, no number (DEMO-8)."""
    return policies.boolean("kycRequired") and status is not KycStatus.APPROVED


def last_kyc_day(policies: Policies, activated_at: Instant, zone: str) -> date | None:
    """The last local day on which documents may come in; None when none are due (KYC-1, GEN-3)."""
    days = policies.integer_or_none("kycDueDays")
    if days is None or not policies.boolean("kycRequired"):
        return None
    return local_date(activated_at, zone) + timedelta(days=days)


def kyc_overdue_at(policies: Policies, activated_at: Instant, zone: str) -> Instant | None:
    """When missing documents suspend the organization: the first instant after that day."""
    days = policies.integer_or_none("kycDueDays")
    if days is None or not policies.boolean("kycRequired"):
        return None
    return end_of_days(local_date(activated_at, zone), days, zone)


def is_billing_name_locked(policies: Policies, status: KycStatus) -> bool:
    """`billingNameLock` AFTER_KYC: from APPROVED on it follows nothing and its organization cannot edit it (KYC-3)."""
    return policies.choice("billingNameLock") == "AFTER_KYC" and status is KycStatus.APPROVED
