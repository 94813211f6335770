"""What a sale reads of every level at once: pairs, policies, prices and tax rules up to the Product's owner (MON-30).

Reads above the actor, so inside `as_platform`; shows nothing and decides nothing about money (sale.py does)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NoReturn

from billing.prices import PriceRow, UnitPrice, offered_row, row_in_force, unit_price
from billing.tax import INDIAN_RULES, TaxPlace, TaxRate, TaxRule, matching_rule
from billing.wallet_figures import WalletMode
from billing.wallets import Pair, lock_chain
from core.refusals import FieldPath, refuse
from core.transaction import Row
from tenants.policy.policy import read_policies
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork

ALWAYS = date.min


@dataclass(frozen=True, slots=True)
class OrderedItem:
    """A plan or add-on of an order, and where it stands in the input."""

    id: str
    name: str
    quantity: int
    is_taxable: bool
    field: FieldPath


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A price a seller asks of one buyer for one item: a list row or a contract price, with the term it binds to."""

    row: PriceRow
    is_contract: bool = False
    min_term_months: int | None = None
    early_end_percent: Fraction | None = None


@dataclass(frozen=True, slots=True)
class BuyerTerms:
    """What a seller gave one buyer besides a list (SUB-4, MON-83)."""

    discount_percent: Fraction | None = None
    is_tax_exempt: bool = False


@dataclass(frozen=True, slots=True)
class LevelPrice:
    """What one unit of an item costs for a cycle at one level."""

    unit: UnitPrice
    min_term_months: int | None = None
    early_end_percent: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One pair of a sale: the policies are its buyer's, so its seller decides them (SUB-120)."""

    pair: Pair
    policies: Policies
    prices: Mapping[str, Sequence[ListedPrice]]
    terms: BuyerTerms
    tax_rule: TaxRule | None

    @property
    def currency(self) -> str:
        """The pair's currency (MON-4)."""
        return self.pair.wallet.currency

    @property
    def charged_tax_rule(self) -> TaxRule | None:
        """The rule for a charge; none where tax was taken at payment (MON-84)."""
        is_taken = self.policies.choice("taxTiming") == "PAYMENT" and self.pair.wallet.mode is WalletMode.PREPAID
        return None if is_taken else self.tax_rule


@dataclass(frozen=True, slots=True)
class SaleChain:
    """Every level from the subscribing organization's pair (0) up to the Product's owner."""

    levels: tuple[Level, ...]


async def read_chain(
    uow: UnitOfWork, organization_id: str, owner_id: str, items: Sequence[OrderedItem], *, is_preview: bool = False
) -> SaleChain:
    """Four statements at most, however long the chain; the Wallets stay locked unless it is a preview (MON-7).

    Call it inside `as_platform`. Refused: WALLET_MISSING, PLAN_NOT_OFFERED (the owner does not stand above)."""
    pairs = await lock_chain(uow, organization_id, owner_id, is_preview=is_preview)
    if not pairs:
        refuse("PLAN_NOT_OFFERED", "The plan has no price.")
    policies = await read_policies(uow.tx, organization_id)
    prices, terms = await _read_prices(uow, pairs, [item.id for item in items])
    is_taxable = any(item.is_taxable for item in items)
    rules = await read_tax_rules(uow, [pair.seller.id for pair in pairs]) if is_taxable else {}
    return _chain(pairs, policies, prices, terms, rules)


def _chain(
    pairs: Sequence[Pair],
    policies: Policies,
    prices: Mapping[tuple[str, str], Sequence[ListedPrice]],
    terms: Mapping[str, BuyerTerms],
    rules: Mapping[str, Sequence[TaxRule]],
) -> SaleChain:
    levels = []
    for pair in pairs:
        own = terms.get(pair.buyer.id, BuyerTerms())
        rule = tax_rule_of(pair, rules.get(pair.seller.id, ()), is_exempt=own.is_tax_exempt)
        asked = {item_id: rows for (buyer_id, item_id), rows in prices.items() if buyer_id == pair.buyer.id}
        levels.append(Level(pair, Policies(policies.layers[pair.level :]), asked, own, rule))
    return SaleChain(tuple(levels))


def level_price(level: Level, item_id: str, cycle_months: int, first_day: date, field: FieldPath) -> LevelPrice:
    """The price of one unit at a level (SUB-3, SUB-4, MON-31).

    Refused at the buyer's: PLAN_NOT_OFFERED, PRICE_MISSING, CYCLE_NOT_OFFERED; above it: COST_MISSING."""
    listed = level.prices.get(item_id, ())
    rows = [each.row for each in listed]
    if level.pair.level == 0 and item_id.startswith("plan_"):
        offered_row(rows, level.currency, cycle_months, first_day)
    list_row = row_in_force([e.row for e in listed if not e.is_contract], level.currency, cycle_months, first_day)
    contract = row_in_force([e.row for e in listed if e.is_contract], level.currency, cycle_months, first_day)
    in_force = contract or list_row
    if in_force is None:
        _refuse_price(level, rows, field)
    chosen = next(each for each in listed if each.row is in_force)
    agreed = None if contract is None else contract.amount_micros
    unit = unit_price(in_force.amount_micros, level.currency, level.terms.discount_percent, agreed)
    return LevelPrice(unit, chosen.min_term_months, chosen.early_end_percent)


