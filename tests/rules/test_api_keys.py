"""KEY-1 to KEY-5 through the API: scopes, expiry, rotation, limits at once, addresses, what is shown of a key."""

import asyncio
from typing import Any

import pytest

from core.clock import EXACT_DAY, HOUR, FixedClock, format_instant
from tenants.actor import Credentials
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, credentials_of
from tests.makers_accounts import a_batch
from tests.rules.fixture_organizations import the_fixture

CREATE = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret replayed errors { code field }
    apiKey { id prefix scopes expiresAt makerName makerMemberId allowedAddresses lastUsedAt } } }"""
ROTATE = """mutation ($input: ApiKeyInput!) { rotateApiKey(input: $input) { secret errors { code }
    apiKey { id expiresAt scopes makerMemberId } } }"""
REVOKE = "mutation ($input: ApiKeyInput!) { revokeApiKey(input: $input) { errors { code } } }"
LIST = "{ apiKeys { nodes { id prefix scopes makerName expiresAt lastUsedAt lastUsedAddress } } }"
ACCOUNT = "mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code } } }"
NAME = "{ viewer { organizationName } organizations { totalCount } }"
UPDATE = "mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { errors { code } } }"
ROLE = "mutation ($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) { errors { code } } }"
INVITE = "mutation ($input: CreateMemberInput!) { createMember(input: $input) { errors { code } } }"


async def made(who: Member, *scopes: str, **given: Any) -> dict[str, Any]:
    return await done(who, CREATE, organizationId=who.organization_id, name="CRM", scopes=list(scopes), **given)


async def code_of(platform: Platform, secret: str, address: str | None = "203.0.113.7") -> list[str]:
    return (await ask(platform, Credentials(secret, address=address), "{ viewer { role } }")).codes


async def test_a_64_a_key_of_dan_reads_accounts_and_no_more(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    key = await made(tree.dan, "accounts:read")
    assert key["secret"].startswith(key["apiKey"]["prefix"])
    assert key["apiKey"]["expiresAt"] == "2026-05-03T12:00:00.000Z"
    listed = (await asked(tree.dan, LIST)).data["apiKeys"]["nodes"]
    assert [each["prefix"] for each in listed] == [key["apiKey"]["prefix"]]
    assert key["secret"] not in str(listed)
    program = Credentials(key["secret"])
    assert (await ask(platform, program, "{ accounts { totalCount } }")).errors == []
    account = {"organizationId": tree.c1.id, "accountId": "12345678", "accountRole": "PREPAID_CARD"}
    written = await ask(platform, program, ACCOUNT, input=account)
    assert codes(written.data["createAccount"]) == ["SCOPE_MISSING"]
    edited = await ask(platform, program, UPDATE, input={"id": tree.c1.id, "version": 1, "city": "Jurong"})
    assert codes(edited.data["updateOrganization"]) == ["SCOPE_MISSING"]
    assert codes(await done(tree.dan, REVOKE, apiKeyId=key["apiKey"]["id"])) == []
    assert await code_of(platform, key["secret"]) == ["API_KEY_REVOKED"]


async def test_a_65_every_input_refusal_of_a_key_at_once(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    far = format_instant(clock.now() + 366 * EXACT_DAY)
    refused = await made(tree.dan, "ownership:write", expiresAt=far)
    assert (codes(refused), refused["apiKey"]) == (["KEY_EXPIRY_INVALID", "SCOPE_NOT_FOR_KEYS"], None)
    given = {"organizationId": tree.c1.id, "name": " ", "scopes": ["audit:write", "keys:read"], "expiresAt": far}
    every = codes(await done(tree.dan, CREATE, **given))
    assert every == ["KEY_EXPIRY_INVALID", "NAME_LENGTH", "SCOPE_EXCEEDS_ROLE", "SCOPE_NOT_FOR_KEYS"]
    assert codes(await done(tree.dan, CREATE, organizationId=tree.c1.id)) == ["FIELD_REQUIRED", "FIELD_REQUIRED"]


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("move:write", "SCOPE_NOT_FOR_KEYS"),
        ("ownership:read", "SCOPE_NOT_FOR_KEYS"),
        ("support:write", "SCOPE_NOT_FOR_KEYS"),
        ("keys:write", "SCOPE_NOT_FOR_KEYS"),
        ("signin:read", "SCOPE_NOT_FOR_KEYS"),
        ("reports:write", "SCOPE_EXCEEDS_ROLE"),
        ("accounts:delete", "SCOPE_NOT_FOR_KEYS"),
        ("payments:write", None),
        ("stop:write", None),
        ("audit:read", None),
    ],
)
async def test_key_1_scopes_by_area(platform: Platform, scope: str, code: str | None) -> None:
    tree = await the_fixture(platform)
    assert codes(await made(tree.dan, scope)) == ([] if code is None else [code])


async def test_key_1_a_key_keeps_the_reach_of_its_makers_role(platform: Platform) -> None:
    # given a key of dan, an ADMIN, who becomes a MEMBER and is removed
    tree = await the_fixture(platform)
    secret = (await made(tree.dan, "org:write", "members:write"))["secret"]
    assert codes(await done(tree.cora, ROLE, memberId=tree.dan.id, role="MEMBER")) == []
    program = Credentials(secret)

    # then it edits what an ADMIN edits, is missing scopes elsewhere, and a dagger row stays FORBIDDEN
    edited = await ask(platform, program, UPDATE, input={"id": tree.c1.id, "version": 1, "city": "Jurong"})
    assert codes(edited.data["updateOrganization"]) == []
    role = await ask(platform, program, ROLE, input={"memberId": tree.mia.id, "role": "BILLING"})
    assert codes(role.data["changeMemberRole"]) == ["FORBIDDEN"]
    invited = {"organizationId": tree.c1.id, "givenName": "Al", "role": "ADMIN", "portalAccess": True, "email": "a@b.c"}
    answer = await ask(platform, program, INVITE, input=invited)
    assert codes(answer.data["createMember"]) == ["ROLE_NOT_GRANTABLE"]
    assert (await ask(platform, program, "{ wallets { totalCount } }")).codes == ["SCOPE_MISSING"]
    assert (await ask(platform, program, NAME)).data["organizations"] == {"totalCount": 1}


@pytest.mark.parametrize(
    ("ahead", "is_taken"),
    [(EXACT_DAY - 1_000, False), (EXACT_DAY, True), (365 * EXACT_DAY, True), (365 * EXACT_DAY + 1_000, False)],
)
async def test_key_3_expiry_is_1_to_365_days_of_24_hours_ahead(
    platform: Platform, clock: FixedClock, ahead: int, is_taken: bool
) -> None:
    tree = await the_fixture(platform)
    end = clock.now() + ahead
    key = await made(tree.dan, "org:read", expiresAt=format_instant(end))
    assert codes(key) == ([] if is_taken else ["KEY_EXPIRY_INVALID"])
    if is_taken:
        clock.advance_to(end - 1)
        assert await code_of(platform, key["secret"]) == []
        clock.advance_to(end)
        assert await code_of(platform, key["secret"]) == ["API_KEY_EXPIRED"]
    assert await code_of(platform, "tnk_nothing") == ["UNAUTHENTICATED"]


async def test_key_4_rotation_keeps_scopes_end_and_maker_for_a_day_with_both_secrets(
    platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    key = await made(tree.dan, "org:read")
    both = await asyncio.gather(*(done(tree.cora, ROTATE, apiKeyId=key["apiKey"]["id"]) for _ in range(2)))
    assert sorted(codes(each) for each in both) == [[], ["API_KEY_REVOKED"]]
    [rotated] = [each for each in both if not codes(each)]
    kept = ("expiresAt", "scopes", "makerMemberId")
    assert {name: rotated["apiKey"][name] for name in kept} == {name: key["apiKey"][name] for name in kept}
    clock.advance_to(clock.now() + 24 * HOUR - 1)
    assert [await code_of(platform, each["secret"]) for each in (key, rotated)] == [[], []]
    clock.advance_to(clock.now() + 1)
    assert [await code_of(platform, each["secret"]) for each in (key, rotated)] == [["API_KEY_REVOKED"], []]


async def test_key_4_of_two_keys_for_the_last_place_one_is_made(platform: Platform) -> None:
    tree = await the_fixture(platform)
    policy = "mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { errors { code } } }"
    values = [{"name": "apiKeyMaxCount", "value": 3}]
    assert codes(await done(tree.ada, policy, organizationId=tree.r1.id, values=values)) == []
    first = [await made(tree.dan, "org:read") for _ in range(2)]
    both = await asyncio.gather(*(made(who, "org:read") for who in (tree.dan, tree.cora)))
    assert sorted(codes(each) for each in both) == [[], ["API_KEY_LIMIT"]]

    # a rotation takes no place, a revocation frees one
    assert codes(await done(tree.dan, ROTATE, apiKeyId=first[0]["apiKey"]["id"])) == []
    assert codes(await made(tree.dan, "org:read")) == ["API_KEY_LIMIT"]
    assert codes(await done(tree.dan, REVOKE, apiKeyId=first[1]["apiKey"]["id"])) == []
    assert codes(await made(tree.dan, "org:read")) == []


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [
        ("203.0.113.7", True),
        ("198.51.100.1", True),
        ("198.51.100.2", False),
        ("::ffff:203.0.113.9", True),
        ("2001:db8::9", True),
        ("2001:db9::9", False),
        (None, False),
    ],
)
async def test_key_5_the_list_of_addresses_is_enforced(
    platform: Platform, address: str | None, is_let_in: bool
) -> None:
    tree = await the_fixture(platform)
    given = ["203.0.113.0/24", " 198.51.100.1 ", "2001:db8::/32"]
    key = await made(tree.dan, "org:read", allowedAddresses=given)
    assert key["apiKey"]["allowedAddresses"] == ["203.0.113.0/24", "198.51.100.1/32", "2001:db8::/32"]
    assert await code_of(platform, key["secret"], address) == ([] if is_let_in else ["IP_NOT_ALLOWED"])


async def test_key_5_what_is_shown_of_a_key_and_to_whom(platform: Platform) -> None:
    tree = await the_fixture(platform)
    key = (await made(tree.dan, "org:read"))["apiKey"]
    assert (key["makerName"], key["makerMemberId"], key["lastUsedAt"]) == ("Dan", tree.dan.id, None)
    for who, count in ((tree.cora, 1), (tree.ada, 1), (tree.rob, 0)):
        assert len((await asked(who, LIST)).data["apiKeys"]["nodes"]) == count
    assert (await asked(tree.mia, LIST)).codes == ["FORBIDDEN"]


async def test_auth_7_keys_need_the_password_again(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    session = await credentials_of(tree.dan)
    clock.advance_to(clock.now() + 10 * 60 * 1_000_000)
    given = {"organizationId": tree.c1.id, "name": "CRM", "scopes": ["org:read"]}
    answer = await ask(platform, session, CREATE, input=given)
    assert codes(answer.data["createApiKey"]) == ["REAUTH_REQUIRED"]


async def test_key_1_a_missing_scope_is_named(platform: Platform) -> None:
    tree = await the_fixture(platform)
    program = Credentials((await made(tree.dan, "accounts:read"))["secret"])
    edit = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
        errors { code details } } }"""
    edited = await ask(platform, program, edit, input={"id": tree.c1.id, "version": 1, "city": "Jurong"})
    refused = {"code": "SCOPE_MISSING", "details": {"scope": "org:write"}}
    assert edited.data["updateOrganization"]["errors"] == [refused]
    preview = """mutation ($input: PreviewBatchUpdateInput!) { previewBatchUpdate(input: $input) {
        errors { code details } } }"""
    batch = await a_batch(tree.dan, tree.c1, "B1", [])
    given = {"filter": {"batchIds": [batch]}, "changes": {"status": {"to": "BLOCKED"}}}
    previewed = await ask(platform, program, preview, input=given)
    assert previewed.data["previewBatchUpdate"]["errors"] == [refused | {"details": {"scope": "batches:write"}}]
    read = await ask(platform, program, "{ wallets { totalCount } }")
    assert [error["extensions"] for error in read.errors] == [refused | {"details": {"scope": "wallets:read"}}]
