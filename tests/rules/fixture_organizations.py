"""The fixture of the organizations rule book, section 19: operator O, resellers R1, R2, R1a, customers C1 to C4."""

from dataclasses import dataclass

from core.clock import parse_instant
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.makers import Member, Organization, a_customer, a_member, a_reseller, an_operator


@dataclass(frozen=True, slots=True)
class Fixture:
    """The tree and its people, by the rule book's names; `olga` is O's OWNER and `rob` R2's."""

    platform: Platform
    o: Organization
    r1: Organization
    r1a: Organization
    r2: Organization
    c1: Organization
    c2: Organization
    c3: Organization
    c4: Organization
    olga: Member
    ada: Member
    ben: Member
    bill: Member
    sue: Member
    rob: Member
    cora: Member
    dan: Member
    mia: Member


async def the_fixture(platform: Platform, *, sandbox: bool = False, stands_at: str | None = None) -> Fixture:
    """All ACTIVE, Asia/Singapore, SGD; C2 is managed by R1 and has a login-less OWNER.

    `sandbox`: the whole tree lives by a clock of its own, which may stand at a local time of Singapore."""
    stands = (
        None
        if stands_at is None
        else parse_instant(f"{stands_at if 'T' in stands_at else stands_at + 'T00:00'}:00+08:00")
    )
    o = await an_operator(platform, sandbox=sandbox, stands_at=stands)
    r1 = await a_reseller(platform, under=o, name="R1", owner="ada")
    r2 = await a_reseller(platform, under=o, name="R2", owner="rob")
    r1a = await a_reseller(platform, under=r1, name="R1a", owner="rita")
    c1 = await a_customer(platform, under=r1, name="C1", owner="cora", billing_number="5001")
    c2 = await a_customer(platform, under=r1, name="C2", managed_by="SERVICE_PROVIDER", billing_number="5002")
    c3 = await a_customer(platform, under=r1a, name="C3", owner="cleo", billing_number="5003")
    c4 = await a_customer(platform, under=r2, name="C4", owner="carl", billing_number="5004")
    return Fixture(
        platform, o, r1, r1a, r2, c1, c2, c3, c4,
        olga=o.someone,
        ada=r1.someone,
        ben=await a_member(platform, of=r1, role=Role.ADMIN, name="ben"),
        bill=await a_member(platform, of=r1, role=Role.BILLING, name="bill"),
        sue=await a_member(platform, of=r1, role=Role.SUPPORT, name="sue"),
        rob=r2.someone,
        cora=c1.someone,
        dan=await a_member(platform, of=c1, role=Role.ADMIN, name="dan"),
        mia=await a_member(platform, of=c1, role=Role.MEMBER, name="mia"),
    )  # fmt: skip
