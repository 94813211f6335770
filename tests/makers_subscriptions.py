"""Makers for what happens to a subscription: OPERATOR > reseller > customer, trials, endings, transfers, its status."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.ending import PayOut, RefundOrder, RefundQuestion, preview_refund, refund_subscription
from billing.ending_preview import RefundPreview
from billing.periods import whole_cycle
from billing.subscription_sql import status_expression
from billing.subscription_transfer import TransferOrder, transfer_subscription
from billing.trial import TrialOrder, start_trial
from core.calendar import start_of_day
from core.clock import FixedClock, parse_instant
from core.ids import new_id
from core.transaction import insert
from tenants.commands import Outcome
from tenants.policy.policy_settings import PolicyEdit, apply_policy_preset, set_policy_values
from tenants.unit_of_work import Platform, platform_transaction, reading
from tests.acting import do, refusal
from tests.makers import Member, Organization, a_customer, a_reseller, an_operator, credentials_of
from tests.makers_billing import buy, pay, rows


@dataclass(frozen=True, slots=True)
class Chain:
    """OPERATOR > reseller > customer, all with the same currency and time zone."""

    operator: Organization
    reseller: Organization
    customer: Organization

    @property
    def seller(self) -> Member:
        """The reseller's OWNER, who ends, transfers and gives trials."""
        return self.reseller.someone


async def a_chain(
    platform: Platform, *, currency: str = "USD", timezone: str = "UTC", preset: str | None = None, money: str = "10000"
) -> Chain:
    """The chain, everybody with money enough; the preset is applied by the operator for all below it."""
    place: dict[str, Any] = {"currency": currency, "timezone": timezone, "country": "US"}
    operator = await an_operator(platform, **place)
    reseller = await a_reseller(platform, under=operator, **place)
    customer = await a_customer(platform, under=reseller, **place)
    if preset is not None:
        await do(operator.someone, lambda uow: apply_policy_preset(uow, operator.id, preset))
    for buyer in (reseller, customer):
        await pay(buyer, money)
    return Chain(operator, reseller, customer)


async def another_customer(chain: Chain, **given: Any) -> Organization:
    """A second buyer of the chain's reseller."""
    place = {"currency": chain.customer.currency, "timezone": "UTC", "country": "US"}
    return await a_customer(chain.customer.platform, under=chain.reseller, **(place | given))


def at(clock: FixedClock, text: str) -> None:
    """Let the clock stand there: `2021-04-01`, or with a time of day `2021-04-01T10:00`, in UTC. Also back in time."""
    clock.at = parse_instant(f"{text}:00Z" if "T" in text else f"{text}T00:00:00Z")


async def set_policy(of: Organization, **values: object) -> None:
    """The organization sets parameters for everybody below it."""
    await do(of.someone, lambda uow: set_policy_values(uow, PolicyEdit(of.id, values)))


async def bought(chain: Chain, plan_id: str, **order: Any) -> str:
    """The customer buys; answers the subscription's id."""
    return str((await buy(chain.customer.someone, chain.customer, plan_id, **order))["subscriptionId"])


async def tried(who: Member, organization: Organization, plan_id: str) -> str:
    """A trial for the organization; answers the subscription's id."""
    order = TrialOrder(organization.id, plan_id)
    return str((await do(who, lambda uow: start_trial(uow, order)))["subscriptionId"])


async def trial_refused(who: Member, organization: Organization, plan_id: str) -> tuple[str, ...]:
    """The codes with which the trial is refused, with nothing changed."""
    order = TrialOrder(organization.id, plan_id)
    return await refusal(who, lambda uow: start_trial(uow, order))


async def ended(
    who: Member, subscription_id: str, *, reason: str = "moved away", pay_out: str | None = None
) -> Outcome:
    """Ends the subscription in its present version."""
    order = await refund_order(who.platform, subscription_id, reason=reason, pay_out=pay_out)
    return await do(who, lambda uow: refund_subscription(uow, order))


async def ending_refused(who: Member, subscription_id: str, *, reason: str = "moved away") -> tuple[str, ...]:
    """The codes with which the ending is refused, with nothing changed."""
    order = await refund_order(who.platform, subscription_id, reason=reason)
    return await refusal(who, lambda uow: refund_subscription(uow, order))


async def refund_order(
    platform: Platform, subscription_id: str, *, reason: str = "moved away", pay_out: str | None = None
) -> RefundOrder:
    """The order for the version that is stored."""
    version = (await subscription(platform, subscription_id))["version"]
    return RefundOrder(subscription_id, version, reason, None if pay_out is None else PayOut(pay_out))


