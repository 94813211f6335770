"""Every Policy parameter, value by value, against a transcription of both rule books' tables; what each type takes."""

import json

import pytest

from tenants.policy_parameters import PARAMETERS, JsonValue, Parameter, Preset, ValueRefused
from tenants.policy_parameters.kinds import (
    Boolean,
    Choice,
    Choices,
    Integer,
    Integers,
    Kind,
    Money,
    Names,
    OrNone,
    Percent,
    Ranking,
)
from tenants.policy_parameters.tables import HoldDays, IntegersByMonths, MoneyByCurrency, MoneyByRole, Times

# name | default | b3networks | myoperator | heyo | portabilling; JSON values, bare words for texts, . the default.
ORGANIZATIONS = """
managedByDefault               | CUSTOMER       | CUSTOMER | CUSTOMER | CUSTOMER | SERVICE_PROVIDER
pricingModelDefault            | null           | null  | LICENSE | LICENSE | APP
adminEditsOrganization         | true           | false | true  | true  | true
adminMayGrant                  | ["MEMBER"]     | ["MEMBER"] | ["BILLING","SUPPORT","MEMBER"] | ["MEMBER"] | ["BILLING","SUPPORT","MEMBER"]
deletionReverseDays            | 30             | 30    | 30    | 0     | 0
userDeactivation               | REVERSIBLE     | OFF   | OFF   | FINAL | OFF
suspendedSignIn                | PAY_ONLY       | NONE  | PAY_ONLY | PAY_ONLY | NONE
suspendWhenUnpaid              | OFF            | OFF   | OFF   | INACTIVE | OVERDUE
paymentSuspensionLift          | MANUAL_OR_PAID | MANUAL_OR_PAID | MANUAL_OR_PAID | MANUAL_OR_PAID | PAID_OR_DELAY
paymentSuspensionMaxDays       | null           | null  | null  | 7     | null
ownerTransferNeedsPaidInvoices | true           | false | true  | true  | false
ownerCodeDigits                | 6              | 6     | 4     | 6     | 6
demoDays                       | 3              | 30    | 3     | 3     | 7
demoMinutes                    | null           | null  | 60    | 60    | null
billingNameLock                | NEVER          | NEVER | AFTER_KYC | NEVER | NEVER
auditReads                     | SUPPORT_ONLY   | SUPPORT_ONLY | SUPPORT_ONLY | SUPPORT_ONLY | ALL
resellerSeesCost               | true           | true  | true  | true  | false
apiKeyMaxCount                 | 20             | . | . | . | .
apiKeyMaxDays                  | 365            | . | . | . | .
brandInherits                  | false          | . | . | . | .
demoBillingStatuses            | ["ACTIVE","GRACE","INACTIVE","DEACTIVATED"] | . | . | . | .
demoMaxOpen                    | 1              | . | . | . | .
demoRetentionDays              | 30             | . | . | . | .
invitationDays                 | 30             | . | . | . | .
lockoutAttempts                | 5              | . | . | . | .
lockoutMinutes                 | 15             | . | . | . | .
moveOfferDays                  | 14             | . | . | . | .
ownerRecoveryDays              | 7              | . | . | . | .
passwordMinLength              | 12             | . | . | . | .
sessionIdleMinutes             | 60             | . | . | . | .
sessionMaxHours                | 12             | . | . | . | .
supportApprovalHours           | 24             | . | . | . | .
supportConsentMaxDays          | 730            | . | . | . | .
supportSessionMinutes          | 60             | . | . | . | .
suspensionDelayMaxDays         | 30             | . | . | . | .
"""  # noqa: E501

