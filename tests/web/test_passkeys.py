"""Passkeys over HTTP, with an authenticator that really signs: registered, asked for, alone, copied, removed."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio

from core.clock import MINUTE, FixedClock
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers import PASSWORD, Member, a_member, an_operator
from tests.web.application import ADDRESS, SECRET, codes_of, running
from tests.web.authenticator import Authenticator

KEYS = "{ viewer { secondFactors { recoveryCodesLeft passkeys { credentialId name lastUsedAt } } } }"
RENAME = """mutation ($id: String!, $name: String!) {
    renamePasskey(input: {credentialId: $id, name: $name}) { errors { code field } } }"""
REMOVE = "mutation ($id: String!) { removePasskey(input: {credentialId: $id}) { errors { code field } } }"


@pytest_asyncio.fixture
async def ada(platform: Platform) -> Member:
    """An ADMIN of the operator; bob is another."""
    operator = await an_operator(platform)
    await a_member(platform, of=operator, role="ADMIN", name="bob", email="bob@tenantry.test")
    return await a_member(platform, of=operator, role="ADMIN", name="ada", email="ada@tenantry.test")


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, ada: Member) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that nobody knows yet."""
    async with running(database_url, clock) as opened:
        yield opened


def a_telephone(**given: Any) -> Authenticator:
    """An authenticator whose browser stands at the application's pages."""
    return Authenticator(**({"origin": ADDRESS, "rp_id": "tenantry.test"} | given))


async def sign_in(client: httpx2.AsyncClient, who: str = "ada", password: str = PASSWORD) -> httpx2.Response:
    client.cookies.clear()
    return await client.post("/auth/sign-in", json={"email": f"{who}@tenantry.test", "password": password})


async def register(client: httpx2.AsyncClient, device: Authenticator, **given: Any) -> httpx2.Response:
    """Both steps, with what a test changes in the second."""
    begun = (await client.post("/auth/passkeys/register/options", json={})).json()
    answer = {"challenge": begun["challenge"], "name": "Phone", "credential": device.create(begun["options"])}
    return await client.post("/auth/passkeys/register/verify", json=answer | given)


async def enter_alone(client: httpx2.AsyncClient, device: Authenticator) -> httpx2.Response:
    """Sign in with nothing but the authenticator."""
    client.cookies.clear()
    begun = (await client.post("/auth/passkeys/sign-in/options", json={})).json()
    assert begun["options"]["userVerification"] == "required"
    answer = {"challenge": begun["challenge"], "credential": device.get(begun["options"])}
    return await client.post("/auth/passkeys/sign-in/verify", json=answer)


async def asked(client: httpx2.AsyncClient, document: str, **variables: Any) -> Any:
    answer = await client.post("/graphql", json={"query": document, "variables": variables})
    assert "errors" not in answer.json(), answer.json()
    (payload,) = answer.json()["data"].values()
    return payload


async def test_a_passkey_is_registered_and_asked_for_after_the_password(client: httpx2.AsyncClient) -> None:
    await sign_in(client)
    device = a_telephone()
    made = await register(client, device)
    assert made.status_code == 200
    assert made.json()["credentialId"] == device.credential_id
    assert len(made.json()["recoveryCodes"]) == 10
    half = (await sign_in(client)).json()["secondFactor"]
    assert half["methods"] == ["RECOVERY_CODE", "PASSKEY"]
    options = half["passkeyOptions"]
    assert (options["rpId"], options["allowCredentials"]) == (
        "tenantry.test", [{"id": device.credential_id, "type": "public-key"}],
    )  # fmt: skip
    answer = {"challenge": half["challenge"], "method": "PASSKEY", "credential": device.get(options)}
    assert (await client.post("/auth/second-factor", json=answer)).status_code == 200
    shown = (await asked(client, KEYS))["secondFactors"]
    assert shown["passkeys"][0] | {"lastUsedAt": ""} == {
        "credentialId": device.credential_id, "name": "Phone", "lastUsedAt": "",
    }  # fmt: skip
    assert shown["passkeys"][0]["lastUsedAt"] is not None
    again = await client.post("/auth/second-factor", json=answer)
    assert (again.status_code, codes_of(again)) == (401, ["SIGN_IN_FAILED"])


async def test_a_passkey_alone_signs_in_but_gives_no_password(client: httpx2.AsyncClient) -> None:
    await sign_in(client)
    device = a_telephone()
    await register(client, device)
    entered = await enter_alone(client, device)
    assert set(entered.json()) == {"accessToken", "expiresAt"}
    assert (await asked(client, REMOVE, id=device.credential_id))["errors"] == [
        {"code": "REAUTH_REQUIRED", "field": None}
    ]
    another = await client.post("/auth/passkeys/register/options", json={})
    assert (another.status_code, codes_of(another)) == (403, ["REAUTH_REQUIRED"])
    await client.post("/auth/reauthenticate", json={"password": PASSWORD})
    assert (await asked(client, REMOVE, id=device.credential_id))["errors"] == []
    assert "accessToken" in (await sign_in(client)).json()
    gone = await enter_alone(client, device)
    assert (gone.status_code, codes_of(gone)) == (401, ["SIGN_IN_FAILED"])


