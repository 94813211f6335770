"""The hash that ties a confirm to its preview (BAT-45, BAT-47). Pure; balances are left out: use is no change."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256


def snapshot_hash(request: Mapping[str, object], versions: Iterable[tuple[str, int]]) -> str:
    """SHA-256 in hex over the request (JSON values: batch, filter, changes) and each selected account's (id, version).

    Neither the order of keys nor that of the accounts matters; a list inside the request keeps its order.
    """
    asked = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    # JSON writes no bare line break and an id has neither colon nor line break: no two snapshots give the same text.
    lines = sorted(f"{account_id}:{version}" for account_id, version in versions)
    return sha256("\n".join((asked, *lines)).encode()).hexdigest()
