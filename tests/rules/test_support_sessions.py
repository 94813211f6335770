"""Support sessions, scenarios A-56 to A-60, A-62 and A-63 (organizations rule book, section 11)."""

import asyncio
import json
from typing import Any

import pytest

from core.clock import HOUR, MINUTE, FixedClock
from core.refusals import Refused
from tenants.access import allow, organization_by_id
from tenants.permissions import Action, Role
from tenants.unit_of_work import Platform, platform_transaction, unit_of_work
from tests.acting import do, everything
from tests.graph.asking import ask
from tests.graph.billing_documents import asked
from tests.makers import Organization, a_customer, a_member, credentials_of
from tests.makers_support import (
    APPROVE,
    END,
    OPEN,
    REASON,
    REFUSE,
    VIEWER,
    a_session,
    acting,
    an_open_session,
    asking_for,
    codes,
    link_token,
    read,
    sent,
)
from tests.rules.fixture_organizations import the_fixture

RENAME = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { errors { code } } }"""
TRANSFER = """mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { errors { code } } }"""
MAKE_KEY = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { errors { code } } }"""
LIST = """{ supportSessions { nodes { id status kind access areas reason ticket openedAt endedAt endReason supporterName
    supporterBrand supporterMemberId supporterOrganizationId targetName
    operations { nodes { action actorName actorOrganizationName address onBehalfOfName supportSessionId } } } } }"""


async def topics(platform: Platform, session_id: str) -> list[tuple[str, str]]:
    """What was sent about a session: topic and organization, in the order of sending."""
    async with platform_transaction(platform) as tx:
        sql = "SELECT topic, organization_id FROM outbox WHERE subject_id = $1 ORDER BY id"
        return [(row["topic"].removeprefix("notice.support_session_"), row["organization_id"])
                for row in await tx.fetch(sql, session_id)]  # fmt: skip


async def test_a_56_remote_support_waits_for_the_customers_consent(platform: Platform) -> None:
    # given C1, which manages itself
    tree = await the_fixture(platform)
    # when sue asks, and reads before anybody has approved
    session_id, supporter = await a_session(tree.sue, tree.c1)
    assert (await read(platform, supporter)).codes == ["CONSENT_REQUIRED"]
    assert (await read(platform, supporter, VIEWER)).codes == ["CONSENT_REQUIRED"]
    # then cora's consent opens it for 60 minutes to read, and the rows of C1 are seen and no other
    approved = await sent(tree.cora, APPROVE, platform, supportSessionId=session_id)
    assert approved == {
        "errors": [],
        "supportSession": {
            "id": session_id, "status": "OPEN", "access": "READ", "minutes": 60,
            "openedAt": "2026-02-02T12:00:00.000Z", "endsAt": "2026-02-02T13:00:00.000Z",
        },
    }  # fmt: skip
    seen = await read(platform, supporter)
    assert seen.data == {"organizations": {"nodes": [{"name": "C1"}]}}
    assert await topics(platform, session_id) == [
        ("asked", tree.c1.id), ("opened", tree.c1.id), ("opened", tree.r1.id),
    ]  # fmt: skip


async def test_a_57_input_refusals_at_once_and_a_managed_customer_opens_at_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    before = await everything(platform)
    wrong = asking_for(tree.c2, reason="help", ticket=None, minutes=61)
    assert await codes(tree.sue, OPEN, platform, **wrong) == ["FIELD_REQUIRED", "REASON_LENGTH", "SESSION_TOO_LONG"]
    after = await everything(platform)
    assert (after["support_session"], after["outbox"]) == (before["support_session"], before["outbox"])

    opened = await sent(tree.sue, OPEN, platform, **asking_for(tree.c2))
    assert opened["supportSession"]["status"] == "OPEN"
    assert opened["supportSession"]["endsAt"] == "2026-02-02T13:00:00.000Z"
    assert (await read(platform, acting(opened["token"]))).data == {"organizations": {"nodes": [{"name": "C2"}]}}


