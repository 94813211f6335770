"""The snapshot hash of a preview (BAT-45, BAT-47)."""

from accounts.snapshot import snapshot_hash

REQUEST: dict[str, object] = {
    "batch": "batch_1",
    "changes": {"expirationDate": "2026-06-01", "status": {"to": "BLOCKED"}},
}
VERSIONS = [("acct_1", 1), ("acct_2", 7)]


def test_the_same_snapshot_has_the_same_hash_in_any_order() -> None:
    turned: dict[str, object] = {
        "changes": {"status": {"to": "BLOCKED"}, "expirationDate": "2026-06-01"},
        "batch": "batch_1",
    }
    assert snapshot_hash(turned, reversed(VERSIONS)) == snapshot_hash(REQUEST, VERSIONS)
    assert len(snapshot_hash(REQUEST, VERSIONS)) == 64


def test_the_hash_of_a_snapshot_never_changes_between_releases() -> None:
    """The figure is sha256sum's own of the two lines `{"batch":"batch_1"}` and `acct_1:1`."""
    expected = "82f11c43da48156040f6a3bc037b89f7beb62fc90cf65e20174cdba4e6388055"
    assert snapshot_hash({"batch": "batch_1"}, [("acct_1", 1)]) == expected


def test_another_request_account_or_version_has_another_hash() -> None:
    others = [
        snapshot_hash({**REQUEST, "batch": "batch_2"}, VERSIONS),
        snapshot_hash(REQUEST, [("acct_1", 1)]),
        snapshot_hash(REQUEST, [("acct_1", 2), ("acct_2", 7)]),
        snapshot_hash(REQUEST, [("acct_1", 7), ("acct_2", 1)]),
        snapshot_hash(REQUEST, [*VERSIONS, ("acct_3", 1)]),
        snapshot_hash(REQUEST, []),
    ]
    assert len({*others, snapshot_hash(REQUEST, VERSIONS)}) == 7
