"""Invitations and passwords over HTTP, by programs and by the pages behind mailed links (VIS-11, AUTH-4, AUTH-5)."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from core.clock import MINUTE, FixedClock
from core.jobs import run_all_due
from tenants.members.member_changes import revoke_invitation
from tenants.members.member_rules import NewMember
from tenants.members.members import create_member
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.makers import PASSWORD, credentials_of
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.web.application import codes_of, running

NEW = "a new and long password"


@pytest_asyncio.fixture
async def family(platform: Platform) -> Fixture:
    """The tree of the rule book."""
    return await the_fixture(platform)


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, family: Fixture) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser or a program that nobody knows yet."""
    async with running(database_url, clock) as opened:
        yield opened


async def token_of(platform: Platform, topic: str, subject_id: str | None) -> str:
    """The newest token that was mailed about this."""
    async with platform_transaction(platform) as tx:
        sql = "SELECT payload FROM outbox WHERE topic = $1 AND subject_id = $2 ORDER BY id DESC"
        rows = await tx.fetch(sql, topic, subject_id)
    return str(json.loads(rows[0]["payload"])["token"])


async def invited(family: Fixture, email: str = "new@c1.test") -> tuple[str, str]:
    """Somebody invited by cora: the member's id and the token."""
    new = NewMember(family.c1.id, "New", email=email, portal_access=True)
    made = await do(family.cora, lambda uow: create_member(uow, new))
    return made["memberId"], await token_of(family.platform, "mail.invitation", made["memberId"])


async def a_reset_link(client: httpx2.AsyncClient, family: Fixture) -> str:
    """The token of a link that dan asked for."""
    assert (await client.post("/auth/password/forgot", json={"email": family.dan.email})).status_code == 202
    await run_all_due(family.platform)
    return await token_of(family.platform, "mail.password_reset", family.dan.user_id)


async def signs_in(client: httpx2.AsyncClient, email: str | None, password: str) -> int:
    """The status of signing in; the cookie is forgotten."""
    answer = await client.post("/auth/sign-in", json={"email": email, "password": password})
    client.cookies.clear()
    return answer.status_code


async def test_mem_5_a_new_person_looks_accepts_and_signs_in(client: httpx2.AsyncClient, family: Fixture) -> None:
    member_id, token = await invited(family)
    seen = (await client.post("/auth/invitations/look", json={"token": token})).json()
    assert (seen["organization"], seen["email"], seen["isKnownUser"]) == ("C1", "new@c1.test", False)
    weak = await client.post("/auth/invitations/accept", json={"token": token, "password": "short"})
    assert (weak.status_code, codes_of(weak)) == (400, ["PASSWORD_TOO_WEAK"])
    nothing = await client.post("/auth/invitations/accept", json={"token": token})
    assert codes_of(nothing) == ["PASSWORD_TOO_WEAK"]
    given = {"token": token, "password": NEW, "name": "Neva"}
    answer = await client.post("/auth/invitations/accept", json=given)
    assert (answer.status_code, answer.json()) == (200, {"organizationId": family.c1.id, "memberId": member_id})
    used = await client.post("/auth/invitations/accept", json=given)
    assert (used.status_code, codes_of(used)) == (410, ["INVITATION_USED"])
    assert await signs_in(client, "new@c1.test", NEW) == 200
    unknown = await client.post("/auth/invitations/look", json={"token": "nothing"})
    assert (unknown.status_code, codes_of(unknown)) == (404, ["NOT_FOUND"])


async def test_mem_5_a_known_person_gives_the_present_password(client: httpx2.AsyncClient, family: Fixture) -> None:
    _, token = await invited(family, str(family.rob.email))
    assert (await client.post("/auth/invitations/look", json={"token": token})).json()["isKnownUser"]
    wrong = await client.post("/auth/invitations/accept", json={"token": token, "password": NEW})
    assert (wrong.status_code, codes_of(wrong)) == (401, ["SIGN_IN_FAILED"])
    right = await client.post("/auth/invitations/accept", json={"token": token, "password": PASSWORD})
    assert right.status_code == 200


async def test_mem_6_a_withdrawn_invitation(client: httpx2.AsyncClient, family: Fixture) -> None:
    member_id, token = await invited(family)
    await do(family.cora, lambda uow: revoke_invitation(uow, member_id))
    answer = await client.post("/auth/invitations/accept", json={"token": token, "password": NEW})
    assert (answer.status_code, codes_of(answer)) == (410, ["INVITATION_REVOKED"])


async def test_mem_6_one_invitation_accepted_twice_at_once(client: httpx2.AsyncClient, family: Fixture) -> None:
    _, token = await invited(family)
    given = {"token": token, "password": NEW}
    both = await asyncio.gather(*(client.post("/auth/invitations/accept", json=given) for _ in range(2)))
    assert sorted(each.status_code for each in both) == [200, 410]


async def test_the_page_of_an_invitation_works_without_a_script(client: httpx2.AsyncClient, family: Fixture) -> None:
    _, token = await invited(family)
    page = await client.get("/invitation", params={"token": token})
    assert (page.status_code, "<script" in page.text, token in page.text) == (200, False, True)
    weak = await client.post("/auth/invitations/accept", data={"token": token, "password": "short"})
    assert (weak.status_code, 'role="alert"' in weak.text, token in weak.text) == (400, True, True)
    done = await client.post("/auth/invitations/accept", data={"token": token, "password": NEW})
    assert (done.status_code, "can sign in now" in done.text) == (200, True)
    assert (await client.get("/invitation", params={"token": token})).status_code == 410


