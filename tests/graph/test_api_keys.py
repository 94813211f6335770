"""API keys over GraphQL: the secret is shown once, scopes bind, rotation and revocation (KEY-1 to KEY-5)."""

from core.clock import EXACT_DAY, HOUR, FixedClock, format_instant
from tenants.actor import Credentials
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import an_api_key
from tests.rules.fixture_organizations import the_fixture

_KEY = "errors { code field } replayed apiKey { id name prefix scopes makerName expiresAt isLive revokedAt }"
CREATE = f"mutation ($input: CreateApiKeyInput!) {{ createApiKey(input: $input) {{ secret {_KEY} }} }}"
ROTATE = f"mutation ($input: ApiKeyInput!) {{ rotateApiKey(input: $input) {{ secret {_KEY} }} }}"
REVOKE = f"mutation ($input: ApiKeyInput!) {{ revokeApiKey(input: $input) {{ {_KEY} }} }}"
LIST = "{ apiKeys { totalCount nodes { id prefix isLive organization { name } } } }"
NAME = "{ organizations { nodes { name } } }"


async def test_a_64_the_secret_is_shown_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"organizationId": tree.c1.id, "name": "CRM", "scopes": ["org:read"], "idempotencyKey": "k1"}
    made = await done(tree.dan, CREATE, **given)
    key = made["apiKey"]
    assert made["errors"] == []
    assert (key["name"], key["scopes"], key["makerName"], key["isLive"]) == ("CRM", ["org:read"], "Dan", True)
    assert key["expiresAt"] == "2026-05-03T12:00:00.000Z"
    assert made["secret"].startswith(key["prefix"])
    assert await done(tree.dan, CREATE, **given) == made | {"replayed": True, "secret": None}
    program = Credentials(made["secret"])
    assert (await ask(platform, program, NAME)).data == {"organizations": {"nodes": [{"name": "C1"}]}}
    assert (await ask(platform, program, "{ members { totalCount } }")).codes == ["SCOPE_MISSING"]
    listed = (await asked(tree.dan, LIST)).data["apiKeys"]
    assert listed == {
        "totalCount": 1,
        "nodes": [{"id": key["id"], "prefix": key["prefix"], "isLive": True, "organization": {"name": "C1"}}],
    }
    revoked = await done(tree.dan, REVOKE, apiKeyId=key["id"])
    assert (revoked["apiKey"]["isLive"], revoked["apiKey"]["revokedAt"]) == (False, "2026-02-02T12:00:00.000Z")
    assert (await ask(platform, program, NAME)).codes == ["API_KEY_REVOKED"]


async def test_a_65_scopes_and_expiry(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    far = format_instant(clock.now() + 366 * EXACT_DAY)
    given = {"organizationId": tree.c1.id, "name": "CRM", "scopes": ["ownership:write"], "expiresAt": far}
    refused = await done(tree.dan, CREATE, **given)
    assert (codes(refused), refused["secret"]) == (["KEY_EXPIRY_INVALID", "SCOPE_NOT_FOR_KEYS"], None)


async def test_keys_are_the_own_organizations_alone(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"name": "CRM", "scopes": ["org:read"]}
    assert codes(await done(tree.ben, CREATE, organizationId=tree.c2.id, **given)) == ["FORBIDDEN"]
    assert codes(await done(tree.bill, CREATE, organizationId=tree.r1.id, **given)) == ["FORBIDDEN"]
    assert codes(await done(tree.dan, CREATE, organizationId=tree.r1.id, **given)) == ["NOT_FOUND"]
    key = await an_api_key(tree.ada, scopes=("org:write",))
    by_key = await ask(platform, key, CREATE, input={"organizationId": tree.r1.id, **given})
    assert codes(by_key.data["createApiKey"]) == ["FORBIDDEN"]
    assert (await ask(platform, key, LIST)).codes == ["SCOPE_MISSING"]


async def test_key_4_a_rotated_secret_works_a_day_more(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    made = await done(tree.dan, CREATE, organizationId=tree.c1.id, name="CRM", scopes=["org:read"])
    rotated = await done(tree.dan, ROTATE, apiKeyId=made["apiKey"]["id"])
    assert rotated["secret"] not in (None, made["secret"])
    assert rotated["apiKey"]["expiresAt"] == made["apiKey"]["expiresAt"]
    clock.advance_to(clock.now() + 24 * HOUR - 1)
    assert (await ask(platform, Credentials(made["secret"]), NAME)).errors == []
    clock.advance_to(clock.now() + 1)
    assert (await ask(platform, Credentials(made["secret"]), NAME)).codes == ["API_KEY_REVOKED"]
    assert (await ask(platform, Credentials(rotated["secret"]), NAME)).errors == []
    filtered = "{ apiKeys(filter: {isRevoked: false}) { nodes { id } } }"
    assert (await asked(tree.dan, filtered)).data == {"apiKeys": {"nodes": [{"id": rotated["apiKey"]["id"]}]}}


async def test_a_stranger_and_a_missing_key_are_refused_alike(platform: Platform) -> None:
    tree = await the_fixture(platform)
    made = await done(tree.rob, CREATE, organizationId=tree.r2.id, name="CRM", scopes=["org:read"])
    stranger = await done(tree.ada, REVOKE, apiKeyId=made["apiKey"]["id"])
    missing = await done(tree.ada, REVOKE, apiKeyId="key_01jzzzzzzzzzzzzzzzzzzzzzzz")
    assert codes(stranger) == ["NOT_FOUND"]
    assert stranger == missing
