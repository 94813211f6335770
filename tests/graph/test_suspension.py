"""`suspendOrganization` and `liftSuspension`: what stops, who may, and that those below come back by themselves."""

from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.rules.fixture_organizations import the_fixture

SUSPEND = """mutation ($input: SuspensionInput!) { suspendOrganization(input: $input) { replayed
    errors { code field } organization { status effectiveStatus } } }"""
LIFT = """mutation ($input: SuspensionInput!) { liftSuspension(input: $input) { replayed
    errors { code field } organization { status effectiveStatus } } }"""
STATUS = "query ($id: ID!) { organization(id: $id) { status effectiveStatus } }"
ACTIVE = {"status": "ACTIVE", "effectiveStatus": "ACTIVE"}


async def test_a_27_below_a_suspended_one_nothing_is_written(platform: Platform) -> None:
    tree = await the_fixture(platform)
    stop = {"organizationId": tree.r1a.id, "reason": "SELLER"}
    stopped = await done(tree.ada, SUSPEND, **stop, note="no answer", idempotencyKey="s1")
    assert stopped["organization"] == {"status": "SUSPENDED", "effectiveStatus": "SUSPENDED"}
    below = await asked(tree.ada, STATUS, id=tree.c3.id)
    assert below.data == {"organization": {"status": "ACTIVE", "effectiveStatus": "SUSPENDED"}}
    assert codes(await done(tree.ada, SUSPEND, **stop)) == ["ALREADY_SUSPENDED"]
    assert (await done(tree.ada, LIFT, **stop))["organization"] == ACTIVE
    assert (await asked(tree.ada, STATUS, id=tree.c3.id)).data == {"organization": ACTIVE}


async def test_a_29_whom_a_reseller_may_not_suspend(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for of, code in ((tree.r1, "CANNOT_ACT_ON_SELF"), (tree.o, "NOT_FOUND"), (tree.c3, "FORBIDDEN")):
        assert codes(await done(tree.ada, SUSPEND, organizationId=of.id, reason="SELLER")) == [code]
    afar = await done(tree.ada, SUSPEND, organizationId=tree.c3.id, reason="FRAUD")
    assert afar["organization"]["status"] == "SUSPENDED"


async def test_billing_suspends_for_payment_only(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await done(tree.bill, SUSPEND, organizationId=tree.c1.id, reason="SELLER")) == ["FORBIDDEN"]
    assert codes(await done(tree.bill, SUSPEND, organizationId=tree.c1.id, reason="PAYMENT")) == []
    assert codes(await done(tree.sue, LIFT, organizationId=tree.c1.id, reason="PAYMENT")) == ["FORBIDDEN"]
    assert (await asked(tree.mia, "{ viewer { name } }")).codes == ["ORGANIZATION_NOT_ACTIVE"]


async def test_stop_7_what_those_above_set_they_lift(platform: Platform) -> None:
    tree = await the_fixture(platform)
    stop = {"organizationId": tree.c1.id, "reason": "FRAUD"}
    assert codes(await done(tree.olga, SUSPEND, **stop)) == []
    assert codes(await done(tree.ada, LIFT, **stop)) == ["LIFT_NOT_ALLOWED"]
    assert codes(await done(tree.ada, LIFT, **stop | {"reason": "POLICY"})) == ["NOT_FOUND"]
    assert (await done(tree.olga, LIFT, **stop))["organization"] == ACTIVE
