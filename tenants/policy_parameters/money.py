"""Policy parameters of wallets, payments, invoices and batches (subscriptions rule book, section 16). Data only."""

from core.money import MICROS
from tenants.policy_parameters.definition import DOT, Parameter, parameter
from tenants.policy_parameters.kinds import (
    LARGEST_DAYS,
    Boolean,
    Choice,
    Integer,
    Money,
    Names,
    OrNone,
    Percent,
    Ranking,
)
from tenants.policy_parameters.tables import MoneyByRole, Times

ALLOCATION_CATEGORIES = ("OUTSTANDING", "OTHER", "RENTAL", "CURRENT", "PREPAID")
LARGEST_CHUNK_ROWS = 5_000
_UNBOUNDED_PERCENT = MICROS

_DAYS = Integer(0, LARGEST_DAYS)
_MINUTES = Integer(1)
_AMOUNT = Money(minimum_micros=0)
_INVOICING = Choice(("INDIVIDUAL_AND_MONTHLY", "CONSOLIDATED_MONTHLY", "PER_PAYMENT", "NONE"))
_TOP_UP_TRIGGER = Choice(("PERCENT_OF_LAST", "MIN_BALANCE", "OFF"))
_TDS_MODE = Choice(("OFF", "FULL_THEN_REFUND", "NET_BY_BANK_TRANSFER"))

# Columns: name, type, default, b3networks, myoperator, heyo, portabilling.
INVOICE: tuple[Parameter, ...] = (
    parameter("usageSettlement", Choice(("IMMEDIATE", "END_OF_PERIOD")), "IMMEDIATE", DOT, "END_OF_PERIOD", DOT, DOT),
    parameter("billingDay", Integer(1, 31), 1),
    parameter("usageLiveDays", _DAYS, 60),
    parameter("holdMinutes", _MINUTES, 60),
    parameter("invoicing", _INVOICING, "INDIVIDUAL_AND_MONTHLY", DOT, "PER_PAYMENT", "PER_PAYMENT",
              "CONSOLIDATED_MONTHLY"),
    parameter("invoiceDueDays", _DAYS, 30, DOT, 15, 0, DOT),
    parameter("invoiceMailTimes", Times(), [], DOT, ["19:30", "23:30"], [], DOT),
    parameter("paymentAllocation", Ranking(ALLOCATION_CATEGORIES, alone="OLDEST_FIRST"), ["OLDEST_FIRST"], DOT,
              list(ALLOCATION_CATEGORIES), ["RENTAL", "PREPAID"], DOT),
    parameter("taxTiming", Choice(("CHARGE", "PAYMENT")), "CHARGE", DOT, "PAYMENT", "PAYMENT", DOT),
    parameter("tdsMode", _TDS_MODE, "OFF", DOT, "FULL_THEN_REFUND", DOT, DOT),
    parameter("tdsPercent", Percent(), "2", DOT, "2", DOT, DOT),
    parameter("sellerStateProducts", Names(), [], DOT, ["SMS", "OUTBOUND_DIALLING"], DOT, DOT),
)  # fmt: skip

WALLET: tuple[Parameter, ...] = (
    parameter("topUpTrigger", _TOP_UP_TRIGGER, "PERCENT_OF_LAST", DOT, "MIN_BALANCE", "OFF", "OFF"),
    parameter("topUpPercent", Percent(), "20"),
    parameter("minBalance", OrNone(Money()), None, DOT, "-10", DOT, DOT),
    parameter("minTopUp", OrNone(_AMOUNT), None, DOT, "1500", DOT, DOT),
    parameter("alertThreshold", OrNone(Money()), None, DOT, None, DOT, DOT),
    parameter("creditLimitDefault", _AMOUNT, "0", DOT, "100", DOT, "0"),
    parameter("creditLimitInclusive", Boolean(), False, DOT, False, DOT, True),
    parameter("suspendOnCreditLimit", Boolean(), True, False, DOT, False, DOT),
    parameter("blockWhenOverdue", Boolean(), False, False, DOT, False, DOT),
    parameter("creditRestoresService", Choice(("AT_ONCE", "NEXT_PERIOD")), "AT_ONCE", DOT, DOT, DOT, "NEXT_PERIOD"),
    parameter("postpaidRequiresAutopay", Boolean(), False, DOT, True, True, DOT),
    parameter("temporaryLimitMaxPercent", OrNone(Percent(_UNBOUNDED_PERCENT)), None),
    parameter("dailySpendLimit", OrNone(_AMOUNT), None),
    parameter("allowOverdraft", Boolean(), False),
)

BATCH: tuple[Parameter, ...] = (
    parameter("memberRefundPerTransaction", MoneyByRole(), {}, DOT, DOT, DOT, {"SUPPORT": "0"}),
    parameter("memberRefundPerDay", MoneyByRole(), {}, DOT, DOT, DOT, {"SUPPORT": "0"}),
    parameter("chunkRows", Integer(1, LARGEST_CHUNK_ROWS), 1_000),
    parameter("fourEyesAccounts", Integer(), 100),
    parameter("fourEyesMoney", _AMOUNT, "1000"),
)

MONEY_PARAMETERS = (*INVOICE, *WALLET, *BATCH)
