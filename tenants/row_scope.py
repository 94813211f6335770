"""Layer 1 of tenancy: the one place that turns an actor's position into a predicate on rows (VIS-1, VIS-6).

Nothing outside tenants/ writes a condition on `path`. Layer 2, PostgreSQL's row security, is in row_security.py."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from core.model import Model
from core.transaction import Dialect, Transaction
from tenants.paths import range_end


class Sight(StrEnum):
    """Who sees the rows of a table."""

    RANGE = auto()
    PAIR = auto()
    CATALOGUE_ITEM = auto()
    CATALOGUE_PRODUCT = auto()
    MOVING = auto()


SIGHT_OF_TABLE: dict[str, Sight] = {
    "audit_entry": Sight.PAIR,
    "wallet": Sight.PAIR,
    "payment": Sight.PAIR,
    "ledger_transaction": Sight.PAIR,
    "ledger_entry": Sight.PAIR,
    "segment_charge": Sight.PAIR,
    "money_hold": Sight.PAIR,
    "invoice": Sight.PAIR,
    "invoice_line": Sight.PAIR,
    "invoice_allocation": Sight.PAIR,
    "plan": Sight.CATALOGUE_ITEM,
    "add_on": Sight.CATALOGUE_ITEM,
    "product": Sight.CATALOGUE_PRODUCT,
    "move_offer": Sight.MOVING,
}
"""Tables that are not simply seen by path range. Money stays with its pair after a move, and so do the log's entries
about it; a catalogue is also seen by those it is offered to, and the old seller's row of an offer by whom it moves."""

_OFFERED_ON_SQLITE = """SELECT p.item_id FROM organization o
JOIN price_list l ON l.organization_id = o.parent_id AND l.currency = o.currency
LEFT JOIN buyer_terms t ON t.organization_id = o.parent_id AND t.buyer_id = o.id
JOIN price p ON p.price_list_id = l.id
WHERE o.id = {own} AND (l.id = t.price_list_id OR (t.price_list_id IS NULL AND l.is_default))"""

_is_layer_one_on = True


@dataclass(frozen=True, slots=True)
class RowScope:
    """Where somebody stands: an organization and its path. Everything a statement may see follows from it."""

    path: str
    organization_id: str

    @property
    def arguments(self) -> tuple[str, str, str]:
        """The three bound parameters that `predicate` refers to, in its order."""
        return self.path, range_end(self.path), self.organization_id

    @property
    def settings(self) -> dict[str, str]:
        """What a transaction on PostgreSQL is bound to, for row security."""
        path, path_end, organization_id = self.arguments
        return {"app.path": path, "app.path_end": path_end, "app.organization_id": organization_id}


def within(path: str, dialect: Dialect, start: str, end: str, *, strictly: bool = False) -> str:
    """The condition that a path lies in the range from `start` (left out when `strictly`) to before `end`, in the
    operators of the indexes on `path` (docs/adr/0007)."""
    beyond = ">" if strictly else ">="
    from_start, to_end = (beyond, "<") if dialect == "sqlite" else (f"~{beyond}~", "~<~")
    return f"{path} {from_start} {start} AND {path} {to_end} {end}"


def predicate(alias: str, table: str, dialect: Dialect, first: int = 1, *, is_found_otherwise: bool = False) -> str:
    """The condition that a row of `table` is visible; its parameters are `$first` to `$first + 2` (RowScope.arguments).

    Every statement that reads or writes a tenant's table for an actor carries it, for each table it names.
    `is_found_otherwise`: the row is found by its id or its parent, and its path is only checked. On PostgreSQL the
    indexes on `path` have the operators of text_pattern_ops, which a mere check does not name, and its CASE tells the
    planner nothing of how many rows pass: nearly all that were found do (docs/adr/0007)."""
    start, end, own = f"${first}", f"${first + 1}", f"${first + 2}"
    if not _is_layer_one_on:
        return f"({start} || {end} || {own} IS NOT NULL)"
    # All three are named in each condition, so that PostgreSQL can tell their types; the last part is folded away.
    if not is_found_otherwise:
        stands_within = within(f"{alias}.path", dialect, start, end)
    elif dialect == "sqlite":
        stands_within = f"{alias}.path >= {start} AND {alias}.path < {end}"
    else:
        stands_within = f"CASE WHEN {alias}.path >= {start} AND {alias}.path < {end} THEN true ELSE false END"
    in_range = f"({stands_within} AND {own} <> '')"
    match SIGHT_OF_TABLE.get(table, Sight.RANGE):
        case Sight.RANGE:
            return in_range
        case Sight.PAIR:
            return f"({in_range} OR {alias}.organization_id = {own})"
        case Sight.CATALOGUE_ITEM:
            return f"({in_range} OR {alias}.id IN ({_offered_items(dialect, own)}))"
        case Sight.CATALOGUE_PRODUCT:
            plans = f"SELECT n.product_id FROM plan n WHERE n.id IN ({_offered_items(dialect, own)})"
            offered = plans if dialect == "sqlite" else f"SELECT product_id FROM offered_products({own})"
            return f"({in_range} OR {alias}.id IN ({offered}))"
        case Sight.MOVING:
            return f"({in_range} OR ({alias}.moving_id = {own} AND {alias}.side = 'OLD_SELLER'))"


def scoped(model: type[Model], scope: RowScope, tx: Transaction) -> QuerySet[Any]:
    """The ORM's side of layer 1: the visible rows of a range or pair table, in the transaction (use `.values()`)."""
    path, path_end, own = scope.arguments
    visible = Q(path__gte=path, path__lt=path_end)
    sight = SIGHT_OF_TABLE.get(model._meta.db_table, Sight.RANGE)
    if sight is Sight.PAIR:
        visible |= Q(organization_id=own)
    elif sight is Sight.MOVING:
        visible |= Q(moving_id=own, side="OLD_SELLER")
    elif sight is not Sight.RANGE:
        raise ValueError("a catalogue table is read by SQL: what is offered is no filter of the ORM")
    return model.filter(visible).using_db(tx.client)


def switch_layer_one(is_on: bool) -> None:
    """For the isolation suite alone: proves that row security holds without layer 1. Never called by the product."""
    global _is_layer_one_on
    _is_layer_one_on = is_on


def _offered_items(dialect: Dialect, own: str) -> str:
    if dialect == "sqlite":
        return _OFFERED_ON_SQLITE.format(own=own)
    return f"SELECT item_id FROM offered_items({own})"