async def test_a_58_reading_alone_and_ended_by_the_customer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await an_open_session(tree.sue, tree.c1, tree.cora)
    edit = an_account_in(tree.c1)
    assert await codes(supporter, EDIT, platform, **edit) == ["SCOPE_MISSING"]
    ended = await sent(tree.cora, END, platform, supportSessionId=session_id)
    assert ended["supportSession"] == {
        "status": "ENDED", "endReason": "ENDED_BY_TARGET", "endedAt": "2026-02-02T12:00:00.000Z",
    }  # fmt: skip
    assert (await read(platform, supporter)).codes == ["SUPPORT_SESSION_ENDED"]
    assert await codes(supporter, EDIT, platform, **edit) == ["SUPPORT_SESSION_ENDED"]
    assert await codes(tree.cora, END, platform, supportSessionId=session_id) == ["SUPPORT_SESSION_ENDED"]


def an_account_in(organization: Organization) -> dict[str, Any]:
    """A new phone line of the organization."""
    return {"organizationId": organization.id, "accountId": "6531580001", "accountRole": "PHONE_LINE"}


AREAS = ["org", "ownership", "keys", "payments", "members", "support", "policy", "stop", "signin", "webhooks", "brand"]
EDIT = "mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code } account { id } } }"


async def test_a_59_what_nobody_does_while_acting(platform: Platform) -> None:
    # given sue as cora, writing in every area
    tree = await the_fixture(platform)
    _, supporter = await an_open_session(
        tree.sue, tree.c1, tree.cora, kind="LOGIN_AS", memberId=tree.cora.id, access="WRITE", areas=AREAS
    )
    # then ownership, keys, consents, sessions, deletion and managedBy are out of reach in any scope
    assert (await read(platform, supporter, VIEWER)).data["viewer"]["role"] == "OWNER"
    barred: dict[str, dict[str, Any]] = {
        TRANSFER: {"organizationId": tree.c1.id, "memberId": tree.dan.id},
        MAKE_KEY: {"organizationId": tree.c1.id, "name": "k", "scopes": ["accounts:read"]},
        OPEN: asking_for(tree.c1),
        RENAME: {"id": tree.c1.id, "version": 1, "managedBy": "SERVICE_PROVIDER"},
    }
    for document, given in barred.items():
        assert await codes(supporter, document, platform, **given) == ["FORBIDDEN_WHILE_ACTING"], document

    async with unit_of_work(platform, supporter, "addCard") as uow:
        for action in Action:
            if action in (Action.EDIT_PAYMENT_METHOD, Action.DEACTIVATE_OWN_ORGANIZATION, Action.EDIT_WEBHOOK_ENDPOINT):
                with pytest.raises(Refused) as refused:
                    allow(uow, action, await organization_by_id(uow, tree.c1.id))
                assert refused.value.codes == ("FORBIDDEN_WHILE_ACTING",)


async def test_a_60_every_operation_has_its_entry_with_both_names(platform: Platform) -> None:
    # given sue as dan, writing in accounts
    tree = await the_fixture(platform)
    session_id, supporter = await an_open_session(
        tree.sue, tree.c1, tree.cora, kind="LOGIN_AS", memberId=tree.dan.id, access="WRITE", areas=["accounts", "org"]
    )
    # when she edits the name from C1 to B, makes an account, and reads
    assert await codes(supporter, RENAME, platform, id=tree.c1.id, version=1, name="B Co") == []
    made = await sent(supporter, EDIT, platform, **an_account_in(tree.c1))
    await read(platform, supporter)
    # then there is one entry of the change, by sue of R1 for dan and C1, with session and ticket
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch("SELECT * FROM audit_entry WHERE support_session_id = $1 ORDER BY id", session_id)
    edit, making, reading = rows
    assert (edit["action"], edit["entity_id"], edit["result_code"]) == ("updateOrganization", tree.c1.id, None)
    assert json.loads(edit["before_values"])["name"] == "C1"
    assert json.loads(edit["after_values"])["name"] == "B Co"
    assert (making["action"], making["entity_id"]) == ("createAccount", made["account"]["id"])
    assert (reading["action"], reading["entity_type"]) == ("organizations", "Read")
    for row in rows:
        assert (row["actor_name"], row["actor_member_id"], row["actor_organization_id"]) == (
            "Sue", tree.sue.id, tree.r1.id,
        )  # fmt: skip
        assert (row["on_behalf_of_id"], row["on_behalf_of_name"]) == (tree.dan.id, "Dan")
        assert row["on_behalf_of_organization_id"] == tree.c1.id
    assert [row["on_behalf_of_organization_name"] for row in rows] == ["C1", "B Co", "B Co"]
    for row in rows:
        assert (row["organization_id"], row["ticket"], row["reason"]) == (tree.c1.id, "T-17", REASON)

    # and C1 sees who by name and brand, never where from
    [listed] = (await asked(tree.cora, LIST)).data["supportSessions"]["nodes"]
    assert (listed["supporterName"], listed["supporterBrand"]) == ("Sue", "R1")
    assert (listed["supporterMemberId"], listed["supporterOrganizationId"]) == (None, None)
    assert [each["action"] for each in listed["operations"]["nodes"]] == [
        "organizations",
        "createAccount",
        "updateOrganization",
    ]
    assert {each["actorName"] for each in listed["operations"]["nodes"]} == {"Sue"}
    assert {each["actorOrganizationName"] for each in listed["operations"]["nodes"]} == {"R1"}
    assert {each["address"] for each in listed["operations"]["nodes"]} == {None}


