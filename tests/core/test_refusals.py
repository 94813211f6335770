"""Refusals: every blocker at once, sorted by code (GEN-2)."""

import pytest

from core.refusals import Blocker, Blockers, Refused, refuse


def test_one_blocker_is_raised_with_its_field_and_figures() -> None:
    with pytest.raises(Refused) as refused:
        refuse("QUANTITY_INVALID", "At least 1.", ("items", "0", "quantity"), least=1)
    assert refused.value.blockers == (
        Blocker("QUANTITY_INVALID", "At least 1.", ("items", "0", "quantity"), {"least": 1}),
    )
    assert str(refused.value) == "QUANTITY_INVALID"


def test_blockers_are_gathered_and_sorted_by_code_then_field() -> None:
    blockers = Blockers()
    assert not blockers
    blockers.add("TRIAL_NOT_TRANSFERABLE", "A trial stays.")
    blockers.add("CURRENCY_MISMATCH", "Two currencies.", ("to",), wanted="EUR")
    blockers.add("CURRENCY_MISMATCH", "Two currencies.", ("from",))
    assert blockers
    with pytest.raises(Refused) as refused:
        blockers.raise_if_any()
    assert refused.value.codes == ("CURRENCY_MISMATCH", "CURRENCY_MISMATCH", "TRIAL_NOT_TRANSFERABLE")
    assert [blocker.field for blocker in refused.value.blockers] == [("from",), ("to",), None]


def test_without_a_blocker_nothing_is_raised() -> None:
    Blockers().raise_if_any()
