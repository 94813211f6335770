"""Policy parameters of subscriptions, numbers, refunds and trials (subscriptions rule book, section 16). Data only."""

from tenants.policy_parameters.definition import DOT, Parameter, parameter
from tenants.policy_parameters.kinds import (
    LARGEST_DAYS,
    Boolean,
    Choice,
    Choices,
    Integer,
    Integers,
    Money,
    OrNone,
    Percent,
)
from tenants.policy_parameters.organizations import ROLES
from tenants.policy_parameters.tables import HoldDays, IntegersByMonths, MoneyByCurrency

NO_SERVICE_REASONS = ("EXPIRED", "ACCOUNT_BLOCKED", "ORGANIZATION_BLOCKED", "SUSPENDED", "NO_FUNDS")

_DAYS = Integer(0, LARGEST_DAYS)
_COUNT = Integer(1)
_B3_FEES = {"SGD": "21.40", "MYR": "60", "HKD": "110", "AUD": "20", "USD": "17"}
_NO_FIGURE = (None, None)


def _holds(expired: tuple[int | None, int | None], deactivated: tuple[int | None, int | None],
           terminated: tuple[int | None, int | None]) -> dict[str, object]:  # fmt: skip
    """A hold table with the days by hand and after a swap that all presets share; each pair is own, ported-in."""
    pairs = {"BY_HAND": (28, 28), "SWAPPED": (1, 28), "EXPIRED": expired, "DEACTIVATED": deactivated,
             "TERMINATED": terminated}  # fmt: skip
    return {cause: {"own": own, "portedIn": ported_in} for cause, (own, ported_in) in pairs.items()}


# Columns: name, type, default, b3networks, myoperator, heyo, portabilling.
RENEWAL: tuple[Parameter, ...] = (
    parameter("renewDaysBefore", _DAYS, 7, DOT, 0, 0, 0),
    parameter("renewGroupAtomic", Boolean(), True, True, False, False, False),
    parameter("cardFallback", Boolean(), True, True, True, True, False),
    parameter("renewOnPayment", Boolean(), True, False, True, True, True),
    parameter("renewRetryDays", Integers(1, LARGEST_DAYS), [2, 4, 6], [], [], [], []),
    parameter("renewWhileSuspended", Boolean(), False, DOT, DOT, DOT, True),
    parameter("renewRoles", Choices(ROLES), ["OWNER", "ADMIN", "BILLING"]),
    parameter("shortfall", Choice(("FAIL", "DAILY_REDUCTION")), "FAIL", DOT, DOT, DOT, "DAILY_REDUCTION"),
    parameter("noServiceCredit", Choices(NO_SERVICE_REASONS), [], DOT, DOT, DOT, list(NO_SERVICE_REASONS)),
    parameter("periodAnchor", Choice(("PURCHASE_DAY", "CALENDAR_MONTH")), "PURCHASE_DAY", DOT, DOT, DOT,
              "CALENDAR_MONTH"),
    parameter("alignment", Boolean(), False, True, DOT, DOT, DOT),
)  # fmt: skip

LADDER: tuple[Parameter, ...] = (
    parameter("graceDays", _DAYS, 7, 0, 7, 0, 0),
    parameter("expiredDays", _DAYS, 28, 28, 28, 7, 28),
    parameter("finalState", Choice(("TERMINATED", "DEACTIVATED")), "DEACTIVATED", "TERMINATED", DOT, "TERMINATED",
              "TERMINATED"),
    parameter("suspendedDays", OrNone(_DAYS), None, 60, DOT, DOT, DOT),
    parameter("autoReactivate", Boolean(), True, False, True, DOT, DOT),
    parameter("reactivateAllOrNothing", Boolean(), False, False, True, DOT, DOT),
    parameter("reactivateBalanceMin", OrNone(Money()), None, DOT, "0", DOT, DOT),
    parameter("reminderDays", Integers(0, LARGEST_DAYS), [30, 15, 7, 1], [14], [30, 15, 7, 1], [7, 1], []),
    parameter("expiringDays", Integers(0, LARGEST_DAYS), [3], [3], [30, 15, 7, 1], [7, 1], []),
    parameter("proformaDaysBefore", IntegersByMonths((1, 3, 6, 12)), {}, DOT, {"1": 7, "3": 20, "6": 20, "12": 30},
              DOT, DOT),
    parameter("balancePaymentDays", _DAYS, 30, DOT, 30, DOT, DOT),
    parameter("kycRequired", Boolean(), False, DOT, True, DOT, DOT),
    parameter("kycDueDays", OrNone(_DAYS), None, DOT, 7, DOT, DOT),
    parameter("activationDateEditDays", _DAYS, 29),
    parameter("invoiceLadder", Boolean(), False),
)  # fmt: skip

