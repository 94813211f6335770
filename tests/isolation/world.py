"""The suite's world: eleven organizations with rows in every table, who looks at them, and what each may see.

The expectation is computed here from paths alone; nothing of the product's own filters is used for it."""

import importlib
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tortoise import fields
from tortoise.models import Model

from core.clock import EXACT_DAY
from core.database import APPS
from core.ids import new_id
from core.transaction import Transaction, insert
from tenants.actor import Credentials
from tenants.authentication import secret_hash
from tenants.permissions import Role
from tenants.permissions.vocabulary import Access, Area
from tenants.support.support_tokens import SupportClaims, signed_token
from tenants.unit_of_work import Platform, platform_transaction
from tests.databases import START
from tests.graph.asking import STATEMENTS
from tests.isolation.places import Mark, Place, marks, the_places
from tests.isolation.rows import RECIPES, Columns, moved_rows
from tests.makers import Member, an_api_key, credentials_of

FOREVER = START + 1000 * EXACT_DAY
PAIRS = frozenset(
    {
        "audit_entry", "wallet", "payment", "ledger_transaction", "ledger_entry", "segment_charge", "money_hold",
        "invoice",
        "invoice_line", "invoice_allocation",
    }
)  # fmt: skip
SHOWN_TO_SOME = frozenset({"product", "plan", "add_on", "move_offer"})
VIEWERS = {
    "operator": "operator",
    "parent": "reseller",
    "self": "customer",
    "sibling": "sibling",
    "child": "child",
    "stranger": "stranger",
    "moved": "moved",
    "API key of self": "customer",
    "support session": "customer",
}
"""Who looks, and from which organization; a support session from its target's. No one is tried by itself."""


class TableWithoutRows(AssertionError):
    """A table of the models has no rows in the suite's world: say in rows.py what stands in it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Whose a row is, as the database has it."""

    table: str
    id: str | None
    organization_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who asks."""

    name: str
    place: Place
    credentials: Credentials


@dataclass(slots=True)
class World:
    """Everything that stands in the database, read once as the platform."""

    places: dict[str, Place]
    viewers: dict[str, Viewer] = field(default_factory=dict)
    rows: list[Stored] = field(default_factory=list)
    marked: dict[str, Stored] = field(default_factory=dict)
    raw: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    seen: dict[str, list[Stored]] = field(default_factory=dict)
    """By viewer, found once: the world does not change."""

    def visible(self, viewer: Viewer, table: str | None = None) -> list[Stored]:
        """The rows that the rules let the viewer see (VIS-1, VIS-6, VIS-5 for the catalogue)."""
        if viewer.name not in self.seen:
            offered = self._offered(viewer)
            self.seen[viewer.name] = [row for row in self.rows if _sees(viewer, row, offered)]
        return [row for row in self.seen[viewer.name] if table in (None, row.table)]

    def invisible(self, viewer: Viewer, table: str) -> list[Stored]:
        """The rows of the table that the viewer must not see, strangers' and sellers' alike."""
        seen = set(self.visible(viewer, table))
        return [row for row in self.rows if row.table == table and row not in seen]

    def seller_names(self, viewer: Viewer) -> set[str]:
        """What a buyer may know of above: names and brands of those who sell or sold to it (VIS-2, VIS-6, WL-2)."""
        own = [row["seller_id"] for row in self.raw["wallet"] if row["organization_id"] == viewer.place.id]
        names = {row["name"] for row in self.raw["organization"] if row["id"] in own}
        brands = [row for row in self.raw["brand"] if row["organization_id"] in own]
        shown = {row[name] for row in brands for name in ("brand_name", "support_email")}
        logos = {f"/brand/logo/{row['logo_hash']}" for row in brands}
        domains = {row["domain"] for row in self.raw["brand_domain"] if row["organization_id"] in own}
        return names | shown | logos | domains

    def _offered(self, viewer: Viewer) -> set[str]:
        """Plans and add-ons on the seller's list for the viewer, and their products."""
        seller, own = viewer.place.seller.id, viewer.place
        if own.parent is None:
            return set()
        terms = [t for t in self.raw["buyer_terms"] if (t["organization_id"], t["buyer_id"]) == (seller, own.id)]
        given = terms[0]["price_list_id"] if terms else None
        lists = {
            each["id"] for each in self.raw["price_list"]
            if each["organization_id"] == seller and (each["id"] == given or (given is None and each["is_default"]))
        }  # fmt: skip
        about_itself = {
            each["id"] for each in self.raw["move_offer"]
            if (each["moving_id"], each["side"]) == (own.id, "OLD_SELLER")
        }  # fmt: skip
        items = {price["item_id"] for price in self.raw["price"] if price["price_list_id"] in lists}
        return about_itself | items | {plan["product_id"] for plan in self.raw["plan"] if plan["id"] in items}


def _sees(viewer: Viewer, row: Stored, offered: set[str]) -> bool:
    if row.path.startswith(viewer.place.path):
        return True
    if row.table in PAIRS:
        return row.organization_id == viewer.place.id
    return row.table in SHOWN_TO_SOME and row.id in offered


def models() -> Iterator[type[Model]]:
    """Every table of the product."""
    for app in APPS:
        for _, kind in inspect.getmembers(importlib.import_module(f"{app}.models"), inspect.isclass):
            if issubclass(kind, Model) and kind is not Model:
                yield kind


