"""Which value counts and where it comes from (POL-1, POL-2, POL-4, SUB-120), and the typed reading of it."""

from datetime import time
from fractions import Fraction

import pytest

from tenants.permissions import Role
from tenants.policy.policy_bounds import PolicyBound
from tenants.policy.policy_resolution import Policies, PolicyLayer, ResolvedValue, Source, policies_of, resolve
from tenants.policy_parameters import Hold, HoldCause, Preset, ValueRefused

C3 = PolicyLayer("C3")
R1A = PolicyLayer("R1a")
R1 = PolicyLayer("R1")
O = PolicyLayer("O")  # noqa: E741  (the fixture's name)

LOCK = PolicyBound(is_locked=True)


def test_pol_1_the_default_when_nobody_set_anything() -> None:
    assert resolve("graceDays", (C3, R1A, R1, O)) == ResolvedValue("graceDays", 7, Source.DEFAULT)
    assert resolve("graceDays", ()) == ResolvedValue("graceDays", 7, Source.DEFAULT)


def test_pol_1_the_value_set_nearest_above_counts() -> None:
    # given values at two levels
    r1, operator = PolicyLayer("R1", {"graceDays": 3}), PolicyLayer("O", {"graceDays": 5})

    # then the nearer one wins, and without it the farther
    assert resolve("graceDays", (C3, R1A, r1, operator)) == ResolvedValue("graceDays", 3, Source.VALUE, "R1")
    assert resolve("graceDays", (C3, R1A, R1, operator)) == ResolvedValue("graceDays", 5, Source.VALUE, "O")


def test_pol_1_own_values_govern_those_below_and_only_the_operators_also_itself() -> None:
    r1 = PolicyLayer("R1", {"graceDays": 3}, preset=Preset.HEYO)
    assert resolve("graceDays", (r1, O)).source is Source.DEFAULT
    operator = PolicyLayer("O", {"graceDays": 3})
    assert resolve("graceDays", (operator,)) == ResolvedValue("graceDays", 3, Source.VALUE, "O")


def test_pol_1_what_the_seller_set_for_it_alone_goes_first() -> None:
    # given a value of the seller for C3 alone, and one by its seller's seller for R1a alone
    r1a = PolicyLayer("R1a", {"graceDays": 2}, buyer_values={"graceDays": 9})
    r1 = PolicyLayer("R1", {"graceDays": 3}, buyer_values={"graceDays": 4})

    # then each counts for its own buyer only
    assert resolve("graceDays", (C3, r1a, r1, O)) == ResolvedValue("graceDays", 9, Source.BUYER_VALUE, "R1a")
    assert resolve("graceDays", (C3, PolicyLayer("R1a", {"graceDays": 2}), r1, O)).value == 2
    assert resolve("graceDays", (r1a, r1, O)) == ResolvedValue("graceDays", 4, Source.BUYER_VALUE, "R1")


def test_pol_1_a_value_beats_a_nearer_preset_and_the_nearest_preset_counts_whole() -> None:
    # given presets at two levels, and a value only at the farther one
    r1a = PolicyLayer("R1a", preset=Preset.HEYO)
    r1 = PolicyLayer("R1", {"expiredDays": 20}, preset=Preset.MYOPERATOR)

    # then the value counts before any preset
    assert resolve("expiredDays", (C3, r1a, r1, O)) == ResolvedValue("expiredDays", 20, Source.VALUE, "R1")

    # and a dot of the nearest preset is the default, not the farther preset's value
    found = resolve("refundWindowDays", (C3, r1a, r1, O))
    assert found == ResolvedValue("refundWindowDays", 14, Source.PRESET, "R1a", Preset.HEYO)
    assert resolve("refundWindowDays", (R1A, r1, O)).value == 30


def test_pol_2_a_value_outside_a_later_bound_is_cut_to_it() -> None:
    # given a value of 10 and a later bound above it
    r1 = PolicyLayer("R1", {"graceDays": 10})
    operator = PolicyLayer("O", bounds={"graceDays": PolicyBound(minimum=1, maximum=5)})

    # then it is cut, and who cut it is visible
    found = resolve("graceDays", (C3, R1A, r1, operator))
    assert (found.value, found.source, found.organization_id, found.cut_by_id) == (5, Source.VALUE, "R1", "O")

    # and a value inside stays as it is
    assert resolve("graceDays", (C3, PolicyLayer("R1", {"graceDays": 4}), operator)).cut_by_id is None

    # and the bounding organization itself is not bound
    assert resolve("graceDays", (operator,)).value == 7


def test_pol_2_of_two_bounds_the_higher_one_has_the_last_word() -> None:
    r1 = PolicyLayer("R1", bounds={"graceDays": PolicyBound(minimum=20)})
    operator = PolicyLayer("O", bounds={"graceDays": PolicyBound(maximum=5)})
    found = resolve("graceDays", (C3, r1, operator))
    assert (found.value, found.cut_by_id) == (5, "O")


