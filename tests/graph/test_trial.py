"""`startTrial` through the schema."""

from tenants.unit_of_work import Platform
from tests.graph.billing_documents import ERRORS, a_priced_tree, codes, done
from tests.makers import a_member

TRIAL = f"""mutation ($input: StartTrialInput!) {{ startTrial(input: $input) {{ {ERRORS}
    subscription {{ id status isTrial quantity organization {{ name }} segments {{ kind }} }} }} }}"""


async def test_a_trial_is_given_once_and_its_repetition_is_a_replay(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "t1"}
    seller = tree.r2.someone
    first = await done(seller, TRIAL, **order)
    assert first["errors"] == []
    assert first["subscription"] | {"id": 0} == {
        "id": 0, "status": "TRIAL", "isTrial": True, "quantity": 1, "organization": {"name": "Acme"}, "segments": [],
    }  # fmt: skip
    again = await done(seller, TRIAL, **order)
    assert again == first | {"replayed": True}
    used = await done(seller, TRIAL, **order | {"idempotencyKey": "t2"})
    assert used == {
        "errors": [{"code": "TRIAL_ALREADY_USED", "field": ["planId"], "details": None}], "replayed": False,
        "subscription": None,
    }  # fmt: skip


async def test_a_trial_needs_the_role_and_a_plan_that_is_seen(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    member = await a_member(platform, of=tree.r2)
    for other in (member, tree.customer.someone):
        assert codes(await done(other, TRIAL, **order)) == ["FORBIDDEN"]
    stranger = await done(tree.r2.someone, TRIAL, **order | {"organizationId": tree.r1.id})
    assert stranger["errors"] == [{"code": "NOT_FOUND", "field": ["organizationId"], "details": None}]