SUBSCRIPTIONS = """
renewDaysBefore         | 7              | .            | 0    | 0    | 0
renewGroupAtomic        | true           | true         | false | false | false
cardFallback            | true           | true         | true | true | false
renewOnPayment          | true           | false        | true | true | true
renewRetryDays          | [2,4,6]        | []           | []   | []   | []
renewWhileSuspended     | false          | .            | .    | .    | true
renewRoles              | ["OWNER","ADMIN","BILLING"] | . | . | . | .
shortfall               | FAIL           | .            | .    | .    | DAILY_REDUCTION
noServiceCredit         | []             | .            | .    | .    | ["EXPIRED","ACCOUNT_BLOCKED","ORGANIZATION_BLOCKED","SUSPENDED","NO_FUNDS"]
periodAnchor            | PURCHASE_DAY   | .            | .    | .    | CALENDAR_MONTH
alignment               | false          | true         | .    | .    | .
graceDays               | 7              | 0            | 7    | 0    | 0
expiredDays             | 28             | 28           | 28   | 7    | 28
finalState              | DEACTIVATED    | TERMINATED   | .    | TERMINATED | TERMINATED
suspendedDays           | null           | 60           | .    | .    | .
autoReactivate          | true           | false        | true | .    | .
reactivateAllOrNothing  | false          | false        | true | .    | .
reactivateBalanceMin    | null           | .            | "0"  | .    | .
reminderDays            | [30,15,7,1]    | [14]         | [30,15,7,1] | [7,1] | []
expiringDays            | [3]            | [3]          | [30,15,7,1] | [7,1] | []
proformaDaysBefore      | {}             | .            | {"1":7,"3":20,"6":20,"12":30} | . | .
balancePaymentDays      | 30             | .            | 30   | .    | .
kycRequired             | false          | .            | true | .    | .
kycDueDays              | null           | .            | 7    | .    | .
activationDateEditDays  | 29             | .            | .    | .    | .
invoiceLadder           | false          | .            | .    | .    | .
allowRefund             | true           | .            | true | false | false
refundWindowDays        | 14             | .            | 30   | .    | .
refundAfterWindow       | WHOLE_MONTHS   | .            | NONE | NONE | NONE
refundClock             | PERIOD         | .            | ACTIVATION | PERIOD | PERIOD
refundMaxDiscountPercent | null          | .            | "10" | .    | .
refundDocument          | CREDIT_NOTE    | MONTHLY_LINE | .    | .    | .
payoutFee               | {}             | {"SGD":"21.4","MYR":"60","HKD":"110","AUD":"20","USD":"17"} | . | . | .
trialDays               | 14             | 30           | 3    | 3    | 0
trialRetentionDays      | 30             | 28           | 30   | 3    | .
trialConverts           | ON_PAYMENT     | AUTO         | .    | .    | .
downgradeTiming         | NEXT_PERIOD    | AT_ONCE      | .    | .    | AT_ONCE
upgradeResetsAnchor     | false          | .            | .    | .    | .
usageRerate             | NONE           | .            | WHOLE_PERIOD | . | .
categoryChange          | BILLING_DATE   | REFUSED      | .    | REFUSED | REFUSED
maxQuantity             | 500            | .            | .    | .    | .
bundleMaxQuantity       | 100            | .            | .    | .    | .
quoteMinutes            | 30             | .            | .    | .    | .
numberAfterHold         | AVAILABLE      | .            | ARCHIVED | AVAILABLE | .
numberNoticeDays        | 7              | .            | 7    | 7    | .
numberPortable          | true           | .            | true | false | .
usageSettlement         | IMMEDIATE      | .            | END_OF_PERIOD | . | .
billingDay              | 1              | .            | .    | .    | .
usageLiveDays           | 60             | .            | .    | .    | .
holdMinutes             | 60             | .            | .    | .    | .
invoicing               | INDIVIDUAL_AND_MONTHLY | .    | PER_PAYMENT | PER_PAYMENT | CONSOLIDATED_MONTHLY
invoiceDueDays          | 30             | .            | 15   | 0    | .
invoiceMailTimes        | []             | .            | ["19:30","23:30"] | [] | .
paymentAllocation       | ["OLDEST_FIRST"] | .          | ["OUTSTANDING","OTHER","RENTAL","CURRENT","PREPAID"] | ["RENTAL","PREPAID"] | .
taxTiming               | CHARGE         | .            | PAYMENT | PAYMENT | .
topUpTrigger            | PERCENT_OF_LAST | .           | MIN_BALANCE | OFF | OFF
topUpPercent            | "20"           | .            | .    | .    | .
minBalance              | null           | .            | "-10" | .   | .
minTopUp                | null           | .            | "1500" | .  | .
alertThreshold          | null           | .            | null | .    | .
creditLimitDefault      | "0"            | .            | "100" | .   | "0"
creditLimitInclusive    | false          | .            | false | .   | true
suspendOnCreditLimit    | true           | false        | .    | false | .
blockWhenOverdue        | false          | false        | .    | false | .
creditRestoresService   | AT_ONCE        | .            | .    | .    | NEXT_PERIOD
postpaidRequiresAutopay | false          | .            | true | true | .
temporaryLimitMaxPercent | null          | .            | .    | .    | .
dailySpendLimit         | null           | .            | .    | .    | .
allowOverdraft          | false          | .            | .    | .    | .
memberRefundPerTransaction | {}          | .            | .    | .    | {"SUPPORT":"0"}
memberRefundPerDay      | {}             | .            | .    | .    | {"SUPPORT":"0"}
chunkRows               | 1000           | .            | .    | .    | .
fourEyesAccounts        | 100            | .            | .    | .    | .
fourEyesMoney           | "1000"         | .            | .    | .    | .
tdsMode                 | OFF            | .            | FULL_THEN_REFUND | . | .
tdsPercent              | "2"            | .            | "2"  | .    | .
sellerStateProducts     | []             | .            | ["OUTBOUND_DIALLING","SMS"] | . | .
"""  # noqa: E501

