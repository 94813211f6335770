"""Searching organizations (SRCH-1 to SRCH-5): what a filter asks, and the condition it becomes.

Which rows are visible at all is not part of it: the caller's predicate stands on every table."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.refusals import Blockers, FieldPath
from tenants.names import BuyerTagKey, folded, normalized

SHORTEST_PART = 3
"""Characters that CONTAINS and ENDS_WITH need (SRCH-2)."""
LONGEST_TERM = 1_000
"""No searched text is longer, folding included (a name has 255 characters): what is longer finds nothing."""
HIDDEN_STATUSES = ("DELETED", "DEACTIVATED_BY_USER")
"""Left out unless they are asked for (SRCH-5)."""
ANY_STATUS = "ANY"

# PostgreSQL takes no NUL and no lone surrogate: as U+FFFD they find nothing on either database, not fail on one.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MatchMode(StrEnum):
    """How a term has to stand in the text that is searched (SRCH-2)."""

    EXACT = "EXACT"
    STARTS_WITH = "STARTS_WITH"
    CONTAINS = "CONTAINS"
    ENDS_WITH = "ENDS_WITH"


_IN_PARTS = (MatchMode.CONTAINS, MatchMode.ENDS_WITH)
_FOUND_BY: dict[MatchMode, Callable[[str, str], bool]] = {
    MatchMode.EXACT: str.__eq__,
    MatchMode.STARTS_WITH: str.startswith,
    MatchMode.CONTAINS: str.__contains__,
    MatchMode.ENDS_WITH: str.endswith,
}


@dataclass(frozen=True, slots=True)
class Term:
    """A folded text to search for; every character is literal (SRCH-3)."""

    text: str
    mode: MatchMode

    @property
    def sought(self) -> str:
        """The right side of the comparison with a folded column: the text, or a LIKE pattern with ESCAPE '\\'."""
        if len(self.text) > LONGEST_TERM:
            return ""
        if self.mode is MatchMode.EXACT:
            return self.text
        literal = re.sub(r"([%_\\])", r"\\\1", self.text)
        head = "%" if self.mode in _IN_PARTS else ""
        tail = "" if self.mode is MatchMode.ENDS_WITH else "%"
        return head + literal + tail

    def condition(self, column: str, place: str) -> str:
        """SQL: the folded column fits what is bound at `place`."""
        return f"{column} = {place}" if self.mode is MatchMode.EXACT else f"{column} LIKE {place} ESCAPE '\\'"

    def finds(self, text: str) -> bool:
        """The same in Python, on a text as it is stored unfolded: what the SQL of both engines has to answer."""
        return len(self.text) <= LONGEST_TERM and _FOUND_BY[self.mode](folded(text), self.text)


TERMS = ("name", "billingNumber", "contactEmail", "customerRef", "number", "uuid")
"""The keys that are searched as text (SRCH-1)."""


@dataclass(frozen=True, slots=True)
class OrganizationSearch:
    """What organizations must fulfil, all of it; None asks nothing. `terms` are by the keys of TERMS."""

    terms: Mapping[str, Term]
    statuses: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    parent_id: str | None = None


Picked = Callable[[OrganizationSearch], object]
Bind = Callable[[Picked], str]
"""Takes which value of a search a parameter is, answers its place, such as `$4`: the text serves other values too."""


def parse_search(request: Mapping[str, Any], field: FieldPath = ("filter",)) -> OrganizationSearch:
    """The search of a request: the keys of TERMS as {value, mode}, status, kind (lists) and parentId.

    Refused, all at once: MATCH_MODE_INVALID (uuid takes EXACT only), SEARCH_TERM_TOO_SHORT (SRCH-2)."""
    found = Blockers()
    terms = {key: _term(key, request[key], (*field, key), found) for key in TERMS if request.get(key) is not None}
    found.raise_if_any()
    statuses, kinds = request.get("status"), request.get("kind")
    return OrganizationSearch(
        terms,
        None if statuses is None else tuple(statuses),
        None if kinds is None else tuple(kinds),
        request.get("parentId"),
    )


def _term(key: str, given: Mapping[str, Any], field: FieldPath, found: Blockers) -> Term:
    standard = MatchMode.EXACT if key == "uuid" else MatchMode.STARTS_WITH
    mode, value = MatchMode(given.get("mode") or standard), normalized(given["value"])
    if key == "number":
        value = value.removeprefix("+")  # ignored, so no character of the term either (SRCH-4)
    if key == "uuid" and mode is not MatchMode.EXACT:
        found.add("MATCH_MODE_INVALID", "A uuid is searched as a whole only.", (*field, "mode"))
    elif mode in _IN_PARTS and len(value) < SHORTEST_PART:
        message = f"This mode needs at least {SHORTEST_PART} characters."
        found.add("SEARCH_TERM_TOO_SHORT", message, (*field, "value"), minimum=SHORTEST_PART, length=len(value))
    return Term(folded(_UNSTORABLE.sub("\ufffd", value)), mode)


def search_condition(search: OrganizationSearch, alias: str, visible: Callable[[str, str], str], bind: Bind) -> str:
    """The condition on `organization` under `alias`; `visible(alias, table)` is the reader's predicate on a table."""
    parts = [_statuses(search.statuses, alias, bind)]
    if search.kinds is not None:
        parts.append(_one_of(f"{alias}.kind", search.kinds, lambda of: of.kinds or (), bind))
    if search.parent_id is not None:
        above = bind(lambda of: of.parent_id)
        seen = f"SELECT 1 FROM organization above WHERE above.id = {above} AND {visible('above', 'organization')}"
        parts.append(f"{alias}.parent_id = {above} AND EXISTS ({seen})")  # a buyer finds nothing by its seller (VIS-2)
    parts += [_searched(key, term, alias, visible, bind) for key, term in search.terms.items()]
    return " AND ".join(parts)