def test_pol_2_below_a_lock_only_the_locker_and_those_above_count() -> None:
    # given values below a lock of R1
    r1a = PolicyLayer("R1a", {"graceDays": 2}, buyer_values={"graceDays": 9}, preset=Preset.HEYO)
    r1 = PolicyLayer("R1", {"graceDays": 3}, bounds={"graceDays": LOCK})

    # then R1's own value counts, and who locked it is visible
    found = resolve("graceDays", (C3, r1a, r1, O))
    assert (found.value, found.organization_id, found.locked_by_id) == (3, "R1", "R1")

    # and without a value of R1, what stands above it
    bare = PolicyLayer("R1", bounds={"graceDays": LOCK})
    assert resolve("graceDays", (C3, r1a, bare, PolicyLayer("O", {"graceDays": 6}))).value == 6


def test_pol_2_the_locking_seller_may_still_set_one_for_a_buyer_alone() -> None:
    seller = PolicyLayer("R1a", buyer_values={"graceDays": 9}, bounds={"graceDays": LOCK})
    found = resolve("graceDays", (C3, seller, R1, O))
    assert (found.value, found.source, found.locked_by_id) == (9, Source.BUYER_VALUE, "R1a")


def test_pol_2_the_highest_lock_counts() -> None:
    r1a = PolicyLayer("R1a", {"graceDays": 2}, bounds={"graceDays": LOCK})
    operator = PolicyLayer("O", {"graceDays": 6}, bounds={"graceDays": LOCK})
    assert resolve("graceDays", (C3, r1a, R1, operator)).value == 6


def test_pol_4_what_runs_keeps_the_values_it_started_with() -> None:
    # given the values of a ladder that started
    before = policies_of(graceDays=3, expiredDays=5)
    kept = before.snapshot("graceDays", "expiredDays")
    assert kept == {"graceDays": 3, "expiredDays": 5}

    # when the policy changes
    after = policies_of(graceDays=0, expiredDays=1, quoteMinutes=5).keeping(kept)

    # then the ladder reads what it kept
    assert (after.integer("graceDays"), after.integer("expiredDays"), after.integer("quoteMinutes")) == (3, 5, 5)
    assert after.resolved("graceDays") == ResolvedValue("graceDays", 3, Source.KEPT)


def test_typed_reading_under_the_default() -> None:
    policies = Policies()
    assert policies.boolean("allowRefund") is True
    assert policies.integer("graceDays") == 7
    assert policies.integer_or_none("suspendedDays") is None
    assert policies.integers("renewRetryDays") == (2, 4, 6)
    assert policies.integers_by_months("proformaDaysBefore") == {}
    assert policies.choice("shortfall") == "FAIL"
    assert policies.choice_or_none("pricingModelDefault") is None
    assert policies.choices("demoBillingStatuses") == {"ACTIVE", "GRACE", "INACTIVE", "DEACTIVATED"}
    assert policies.roles("renewRoles") == {Role.OWNER, Role.ADMIN, Role.BILLING}
    assert policies.names("sellerStateProducts") == frozenset()
    assert policies.ranking("paymentAllocation") == ("OLDEST_FIRST",)
    assert policies.money("fourEyesMoney") == 1_000_000_000
    assert policies.money_or_none("minTopUp") is None
    assert policies.money_by_currency("payoutFee") == {}
    assert policies.money_by_role("memberRefundPerDay") == {}
    assert policies.percent("topUpPercent") == Fraction(20)
    assert policies.percent_or_none("temporaryLimitMaxPercent") is None
    assert policies.times("invoiceMailTimes") == ()
    assert policies.hold_days("numberHoldDays")[HoldCause.EXPIRED] == Hold(56, 84)


def test_typed_reading_under_presets() -> None:
    policies = policies_of(Preset.MYOPERATOR)
    assert policies.integer_or_none("kycDueDays") == 7
    assert policies.integers_by_months("proformaDaysBefore") == {1: 7, 3: 20, 6: 20, 12: 30}
    assert policies.choice_or_none("pricingModelDefault") == "LICENSE"
    assert policies.names("sellerStateProducts") == {"SMS", "OUTBOUND_DIALLING"}
    assert policies.money_or_none("minBalance") == -10_000_000
    assert policies.percent_or_none("refundMaxDiscountPercent") == 10
    assert policies.times("invoiceMailTimes") == (time(19, 30), time(23, 30))
    assert policies.hold_days("numberHoldDays")[HoldCause.EXPIRED] == Hold(None, None)
    assert policies_of(Preset.B3NETWORKS).money_by_currency("payoutFee")["SGD"] == 21_400_000
    assert policies_of(Preset.PORTABILLING).money_by_role("memberRefundPerDay") == {Role.SUPPORT: 0}


def test_a_wrong_name_or_type_is_the_programmers_error() -> None:
    with pytest.raises(KeyError):
        Policies().integer("graceDay")
    with pytest.raises(TypeError, match="graceDays is no Boolean"):
        Policies().boolean("graceDays")
    with pytest.raises(TypeError, match="suspendedDays is no Integer"):
        Policies().integer("suspendedDays")
    with pytest.raises(TypeError, match="graceDays is no Integer that may be none"):
        Policies().integer_or_none("graceDays")
    with pytest.raises(TypeError, match="suspendedDays is no Money that may be none"):
        Policies().money_or_none("suspendedDays")
    with pytest.raises(ValueRefused):
        policies_of(graceDays="ten")