async def test_a_62_who_may_use_an_approval_link(platform: Platform) -> None:
    tree = await the_fixture(platform)
    stranger = await a_member(platform, of=tree.r2, role=Role.SUPPORT)
    assert await codes(stranger, OPEN, platform, **asking_for(tree.c1)) == ["NOT_FOUND"]
    session_id, _ = await a_session(tree.sue, tree.c1)
    token = await link_token(platform, session_id)
    assert await codes(tree.mia, APPROVE, platform, token=token) == ["FORBIDDEN"]
    assert await codes(tree.ben, APPROVE, platform, token=token) == ["NOT_FOUND"]
    assert await codes(tree.rob, APPROVE, platform, token=token) == ["NOT_FOUND"]
    assert await codes(tree.ben, APPROVE, platform, supportSessionId=session_id) == ["CONSENT_REQUIRED"]
    assert await codes(tree.dan, APPROVE, platform, token=token) == []
    assert await codes(tree.dan, APPROVE, platform, token=token) == ["SUPPORT_SESSION_ALREADY_OPEN"]


async def test_a_63_the_banner_of_who_acts(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await an_open_session(tree.sue, tree.c1, tree.cora)
    shown = (await read(platform, supporter, VIEWER)).data["viewer"]
    assert shown["supportSession"].pop("endsAt").startswith("2026-02-02T13:00:00")
    assert shown == {
        "name": "Sue", "role": "ADMIN",
        "supportSession": {
            "kind": "REMOTE_SUPPORT", "organizationName": "C1", "memberName": None, "access": "READ", "areas": [],
        },
    }  # fmt: skip
    assert await codes(supporter, END, platform, supportSessionId=session_id) == []
    assert (await read(platform, supporter, VIEWER)).codes == ["SUPPORT_SESSION_ENDED"]
    assert (await asked(tree.sue, VIEWER)).data["viewer"]["supportSession"] is None


async def test_sup_2_organizations_above_the_seller_need_the_sellers_leaders(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await a_session(tree.olga, tree.c2)
    assert await topics(platform, session_id) == [("asked", tree.r1.id)]
    token = await link_token(platform, session_id)
    assert await codes(tree.sue, APPROVE, platform, token=token) == ["FORBIDDEN"]
    assert await codes(tree.cora, APPROVE, platform, token=token) == ["NOT_FOUND"]
    assert await codes(tree.ben, APPROVE, platform, token=token) == []
    assert (await read(platform, supporter)).data == {"organizations": {"nodes": [{"name": "C2"}]}}
    # seen by R1 the operator's people have a name, seen from below they are Support
    [listed] = (await asked(tree.ada, LIST)).data["supportSessions"]["nodes"]
    assert (listed["supporterName"], listed["supporterBrand"]) == ("Olga Operator", "Tenantry")


async def test_sup_13_who_stands_above_the_seller_is_support_under_its_brand(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await an_open_session(tree.olga, tree.c1, tree.cora)
    await read(platform, supporter)
    [listed] = (await asked(tree.cora, LIST)).data["supportSessions"]["nodes"]
    assert (listed["supporterName"], listed["supporterBrand"]) == ("Support", "R1")
    assert [each["actorName"] for each in listed["operations"]["nodes"]] == ["Support"]
    assert [each["actorOrganizationName"] for each in listed["operations"]["nodes"]] == ["R1"]


async def test_sup_2_an_asking_lapses_and_may_be_refused(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await a_session(tree.sue, tree.c1)
    clock.advance_to(clock.now() + 24 * HOUR - 1)
    assert (await read(platform, supporter)).codes == ["CONSENT_REQUIRED"]
    clock.advance_to(clock.now() + 1)
    assert (await read(platform, supporter)).codes == ["CONSENT_EXPIRED"]
    assert await codes(tree.cora, APPROVE, platform, supportSessionId=session_id) == ["CONSENT_EXPIRED"]
    again, supporter = await a_session(tree.sue, tree.c1)
    assert (await sent(tree.cora, REFUSE, platform, supportSessionId=again))["supportSession"] == {"status": "REFUSED"}
    assert (await read(platform, supporter)).codes == ["SUPPORT_SESSION_ENDED"]
    assert await codes(tree.cora, APPROVE, platform, supportSessionId=again) == ["SUPPORT_SESSION_ENDED"]


async def test_sup_3_up_to_25_organizations_in_one_call(platform: Platform) -> None:
    tree = await the_fixture(platform)
    several = {key: value for key, value in asking_for(tree.c1).items() if key != "organizationId"}
    many = [tree.c1.id] * 26
    assert await codes(tree.sue, OPEN, platform, **several, organizationIds=many) == ["TOO_MANY_ROWS"]
    assert await codes(tree.bill, OPEN, platform, **several, organizationIds=many) == ["FORBIDDEN"]
    asked_for = [tree.c1.id, tree.c4.id, tree.c3.id]
    opened = await sent(tree.sue, OPEN, platform, **several, organizationIds=asked_for)
    assert [(row["organizationId"], row["errors"]) for row in opened["results"]] == [
        (tree.c1.id, []), (tree.c4.id, [{"code": "NOT_FOUND"}]), (tree.c3.id, []),
    ]  # fmt: skip
    assert [row["status"] for row in opened["supportSessions"]] == ["PENDING", "PENDING"]
    assert len(opened["tokens"]) == 2
    # and the first that consents is opened; while it is, the other cannot be (SUP-6)
    first, second = (row["id"] for row in opened["supportSessions"])
    assert await codes(tree.cora, APPROVE, platform, supportSessionId=first) == []
    cleo = tree.c3.someone
    assert await codes(cleo, APPROVE, platform, supportSessionId=second) == ["SUPPORT_SESSION_ALREADY_OPEN"]
    assert await codes(tree.sue, OPEN, platform, **asking_for(tree.c2)) == ["SUPPORT_SESSION_ALREADY_OPEN"]


async def test_sup_6_two_openings_at_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    other = await a_customer(platform, under=tree.r1, managed_by="SERVICE_PROVIDER")
    answers = await asyncio.gather(
        codes(tree.sue, OPEN, platform, **asking_for(tree.c2)), codes(tree.sue, OPEN, platform, **asking_for(other))
    )
    assert sorted(answers) == [[], ["SUPPORT_SESSION_ALREADY_OPEN"]]


async def test_sup_6_time_is_over_at_the_instant_and_another_may_be_opened(
    platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    _, supporter = await a_session(tree.sue, tree.c2, minutes=5)
    clock.advance_to(clock.now() + 5 * MINUTE - 1)
    assert (await read(platform, supporter)).errors == []
    clock.advance_to(clock.now() + 1)
    assert (await read(platform, supporter)).codes == ["SUPPORT_SESSION_ENDED"]
    assert await codes(tree.sue, OPEN, platform, **asking_for(tree.c2)) == []


async def test_gen_1_the_order_of_refusals_while_acting(platform: Platform) -> None:
    # given a session that nobody has approved, as mia, to read
    tree = await the_fixture(platform)
    given: dict[str, Any] = {"kind": "LOGIN_AS", "memberId": tree.mia.id}
    session_id, supporter = await a_session(tree.sue, tree.c1, **given)

    async def code(action: Action, organization_id: str) -> tuple[str, ...]:
        async def act(uow: Any) -> dict[str, Any]:
            allow(uow, action, await organization_by_id(uow, organization_id))
            return {}

        try:
            await do(supporter, act, platform=platform)
        except Refused as refused:
            return refused.codes
        return ()

    # then a row out of sight comes first, what is barred second, then role, scope, consent
    assert await code(Action.MAKE_API_KEY, tree.c2.id) == ("NOT_FOUND",)
    assert await code(Action.MAKE_API_KEY, tree.c1.id) == ("FORBIDDEN_WHILE_ACTING",)
    assert await code(Action.CREATE_ACCOUNT, tree.c1.id) == ("FORBIDDEN",)
    await sent(tree.sue, END, platform, supportSessionId=session_id)
    _, supporter = await a_session(tree.sue, tree.c1, access="WRITE", areas=["accounts"])
    assert await code(Action.CREATE_SITE, tree.c1.id) == ("SCOPE_MISSING",)
    assert await code(Action.CREATE_ACCOUNT, tree.c1.id) == ("CONSENT_REQUIRED",)


async def test_a_command_that_asks_no_table_is_not_committed_without_consent(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await a_session(tree.sue, tree.c1)

    async def act(uow: Any) -> dict[str, Any]:
        uow.send("anything", tree.c1.id, {}, organization_id=tree.c1.id, path=tree.c1.path)
        return {}

    with pytest.raises(Refused) as refused:
        await do(supporter, act, platform=platform)
    assert refused.value.codes == ("CONSENT_REQUIRED",)


async def test_sup_1_as_whom_one_may_act(platform: Platform) -> None:
    tree = await the_fixture(platform)
    loginless = await a_member(platform, of=tree.c1, portal_access=False)
    pending = await a_member(platform, of=tree.c1, accepted=False)
    expected = {
        loginless.id: ["TARGET_NO_PORTAL_ACCESS"], pending.id: ["TARGET_INVITATION_PENDING"],
        tree.sue.id: ["REFERENCE_INVALID"], tree.rob.id: ["NOT_FOUND"], None: ["FIELD_REQUIRED"],
    }  # fmt: skip
    for member_id, code in expected.items():
        given = asking_for(tree.c1, kind="LOGIN_AS", memberId=member_id)
        assert await codes(tree.sue, OPEN, platform, **given) == code
    # and who acts as a MEMBER reads what that one reads (VIS-8)
    _, supporter = await an_open_session(tree.sue, tree.c1, tree.cora, kind="LOGIN_AS", memberId=tree.mia.id)
    rows = await read(platform, supporter, "{ members { nodes { id } } }")
    assert rows.data == {"members": {"nodes": [{"id": tree.mia.id}]}}
    assert (await read(platform, supporter, "{ wallets { nodes { id } } }")).codes == ["FORBIDDEN"]


@pytest.mark.parametrize("role", [Role.BILLING, Role.MEMBER])
async def test_who_opens_no_session(platform: Platform, role: Role) -> None:
    tree = await the_fixture(platform)
    other = await a_member(platform, of=tree.r1, role=role)
    assert await codes(other, OPEN, platform, **asking_for(tree.c2)) == ["FORBIDDEN"]


async def test_a_forged_token_lets_nobody_in(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await a_session(tree.sue, tree.c2)
    assert supporter.token is not None
    head, body, signature = supporter.token.split(".")
    assert (await read(platform, acting(f"{head}.{body}.{signature[::-1]}"))).codes == ["UNAUTHENTICATED"]
    other = Platform(platform.database, platform.clock, b"another secret of another installation")
    assert (await read(other, supporter)).codes == ["UNAUTHENTICATED"]
    bare = Platform(platform.database, platform.clock, b"")
    assert (await read(bare, supporter)).codes == ["UNAUTHENTICATED"]
    assert (await ask(platform, await credentials_of(tree.sue), VIEWER)).errors == []
