"""Scenarios of acting on accounts: A-58 and A-60, an edit of a label that is there (organizations rule book, 11)."""

from typing import Any

from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import asked
from tests.makers_support import END, an_open_session, codes, read, sent
from tests.rules.fixture_organizations import the_fixture
from tests.rules.test_organizations_account_settings import EDIT, SETTINGS, an_account, edited
from tests.rules.test_white_label import northline

LOG = """query ($filter: AuditEntryFilter) { auditEntries(filter: $filter) { nodes {
    action entityType entityId before after reason ticket supportSessionId actorName actorOrganizationName
    onBehalfOfName onBehalfOfOrganizationName actorUserId actorMemberId address client } } }"""
SESSIONS = """{ supportSessions { nodes { kind access areas reason ticket openedAt endedAt supporterName supporterBrand
    operations { nodes { action actorName actorOrganizationName } } } } }"""


async def test_a_58_who_may_read_alone_edits_no_account(platform: Platform) -> None:
    # given an open READ session in C1, which has an account with a label
    tree = await the_fixture(platform)
    account = await an_account(tree, "desk1")
    session_id, sue = await an_open_session(tree.sue, tree.c1, tree.cora)
    shown = await ask(platform, sue, SETTINGS, id=account)
    assert shown.data == {"account": {"accountId": "desk1", "settings": {"label": None}}}

    # then sue edits nothing, and after cora has ended the session she reads nothing
    assert await codes(sue, EDIT, platform, id=account, version=1, label="B") == ["SCOPE_MISSING"]
    assert (await ask(platform, sue, SETTINGS, id=account)).data["account"]["settings"] == {"label": None}
    assert await codes(tree.cora, END, platform, supportSessionId=session_id) == []
    assert (await read(platform, sue)).codes == ["SUPPORT_SESSION_ENDED"]
    assert (await ask(platform, sue, SETTINGS, id=account)).codes == ["SUPPORT_SESSION_ENDED"]


async def test_a_60_a_label_from_a_to_b_by_sue_for_dan(platform: Platform) -> None:
    # given R1 as "Northline", sue as dan, writing in accounts, and an account with the label A
    tree = await the_fixture(platform)
    await northline(tree)
    account = await an_account(tree, "desk1")
    assert await edited(tree.cora, account, label="A") == []
    given: dict[str, Any] = {"kind": "LOGIN_AS", "memberId": tree.dan.id, "access": "WRITE", "areas": ["accounts"]}
    session_id, sue = await an_open_session(tree.sue, tree.c1, tree.cora, **given)

    # when she edits it to B
    saved = await sent(sue, EDIT, platform, id=account, version=2, label="B")
    assert (saved["errors"], saved["account"]["settings"]["label"]) == ([], "B")

    # then there is one entry: sue of R1, for dan and C1, the session, its ticket, before and after
    search = {"action": "updateAccountSettings", "supportSessionId": session_id}
    [entry] = (await asked(tree.ada, LOG, filter=search)).data["auditEntries"]["nodes"]
    assert (entry["entityType"], entry["entityId"]) == ("Account", account)
    assert (entry["before"], entry["after"]) == ({"label": "A"}, {"label": "B"})
    assert (entry["actorName"], entry["actorMemberId"], entry["actorOrganizationName"]) == ("Sue", tree.sue.id, "R1")
    assert (entry["onBehalfOfName"], entry["onBehalfOfOrganizationName"]) == ("Dan", "C1")
    assert (entry["supportSessionId"], entry["ticket"]) == (session_id, "T-17")

    # and C1 sees sue of "Northline", by no id, e-mail or address
    [seen] = (await asked(tree.cora, LOG, filter=search)).data["auditEntries"]["nodes"]
    hidden = dict.fromkeys(("actorUserId", "actorMemberId", "address", "client"))
    assert seen == entry | hidden | {"actorOrganizationName": "Northline"}
    assert str(tree.sue.email) not in str(seen)
    [session] = (await asked(tree.cora, SESSIONS)).data["supportSessions"]["nodes"]
    assert (session["supporterName"], session["supporterBrand"]) == ("Sue", "Northline")
    assert (session["kind"], session["access"], session["areas"]) == ("LOGIN_AS", "WRITE", ["accounts"])
    assert session["operations"]["nodes"] == [
        {"action": "updateAccountSettings", "actorName": "Sue", "actorOrganizationName": "Northline"},
    ]  # fmt: skip
    assert str(tree.sue.email) not in str(session)
