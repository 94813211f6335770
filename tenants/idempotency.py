"""Idempotency keys (GEN-6, MON-6): the key, a hash of the input and the outcome live in the command's transaction."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from core.refusals import refuse
from core.transaction import fetch_one
from tenants.unit_of_work import UnitOfWork

MAX_KEY_LENGTH = 255


def input_hash(operation: str, values: Mapping[str, object]) -> str:
    """A hash of the operation's name and its input, independent of the order of fields."""
    text = json.dumps([operation, values], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


async def claim(uow: UnitOfWork, key: str, operation: str, values: Mapping[str, object]) -> dict[str, Any] | None:
    """Take the key for this transaction, or answer the outcome stored under it.

    A second request with the same key waits here until the first one has ended. Refused: IDEMPOTENCY_KEY_REUSED
    (another input), FIELD_REQUIRED (empty or longer than 255 characters)."""
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        refuse("FIELD_REQUIRED", "An idempotency key has 1 to 255 characters.", ("idempotencyKey",))
    digest = input_hash(operation, values)
    taken = await uow.tx.execute(
        "INSERT INTO idempotency_key (organization_id, path, key, operation, input_hash, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, key) DO NOTHING",
        uow.actor.organization_id, uow.actor.path, key, operation, digest, uow.now,
    )  # fmt: skip
    if taken:
        return None
    stored = await fetch_one(
        uow.tx, "SELECT input_hash, outcome FROM idempotency_key WHERE organization_id = $1 AND key = $2",
        uow.actor.organization_id, key,
    )  # fmt: skip
    if stored is None or stored["input_hash"] != digest:
        refuse("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used with another input.", ("idempotencyKey",))
    outcome: dict[str, Any] = json.loads(stored["outcome"])
    return outcome


async def store(uow: UnitOfWork, key: str, outcome: Mapping[str, object]) -> None:
    """Keep the outcome under the key that this transaction claimed."""
    await uow.tx.execute(
        "UPDATE idempotency_key SET outcome = $3 WHERE organization_id = $1 AND key = $2",
        uow.actor.organization_id, key, json.dumps(outcome),
    )  # fmt: skip