def _refuse_price(level: Level, rows: Sequence[PriceRow], field: FieldPath) -> NoReturn:
    if level.pair.level:
        refuse("COST_MISSING", "The plan has no cost at a higher level.", field)
    if any(row.currency == level.currency for row in rows):
        refuse("CYCLE_NOT_OFFERED", "It is not sold for this cycle.", field)
    refuse("PRICE_MISSING", "There is no price in the buyer's currency.", field, currency=level.currency)


_PRICES = """
SELECT o.id AS buyer_id, p.item_id, l.currency, p.cycle_months, p.amount_micros, p.valid_from_date, p.min_term_months,
    p.early_end_percent, 0 AS is_contract, t.discount_percent, t.is_tax_exempt
FROM organization o
JOIN price_list l ON l.organization_id = o.parent_id
LEFT JOIN buyer_terms t ON t.organization_id = o.parent_id AND t.buyer_id = o.id
JOIN price p ON p.price_list_id = l.id
WHERE o.id IN ({buyers}) AND p.item_id IN ({items})
    AND (l.id = t.price_list_id OR (t.price_list_id IS NULL AND l.is_default))
UNION ALL
SELECT o.id, b.item_id, o.currency, b.cycle_months, b.amount_micros, NULL, NULL, NULL, 1, t.discount_percent,
    t.is_tax_exempt
FROM organization o
JOIN buyer_price b ON b.organization_id = o.parent_id AND b.buyer_id = o.id
LEFT JOIN buyer_terms t ON t.organization_id = o.parent_id AND t.buyer_id = o.id
WHERE o.id IN ({buyers}) AND b.item_id IN ({items})
"""
_Prices = dict[tuple[str, str], list[ListedPrice]]


async def _read_prices(
    uow: UnitOfWork, pairs: Sequence[Pair], item_ids: Collection[str]
) -> tuple[_Prices, dict[str, BuyerTerms]]:
    """What each pair's seller asks of its buyer, by (buyer, item), and the terms given to each buyer."""
    buyers, items = [pair.buyer.id for pair in pairs], list(dict.fromkeys(item_ids))
    sql = _PRICES.format(buyers=places(1, len(buyers)), items=places(1 + len(buyers), len(items)))
    prices: _Prices = {}
    terms: dict[str, BuyerTerms] = {}
    for row in await uow.tx.fetch(sql, *buyers, *items):
        prices.setdefault((row["buyer_id"], row["item_id"]), []).append(_listed(row))
        terms[row["buyer_id"]] = BuyerTerms(_percent(row["discount_percent"]), bool(row["is_tax_exempt"]))
    return prices, terms


def places(first: int, count: int) -> str:
    """`$first, ...`: that many parameters."""
    return ", ".join(f"${place}" for place in range(first, first + count))


def _listed(row: Row) -> ListedPrice:
    start = ALWAYS if row["valid_from_date"] is None else date.fromisoformat(row["valid_from_date"])
    price = PriceRow(row["currency"], row["cycle_months"], row["amount_micros"], start)
    return ListedPrice(price, bool(row["is_contract"]), row["min_term_months"], _percent(row["early_end_percent"]))


def _percent(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


async def read_tax_rules(uow: UnitOfWork, seller_ids: Collection[str]) -> dict[str, list[TaxRule]]:
    """The sellers' own tax rules, those of one side of the border first; call it inside `as_platform` (MON-83)."""
    rows = await uow.tx.fetch(
        "SELECT organization_id, buyer_country, state_relation, components FROM tax_rule "
        f"WHERE organization_id IN ({places(1, len(seller_ids))}) ORDER BY state_relation DESC",
        *seller_ids,
    )
    rules: dict[str, list[TaxRule]] = {}
    for row in sorted(rows, key=lambda row: row["state_relation"] == TaxPlace.ANY_STATE):
        rates = tuple(TaxRate(each["component"], Fraction(each["percent"])) for each in json.loads(row["components"]))
        rule = TaxRule(row["buyer_country"], TaxPlace(row["state_relation"]), rates)
        rules.setdefault(row["organization_id"], []).append(rule)
    return rules


def tax_rule_of(pair: Pair, own_rules: Sequence[TaxRule], *, is_exempt: bool) -> TaxRule | None:
    """The rule of the pair's seller that meets its buyer; a seller in India has the Indian one by default (MON-83)."""
    if is_exempt:
        return None
    has_own_for_india = any(rule.country == "IN" for rule in own_rules)
    default = INDIAN_RULES if pair.seller.country == "IN" and not has_own_for_india else ()
    return matching_rule([*own_rules, *default], pair.seller.state_code, pair.buyer.country, pair.buyer.state_code)
