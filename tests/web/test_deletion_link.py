"""Taking a deletion back over HTTP by the link of the notice (DEL-3)."""

from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import done
from tests.makers_subscriptions import set_policy
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import DEACTIVATE, notices, stand, status_of
from tests.web.application import codes_of, running

PATH = "/auth/reverse-deletion"


async def test_the_owner_takes_it_back_by_the_link(platform: Platform, database_url: str, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    await done(tree.cora, DEACTIVATE)
    [notice] = await notices(tree.c1, "notice.deletion_requested")
    token = notice["ownerLink"]["token"]
    async with running(database_url, clock) as client:
        page = await client.get(notice["ownerLink"]["path"], params={"token": token + '"<b>'})
        assert page.status_code == 200
        assert "<b>" not in page.text
        assert await status_of(tree.c1) == "SUSPENDED_FOR_DELETION"
        wrong = await client.post(PATH, json={"token": "wrong"})
        assert (wrong.status_code, codes_of(wrong)) == (404, ["NOT_FOUND"])
        page = await client.post(PATH, data={"token": "wrong"})
        assert (page.status_code, "This link is not known here." in page.text) == (404, True)
        back = await client.post(PATH, json={"token": token})
        assert (back.status_code, back.json()) == (200, {"organizationId": tree.c1.id, "status": "ACTIVE"})


async def test_too_late_is_irreversible(platform: Platform, database_url: str, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    await set_policy(tree.o, deletionReverseDays=1)
    stand(clock, "2026-02-02T22:00")
    await done(tree.cora, DEACTIVATE)
    [notice] = await notices(tree.c1, "notice.deletion_requested")
    stand(clock, "2026-02-04")
    async with running(database_url, clock) as client:
        late = await client.post(PATH, json={"token": notice["ownerLink"]["token"]})
    assert (late.status_code, codes_of(late)) == (410, ["IRREVERSIBLE"])
