"""A change that passed every check but money: what its quote and the command share (SUB-10). Only shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from billing.change_order import ChangeOrder, Content, LineChange
from billing.change_prices import PricedChange, Standing
from billing.change_timing import Timing
from billing.order import AddOnRow, PlanRow
from billing.queued_changes import QueuedChange
from billing.quotes import QuoteLevel
from billing.subscription_access import Held
from core.clock import MINUTE, Instant
from core.refusals import Blocker
from tenants.policy.policy_resolution import Policies


@dataclass(frozen=True, slots=True)
class SeenChange:
    """An order whose rows the actor sees and may change; `plan` None: it stays."""

    order: ChangeOrder
    held: Held
    plan: PlanRow | None
    added: tuple[AddOnRow, ...]
    today: date


@dataclass(frozen=True, slots=True)
class PreparedChange:
    """What would happen: `now` holds at once and costs `priced`, `queued` waits. `policies` are the buyer's today."""

    seen: SeenChange
    timing: Timing
    before: Content
    now: Content
    changes: tuple[LineChange, ...]
    standing: Standing
    priced: PricedChange
    policies: Policies
    queued: QueuedChange | None
    waiting: QueuedChange | None
    """What waited already, and stays (SUB-63)."""
    overdue: Blocker | None

    @property
    def is_charged(self) -> bool:
        """Whether any level pays anything; what costs nothing needs no money (SUB-61, MON-19)."""
        return any(level.gross_micros for level in self.priced.sale.levels)

    @property
    def end_date(self) -> date:
        """The date after the last one paid for, once it has happened (SUB-60, SUB-64)."""
        return self.priced.sale.time.end if self.priced.is_new_period else self.seen.held.subscription.end_date

    @property
    def quoted_facts(self) -> Mapping[str, object]:
        """What a quote stands for: the change, its total and its time."""
        buyer, subscription = self.priced.sale.buyer, self.seen.held.subscription
        return {
            "subscription": subscription.id,
            "version": subscription.version,
            "items": [[item.id, item.quantity] for item in self.now.items],
            "queued": None if self.queued is None else self.queued.audited,
            "net": buyer.net_micros,
            "total": buyer.gross_micros,
            "currency": buyer.level.currency,
            "end": self.end_date.isoformat(),
        }

    def quote_expires_at(self, now: Instant) -> Instant:
        """A quote of now holds until this instant, exclusive (`quoteMinutes`, GEN-4)."""
        return now + self.policies.integer("quoteMinutes") * MINUTE


@dataclass(frozen=True, slots=True)
class ChangeQuote:
    """What the change would do now. levels[0] is the subscribing organization's; `blockers`: why it would be refused.

    applies_date: the local date from which it holds, of a change that waits the next period's first."""

    quote_id: str
    expires_at: Instant
    version: int
    timing: Timing
    applies_date: date
    queued_date: date | None
    """When the part that waits takes effect; None when nothing waits."""
    end_date: date
    levels: tuple[QuoteLevel, ...]
    blockers: tuple[Blocker, ...]