# Own/ported-in days: by hand | swapped | EXPIRED | DEACTIVATED | TERMINATED.
HOLDS = {
    "default": "28/28 | 1/28 | 56/84 | none | 28/56",
    "b3networks": "28/28 | 1/28 | 56/84 | none | 28/56",
    "myoperator": "28/28 | 1/28 | none | 21/21 | 21/21",
    "heyo": "28/28 | 1/28 | none | none | 28/28",
    "portabilling": "28/28 | 1/28 | none | none | 0/0",
}

# The ranges that the rule book gives in section 18.
RANGES = {
    "deletionReverseDays": (0, 365), "paymentSuspensionMaxDays": (1, 365), "ownerCodeDigits": (4, 8),
    "demoDays": (1, 90), "demoMinutes": (1, 10_000), "apiKeyMaxCount": (1, 100), "apiKeyMaxDays": (1, 365),
    "demoMaxOpen": (1, 10), "demoRetentionDays": (0, 365), "invitationDays": (1, 90), "lockoutAttempts": (3, 10),
    "lockoutMinutes": (5, 1440), "moveOfferDays": (1, 60), "ownerRecoveryDays": (3, 30), "passwordMinLength": (12, 64),
    "sessionIdleMinutes": (5, 480), "sessionMaxHours": (1, 24), "supportApprovalHours": (1, 168),
    "supportConsentMaxDays": (1, 730), "supportSessionMinutes": (1, 60), "suspensionDelayMaxDays": (1, 90),
    "chunkRows": (1, 5000), "billingDay": (1, 31),
}  # fmt: skip

OPERATOR_ONLY = {"lockoutAttempts", "lockoutMinutes", "passwordMinLength", "sessionIdleMinutes", "sessionMaxHours"}


def as_value(text: str) -> JsonValue:
    """The JSON value of a transcribed cell; a bare word is a text."""
    is_json = text[0] in '[{"-0123456789' or text in ("true", "false", "null")
    value: JsonValue = json.loads(text) if is_json else text
    return value


