"""Which column holds each fact that rules decide from, and how a row becomes AccountFacts. Decides nothing."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from accounts.account_status import AccountFacts, AccountKind, Lifecycle, Verification
from accounts.funds import AccountType, BalanceControl
from core.transaction import Row


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda stored: None if stored is None else read(stored)


def _same(stored: Any) -> Any:
    return stored


COLUMNS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "kind": ("kind", AccountKind),
    "account_type": ("type", AccountType),
    "balance_control": ("balance_control", _optional(BalanceControl)),
    "lifecycle": ("lifecycle", Lifecycle),
    "is_blocked": ("is_blocked", bool),
    "verification": ("verification", Verification),
    "activation_date": ("activation_date", _optional(date.fromisoformat)),
    "activated_at": ("activated_at", _same),
    "activation_hold": ("activation_hold", _same),
    "expiration_date": ("expiration_date", _optional(date.fromisoformat)),
    "availability_days": ("availability_days", _same),
    "first_used_at": ("first_used_at", _same),
    "last_recharged_at": ("last_recharged_at", _same),
    "opening_balance_micros": ("opening_balance_micros", _same),
    "balance_micros": ("balance_micros", _same),
    "credit_limit_micros": ("credit_limit_micros", _same),
}
"""Name of the fact: its column and how the stored value is read."""


def fact_columns(names: Iterable[str], alias: str) -> str:
    """The columns of these facts for a SELECT, each under the name of its fact."""
    return ", ".join(f"{alias}.{COLUMNS[name][0]} AS {name}" for name in names)


def facts_of(names: Iterable[str], values: Iterable[Any]) -> AccountFacts:
    """The facts of stored values in the order of names; those that are not named are as in an open account."""
    return AccountFacts(**{name: COLUMNS[name][1](value) for name, value in zip(names, values, strict=True)})


def all_facts_of(row: Row) -> AccountFacts:
    """Every fact of a row of `account`."""
    return facts_of(COLUMNS, (row[column] for column, _ in COLUMNS.values()))
