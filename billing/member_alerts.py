"""The Alert that names the API keys of a member who left: they go on until somebody ends them (MEM-8, ALR-2)."""

from billing.alert_closing import close_settled_about
from billing.alerts import Alert, AlertKind, raise_alert
from tenants.organization_events import (
    ApiKeyRevoked,
    KeysLeftBehind,
    on_api_key_revoked,
    on_keys_left_behind,
)
from tenants.unit_of_work import UnitOfWork


@on_keys_left_behind
async def alert_of_keys(uow: UnitOfWork, left: KeysLeftBehind) -> None:
    """To the organization whose keys they are; its subject is the member who made them."""
    keys = [{"id": key_id, "prefix": prefix} for key_id, prefix in left.keys.items()]
    alert = Alert(
        left.organization_id, left.path, left.timezone, AlertKind.KEYS_LEFT_BEHIND, left.member_id, {"keys": keys}
    )
    await raise_alert(uow.tx, alert, uow.now)


@on_api_key_revoked
async def close_alert_of_keys(uow: UnitOfWork, revoked: ApiKeyRevoked) -> None:
    """It closes with the last of the keys that it names."""
    await close_settled_about(uow.tx, revoked.maker_member_id, revoked.at)
