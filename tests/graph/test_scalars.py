"""How moments are written: alike, whether the database wrote them or Python."""

from datetime import datetime, timedelta, timezone

from graph.schema.scalars import moment_shown


def test_a_moment_is_shown_in_utc_with_milliseconds_and_z() -> None:
    moment = datetime(2026, 3, 8, 13, 0, 0, 642_121, tzinfo=timezone(timedelta(hours=8)))
    assert moment_shown(moment) == "2026-03-08T05:00:00.642Z"