def transcribed(table: str) -> dict[str, list[str]]:
    """The cells of each row by the parameter's name."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return {row[0]: row[1:] for row in rows}


TABLE = transcribed(ORGANIZATIONS) | transcribed(SUBSCRIPTIONS)


def a_hold_table(text: str) -> JsonValue:
    """The canonical form of a transcribed line of hold days."""
    table: dict[str, JsonValue] = {}
    for cause, cell in zip(
        ("BY_HAND", "SWAPPED", "EXPIRED", "DEACTIVATED", "TERMINATED"), text.split("|"), strict=True
    ):
        own, _, ported_in = cell.strip().partition("/")
        is_none = own == "none"
        table[cause] = {"own": None if is_none else int(own), "portedIn": None if is_none else int(ported_in)}
    return table


def test_no_parameter_is_missing_and_none_is_invented() -> None:
    assert set(PARAMETERS) == set(TABLE) | {"numberHoldDays"}
    assert len(transcribed(ORGANIZATIONS)) == 35
    assert [preset.value for preset in Preset] == ["b3networks", "myoperator", "heyo", "portabilling"]


@pytest.mark.parametrize("name", TABLE)
def test_default_and_presets_value_by_value(name: str) -> None:
    default, *presets = TABLE[name]
    assert PARAMETERS[name].default == as_value(default)
    for preset, cell in zip(Preset, presets, strict=True):
        assert PARAMETERS[name].value_in(preset) == as_value(default if cell == "." else cell), preset


def test_hold_days_of_default_and_presets() -> None:
    holds = PARAMETERS["numberHoldDays"]
    assert holds.default == a_hold_table(HOLDS["default"])
    for preset in Preset:
        assert holds.value_in(preset) == a_hold_table(HOLDS[preset.value])


def test_only_the_marked_ones_are_the_operators() -> None:
    assert {name for name, parameter in PARAMETERS.items() if parameter.is_operator_only} == OPERATOR_ONLY


@pytest.mark.parametrize("name", RANGES)
def test_a_range_takes_both_ends_and_nothing_beyond(name: str) -> None:
    minimum, maximum = RANGES[name]
    kind = PARAMETERS[name].kind
    assert (kind.canonical(minimum), kind.canonical(maximum)) == (minimum, maximum)
    for beyond in (minimum - 1, maximum + 1):
        with pytest.raises(ValueRefused):
            kind.canonical(beyond)


@pytest.mark.parametrize("name", ["pricingModelDefault", "paymentSuspensionMaxDays", "demoMinutes", "suspendedDays"])
def test_none_is_a_value_where_the_table_says_so(name: str) -> None:
    assert PARAMETERS[name].kind.canonical(None) is None
    assert PARAMETERS[name].kind.read(None) is None


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda parameter: parameter.name)
def test_a_canonical_value_is_json_and_canonical_again(parameter: Parameter) -> None:
    for value in (parameter.default, *(parameter.value_in(preset) for preset in Preset)):
        assert parameter.kind.canonical(json.loads(json.dumps(value))) == value
        parameter.kind.read(value)


ACCEPTED: list[tuple[Kind[object], object, JsonValue]] = [
    (Integers(1), [6, 2], [6, 2]),
    (Choices(("A", "B")), ["B", "A"], ["A", "B"]),
    (Ranking(("A", "B"), alone="X"), ["B", "A"], ["B", "A"]),
    (Ranking(("A", "B"), alone="X"), "X", ["X"]),
    (Names(), ["SMS", "CALLS_2"], ["CALLS_2", "SMS"]),
    (Money(), "-10.50", "-10.5"),
    (Money(), "0.000001", "0.000001"),
    (Money(), 1500, "1500"),
    (Percent(), "12.5", "12.5"),
    (Percent(), 0, "0"),
    (MoneyByCurrency(), {"USD": "17", "AUD": 20}, {"AUD": "20", "USD": "17"}),
    (MoneyByRole(), {"SUPPORT": "50.00", "OWNER": "1"}, {"OWNER": "1", "SUPPORT": "50"}),
    (IntegersByMonths((1, 3)), {"3": 20, "1": 7}, {"1": 7, "3": 20}),
    (Times(), ["23:30", "09:00"], ["09:00", "23:30"]),
    (OrNone(Money()), "-0", "0"),
]

REFUSED: list[tuple[Kind[object], object]] = [
    (Boolean(), 1), (Boolean(), "true"), (Boolean(), None),
    (Integer(), True), (Integer(), 1.0), (Integer(), "7"), (Integer(), None), (Integer(), -1),
    (Integers(), 7), (Integers(), [1, 1]), (Integers(1), [0]), (Integers(), ["1"]),
    (Choice(("A", "B")), "a"), (Choice(("A", "B")), ["A"]), (Choice(("A", "B")), None),
    (Choices(("A", "B")), "A"), (Choices(("A", "B")), ["A", "A"]), (Choices(("A", "B")), ["C"]),
    (Choices(("A", "B")), [{}]),
    (Ranking(("A", "B"), alone="X"), []), (Ranking(("A", "B"), alone="X"), ["A", "X"]),
    (Ranking(("A", "B"), alone="X"), ["A", "A"]), (Ranking(("A", "B"), alone="X"), 5),
    (Names(), ["sms"]), (Names(), [5]), (Names(), ["SMS", "SMS"]), (Names(), "SMS"), (Names(), ["A" * 65]),
    (Money(), 1.5), (Money(), True), (Money(), "ten"), (Money(), "1e3"), (Money(), "0.0000001"), (Money(), None),
    (Money(0), "-0.01"),
    (Percent(), "100.01"), (Percent(), "-1"), (Percent(), "x"),
    (MoneyByCurrency(), []), (MoneyByCurrency(), {"SGDX": "1"}), (MoneyByCurrency(), {"SGD": "-1"}),
    (MoneyByRole(), {"GUEST": "1"}), (MoneyByRole(), {"OWNER": None}),
    (IntegersByMonths((1, 3)), {"1": 7}), (IntegersByMonths((1, 3)), {"1": 7, "3": 20, "6": 20}),
    (IntegersByMonths((1, 3)), None),
    (Times(), ["24:00"]), (Times(), ["9:00"]), (Times(), [9]), (Times(), ["09:00", "09:00"]), (Times(), "09:00"),
    (HoldDays(), {}), (HoldDays(), {"OTHER": {"own": 1, "portedIn": 1}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "canonical"), ACCEPTED)
def test_what_a_type_takes_and_stores(kind: Kind[object], raw: object, canonical: JsonValue) -> None:
    assert kind.canonical(raw) == canonical
    assert kind.canonical(canonical) == canonical


@pytest.mark.parametrize(("kind", "raw"), REFUSED)
def test_what_a_type_refuses(kind: Kind[object], raw: object) -> None:
    with pytest.raises(ValueRefused):
        kind.canonical(raw)


def test_hold_days_need_both_sides_of_every_cause() -> None:
    # given a whole table
    whole = {
        cause: {"own": 1, "portedIn": None} for cause in ("BY_HAND", "SWAPPED", "EXPIRED", "DEACTIVATED", "TERMINATED")
    }
    assert HoldDays().canonical(whole) == whole

    # when a side is missing, negative or another one is there
    for hold in ({"own": 1}, {"own": 1, "portedIn": -1}, {"own": 1, "portedIn": 1, "lent": 1}):
        with pytest.raises(ValueRefused):
            HoldDays().canonical(whole | {"SWAPPED": hold})


def test_only_numbers_have_a_size() -> None:
    assert Boolean().measure(True) is None
    assert OrNone(Integer()).measure(None) is None
    assert OrNone(Integer()).measure(7) == 7
    assert Money().measure("-10.5") == -10.5
    assert Percent().measure("12.5") == 12.5
