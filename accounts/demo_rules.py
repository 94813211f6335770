"""When a demo is over and when its data goes (DEMO-6). Pure; asks no clock."""

from core.calendar import end_of_days, local_date
from core.clock import EXACT_DAY, Instant


def demo_end(begun_at: Instant, days: int) -> Instant:
    """`demoDays` of 24 hours each, whatever the calendar does (GEN-4); over at that instant."""
    return begun_at + days * EXACT_DAY


def demo_erasure(ends_at: Instant, retention_days: int, zone: str) -> Instant:
    """The data stays `demoRetentionDays` local days from the end, through the last of them (GEN-3)."""
    return end_of_days(local_date(ends_at, zone), retention_days, zone)