REFUND: tuple[Parameter, ...] = (
    parameter("allowRefund", Boolean(), True, DOT, True, False, False),
    parameter("refundWindowDays", _DAYS, 14, DOT, 30, DOT, DOT),
    parameter("refundAfterWindow", Choice(("WHOLE_MONTHS", "NONE")), "WHOLE_MONTHS", DOT, "NONE", "NONE", "NONE"),
    parameter("refundClock", Choice(("PERIOD", "ACTIVATION")), "PERIOD", DOT, "ACTIVATION", "PERIOD", "PERIOD"),
    parameter("refundMaxDiscountPercent", OrNone(Percent()), None, DOT, "10", DOT, DOT),
    parameter("refundDocument", Choice(("CREDIT_NOTE", "MONTHLY_LINE")), "CREDIT_NOTE", "MONTHLY_LINE", DOT, DOT, DOT),
    parameter("payoutFee", MoneyByCurrency(), {}, _B3_FEES, DOT, DOT, DOT),
)

TRIAL_AND_CHANGE: tuple[Parameter, ...] = (
    parameter("trialDays", _DAYS, 14, 30, 3, 3, 0),
    parameter("trialRetentionDays", _DAYS, 30, 28, 30, 3, DOT),
    parameter("trialConverts", Choice(("ON_PAYMENT", "AUTO")), "ON_PAYMENT", "AUTO", DOT, DOT, DOT),
    parameter("downgradeTiming", Choice(("NEXT_PERIOD", "AT_ONCE")), "NEXT_PERIOD", "AT_ONCE", DOT, DOT, "AT_ONCE"),
    parameter("upgradeResetsAnchor", Boolean(), False),
    parameter("usageRerate", Choice(("NONE", "WHOLE_PERIOD")), "NONE", DOT, "WHOLE_PERIOD", DOT, DOT),
    parameter("categoryChange", Choice(("BILLING_DATE", "REFUSED")), "BILLING_DATE", "REFUSED", DOT, "REFUSED",
              "REFUSED"),
    parameter("maxQuantity", _COUNT, 500),
    parameter("bundleMaxQuantity", _COUNT, 100),
    parameter("quoteMinutes", _COUNT, 30),
)  # fmt: skip

NUMBER: tuple[Parameter, ...] = (
    parameter("numberHoldDays", HoldDays(), _holds((56, 84), _NO_FIGURE, (28, 56)), DOT,
              _holds(_NO_FIGURE, (21, 21), (21, 21)), _holds(_NO_FIGURE, _NO_FIGURE, (28, 28)),
              _holds(_NO_FIGURE, _NO_FIGURE, (0, 0))),
    parameter("numberAfterHold", Choice(("AVAILABLE", "ARCHIVED")), "AVAILABLE", DOT, "ARCHIVED", "AVAILABLE", DOT),
    parameter("numberNoticeDays", _DAYS, 7, DOT, 7, 7, DOT),
    parameter("numberPortable", Boolean(), True, DOT, True, False, DOT),
)  # fmt: skip

SUBSCRIPTION_PARAMETERS = (*RENEWAL, *LADDER, *REFUND, *TRIAL_AND_CHANGE, *NUMBER)
