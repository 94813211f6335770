"""Dates and the instants they stand for in the billing zone (BAT-29 to BAT-33)."""

from datetime import date

import pytest

from accounts.dates import (
    activates_at,
    availability_end,
    check_availability_days,
    effective_end,
    expires_at,
    is_after_activation,
    parse_date,
)
from core.clock import parse_instant
from core.refusals import Blocker, Blockers, Refused

NEW_YORK = "America/New_York"
FIELD = ("changes", "expirationDate")


def the_blocker(blockers: Blockers) -> Blocker:
    with pytest.raises(Refused) as refused:
        blockers.raise_if_any()
    (blocker,) = refused.value.blockers
    return blocker


@pytest.mark.parametrize("text", ["2000-01-01", "2026-02-28", "2028-02-29", "2099-12-31"])
def test_an_existing_date_in_range_is_accepted(text: str) -> None:
    blockers = Blockers()
    assert parse_date(f" {text} ", FIELD, blockers) == date.fromisoformat(text)
    assert not blockers


@pytest.mark.parametrize(
    "text",
    ["", "2026-13-01", "2026-02-30", "2027-02-29", "08/03/2026", "2026-3-8", "20260308", "2026-W10-7", "٢٠٢٦-03-08"],
)
def test_another_form_or_a_day_that_does_not_exist_is_invalid(text: str) -> None:
    blockers = Blockers()
    assert parse_date(text, FIELD, blockers) is None
    blocker = the_blocker(blockers)
    assert (blocker.code, blocker.field) == ("DATE_INVALID", FIELD)


@pytest.mark.parametrize("text", ["1999-12-31", "2100-01-01"])
def test_a_date_outside_the_century_is_out_of_range(text: str) -> None:
    blockers = Blockers()
    assert parse_date(text, FIELD, blockers) is None
    blocker = the_blocker(blockers)
    assert blocker.code == "DATE_OUT_OF_RANGE"
    assert blocker.details == {"earliest": "2000-01-01", "latest": "2099-12-31"}


@pytest.mark.parametrize("days", [1, 3650])
def test_availability_days_from_1_to_3650_are_accepted(days: int) -> None:
    blockers = Blockers()
    assert check_availability_days(days, FIELD, blockers) == days
    assert not blockers


@pytest.mark.parametrize("days", [-1, 0, 3651])
def test_other_availability_days_are_refused(days: int) -> None:
    blockers = Blockers()
    check_availability_days(days, FIELD, blockers)
    blocker = the_blocker(blockers)
    assert blocker.code == "AVAILABILITY_DAYS_OUT_OF_RANGE"
    assert blocker.details == {"days": days, "minimum": 1, "maximum": 3650}


def test_a_date_begins_at_its_first_instant_in_the_billing_zone() -> None:
    midnight_missing = parse_instant("2026-09-06T04:00:00Z")
    assert activates_at(date(2026, 9, 6), "America/Santiago") == midnight_missing
    assert expires_at(date(2026, 9, 6), "America/Santiago") == midnight_missing


@pytest.mark.parametrize(
    ("recharged", "end"),
    [
        (None, "2026-03-31T04:00:00Z"),
        ("2026-02-01T12:00:00Z", "2026-03-31T04:00:00Z"),
        ("2026-04-10T12:00:00Z", "2026-05-10T04:00:00Z"),
    ],
)
def test_availability_runs_in_calendar_days_from_first_use_or_a_later_recharge(recharged: str | None, end: str) -> None:
    last_recharged_at = None if recharged is None else parse_instant(recharged)
    assert availability_end(30, parse_instant("2026-03-02T04:59:59Z"), last_recharged_at, NEW_YORK) == parse_instant(
        end
    )


@pytest.mark.parametrize(
    ("expiration", "days", "is_used", "end"),
    [
        (None, None, True, None),
        (None, 30, False, None),
        (None, 30, True, "2026-01-31T05:00:00Z"),
        ("2026-01-20", None, True, "2026-01-20T05:00:00Z"),
        ("2026-01-20", 30, True, "2026-01-20T05:00:00Z"),
        ("2026-06-01", 30, True, "2026-01-31T05:00:00Z"),
        ("2026-06-01", 30, False, "2026-06-01T04:00:00Z"),
    ],
)
def test_the_effective_end_is_the_earlier_one(
    expiration: str | None, days: int | None, is_used: bool, end: str | None
) -> None:
    found = effective_end(
        expiration_date=None if expiration is None else date.fromisoformat(expiration),
        availability_days=days,
        first_used_at=parse_instant("2026-01-01T15:00:00Z") if is_used else None,
        last_recharged_at=None,
        zone=NEW_YORK,
    )
    assert found == (None if end is None else parse_instant(end))


@pytest.mark.parametrize(
    ("activation", "activated", "expected"),
    [
        (None, None, True),
        (date(2026, 2, 28), None, True),
        (date(2026, 3, 1), None, False),
        (date(2026, 3, 2), None, False),
        (None, "2026-03-01T04:59:59Z", True),
        (None, "2026-03-01T05:00:00Z", False),
        (date(2026, 2, 28), "2026-03-05T12:00:00Z", True),
    ],
)
def test_an_expiration_date_lies_after_the_activation(
    activation: date | None, activated: str | None, expected: bool
) -> None:
    activated_at = None if activated is None else parse_instant(activated)
    found = is_after_activation(date(2026, 3, 1), activation_date=activation, activated_at=activated_at, zone=NEW_YORK)
    assert found is expected