async def test_auth_5_forgetting_answers_everybody_alike(client: httpx2.AsyncClient, family: Fixture) -> None:
    emails = (family.dan.email, "nobody@c1.test", "no address")
    answers = [await client.post("/auth/password/forgot", json={"email": email}) for email in emails]
    assert {(each.status_code, each.text) for each in answers} == {(202, answers[0].text)}
    await run_all_due(family.platform)
    async with platform_transaction(family.platform) as tx:
        links = await tx.fetch("SELECT user_id FROM password_reset")
        mails = await tx.fetch("SELECT payload FROM outbox WHERE topic = 'mail.password_reset'")
    assert [link["user_id"] for link in links] == [family.dan.user_id]
    assert [json.loads(mail["payload"])["to"] for mail in mails] == [family.dan.email]


async def test_auth_5_a_link_resets_once_clears_a_lock_and_ends_all_sessions(
    client: httpx2.AsyncClient, family: Fixture
) -> None:
    session = await credentials_of(family.dan)
    for _ in range(5):
        assert await signs_in(client, family.dan.email, "wrong password") == 401
    assert await signs_in(client, family.dan.email, PASSWORD) == 429
    token = await a_reset_link(client, family)
    weak = await client.post("/auth/password/reset", json={"token": token, "password": "elevenchars"})
    assert (weak.status_code, codes_of(weak)) == (400, ["PASSWORD_TOO_WEAK"])
    assert (await client.post("/auth/password/reset", json={"token": token, "password": NEW})).status_code == 204
    again = await client.post("/auth/password/reset", json={"token": token, "password": NEW})
    assert (again.status_code, codes_of(again)) == (410, ["LINK_EXPIRED"])
    assert await signs_in(client, family.dan.email, NEW) == 200
    bearer = {"authorization": f"Bearer {session.token}"}
    gone = await client.post("/graphql", json={"query": "{ viewer { name } }"}, headers=bearer)
    assert codes_of(gone) == ["UNAUTHENTICATED"]


async def test_auth_5_a_link_lives_60_minutes(client: httpx2.AsyncClient, family: Fixture, clock: FixedClock) -> None:
    token = await a_reset_link(client, family)
    clock.advance_to(clock.now() + 60 * MINUTE)
    late = await client.post("/auth/password/reset", json={"token": token, "password": NEW})
    assert codes_of(late) == ["LINK_EXPIRED"]
    token = await a_reset_link(client, family)
    clock.advance_to(clock.now() + 60 * MINUTE - 1)
    assert (await client.post("/auth/password/reset", json={"token": token, "password": NEW})).status_code == 204


async def test_auth_5_one_link_used_twice_at_once(client: httpx2.AsyncClient, family: Fixture) -> None:
    token = await a_reset_link(client, family)
    passwords = (NEW, NEW + " too")
    both = await asyncio.gather(
        *(client.post("/auth/password/reset", json={"token": token, "password": each}) for each in passwords)
    )
    assert sorted(each.status_code for each in both) == [204, 410]
    [winner] = [password for password, each in zip(passwords, both, strict=True) if each.status_code == 204]
    assert await signs_in(client, family.dan.email, winner) == 200


async def test_the_pages_of_a_forgotten_password(client: httpx2.AsyncClient, family: Fixture) -> None:
    assert 'action="/auth/password/forgot"' in (await client.get("/password-forgotten")).text
    assert "on its way" in (await client.post("/auth/password/forgot", data={"email": family.dan.email})).text
    await run_all_due(family.platform)
    token = await token_of(family.platform, "mail.password_reset", family.dan.user_id)
    assert token in (await client.get("/password-reset", params={"token": token})).text
    weak = await client.post("/auth/password/reset", data={"token": token, "password": "x"})
    assert (weak.status_code, token in weak.text) == (400, True)
    assert (await client.post("/auth/password/reset", data={"token": token, "password": NEW})).status_code == 200
    assert (await client.post("/auth/password/reset", data={"token": token, "password": NEW})).status_code == 410


async def test_auth_4_a_changed_password_ends_the_other_sessions(client: httpx2.AsyncClient, family: Fixture) -> None:
    other = {"authorization": f"Bearer {(await credentials_of(family.dan)).token}"}
    mine = {"authorization": f"Bearer {(await credentials_of(family.dan)).token}"}
    given = {"currentPassword": PASSWORD, "newPassword": NEW}
    wrong = await client.post("/auth/password/change", json=given | {"currentPassword": NEW}, headers=mine)
    assert codes_of(wrong) == ["SIGN_IN_FAILED"]
    weak = await client.post("/auth/password/change", json=given | {"newPassword": "short"}, headers=mine)
    assert (weak.status_code, codes_of(weak)) == (400, ["PASSWORD_TOO_WEAK"])
    assert (await client.post("/auth/password/change", json=given, headers=mine)).status_code == 204
    question = {"query": "{ viewer { name } }"}
    assert "errors" not in (await client.post("/graphql", json=question, headers=mine)).json()
    assert codes_of(await client.post("/graphql", json=question, headers=other)) == ["UNAUTHENTICATED"]
    nobody = await client.post("/auth/password/change", json=given)
    assert (nobody.status_code, codes_of(nobody)) == (401, ["UNAUTHENTICATED"])


async def test_a_foreign_page_resets_and_accepts_nothing(client: httpx2.AsyncClient, family: Fixture) -> None:
    foreign = {"origin": "https://evil.test", "sec-fetch-site": "cross-site"}
    for path in ("password/forgot", "password/reset", "password/change", "invitations/accept"):
        forged = await client.post(f"/auth/{path}", data={"email": "x", "token": "x", "password": NEW}, headers=foreign)
        assert codes_of(forged) == ["CROSS_ORIGIN"]