def tenant_tables() -> list[str]:
    """The tables whose rows belong to an organization."""
    return sorted(kind._meta.db_table for kind in models() if "path" in kind._meta.fields_map)


def system_tables() -> list[str]:
    """The tables of the platform itself: the request role has no right on them."""
    return sorted(kind._meta.db_table for kind in models() if "path" not in kind._meta.fields_map)


async def build_world(platform: Platform) -> World:
    """Write the world into an empty database and read back what stands there."""
    missing = {kind._meta.db_table for kind in models()} - RECIPES.keys()
    if missing:
        raise TableWithoutRows(f"rows.py does not know {sorted(missing)}")
    world, writing = World(the_places()), _Writing()
    async with platform_transaction(platform) as tx:
        for table, recipe in RECIPES.items():
            for place in world.places.values():
                for columns in recipe(place, next(writing.marks)):
                    await writing.write(tx, table, place, columns)
        mark = next(writing.marks)
        for table, columns in moved_rows(world.places["moved"], world.places["reseller"], mark):
            await writing.write(tx, table, world.places["moved"], columns)
    for name, key in VIEWERS.items():
        world.viewers[name] = Viewer(name, world.places[key], await _credentials(platform, name, world.places[key]))
    await _read(platform, world)
    world.marked |= writing.marked
    return world


class _Writing:
    """Fills the columns that a recipe leaves open, by the models."""

    def __init__(self) -> None:
        self.marks = marks()
        self.kinds = {kind._meta.db_table: kind for kind in models()}
        reads = [each.reads for each in STATEMENTS.catalogue.types.values() if each.reads is not None]
        self.prefixes = {each.table: each.prefix for each in reads if each.prefix is not None}
        self.prefixes |= {"segment": "seg", "batch_update": "bupd"}
        self.marked: dict[str, Stored] = {}

    async def write(self, tx: Transaction, table: str, place: Place, given: Columns) -> None:
        mark, row = next(self.marks), dict[str, Any]()
        for name, kind in self.kinds[table]._meta.fields_map.items():
            row[name] = given[name] if name in given else self._filled(name, kind, table, place, mark)
            if isinstance(kind, fields.JSONField) and row[name] is not None:
                row[name] = json.dumps(row[name])
        await insert(tx, table, **row)
        place.texts[table] = mark.text
        if "path" in row:
            stored = Stored(table, row.get("id"), str(row.get("organization_id") or row["id"]), row["path"])
            self.marked |= {mark.text: stored, mark.amount: stored}

    def _filled(self, name: str, kind: Any, table: str, place: Place, mark: Mark) -> Any:
        if name == "id":
            return place.ref(self.prefixes.get(table, table.replace("_", "")[:8]))
        if name == "organization_id":
            return place.id
        if name == "path":
            return place.path
        if isinstance(kind, fields.BooleanField):
            return False
        if isinstance(kind, fields.JSONField):
            return {"note": mark.text}
        if isinstance(kind, fields.BigIntField):
            if kind.null:
                return None
            return mark.micros if name.endswith("_micros") else START if name.endswith("_at") or name == "at" else 1
        return None if name.endswith(("_id", "_date")) and kind.null else mark.text


async def _credentials(platform: Platform, name: str, place: Place) -> Credentials:
    owner = Member(platform, place.ref("mem"), place.id, place.path, Role.OWNER, name, "x", place.ref("usr"))
    if name == "support session":
        return await _acting(platform, place)
    if name.startswith("API key"):
        return await an_api_key(owner, scopes=[f"{area}:{access}" for area in Area for access in Access])
    return await credentials_of(owner)


async def _acting(platform: Platform, place: Place) -> Credentials:
    """The seller's OWNER acting as the organization, writing in every area."""
    seller, session_id, areas = place.seller, new_id("sup"), [area.value for area in Area]
    claims = SupportClaims(session_id, place.id, seller.ref("mem"), seller.id, place.id, areas, START, FOREVER)
    token = signed_token(claims, platform.secret)
    async with platform_transaction(platform) as tx:
        await insert(
            tx, "support_session", id=session_id, organization_id=place.id, path=place.path, kind="REMOTE_SUPPORT",
            target_name="x", supporter_organization_id=seller.id, supporter_member_id=seller.ref("mem"),
            supporter_name="x", asking_id="x", is_first_of_asking=True, reason="x", ticket="x", minutes=60,
            access="WRITE", areas=json.dumps(areas), state="OPEN", basis="APPROVED",
            approved_by_organization_id=place.id, token_hash=secret_hash(token),
            asked_at=START, opened_at=START, ends_at=FOREVER, platform_ends_at=FOREVER,
        )  # fmt: skip
    return Credentials(token, request_id="req_test")


async def _read(platform: Platform, world: World) -> None:
    async with platform_transaction(platform) as tx:
        for kind in models():
            table = kind._meta.db_table
            world.raw[table] = [dict(row) for row in await tx.fetch(f"SELECT * FROM {table}")]
    for table in tenant_tables():
        for row in world.raw[table]:
            world.rows.append(Stored(table, row.get("id"), str(row.get("organization_id") or row["id"]), row["path"]))
        if len({row.organization_id for row in world.rows if row.table == table}) < 4:
            raise TableWithoutRows(f"{table} has rows of fewer than four organizations")


def rows_by_id(world: World) -> Mapping[str, Stored]:
    """Every row that has an id of its own."""
    return {row.id: row for row in world.rows if row.id is not None}
