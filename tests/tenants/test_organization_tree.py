"""Making organizations on both engines: the row, its path, its OWNER, its number; and what is refused as a whole."""


from tenants.paths import child_path
from tenants.unit_of_work import Platform
from tests.makers import a_customer, a_reseller, an_operator


async def test_a_tree_has_paths_with_own_segments(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator)
    customer = await a_customer(platform, under=reseller)
    assert operator.path == "1."
    assert reseller.path == child_path(operator.path, 2)
    assert customer.path == child_path(reseller.path, 3)
    assert customer.owner is not None
