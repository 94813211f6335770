"""The contract check: stale is caught, a break is caught until it is accepted, growth is taken in."""

from pathlib import Path

from tests.house.contract import CURRENT, RELEASED, accept, check, write

BEFORE = "type Query {\n  name: String\n  alias: String\n}\n"
GROWN = "type Query {\n  name: String\n  alias: String\n  city: String\n}\n"
BROKEN = "type Query {\n  name: String\n}\n"


def test_a_contract_that_was_never_written_is_missing(tmp_path: Path) -> None:
    assert check(tmp_path, BEFORE) == [
        "schema.graphql is missing: run `make schema`",
        "schema.released.graphql is missing: run `make schema`",
    ]


def test_a_written_contract_is_fresh(tmp_path: Path) -> None:
    assert write(tmp_path, BEFORE) == []
    assert check(tmp_path, BEFORE) == []


def test_code_that_grew_makes_the_committed_schema_stale(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    assert check(tmp_path, GROWN) == ["schema.graphql is stale: run `make schema`"]


def test_growth_becomes_part_of_the_promise(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    write(tmp_path, GROWN)
    assert (tmp_path / RELEASED).read_text() == GROWN


def test_a_schema_committed_by_hand_promises_nothing_new(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    (tmp_path / CURRENT).write_text(GROWN)
    assert check(tmp_path, GROWN) == [
        "schema.released.graphql does not promise what schema.graphql offers: run `make schema`"
    ]


def test_a_break_is_refused_even_when_the_schema_is_fresh(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    assert write(tmp_path, BROKEN) == ["FIELD_REMOVED: Field Query.alias was removed."]
    assert check(tmp_path, BROKEN) == ["FIELD_REMOVED: Field Query.alias was removed."]
    assert (tmp_path / RELEASED).read_text() == BEFORE


def test_a_break_that_is_meant_is_accepted_by_name(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    accept(tmp_path, BROKEN)
    assert check(tmp_path, BROKEN) == []


def test_a_schema_that_cannot_be_read_is_a_break(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    [problem] = write(tmp_path, "type Query {")
    assert problem.startswith("the schema cannot be read: Syntax Error")