async def test_what_is_not_signed_rightly_does_not_enter(client: httpx2.AsyncClient, clock: FixedClock) -> None:
    await sign_in(client)
    device = a_telephone()
    await register(client, device)
    assert (await enter_alone(client, device)).status_code == 200
    impostor = a_telephone(raw_id=device.raw_id, count=9)
    phished = a_telephone(raw_id=device.raw_id, key=device.key, origin="http://tenantry.evil", count=9)
    elsewhere = a_telephone(raw_id=device.raw_id, key=device.key, rp_id="evil.test", count=9)
    unchecked = a_telephone(raw_id=device.raw_id, key=device.key, checks_owner=False, count=9)
    for wrong in (impostor, phished, elsewhere, unchecked, a_telephone()):
        assert codes_of(await enter_alone(client, wrong)) == ["SIGN_IN_FAILED"]
    assert (await enter_alone(client, device)).status_code == 200  # clears the count
    copied = a_telephone(raw_id=device.raw_id, key=device.key, count=0)
    for _ in range(5):
        copied.count = 0
        assert codes_of(await enter_alone(client, copied)) == ["SIGN_IN_FAILED"]
    locked = await enter_alone(client, device)
    assert (locked.status_code, codes_of(locked), locked.headers["retry-after"]) == (429, ["SIGN_IN_LOCKED"], "900")
    clock.advance_to(clock.now() + 15 * MINUTE)
    assert (await enter_alone(client, device)).status_code == 200


async def test_a_challenge_is_for_one_person_one_purpose_and_once(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    await sign_in(client)
    device = a_telephone()
    begun = (await client.post("/auth/passkeys/register/options", json={})).json()
    answer = {"challenge": begun["challenge"], "name": "Phone", "credential": device.create(begun["options"])}
    await sign_in(client, "bob")
    assert codes_of(await client.post("/auth/passkeys/register/verify", json=answer)) == ["PASSKEY_INVALID"]
    await sign_in(client)
    clock.advance_to(clock.now() + 5 * MINUTE)
    assert codes_of(await client.post("/auth/passkeys/register/verify", json=answer)) == ["PASSKEY_INVALID"]
    assert (await register(client, device)).status_code == 200
    assert codes_of(await register(client, device)) == ["PASSKEY_INVALID"]  # known already
    begun = (await client.post("/auth/passkeys/sign-in/options", json={})).json()
    entering = {"challenge": begun["challenge"], "credential": device.get(begun["options"])}
    assert codes_of(await client.post("/auth/passkeys/register/verify", json=entering | {"name": "x"})) == [
        "PASSKEY_INVALID"
    ]
    as_factor = entering | {"method": "PASSKEY"}
    assert codes_of(await client.post("/auth/second-factor", json=as_factor)) == ["SIGN_IN_FAILED"]
    assert (await client.post("/auth/passkeys/sign-in/verify", json=entering)).status_code == 200
    assert codes_of(await client.post("/auth/passkeys/sign-in/verify", json=entering)) == ["SIGN_IN_FAILED"]
    async with platform_transaction(platform) as tx:
        assert len(await tx.fetch("SELECT 1 FROM passkey")) == 1


async def test_only_the_owner_renames_and_removes(client: httpx2.AsyncClient) -> None:
    await sign_in(client)
    device = a_telephone()
    await register(client, device)
    assert (await asked(client, RENAME, id=device.credential_id, name=" Old phone "))["errors"] == []
    long = await asked(client, RENAME, id=device.credential_id, name="x" * 256)
    assert long["errors"] == [{"code": "NAME_LENGTH", "field": ["name"]}]
    await sign_in(client, "bob")
    for document, given in ((RENAME, {"name": "Mine"}), (REMOVE, {})):
        strangers = await asked(client, document, id=device.credential_id, **given)
        missing = await asked(client, document, id="bm90aGluZw", **given)
        assert strangers == missing == {"errors": [{"code": "NOT_FOUND", "field": ["credentialId"]}]}
    await enter_alone(client, device)
    assert [each["name"] for each in (await asked(client, KEYS))["secondFactors"]["passkeys"]] == ["Old phone"]


async def test_what_is_no_registration_is_refused(client: httpx2.AsyncClient) -> None:
    stranger = await client.post("/auth/passkeys/register/options", json={})
    assert (stranger.status_code, codes_of(stranger)) == (401, ["UNAUTHENTICATED"])
    await sign_in(client)
    nameless = await register(client, a_telephone(), name=" ")
    assert (nameless.status_code, codes_of(nameless)) == (400, ["NAME_LENGTH"])
    bad: list[Any] = [None, {}, [], "x", {"id": "a", "rawId": "a", "type": "public-key", "response": {}}]
    for credential in bad:
        answer = await register(client, a_telephone(), credential=credential)
        assert (answer.status_code, codes_of(answer)) == (400, ["PASSKEY_INVALID"])
        given = {"challenge": "tnc_x", "credential": credential}
        assert codes_of(await client.post("/auth/passkeys/sign-in/verify", json=given)) == ["SIGN_IN_FAILED"]


async def test_a_production_needs_its_public_address(database_url: str, clock: FixedClock, ada: Member) -> None:
    production: dict[str, Any] = {"env": "production", "secret": SECRET}
    async with running(database_url, clock, **production) as client:
        answer = await client.post("/auth/passkeys/sign-in/options", json={})
    assert (answer.status_code, codes_of(answer)) == (503, ["PUBLIC_URL_MISSING"])
    async with running(database_url, clock, **production, public_url="https://console.example.com/") as client:
        answer = await client.post("/auth/passkeys/sign-in/options", json={})
    assert answer.json()["options"]["rpId"] == "console.example.com"