async def previewed(who: Member, subscription_id: str, *, pay_out: str | None = None) -> RefundPreview:
    """What ending it would do."""
    question = RefundQuestion(subscription_id, None if pay_out is None else PayOut(pay_out))
    async with reading(who.platform, await credentials_of(who)) as uow:
        return await preview_refund(uow, question)


async def transferred(who: Member, subscription_id: str, to: Organization) -> Outcome:
    """Hands the subscription over in its present version."""
    version = (await subscription(who.platform, subscription_id))["version"]
    order = TransferOrder(subscription_id, version, to.id)
    return await do(who, lambda uow: transfer_subscription(uow, order))


async def transfer_refused(who: Member, subscription_id: str, to: Organization) -> tuple[str, ...]:
    """The codes with which the transfer is refused, with nothing changed."""
    version = (await subscription(who.platform, subscription_id))["version"]
    order = TransferOrder(subscription_id, version, to.id)
    return await refusal(who, lambda uow: transfer_subscription(uow, order))


async def subscription(platform: Platform, subscription_id: str) -> dict[str, Any]:
    """The stored row."""
    return (await rows(platform, "SELECT * FROM subscription WHERE id = $1", subscription_id))[0]


async def change_subscription(platform: Platform, subscription_id: str, **columns: object) -> None:
    """Columns put in directly: a failed mark, a suspension, a contract."""
    settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
    async with platform_transaction(platform) as tx:
        await tx.execute(f"UPDATE subscription SET {settings} WHERE id = $1", subscription_id, *columns.values())


async def assign(member: Member, subscription_id: str) -> None:
    """One more member who uses it."""
    async with platform_transaction(member.platform) as tx:
        await insert(
            tx, "subscription_assignment", organization_id=member.organization_id, path=member.path,
            subscription_id=subscription_id, member_id=member.id, assigned_at=member.platform.clock.now(),
        )  # fmt: skip


async def status(platform: Platform, subscription_id: str, when: str | None = None) -> str:
    """The status as reads show it, now or at `2025-06-09T00:00` in UTC."""
    instant = platform.clock.now() if when is None else parse_instant(f"{when}:00Z")
    sql = f"SELECT {status_expression('s', '$2')} AS status FROM subscription s WHERE s.id = $1"
    return str((await rows(platform, sql, subscription_id, instant))[0]["status"])


async def timeline(platform: Platform, subscription_id: str) -> list[tuple[int, str | None, str, str]]:
    """The timeline: instant, from, to, reason."""
    found = await rows(
        platform,
        "SELECT at, from_status, to_status, reason FROM timeline_entry WHERE subscription_id = $1 ORDER BY at, id",
        subscription_id,
    )
    return [(row["at"], row["from_status"], row["to_status"], row["reason"]) for row in found]


async def paid_ahead(platform: Platform, subscription_id: str, *, cycles: int = 1) -> None:
    """Further whole cycles at the price of the first, put in as segments with charges (renewals come later)."""
    row = await subscription(platform, subscription_id)
    first = (await rows(platform, "SELECT * FROM segment WHERE subscription_id = $1", subscription_id))[0]
    charges = await rows(platform, "SELECT * FROM segment_charge WHERE segment_id = $1", first["id"])
    anchor, end = date.fromisoformat(row["anchor_date"]), date.fromisoformat(row["end_date"])
    async with platform_transaction(platform) as tx:
        for _ in range(cycles):
            cycle = whole_cycle(anchor, end, row["cycle_months"])
            segment_id, end = new_id("seg"), cycle.end
            dates = {"first_date": cycle.start.isoformat(), "end_date": end.isoformat(), "day_base": cycle.day_base}
            await insert(tx, "segment", **(first | dates | {"id": segment_id, "kind": "WHOLE_CYCLE"}))
            for charge in charges:
                await insert(tx, "segment_charge", **(charge | {"id": new_id("charge"), "segment_id": segment_id}))
    ends_at = start_of_day(end, "UTC")
    moved = ends_at - row["ends_at"]
    await change_subscription(
        platform, subscription_id, end_date=end.isoformat(), ends_at=ends_at,
        grace_ends_at=row["grace_ends_at"] + moved, ladder_ends_at=row["ladder_ends_at"] + moved,
    )  # fmt: skip
