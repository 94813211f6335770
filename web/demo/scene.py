"""The scene: organizations, prices and money first, then each customer's story by its number."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from billing.catalogue import NewPlan, NewProduct, ProductKind, create_plan, create_product
from billing.payments import NewPayment, PaymentMethod, record_payment
from billing.price_lists import NewPrice, NewPriceList, create_price_list, set_price
from billing.quote_id import QuoteSigner
from core.calendar import local_date
from core.clock import EXACT_DAY
from core.money import MICROS
from tenants.members.member_rules import NewMember
from tenants.members.members import create_member
from tenants.organizations.new_organization import NewOrganization, NewOwner
from tenants.organizations.operator import NewOperator, create_operator_in
from tenants.organizations.organization_tree import create_organization
from tenants.policy.policy_settings import apply_policy_preset
from tenants.sign_in.passwords import HASHER
from tenants.unit_of_work import Platform, platform_transaction
from web.demo.brands import give_brand
from web.demo.cards import lay_out_cards
from web.demo.cast import OPERATOR, SELLERS, WARES, Seller, Ware, customer_name
from web.demo.documents import PRESET_THAT_ASKS, approve_documents, hands_in
from web.demo.people import PASSWORD, Person, Stage
from web.demo.stories import Customer, tell

BEGINNING = 400 * EXACT_DAY
"""How long ago the demo's world began."""


@dataclass(slots=True)
class Market:
    """A seller in the demo: its owner, its data, what it is asked and asks per plan, in whole units."""

    owner: Person
    seller: Seller
    costs: dict[str, int]
    asks: dict[str, int]
    wants_documents: bool


async def play(platform: Platform, secret: bytes) -> None:
    """Make everything; the operator's tree is a sandbox, so that its clock can be moved."""
    name, country, currency, timezone = OPERATOR
    operator = NewOrganization(
        "", "OPERATOR", name, country, currency, timezone, owner=NewOwner("Olga", "Operator", "olga@operator.example"),
        is_sandbox=True,
    )  # fmt: skip
    async with platform_transaction(platform) as tx:
        stage = Stage(tx, platform.clock.now())
        made = await create_operator_in(tx, NewOperator(operator, HASHER.hash(PASSWORD)), stage.now)
        root = Person(made["organizationId"], name, "OPERATOR", "1.", made["memberId"], made["userId"])
        markets = await _open_markets(stage, root)
        signer = QuoteSigner(secret)
        number = 0
        for market in markets:
            for _ in range(market.seller.customers):
                customer = await _customer(stage, market, number)
                await tell(stage, signer, customer, number)
                number += 1
        await lay_out_cards(stage, next(each for each in markets if each.seller.domain == "cards.example").owner)


