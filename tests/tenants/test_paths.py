"""Path arithmetic (ORG-3, VIS-1, VIS-2) and the rebuilding of paths from parents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.paths import (
    TreeNode,
    child_path,
    depth,
    is_below,
    is_directly_below,
    is_within,
    label_of,
    moved_path,
    number_of,
    parent_path,
    path_chain,
    path_range,
    range_end,
    rebuild_paths,
    shown_path,
)


@pytest.mark.parametrize(("number", "label"), [(0, "0"), (9, "9"), (10, "a"), (35, "z"), (36, "10"), (87, "2f")])
def test_a_label_is_lower_case_base_36(number: int, label: str) -> None:
    assert label_of(number) == label
    assert number_of(label) == number


@pytest.mark.parametrize("label", ["", "A", "01", "1.2", "-1", "é"])
def test_what_is_no_label_is_a_value_error(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        number_of(label)


def test_a_negative_number_has_no_label() -> None:
    with pytest.raises(ValueError, match="never negative"):
        label_of(-1)


@given(st.integers(min_value=0, max_value=2**63))
def test_labels_and_numbers_are_inverse(number: int) -> None:
    assert number_of(label_of(number)) == number


def test_paths_grow_and_shrink_by_one_segment() -> None:
    assert child_path("", 1) == "1."
    assert child_path("1.2f.", 12_872) == "1.2f.9xk."
    assert parent_path("1.2f.9xk.") == "1.2f."
    assert parent_path("1.2f.") == "1."
    assert parent_path("1.") is None
    assert path_chain("1.2f.9xk.") == ("1.", "1.2f.", "1.2f.9xk.")
    assert depth("1.") == 1
    assert depth("1.2f.9xk.") == 3


def test_a_comparison_includes_the_dot() -> None:
    # given two organizations whose numbers begin alike
    assert is_within("1.2f.", "1.2f.")
    assert is_within("1.2f.9xk.", "1.2f.")
    assert not is_within("1.2fa.", "1.2f.")
    assert not is_within("1.2f.", "1.2f.9xk.")

    # then strictly below leaves out the top
    assert is_below("1.2f.9xk.", "1.2f.")
    assert not is_below("1.2f.", "1.2f.")
    assert not is_below("1.3.", "1.2f.")

    # and a buyer is one level down
    assert is_directly_below("1.2f.", "1.")
    assert not is_directly_below("1.2f.9xk.", "1.")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), st.lists(st.integers(0, 50), min_size=1, max_size=5))
def test_the_range_holds_exactly_what_is_within(top_numbers: list[int], numbers: list[int]) -> None:
    # given any two paths
    top, path = ("".join(f"{label_of(number)}." for number in each) for each in (top_numbers, numbers))

    # then byte order and prefix say the same
    start, end = path_range(top)
    assert end == range_end(top) == top + "~"
    assert (start.encode() <= path.encode() < end.encode()) is is_within(path, top)


def test_a_move_replaces_the_old_top() -> None:
    assert moved_path("1.2.5.9.", "1.2.5.", "1.3.5.") == "1.3.5.9."
    assert moved_path("1.2.5.", "1.2.5.", "1.3.5.") == "1.3.5."
    with pytest.raises(ValueError, match="within"):
        moved_path("1.4.", "1.2.", "1.3.")


def test_vis_2_a_shown_path_starts_at_the_viewers_own_segment() -> None:
    assert shown_path("1.2.5.9.", "1.2.5.") == "5.9."
    assert shown_path("1.2.5.", "1.2.5.") == "5."
    assert shown_path("1.2.", "1.") == "1.2."
    with pytest.raises(ValueError, match="see"):
        shown_path("1.2.", "1.2.5.")


def test_paths_are_rebuilt_from_parents_in_any_order() -> None:
    # given a tree with children before their parents
    nodes = [
        TreeNode("c1", "r1", 40),
        TreeNode("r1", "o", 2),
        TreeNode("o", None, 1),
        TreeNode("r2", "o", 3),
    ]

    # when it is rebuilt
    rebuilt = rebuild_paths(nodes)

    # then every path follows from its parent
    assert rebuilt.paths == {"o": "1.", "r1": "1.2.", "r2": "1.3.", "c1": "1.2.14."}
    assert rebuilt.unreachable_ids == ()


def test_orphans_and_cycles_are_named() -> None:
    nodes = [TreeNode("o", None, 1), TreeNode("x", "y", 2), TreeNode("y", "x", 3), TreeNode("lost", "gone", 4)]
    assert rebuild_paths(nodes).unreachable_ids == ("lost", "x", "y")


def test_org_1_sixty_four_levels_work() -> None:
    nodes = [TreeNode(str(number), str(number - 1) if number else None, number) for number in range(64)]
    assert depth(rebuild_paths(nodes).paths["63"]) == 64
