"""Ids: a kind and a UUIDv7 in base 32."""

import pytest

from core.ids import is_id, new_id, prefix_of


def test_a_new_id_names_its_kind() -> None:
    text = new_id("org")
    assert prefix_of(text) == "org"
    assert is_id(text, "org")
    assert not is_id(text, "mem")
    assert len(text) == len("org_") + 26


def test_ids_are_different_and_grow() -> None:
    made = [new_id("ltx") for _ in range(200)]
    assert len(set(made)) == 200
    assert made == sorted(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "org",
        "org_",
        "org_01m8291gq2ebfa2jam2mjx2wd",
        "org_01m8291gq2ebfa2jam2mjx2wdaa",
        "org_81m8291gq2ebfa2jam2mjx2wda",
        "org_01M8291GQ2EBFA2JAM2MJX2WDA",
        "org_01m8291gq2ebfa2jam2mjx2wdu",
        "01m8291gq2ebfa2jam2mjx2wda",
        "org_01m8291gq2ebfa2jam2mjx2wda\n",
        "org-01m8291gq2ebfa2jam2mjx2wda",
    ],
)
def test_what_is_no_id_has_no_kind(text: str) -> None:
    assert prefix_of(text) is None
    assert not is_id(text, "org")
