"""`advanceClock`: the sandbox's time for all in it, never back, never for those in real time."""

from core.clock import parse_instant
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers import a_customer, a_member, a_reseller, an_operator

ADVANCE = """mutation ($input: AdvanceClockInput!) { advanceClock(input: $input) { replayed
    errors { code field details } now organization { clockNow } } }"""


async def test_a_sandbox_moves_forward_with_all_in_it(platform: Platform) -> None:
    operator = await an_operator(platform)
    box = await a_reseller(platform, under=operator, sandbox=True, stands_at=parse_instant("2026-03-01T00:00:00Z"))
    inside = await a_customer(platform, under=box)
    moved = await done(box.someone, ADVANCE, organizationId=inside.id, to="2026-03-31T08:00:00+08:00")
    assert moved == {
        "replayed": False, "errors": [], "now": "2026-03-31T00:00:00Z",
        "organization": {"clockNow": "2026-03-31T00:00:00.000Z"},
    }  # fmt: skip
    assert (await asked(inside.someone, "{ viewer { now } }")).data["viewer"]["now"].startswith("2026-03-31T00:00:00")
    back = await done(box.someone, ADVANCE, organizationId=box.id, to="2026-03-30T00:00:00Z")
    assert codes(back) == ["CLOCK_BACKWARDS"]
    assert (back["now"], back["organization"]) == (None, None)


async def test_who_may_move_which_clock(platform: Platform) -> None:
    operator = await an_operator(platform)
    box = await a_reseller(platform, under=operator, sandbox=True)
    real = await a_reseller(platform, under=operator)
    to = {"to": "2027-01-01T00:00:00Z"}
    assert codes(await done(real.someone, ADVANCE, organizationId=real.id, **to)) == ["CLOCK_NOT_SANDBOX"]
    assert codes(await done(real.someone, ADVANCE, organizationId=box.id, **to)) == ["NOT_FOUND"]
    billing = await a_member(platform, of=box, role="BILLING")
    assert codes(await done(billing, ADVANCE, organizationId=box.id, **to)) == ["FORBIDDEN"]
    assert codes(await done(operator.someone, ADVANCE, organizationId=box.id, **to)) == []