def _statuses(statuses: tuple[str, ...] | None, alias: str, bind: Bind) -> str:
    if statuses is None:
        return f"{alias}.status NOT IN ({', '.join(map(repr, HIDDEN_STATUSES))})"
    if ANY_STATUS in statuses:
        return "1 = 1"
    return _one_of(f"{alias}.status", statuses, lambda of: of.statuses or (), bind)


def _one_of(
    column: str, values: tuple[str, ...], all_of: Callable[[OrganizationSearch], Sequence[str]], bind: Bind
) -> str:
    if not values:
        return "1 = 0"
    places = [bind(lambda of, place=place: all_of(of)[place]) for place in range(len(values))]  # type: ignore[misc]
    return f"{column} IN ({', '.join(places)})"


def _searched(key: str, term: Term, alias: str, visible: Callable[[str, str], str], bind: Bind) -> str:
    place = bind(lambda of: of.terms[key].sought)
    match key:
        case "number":
            return (
                f"EXISTS (SELECT 1 FROM number held WHERE held.organization_id = {alias}.id "
                "AND held.state IN ('ASSIGNED', 'RESERVED') "
                f"AND {term.condition('held.digits', place)} AND {visible('held', 'number')})"
            )
        case "contactEmail":
            return _contact_email(term, alias, visible, place)
        case "customerRef":
            return (
                f"EXISTS (SELECT 1 FROM buyer_tag tag WHERE tag.buyer_id = {alias}.id "
                f"AND tag.organization_id = {alias}.parent_id AND tag.key = '{BuyerTagKey.CUSTOMER_REF.value}' "
                f"AND {term.condition('tag.value_folded', place)} AND {visible('tag', 'buyer_tag')})"
            )
    column = {"name": "name_folded", "billingNumber": "billing_number", "uuid": "id"}[key]
    return term.condition(f"{alias}.{column}", place)


def _contact_email(term: Term, alias: str, visible: Callable[[str, str], str], place: str) -> str:
    """The contacts of today and the billing e-mail (SRCH-4)."""
    of_contact = (
        f"SELECT 1 FROM member contact WHERE contact.organization_id = {alias}.id "
        "AND (contact.is_tech_contact OR contact.is_accounts_contact OR contact.is_general_contact) "
        f"AND {term.condition('contact.email_folded', place)} AND {visible('contact', 'member')}"
    )
    return f"({term.condition(f'{alias}.billing_email_folded', place)} OR EXISTS ({of_contact}))"
