"""Policy parameters of organizations, members and demos (organizations rule book, section 18). Data only."""

from tenants.permissions import Role
from tenants.policy_parameters.definition import DOT, Parameter, parameter
from tenants.policy_parameters.kinds import Boolean, Choice, Choices, Integer, OrNone, choices_of

ROLES = choices_of(Role)
ROLES_BELOW_ADMIN = (Role.BILLING.value, Role.SUPPORT.value, Role.MEMBER.value)
BILLING_STATUSES = ("ACTIVE", "GRACE", "INACTIVE", "DEACTIVATED")

_ALL_BELOW_ADMIN = list(ROLES_BELOW_ADMIN)
_DEACTIVATION = Choice(("OFF", "REVERSIBLE", "FINAL"))
_SIGN_IN = Choice(("NONE", "PAY_ONLY"))
_UNPAID = Choice(("OFF", "INACTIVE", "OVERDUE"))
_LIFT = Choice(("MANUAL_OR_PAID", "PAID_OR_DELAY"))

# Columns: name, type, default, b3networks, myoperator, heyo, portabilling.
DIFFERING: tuple[Parameter, ...] = (
    parameter("managedByDefault", Choice(("CUSTOMER", "SERVICE_PROVIDER")),
              "CUSTOMER", DOT, DOT, DOT, "SERVICE_PROVIDER"),
    parameter("pricingModelDefault", OrNone(Choice(("APP", "LICENSE"))), None, DOT, "LICENSE", "LICENSE", "APP"),
    parameter("adminEditsOrganization", Boolean(), True, False, DOT, DOT, DOT),
    parameter("adminMayGrant", Choices(ROLES_BELOW_ADMIN), ["MEMBER"], DOT, _ALL_BELOW_ADMIN, DOT, _ALL_BELOW_ADMIN),
    parameter("deletionReverseDays", Integer(0, 365), 30, DOT, DOT, 0, 0),
    parameter("userDeactivation", _DEACTIVATION, "REVERSIBLE", "OFF", "OFF", "FINAL", "OFF"),
    parameter("suspendedSignIn", _SIGN_IN, "PAY_ONLY", "NONE", DOT, DOT, "NONE"),
    parameter("suspendWhenUnpaid", _UNPAID, "OFF", DOT, DOT, "INACTIVE", "OVERDUE"),
    parameter("paymentSuspensionLift", _LIFT, "MANUAL_OR_PAID", DOT, DOT, DOT, "PAID_OR_DELAY"),
    parameter("paymentSuspensionMaxDays", OrNone(Integer(1, 365)), None, DOT, DOT, 7, DOT),
    parameter("ownerTransferNeedsPaidInvoices", Boolean(), True, False, DOT, DOT, False),
    parameter("ownerCodeDigits", Integer(4, 8), 6, DOT, 4, DOT, DOT),
    parameter("demoDays", Integer(1, 90), 3, 30, DOT, DOT, 7),
    parameter("demoMinutes", OrNone(Integer(1, 10_000)), None, DOT, 60, 60, DOT),
    parameter("billingNameLock", Choice(("NEVER", "AFTER_KYC")), "NEVER", DOT, "AFTER_KYC", DOT, DOT),
    parameter("auditReads", Choice(("SUPPORT_ONLY", "ALL")), "SUPPORT_ONLY", DOT, DOT, DOT, "ALL"),
    parameter("resellerSeesCost", Boolean(), True, DOT, DOT, DOT, False),
)  # fmt: skip

ALIKE: tuple[Parameter, ...] = (
    parameter("apiKeyMaxCount", Integer(1, 100), 20),
    parameter("apiKeyMaxDays", Integer(1, 365), 365),
    parameter("brandInherits", Boolean(), False),
    parameter("demoBillingStatuses", Choices(BILLING_STATUSES), list(BILLING_STATUSES)),
    parameter("demoMaxOpen", Integer(1, 10), 1),
    parameter("demoRetentionDays", Integer(0, 365), 30),
    parameter("invitationDays", Integer(1, 90), 30),
    parameter("lockoutAttempts", Integer(3, 10), 5, is_operator_only=True),
    parameter("lockoutMinutes", Integer(5, 1440), 15, is_operator_only=True),
    parameter("moveOfferDays", Integer(1, 60), 14),
    parameter("ownerRecoveryDays", Integer(3, 30), 7),
    parameter("passwordMinLength", Integer(12, 64), 12, is_operator_only=True),
    parameter("sessionIdleMinutes", Integer(5, 480), 60, is_operator_only=True),
    parameter("sessionMaxHours", Integer(1, 24), 12, is_operator_only=True),
    parameter("supportApprovalHours", Integer(1, 168), 24),
    parameter("supportConsentMaxDays", Integer(1, 730), 730),
    parameter("supportSessionMinutes", Integer(1, 60), 60),
    parameter("suspensionDelayMaxDays", Integer(1, 90), 30),
)

ORGANIZATION_PARAMETERS = (*DIFFERING, *ALIKE)