async def _open_markets(stage: Stage, root: Person) -> list[Market]:
    plans = await _wares(stage, root)
    await _price_lists(stage, root, {each.currency for each in SELLERS}, plans, {})
    by_domain: dict[str, Market] = {}
    for seller in SELLERS:
        above = by_domain.get(seller.under or "")
        owner = await _reseller(stage, above.owner if above else root, seller)
        costs = (
            above.asks if above else {plan: WARES[place].monthly[seller.currency] for place, plan in enumerate(plans)}
        )
        asks = {plan: cost + cost * seller.markup // 100 for plan, cost in costs.items()}
        await _price_lists(stage, owner, {seller.currency}, plans, asks)
        if seller.preset is not None:
            preset = seller.preset
            await stage.act(owner, stage.now - BEGINNING, "applyPolicyPreset",
                            lambda uow, who=owner, preset=preset: apply_policy_preset(uow, who.organization_id, preset))  # type: ignore[misc]  # fmt: skip
        await give_brand(stage, owner, seller.domain, stage.now - BEGINNING)
        wants_documents = seller.preset == PRESET_THAT_ASKS or (above is not None and above.wants_documents)
        if above is not None and above.wants_documents:
            await approve_documents(stage, owner.organization_id, owner, above.owner, stage.now - BEGINNING)
        by_domain[seller.domain] = Market(owner, seller, costs, asks, wants_documents)
    await _staff(stage, by_domain["skyline.example"].owner)
    return list(by_domain.values())


async def _wares(stage: Stage, root: Person) -> list[str]:
    """The operator's products and plans; the plans' ids in the order of WARES."""
    at, plans = stage.now - BEGINNING, []
    products: dict[str, str] = {}
    for ware in WARES:
        if ware.product not in products:
            products[ware.product] = await _product(stage, root, ware)
        plan = NewPlan(products[ware.product], ware.plan, is_taxable=False, account_role=ware.account_role)
        done = await stage.act(root, at, "createPlan", lambda uow, new=plan: create_plan(uow, new))  # type: ignore[misc]
        plans.append(done["planId"])
    return plans


async def _product(stage: Stage, root: Person, ware: Ware) -> str:
    new = NewProduct(root.organization_id, ware.product, ProductKind.APP, ware.category)
    done = await stage.act(root, stage.now - BEGINNING, "createProduct", lambda uow: create_product(uow, new))
    return str(done["productId"])


async def _price_lists(
    stage: Stage, owner: Person, currencies: set[str], plans: list[str], asks: dict[str, int]
) -> None:
    """A default list per currency: a month at the price, a year at ten months' price."""
    at = stage.now - BEGINNING
    first_day = local_date(at, "UTC") + timedelta(days=2)
    for currency in sorted(currencies):
        new_list = NewPriceList(owner.organization_id, f"Standard {currency}", currency, is_default=True)
        done = await stage.act(owner, at, "createPriceList", lambda uow, new=new_list: create_price_list(uow, new))  # type: ignore[misc]  # fmt: skip
        for place, plan in enumerate(plans):
            monthly = asks.get(plan, WARES[place].monthly[currency])
            for price in (
                NewPrice(done["priceListId"], plan, 1, first_day, amount_micros=monthly * MICROS),
                NewPrice(done["priceListId"], plan, 12, first_day, percent_off=Fraction(50, 3)),
            ):
                await stage.act(owner, at, "setPrice", lambda uow, new=price: set_price(uow, new))  # type: ignore[misc]


async def _reseller(stage: Stage, above: Person, seller: Seller) -> Person:
    given, family = seller.owner
    new = NewOrganization(
        above.organization_id, "RESELLER", seller.name, seller.country, seller.currency, seller.timezone, "APP",
        address="1 Demo Street", city="Demo City",
        owner=NewOwner(given, family, f"{given.lower()}@{seller.domain}"),
    )  # fmt: skip
    at = stage.now - BEGINNING
    made = await stage.act(above, at, "createOrganization", lambda uow: create_organization(uow, new))
    owner = await stage.let_in(made["memberId"])
    deposit = NewPayment(
        owner.organization_id, 50_000_000 * MICROS, seller.currency, PaymentMethod.CASH, reference="Opening deposit"
    )
    await stage.act(above, at + EXACT_DAY, "recordPayment", lambda uow: record_payment(uow, deposit))
    return owner


async def _staff(stage: Stage, owner: Person) -> None:
    for given, role in (("Ben", "ADMIN"), ("Bill", "BILLING"), ("Sue", "SUPPORT")):
        new = NewMember(
            owner.organization_id, given, "Demo", f"{given.lower()}@skyline.example", role=role, portal_access=True
        )
        made = await stage.act(
            owner,
            stage.now - BEGINNING,
            "createMember",
            lambda uow, new=new: create_member(uow, new),  # type: ignore[misc]
        )
        await stage.let_in(made["memberId"])


async def _customer(stage: Stage, market: Market, number: int) -> Customer:
    """A customer; every third one is managed by its seller and has a login-less owner."""
    seller, name = market.seller, customer_name(number)
    is_managed = number % 3 == 2
    email = "cora@acme.example" if number == 0 else f"owner{number}@customer.example"
    new = NewOrganization(
        market.owner.organization_id, "CUSTOMER", name, seller.country, seller.currency, seller.timezone, "APP",
        "SERVICE_PROVIDER" if is_managed else "CUSTOMER", address=f"{number + 1} Main Street", city="Demo City",
        owner=NewOwner() if is_managed else NewOwner("Cora" if number == 0 else f"Owner {number}", "Demo", email),
    )  # fmt: skip
    at = stage.now - 200 * EXACT_DAY + number * (EXACT_DAY // 24)
    made = await stage.act(market.owner, at, "createOrganization", lambda uow: create_organization(uow, new))
    if number == 0:
        await stage.let_in(made["memberId"])
    buyer = market.owner if is_managed else await stage.person(made["memberId"])
    if market.wants_documents and hands_in(number):
        await approve_documents(stage, made["organizationId"], buyer, market.owner, at)
    return Customer(made["organizationId"], market.owner, buyer, seller.currency, market.asks, seller.offers_trials)
