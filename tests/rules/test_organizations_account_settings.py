"""Who reads and edits the settings of accounts (VIS-8, permission table, BAT-40 #12 to 15)."""

from typing import Any

from core.clock import EXACT_DAY, FixedClock
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.databases import START
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member
from tests.makers_billing import rows
from tests.rules.fixture_organizations import Fixture, the_fixture

CREATE = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code field }
    account { id } } }"""
EDIT = """mutation ($input: UpdateAccountSettingsInput!) { updateAccountSettings(input: $input) { errors { code field }
    account { version settings { label associatedNumber ivrLanguage selfCareTimeZone } } } }"""
SETTINGS = "query ($id: ID!) { account(id: $id) { accountId settings { label } } }"
STATUS = "{ accounts { totalCount nodes { accountId status balance { amount } } } }"
GIVEN = {"accountRole": "UNIVERSAL", "type": "CREDIT", "balanceControl": "SUBORDINATE"}


async def an_account(family: Fixture, account_id: str, of: Member | None = None) -> str:
    """An account of C1, of a member or of nobody."""
    named = {} if of is None else {"memberId": of.id}
    made = await done(family.cora, CREATE, organizationId=family.c1.id, accountId=account_id, **GIVEN, **named)
    assert made["errors"] == []
    return str(made["account"]["id"])


async def edited(who: Member, account_id: str, version: int = 1, **values: Any) -> list[str]:
    """The codes with which an edit is refused."""
    return codes(await done(who, EDIT, id=account_id, version=version, **values))


async def test_vis_8_billing_reads_all_of_an_account_but_its_settings(platform: Platform) -> None:
    family = await the_fixture(platform)
    account = await an_account(family, "desk1", family.mia)
    another = await an_account(family, "desk2")
    biddy = await a_member(platform, of=family.c1, role=Role.BILLING)
    for who in (biddy, family.bill):
        listed = await asked(who, STATUS)
        assert (listed.errors, listed.data["accounts"]["totalCount"]) == ([], 2)
        assert (await asked(who, SETTINGS, id=account)).codes == ["FORBIDDEN"]
    for who in (family.cora, family.dan, family.ada, family.sue, family.mia):
        assert (await asked(who, SETTINGS, id=account)).data["account"]["settings"] == {"label": None}
    own = (await asked(family.mia, STATUS)).data["accounts"]
    assert (own["totalCount"], [each["accountId"] for each in own["nodes"]]) == (1, ["desk1"])
    assert (await asked(family.mia, SETTINGS, id=another)).codes == ["FORBIDDEN"]
    assert (await asked(family.rob, SETTINGS, id=account)).codes == ["NOT_FOUND"]


async def test_settings_are_edited_by_who_may_and_by_the_member_of_its_own(
    platform: Platform, clock: FixedClock
) -> None:
    family = await the_fixture(platform)
    account, another = await an_account(family, "desk1", family.mia), await an_account(family, "desk2")
    given = {
        "label": " Desk A ",
        "associatedNumber": "+6531580001",
        "ivrLanguage": "en",
        "selfCareTimeZone": "Asia/Tokyo",
    }
    made = await done(family.mia, EDIT, id=account, version=1, **given)
    assert made["account"] == {"version": 2, "settings": given | {"label": "Desk A"}}
    assert await edited(family.mia, account, 1, label="B") == ["VERSION_CONFLICT"]
    assert await edited(family.mia, another, 1, label="B") == ["FORBIDDEN"]
    assert await edited(family.ben, another, 1, label="B") == ["CONSENT_REQUIRED"]
    assert await edited(family.rob, another, 1, label="B") == ["NOT_FOUND"]
    wrong = {"label": " ", "associatedNumber": "+1 555", "ivrLanguage": "xx", "selfCareTimeZone": "+02:00"}
    assert await edited(family.dan, another, 1, **wrong) == [
        "ASSOCIATED_NUMBER_INVALID", "LANGUAGE_UNKNOWN", "NAME_LENGTH", "TIMEZONE_INVALID",
    ]  # fmt: skip
    assert await edited(family.dan, account, 2, label=None, ivrLanguage="en") == []
    [entry] = await rows(
        platform, "SELECT before_values, after_values FROM audit_entry WHERE action = 'updateAccountSettings' "
        "AND result_code IS NULL AND actor_member_id = $1", family.dan.id,
    )  # fmt: skip
    assert (entry["before_values"], entry["after_values"]) == ('{"label": "Desk A"}', '{"label": null}')
    await rows(platform, "UPDATE account SET lifecycle = 'CLOSED' WHERE id = $1 RETURNING id", another)
    assert await edited(family.dan, another, 1, label="B") == ["ACCOUNT_TERMINATED"]
    await rows(platform, "UPDATE account SET kind = 'DEMO', demo_ends_at = 1 WHERE id = $1 RETURNING id", account)
    clock.advance_to(START + EXACT_DAY)
    assert await edited(family.mia, account, 3, label="still mine") == []
