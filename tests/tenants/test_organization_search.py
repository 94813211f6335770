"""Searching organizations (SRCH-2 to SRCH-5): modes, folding, literal characters, statuses, refusals at once."""

import pytest

from core.refusals import Refused
from tenants.organizations.organization_search import (
    LONGEST_TERM,
    MatchMode,
    OrganizationSearch,
    Term,
    parse_search,
    search_condition,
)


def term(value: str, mode: str | None = None, key: str = "name") -> Term:
    given = {"value": value} if mode is None else {"value": value, "mode": mode}
    return parse_search({key: given}).terms[key]


def refusals(request: dict[str, object]) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        parse_search(request)
    return refused.value.codes


def condition(search: OrganizationSearch) -> tuple[str, list[object]]:
    """The text and the values that it binds, in order."""
    values: list[object] = []

    def bind(picked: object) -> str:
        values.append(picked(search))  # type: ignore[operator]
        return f"${len(values)}"

    return search_condition(search, "o", lambda alias, table: f"seen({alias})", bind), values


@pytest.mark.parametrize(
    ("value", "mode", "found"),
    [
        ("eric", "CONTAINS", ["Eric", "Erica", "Maverick", "American"]),
        ("SMITH", "ENDS_WITH", ["Smith", "Hammersmith"]),
        ("smith", None, ["Smith", "Smithers"]),
        ("SMITHERS", "EXACT", ["Smithers"]),
    ],
)
def test_a_16_modes_compare_folded_texts(value: str, mode: str | None, found: list[str]) -> None:
    names = ["Eric", "Erica", "Maverick", "American", "Derek", "Smith", "Hammersmith", "Smithers"]
    assert [name for name in names if term(value, mode).finds(name)] == found


def test_srch_2_uuid_takes_exact_only_and_parts_need_three_characters() -> None:
    assert refusals({"uuid": {"value": "org_0", "mode": "STARTS_WITH"}}) == ("MATCH_MODE_INVALID",)
    assert term("ORG_0", key="uuid") == Term("org_0", MatchMode.EXACT)
    assert refusals({"name": {"value": " ab ", "mode": "CONTAINS"}}) == ("SEARCH_TERM_TOO_SHORT",)
    assert term("ab", "STARTS_WITH").mode is MatchMode.STARTS_WITH


def test_gen_2_all_bad_fields_are_named_at_once() -> None:
    short = {"value": "12", "mode": "ENDS_WITH"}
    with pytest.raises(Refused) as refused:
        parse_search({"billingNumber": short, "number": short, "uuid": {"value": "", "mode": "CONTAINS"}})
    assert [(each.code, each.field) for each in refused.value.blockers] == [
        ("MATCH_MODE_INVALID", ("filter", "uuid", "mode")),
        ("SEARCH_TERM_TOO_SHORT", ("filter", "billingNumber", "value")),
        ("SEARCH_TERM_TOO_SHORT", ("filter", "number", "value")),
    ]


def test_srch_3_full_folding_with_accents_that_count() -> None:
    assert term("STRASSE").finds("Straße 5")
    assert term("cafe\u0301", "EXACT").finds("CAF\u00c9")
    assert not term("cafe", "EXACT").finds("Caf\u00e9")


def test_srch_3_every_character_is_literal() -> None:
    assert term("50%_\\", "CONTAINS").sought == "%50\\%\\_\\\\%"
    assert term("50%", "EXACT").sought == "50%"
    assert term("%", "STARTS_WITH").finds("% off") and not term("%", "STARTS_WITH").finds("off")


def test_a_term_that_no_column_can_hold_finds_nothing() -> None:
    assert term("a" * (LONGEST_TERM + 1)).sought == ""
    assert not term("a" * (LONGEST_TERM + 1)).finds("a" * (LONGEST_TERM + 1))
    assert term("a\x00\ud800", "EXACT").sought == "a\ufffd\ufffd"


def test_srch_4_a_leading_plus_is_ignored() -> None:
    assert term("+6531580001", key="number").text == "6531580001"
    text, values = condition(parse_search({"number": {"value": "+65"}}))
    assert "FROM number held WHERE held.organization_id = o.id" in text
    assert values == ["65%"]


def test_srch_5_statuses() -> None:
    hidden = "o.status NOT IN ('DELETED', 'DEACTIVATED_BY_USER')"
    assert condition(parse_search({})) == (hidden, [])
    assert condition(parse_search({"status": ["ANY"]})) == ("1 = 1", [])
    assert condition(parse_search({"status": ["DELETED", "ACTIVE"]})) == ("o.status IN ($1, $2)", ["DELETED", "ACTIVE"])
    assert condition(parse_search({"status": []})) == ("1 = 0", [])


def test_several_keys_all_have_to_match() -> None:
    asked = {"name": {"value": "A"}, "kind": ["CUSTOMER"], "parentId": "org_1", "status": ["ANY"]}
    text, values = condition(parse_search(asked))
    assert text.startswith("1 = 1 AND o.kind IN ($1) AND o.parent_id = $2 AND ")
    assert text.endswith(" AND o.name_folded LIKE $3 ESCAPE '\\'")
    assert values == ["CUSTOMER", "org_1", "a%"]


def test_contacts_and_tags_are_searched_where_the_reader_sees_them() -> None:
    text, values = condition(parse_search({"contactEmail": {"value": "A@x.test", "mode": "EXACT"}}))
    assert "o.billing_email_folded = $1 OR EXISTS" in text
    assert "contact.email_folded = $1 AND seen(contact)" in text
    assert values == ["a@x.test"]
    assert "seen(tag)" in condition(parse_search({"customerRef": {"value": "7"}}))[0]
