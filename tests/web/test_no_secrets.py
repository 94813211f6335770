"""No secret leaves by a side door: log lines, audit entries and error answers name none of them (KEY-2, SUP-9, AUD-7).

One walk over HTTP through every route and command that carries a secret, rightly and wrongly."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from structlog.testing import capture_logs

from core.clock import SECOND, FixedClock
from core.jobs import run_all_due
from tenants.sign_in.totp import STEP, code_of_step
from tenants.unit_of_work import Platform, platform_transaction
from tests.databases import START
from tests.makers import PASSWORD, Member
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.web.application import running
from tests.web.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, provider_running

WRONG, NEW = "incorrect-horse-battery-staple", "a-new-and-long-password"
ERRORS = "errors { code message field details }"
CREATE_KEY = f"""mutation ($input: CreateApiKeyInput!) {{ createApiKey(input: $input) {{ {ERRORS} secret
    apiKey {{ id }} }} }}"""
ROTATE = f"mutation ($input: ApiKeyInput!) {{ rotateApiKey(input: $input) {{ {ERRORS} secret }} }}"
ENROL = f"mutation ($input: OwnFactorInput!) {{ enrolTotp(input: $input) {{ {ERRORS} secret otpauthUri }} }}"
CONFIRM = f"mutation ($input: ConfirmTotpInput!) {{ confirmTotp(input: $input) {{ {ERRORS} recoveryCodes }} }}"
INVITE = f"mutation ($input: CreateMemberInput!) {{ createMember(input: $input) {{ {ERRORS} member {{ id }} }} }}"
TOKEN = f"mutation ($input: CreateMoveTokenInput!) {{ createMoveToken(input: $input) {{ {ERRORS} token }} }}"
OPEN_MOVE = f"mutation ($input: OpenMoveInput!) {{ openMove(input: $input) {{ {ERRORS} }} }}"
MOVE = f"mutation ($input: MoveOrganizationInput!) {{ moveOrganization(input: $input) {{ {ERRORS} }} }}"
SUPPORT = f"mutation ($input: OpenSupportSessionInput!) {{ openSupportSession(input: $input) {{ {ERRORS} token }} }}"
APPROVE = f"mutation ($input: AnswerSupportSessionInput!) {{ approveSupportSession(input: $input) {{ {ERRORS} }} }}"
PROVIDER = f"mutation ($input: SetIdentityProviderInput!) {{ setIdentityProvider(input: $input) {{ {ERRORS} }} }}"
KYC_CODE = f"mutation ($input: RequestKycCodeInput!) {{ requestKycCode(input: $input) {{ {ERRORS} }} }}"
VERIFY = f"mutation ($input: VerifyKycCodeInput!) {{ verifyKycCode(input: $input) {{ {ERRORS} }} }}"
CONTACT = f"""mutation ($input: RequestOwnerContactChangeInput!) {{ requestOwnerContactChange(input: $input) {{
    {ERRORS} contactChanges {{ id }} }} }}"""
CONFIRM_CONTACT = f"""mutation ($input: ConfirmOwnerContactChangeInput!) {{ confirmOwnerContactChange(input: $input) {{
    {ERRORS} }} }}"""
DEACTIVATE = f"""mutation ($input: DeactivateOrganizationInput!) {{ deactivateOrganization(input: $input) {{
    {ERRORS} }} }}"""
VIEWER = "{ viewer { name } }"


@dataclass
class Walk:
    """A client, the secrets it met, and every answer that refused something."""

    client: httpx2.AsyncClient
    platform: Platform
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, WRONG, NEW, CLIENT_SECRET})
    refusals: list[str] = field(default_factory=list)

    async def post(self, path: str, **given: Any) -> Any:
        """The JSON that answers; the cookie is forgotten."""
        answer = await self.client.post(path, json=given)
        self.client.cookies.clear()
        return self._kept(answer)

    async def get(self, path: str, **given: str) -> httpx2.Response:
        return await self.client.get(path, params=given, headers={"accept": "text/html"})

    async def ask(self, bearer: str | None, document: str, **input: Any) -> Any:
        """The payload for a bearer of that secret, None when nobody is let in."""
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        body = {"query": document, "variables": {"input": input}}
        answered = self._kept(await self.client.post("/graphql", json=body, headers=headers))
        return next(iter((answered.get("data") or {"": None}).values()))

    async def sign_in(self, who: Member, password: str = PASSWORD) -> str:
        made = await self.post("/auth/sign-in", email=who.email, password=password)
        return self.keep(made["accessToken"])

    def keep(self, secret: str) -> str:
        """From now on it stands in no log, entry or refusal."""
        assert len(secret) >= 4
        self.secrets.add(secret)
        return secret

    async def mailed(self, topic: str) -> list[str]:
        """Tokens and codes of the messages of a topic; those of a link in a notice too."""
        async with platform_transaction(self.platform) as tx:
            found = await tx.fetch("SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", topic)
        kept = [self.keep(each) for row in found for each in _secrets_in(json.loads(row["payload"]))]
        assert kept, topic
        return kept

    def _kept(self, answer: httpx2.Response) -> Any:
        read = answer.json()
        if answer.status_code >= 400 or '"code"' in answer.text:
            self.refusals.append(answer.text)
        return read


def _secrets_in(payload: Any) -> Iterator[str]:
    for name, value in payload.items():
        if isinstance(value, dict):
            yield from _secrets_in(value)
        elif name in ("token", "code"):
            yield str(value)


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """C3's identity provider."""
    with provider_running(START // SECOND) as made:
        yield made


async def test_no_secret_is_logged_audited_or_told_in_a_refusal(
    platform: Platform, database_url: str, clock: FixedClock, provider: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with capture_logs() as events:  # before web/logs.py hides what looks like a secret
        walk = await walked(platform, database_url, clock, provider)
    async with platform_transaction(platform) as tx:
        entries = [str(dict(row)) for row in await tx.fetch("SELECT * FROM audit_entry")]
        kept = [str(dict(row)) for row in await tx.fetch("SELECT * FROM idempotency_key")]
    assert len(walk.secrets) >= 30 and len(walk.refusals) >= 20 and len(entries) > 40 and len(events) > 60
    lines = [str(event) for event in events] + caplog.messages
    places = {"log": lines, "audit": entries, "idempotency": kept, "refusal": walk.refusals}
    for secret in walk.secrets:
        whole = re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)")
        for place, texts in places.items():
            assert not [text for text in texts if whole.search(text)], (place, secret)


async def walked(platform: Platform, database_url: str, clock: FixedClock, provider: IdentityProvider) -> Walk:
    """The whole walk, done."""
    tree = await the_fixture(platform)
    async with running(database_url, clock) as client:
        walk = Walk(client, platform)
        for part in (passwords, keys, support, moves, codes, factors, the_provider, the_end):
            await part(walk, tree, clock, provider)
    return walk


async def passwords(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """Signing in, a forgotten and a new password, an invitation."""
    assert "errors" in await walk.post("/auth/sign-in", email=tree.mia.email, password=WRONG)
    assert "errors" in await walk.post("/auth/sign-in", email=[WRONG], password=WRONG)
    session = await walk.sign_in(tree.mia)
    assert "errors" in await walk.post("/auth/reauthenticate", password=WRONG)
    await walk.client.post("/auth/password/forgot", json={"email": tree.mia.email})
    await run_all_due(walk.platform)
    [token] = await walk.mailed("mail.password_reset")
    await walk.get("/password-reset", token=token)
    assert "errors" in await walk.post("/auth/password/reset", token=token, password="short")
    await walk.client.post("/auth/password/reset", json={"token": token, "password": NEW})
    assert "errors" in await walk.post("/auth/password/reset", token=token, password=NEW)
    assert await walk.ask(session, VIEWER) is None
    ada = await walk.sign_in(tree.ada)
    await walk.ask(ada, INVITE, organizationId=tree.r1.id, givenName="New", email="new@r1.test", portalAccess=True)
    token = (await walk.mailed("mail.invitation"))[-1]
    await walk.get("/invitation", token=token)
    await walk.post("/auth/invitations/look", token=token)
    assert "errors" in await walk.post("/auth/invitations/accept", token=token, password="short")
    await walk.post("/auth/invitations/accept", token=token, password=NEW)
    assert "errors" in await walk.post("/auth/invitations/accept", token=token, password=NEW)


async def keys(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """An API key, its rotation, and what it may not."""
    dan = await walk.sign_in(tree.dan)
    given = {"organizationId": tree.c1.id, "name": "CRM", "scopes": ["accounts:read"], "idempotencyKey": "key"}
    made = await walk.ask(dan, CREATE_KEY, **given)
    secret = walk.keep(made["secret"])
    assert (await walk.ask(dan, CREATE_KEY, **given))["secret"] is None
    rotated = await walk.ask(dan, ROTATE, apiKeyId=made["apiKey"]["id"])
    for bearer in (secret, walk.keep(rotated["secret"]), walk.keep(secret + "-wrong")):
        await walk.ask(bearer, INVITE, organizationId=tree.c1.id, givenName="New")
        await walk.ask(bearer, OPEN_MOVE, token=[bearer, {"of": bearer}])


async def support(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """A support token and the link by which it is approved."""
    sue, cora = await walk.sign_in(tree.sue), await walk.sign_in(tree.cora)
    given = {"organizationId": tree.c1.id, "kind": "REMOTE_SUPPORT", "reason": "Fax setup fails", "ticket": "T-17"}
    acting = walk.keep((await walk.ask(sue, SUPPORT, **given))["token"])
    walk.keep(acting.rpartition(".")[2])
    [link] = await walk.mailed("notice.support_session_asked")
    assert await walk.ask(acting, VIEWER) is None
    assert (await walk.ask(sue, APPROVE, token=link))["errors"] != []
    assert (await walk.ask(cora, APPROVE, token=link))["errors"] == []
    await walk.ask(acting, INVITE, organizationId=tree.c1.id, givenName="New")
    assert await walk.ask(acting[:-3], VIEWER) is None


async def moves(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """A move token in the wrong hands, and twice."""
    cora, rob, bill = [await walk.sign_in(who) for who in (tree.cora, tree.rob, tree.bill)]
    token = walk.keep((await walk.ask(cora, TOKEN, organizationId=tree.c1.id))["token"])
    for bearer, refused in ((bill, True), (rob, False), (rob, True)):
        assert bool((await walk.ask(bearer, OPEN_MOVE, token=token))["errors"]) is refused
    olga = await walk.sign_in(tree.olga)
    await walk.ask(olga, MOVE, organizationId=tree.c1.id, newSellerId=tree.r2.id, token=token)


async def codes(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """One-time codes of KYC and of the OWNER's contact data."""
    cora = await walk.sign_in(tree.cora)
    await walk.ask(cora, KYC_CODE, organizationId=tree.c1.id)
    [code] = await walk.mailed("mail.kyc_code")
    for tried in (f"{code}0", code):
        await walk.ask(cora, VERIFY, organizationId=tree.c1.id, code=tried)
    asked = await walk.ask(cora, CONTACT, memberId=tree.cora.id, email="cora@new.test")
    [code] = await walk.mailed("mail.owner_code")
    for tried in (f"{code}0", code):
        await walk.ask(cora, CONFIRM_CONTACT, contactChangeId=asked["contactChanges"][0]["id"], code=tried)


async def factors(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """An app's secret, its codes, recovery codes and the challenge between the two steps."""
    bill = await walk.sign_in(tree.bill)
    secret = walk.keep((await walk.ask(bill, ENROL))["secret"])
    code = walk.keep(code_of_step(secret, clock.now() // STEP))
    assert (await walk.ask(bill, CONFIRM, code=f"{code}0"))["errors"] != []
    recovery = [walk.keep(each) for each in (await walk.ask(bill, CONFIRM, code=code))["recoveryCodes"]]
    for method, tried in (("TOTP", code), ("RECOVERY_CODE", recovery[0]), ("RECOVERY_CODE", recovery[0])):
        half = await walk.post("/auth/sign-in", email=tree.bill.email, password=PASSWORD)
        challenge = walk.keep(half["secondFactor"]["challenge"])
        await walk.post("/auth/second-factor", challenge=challenge, method=method, code=tried)


async def the_provider(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """The client secret, state and code of an identity provider, rightly and wrongly."""
    cleo, provider.email = tree.c3.someone, str(tree.c3.someone.email)
    given = {"organizationId": tree.c3.id, "issuer": provider.issuer, "clientId": CLIENT_ID,
             "clientSecret": CLIENT_SECRET, "emailDomains": [provider.email.partition("@")[2]]}  # fmt: skip
    session = await walk.sign_in(cleo)
    await walk.ask(session, PROVIDER, **given | {"issuer": "no address"})
    assert (await walk.ask(session, PROVIDER, **given))["errors"] == []
    for lies in ({}, {"nonce": "another"}):
        provider.lies = lies
        away = (await walk.client.get(f"/auth/oidc/{tree.c3.id}/start")).headers["location"]
        back = provider.consents(away)
        for name in ("state", "nonce", "code_challenge", "code"):
            for value in (parse_qs(urlsplit(away).query) | parse_qs(urlsplit(back).query)).get(name, []):
                walk.keep(value)
        for _ in range(2):
            answer = await walk.client.get(back)
            if answer.status_code >= 400:
                walk.refusals.append(answer.text)
        walk.client.cookies.clear()


async def the_end(walk: Walk, tree: Fixture, clock: FixedClock, provider: IdentityProvider) -> None:
    """The link by which an OWNER takes a deletion back."""
    cleo = await walk.sign_in(tree.c3.someone)
    assert (await walk.ask(cleo, DEACTIVATE))["errors"] == []
    token = (await walk.mailed("notice.deletion_requested"))[-1]
    await walk.get("/reverse-deletion", token=token)
    for _ in range(2):
        await walk.post("/auth/reverse-deletion", token=token)
