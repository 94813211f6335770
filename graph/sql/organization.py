"""SQL of what an organization's row cannot say in a column: the search, the viewer's rights, a sandbox's time.

The rules are in tenants/; here they are only put into a statement."""

import json
from typing import TYPE_CHECKING, Any

from graph.sql import dialect as sql
from graph.sql.inputs import plain_values
from tenants.organizations.organization_search import parse_search, search_condition
from tenants.permissions import Area, Condition, Relation
from tenants.permissions import allowed_actions as actions_of

if TYPE_CHECKING:
    from graph.sql.compile import Compilation


def searched(made: "Compilation", alias: str, given: dict[str, Any]) -> str:
    """The condition of a search (SRCH-1 to SRCH-5); its text serves other terms too.

    Refused: MATCH_MODE_INVALID, SEARCH_TERM_TOO_SHORT; SCOPE_MISSING for a key that reads no members."""
    search = parse_search(plain_values(given))
    if "contactEmail" in search.terms:
        made.require_area(Area.MEMBERS)
    if "number" in search.terms:
        made.require_area(Area.NUMBERS)
    return search_condition(
        search,
        alias,
        made.row_is_visible,
        lambda picked: made.bind_computed(given, lambda values: picked(parse_search(values))),
    )


def allowed_actions(made: "Compilation") -> str:
    """The JSON list of the actions that the reader's role has over the organization under `{t}`, by its relation."""
    own = made.own_organization
    cases = (
        (f"{{t}}.id = {own}", Relation.OWN),
        (f"{{t}}.parent_id = {own} AND {{t}}.managed_by = 'SERVICE_PROVIDER'",
         Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER),
        (f"{{t}}.parent_id = {own}", Relation.BUYER_MANAGED_BY_CUSTOMER),
    )  # fmt: skip
    whens = " ".join(f"WHEN {condition} THEN {_actions(made, relation)}" for condition, relation in cases)
    return f"CASE {whens} ELSE {_actions(made, Relation.BELOW_BUYER)} END"


def _actions(made: "Compilation", relation: Relation) -> str:
    """A constant: role and way in are part of what a statement is kept by."""
    allowed = actions_of(made.sight.role, relation, made.sight.via, tuple(Condition))
    return sql.json_of_text(sql.quoted(json.dumps(sorted(allowed))))


def clock_now(made: "Compilation") -> str:
    """The time of the sandbox of `{t}` in microseconds, null outside of one.

    A clock that the reader does not see stands above the reader, who then shares it."""
    stands_at = (
        "SELECT clock.stands_at FROM sandbox_clock clock "
        f"WHERE clock.id = {{t}}.clock_id AND {made.row_is_visible('clock', 'sandbox_clock')}"
    )
    return f"(CASE WHEN {{t}}.clock_id IS NOT NULL THEN coalesce(({stands_at}), {made.now}) END)"
