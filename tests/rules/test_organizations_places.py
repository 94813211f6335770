"""Places for members that a plan limits: A-39 (MEM-10, SUB-6), through purchase and API."""

from typing import Any

import pytest

from billing.plan_places import most_members
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import codes, done
from tests.makers import a_member
from tests.makers_billing import a_plan, buy, pay, rows
from tests.rules.fixture_organizations import Fixture, the_fixture

CREATE = """mutation ($input: CreateMemberInput!) { createMember(input: $input) { errors { code }
    member { invitation } } }"""


async def a_plan_with(family: Fixture, **features: Any) -> str:
    """A plan of the operator with these features, which R1 sells."""
    return await a_plan(family.o, prices=[(family.o, "1"), (family.r1, "1")], features=features)


async def invited(family: Fixture, email: str, **given: Any) -> list[str]:
    """The codes with which cora's invitation is refused."""
    made = await done(family.cora, CREATE, organizationId=family.c1.id, givenName="Zoe", email=email, **given)
    return codes(made)


@pytest.mark.parametrize(
    ("features", "places", "code"),
    [
        ({"USERS": 10}, 10, "USER_LIMIT_REACHED"),
        ({"STAFF": 1}, 1, "STAFF_LIMIT_REACHED"),
        ({"STAFF": 4}, 4, "STAFF_LIMIT_REACHED"),
    ],
)
async def test_a_39_no_more_members_than_the_plan_has_places(
    platform: Platform, features: dict[str, int], places: int, code: str
) -> None:
    family = await the_fixture(platform)  # dan and mia take two
    if places < 2:
        await rows(platform, "DELETE FROM member WHERE id = $1 RETURNING id", family.mia.id)
    for number in range(places - 3):
        await a_member(platform, of=family.c1, accepted=number % 2 == 0)  # PENDING takes a place too
    await pay(family.r1, "50")
    await pay(family.c1, "50")
    if places >= 3:
        assert await invited(family, "early@c1.test", portalAccess=True) == []
    await buy(family.cora, family.c1, await a_plan_with(family, **features))
    assert await invited(family, "one.more@c1.test", portalAccess=True) == [code]
    assert await invited(family, "loginless@c1.test") == [code]
    bigger = await a_plan_with(family, **{name: value + 2 for name, value in features.items()})
    await buy(family.cora, family.c1, bigger)
    assert await invited(family, "one.more@c1.test", portalAccess=True) == []


def test_an_add_on_overrides_the_plan_and_the_largest_subscription_counts() -> None:
    assert most_members([], "USERS") is None
    assert most_members([("a", {"IVR": True}), ("a", {"USERS": True})], "USERS") is None
    assert most_members([("a", {"USERS": 3}), ("a", {"USERS": 8}), ("b", {"USERS": 5})], "USERS") == 8
    assert most_members([("a", {"USERS": 9}), ("a", {"USERS": 2}), ("b", {"STAFF": 5})], "USERS") == 2
