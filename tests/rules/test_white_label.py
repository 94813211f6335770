"""White label as a client meets it: WL-1 to WL-3, VIS-2's card, A-72, and the brand in A-60 and A-73."""

import hashlib
from typing import Any

import pytest

from core.clock import EXACT_DAY, FixedClock
from tenants.brand.brand import Brand, brand_of, brand_to_buyers
from tenants.permissions import Role
from tenants.unit_of_work import Platform, platform_reading
from tests.acting import everything
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization, a_member, a_reseller, an_api_key
from tests.makers_billing import a_price_list
from tests.makers_brand import CLAIM, REMOVE, SELLER, SET_BRAND, VERIFY, a_brand, a_logo, a_proven_domain, in_base64
from tests.makers_support import an_open_session, sent
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.rules.stop_documents import deleted, stopped

POLICY = "mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { errors { code } } }"
FOR_BUYER = "mutation ($input: SetPolicyForBuyerInput!) { setPolicyForBuyer(input: $input) { errors { code } } }"
BOUNDS = "mutation ($input: SetPolicyBoundsInput!) { setPolicyBounds(input: $input) { errors { code } } }"
OWN = "{ brand { brandName logoUrl supportEmail domain claimedDomain claimRecordName version } }"
LOGO = in_base64(a_logo())
HASH = hashlib.sha256(a_logo()).hexdigest()
EMAIL = "help@northline.test"


async def refused(who: Member, document: str, **given: Any) -> list[str]:
    """The codes of a refusal, which changes nothing and sends nothing (GEN-2)."""
    before = await everything(who.platform)
    found = codes(await done(who, document, **given))
    after = await everything(who.platform)
    assert {table for table in after if after[table] != before[table]} <= {"audit_entry", "session"}
    return found


async def northline(tree: Fixture) -> None:
    """R1's brand, as the rule book's fixture has it."""
    await a_brand(tree.ada, brandName="Northline", logo=LOGO, supportEmail=EMAIL)
    await a_proven_domain(tree.ada, "d1.test")


async def card_of(who: Member) -> dict[str, Any]:
    answer = await asked(who, SELLER)
    assert answer.errors == []
    return dict(answer.data["viewer"]["seller"])


def card(name: str, *, logo: bool = False, domain: str | None = None, email: str | None = None) -> dict[str, Any]:
    return {"name": name, "logoUrl": f"/brand/logo/{HASH}" if logo else None, "domain": domain, "supportEmail": email}


async def test_wl_1_name_logo_and_support_e_mail_are_set_and_removed(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert (await asked(tree.ada, OWN)).data == {"brand": None}
    shown = await a_brand(tree.ben, brandName="  Northline ", logo=LOGO, supportEmail=EMAIL)
    assert shown == {
        "brandName": "Northline", "logoUrl": f"/brand/logo/{HASH}", "logoMediaType": "image/png",
        "supportEmail": EMAIL, "domain": None, "version": 1,
    }  # fmt: skip
    assert (await a_brand(tree.ada, supportEmail=None, version=1))["supportEmail"] is None
    assert await refused(tree.ada, SET_BRAND, brandName="Other", version=1) == ["VERSION_CONFLICT"]
    shown = await a_brand(tree.ada, logo=None)
    assert (shown["brandName"], shown["logoUrl"], shown["version"]) == ("Northline", None, 3)
    assert (await a_brand(tree.ada, logo=None))["version"] == 3  # nothing new
    assert (await a_brand(tree.olga, brandName="Platform"))["brandName"] == "Platform"


async def test_wl_1_what_a_brand_may_hold(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for name in ("N", "N" * 65, "", " x "):
        assert await refused(tree.ada, SET_BRAND, brandName=name) == ["NAME_LENGTH"]
    assert await refused(tree.ada, SET_BRAND, brandName="North|line") == ["NAME_CHARACTERS"]
    for name in ("No", "N" * 64):
        assert (await a_brand(tree.ada, brandName=name))["brandName"] == name
    most = 512 * 1024
    bad = (b"", b"GIF89a" + b"x" * 200, a_logo(99, 100), a_logo(100, 99), a_logo(size=most + 1), a_logo()[:20])
    for content in bad:
        assert await refused(tree.ada, SET_BRAND, logo=in_base64(content)) == ["LOGO_INVALID"]
    assert await refused(tree.ada, SET_BRAND, logo="no base64!") == ["LOGO_INVALID"]
    assert len(a_logo(size=most)) == most
    assert (await a_brand(tree.ada, logo=in_base64(a_logo(size=most))))["logoMediaType"] == "image/png"
    all_bad = {"brandName": "N", "logo": "!", "supportEmail": "nobody"}
    assert await refused(tree.ada, SET_BRAND, **all_bad) == ["EMAIL_INVALID", "LOGO_INVALID", "NAME_LENGTH"]


async def test_wl_1_who_sets_a_brand(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"brandName": "Northline"}
    for who in (tree.bill, tree.sue, await a_member(platform, of=tree.r1, role=Role.MEMBER), tree.cora, tree.dan):
        for document, input in ((SET_BRAND, given), (CLAIM, {"domain": "d1.test"}), (VERIFY, {"domain": "d1.test"})):
            assert await refused(who, document, **input) == ["FORBIDDEN"]
        assert await refused(who, REMOVE) == ["FORBIDDEN"]
    assert await refused(tree.ada, SET_BRAND, organizationId=tree.r1a.id, **given) == ["FORBIDDEN"]
    for stranger in (tree.r2.id, tree.o.id, "org_00000000000000000000000000"):
        assert await refused(tree.ada, SET_BRAND, organizationId=stranger, **given) == ["NOT_FOUND"]
    await stopped(tree.ada, tree.r1a)
    # the brand is never touched in a support session
    _, acting = await an_open_session(tree.olga, tree.r1, tree.ada, access="WRITE", areas=["org"])
    for document in (SET_BRAND, CLAIM, VERIFY, REMOVE):
        input = {"domain": "d1.test"} if document in (CLAIM, VERIFY) else {}
        payload = await sent(acting, document, platform, **input)
        assert codes(payload) == ["FORBIDDEN_WHILE_ACTING"]
    key = await an_api_key(tree.ada, scopes=["brand:write", "brand:read"])
    assert codes(await sent(key, SET_BRAND, platform, **given)) == []
    reading = await an_api_key(tree.ada, scopes=["brand:read"])
    assert codes(await sent(reading, SET_BRAND, platform, **given)) == ["SCOPE_MISSING"]


async def test_wl_1_a_stopped_reseller_sets_nothing(platform: Platform) -> None:
    tree = await the_fixture(platform)
    rita = tree.r1a.someone
    await stopped(tree.olga, tree.r1, "POLICY")
    for document, input in ((SET_BRAND, {"brandName": "New"}), (CLAIM, {"domain": "d1.test"})):
        assert await refused(rita, document, **input) == ["ORGANIZATION_NOT_ACTIVE"]


async def test_a_72_buyers_see_their_own_seller_s_brand(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await northline(tree)
    assert await card_of(tree.cora) == card("Northline", logo=True, domain="d1.test", email=EMAIL)
    assert await card_of(tree.mia) == card("Northline", logo=True, domain="d1.test", email=EMAIL)
    assert await card_of(tree.c3.someone) == card("R1a")
    assert await card_of(tree.r1a.someone) == card("Northline", logo=True, domain="d1.test", email=EMAIL)
    assert (await asked(tree.olga, SELLER)).data == {"viewer": {"seller": None}}


async def test_a_73_upward_only_the_seller_s_card(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await northline(tree)
    assert await card_of(tree.cora) == card("Northline", logo=True, domain="d1.test", email=EMAIL)
    document = "{ viewer { organization { parent { id } seller { name } } } }"
    shown = (await asked(tree.cora, document)).data["viewer"]["organization"]
    assert shown == {"parent": None, "seller": {"name": "Northline"}}
    document = "query ($id: ID!) { organization(id: $id) { brand { brandName } } }"
    assert (await asked(tree.cora, document, id=tree.r1.id)).codes == ["NOT_FOUND"]
    assert (await asked(tree.ada, document, id=tree.r1.id)).data["organization"]["brand"] == {"brandName": "Northline"}
    listed = await asked(tree.olga, "{ organizations { nodes { name brand { brandName } } } }")
    named = {each["name"]: each["brand"] for each in listed.data["organizations"]["nodes"]}
    assert named["R1"] == {"brandName": "Northline"} and named["R1a"] is None
    assert (await asked(tree.mia, "{ brand { brandName } }")).codes == ["FORBIDDEN"]


async def test_a_60_who_acted_stands_under_the_brand(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await northline(tree)
    await an_open_session(tree.sue, tree.c1, tree.cora)
    await an_open_session(tree.olga, tree.c1, tree.cora)
    document = "{ supportSessions { nodes { supporterName supporterBrand } } }"
    seen = (await asked(tree.cora, document)).data["supportSessions"]["nodes"]
    assert sorted((each["supporterName"], each["supporterBrand"]) for each in seen) == [
        ("Sue", "Northline"), ("Support", "Northline"),
    ]  # fmt: skip
    log = '{ auditEntries(filter: {action: "openSupportSession"}) { nodes { actorOrganizationName } } }'
    entries = (await asked(tree.cora, log)).data["auditEntries"]["nodes"]
    assert {each["actorOrganizationName"] for each in entries} == {"Northline"}
    own = (await asked(tree.ada, document)).data["supportSessions"]["nodes"]
    assert "R1" in {each["supporterBrand"] for each in own}


async def inherits(who: Member, below: Organization, value: bool | None, *, alone: bool = False) -> None:
    """Set or clear `brandInherits` for all below the member's organization, or for one buyer alone."""
    edit: dict[str, Any] = {"clear": ["brandInherits"]}
    if value is not None:
        edit = {"values": [{"name": "brandInherits", "value": value}]}
    whose = {"buyerId": below.id} if alone else {"organizationId": who.organization_id}
    assert codes(await done(who, FOR_BUYER if alone else POLICY, **whose, **edit)) == []


async def test_wl_2_each_unset_field_falls_back_and_is_inherited_only_where_that_is_set(platform: Platform) -> None:
    tree = await the_fixture(platform)
    cleo, rita = tree.c3.someone, tree.r1a.someone
    whole = card("Northline", logo=True, domain="d1.test", email=EMAIL)
    await northline(tree)
    await a_brand(tree.olga, brandName="Platform", supportEmail="all@platform.test")
    assert await card_of(cleo) == card("R1a")
    await inherits(tree.olga, tree.r1, True)  # the operator lets R1 inherit, not those below R1
    assert await card_of(cleo) == card("R1a")
    await inherits(tree.ada, tree.r1a, True)
    assert await card_of(cleo) == whole
    assert await card_of(tree.cora) == whole
    await a_brand(rita, brandName="Aster")
    assert await card_of(cleo) == whole | {"name": "Aster"}
    await a_brand(tree.ada, supportEmail=None)  # R1's own falls back to the operator's, so does what R1a inherits
    assert await card_of(cleo) == whole | {"name": "Aster", "supportEmail": "all@platform.test"}
    await inherits(tree.ada, tree.r1a, False, alone=True)  # for R1a alone: before the value for all (POL-1)
    assert await card_of(cleo) == card("Aster")
    await inherits(tree.ada, tree.r1a, None)
    await inherits(tree.ada, tree.r1a, True, alone=True)
    assert (await card_of(cleo))["domain"] == "d1.test"
    bounds = [{"name": "brandInherits", "bound": {"isLocked": True}}]
    assert codes(await done(tree.olga, BOUNDS, organizationId=tree.o.id, bounds=bounds)) == []
    assert await card_of(cleo) == card("Aster")  # locked above R1: its value counts no more (POL-2)


async def test_wl_2_mails_and_the_card_say_the_same(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await northline(tree)
    deep = await a_reseller(platform, under=tree.r1a, name="R1aa", owner="rae")
    await inherits(tree.ada, tree.r1a, True)
    for who in (tree.cora, tree.c3.someone, tree.r1a.someone, deep.someone, tree.ada, tree.c4.someone):
        shown = await card_of(who)
        async with platform_reading(platform) as tx:
            brand = await brand_of(tx, who.organization_id)
        assert shown == {
            "name": brand.name, "logoUrl": brand.logo_url, "domain": brand.domain, "supportEmail": brand.support_email,
        }  # fmt: skip
    async with platform_reading(platform) as tx:
        assert await brand_of(tx, tree.o.id) == Brand("Tenantry")
        assert await brand_to_buyers(tx, tree.r1.id) == Brand("Northline", "d1.test", EMAIL, HASH)
        assert await brand_to_buyers(tx, tree.c3.id) == Brand("C3")  # a CUSTOMER sells to nobody
        assert await brand_to_buyers(tx, "org_00000000000000000000000000") is None


async def test_wl_3_a_claim_names_the_record_and_lives_seven_days(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    for bad in ("north", "10.0.0.1", "a..test", "localhost"):
        assert await refused(tree.ada, CLAIM, domain=bad) == ["DOMAIN_INVALID"]
    claim = await done(tree.ada, CLAIM, domain="Voice.D1.test")
    # 2026-02-02 20:00 in Singapore is day 0: open through the end of 02-09 (GEN-3)
    assert (claim["domain"], claim["recordName"]) == ("voice.d1.test", "_tenantry.voice.d1.test")
    assert claim["expiresAt"] == "2026-02-09T16:00:00Z"
    assert claim["recordValue"].startswith("tenantry-domain=") and len(claim["recordValue"]) > 40
    own = (await asked(tree.ada, OWN)).data["brand"]
    assert (own["claimedDomain"], own["claimRecordName"]) == ("voice.d1.test", "_tenantry.voice.d1.test")
    assert own["domain"] is None
    clock.advance_to(clock.now() + 8 * EXACT_DAY)
    assert await refused(tree.ada, VERIFY, domain="other.test") == ["DOMAIN_NOT_VERIFIED"]


async def test_wl_3_a_removed_domain_is_free_and_so_is_that_of_a_deleted_reseller(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_proven_domain(tree.ada, "d1.test")
    assert codes(await done(tree.ada, REMOVE)) == []
    assert await refused(tree.ada, REMOVE) == ["NOT_FOUND"]
    await a_proven_domain(tree.rob, "d1.test")
    assert (await asked(tree.rob, OWN)).data["brand"]["domain"] == "d1.test"
    await a_proven_domain(tree.rob, "d2.test")  # takes the place of the one before
    await a_proven_domain(tree.ada, "d1.test")
    lone = await a_reseller(platform, under=tree.r1, name="Lone", owner="lou")
    await a_brand(lone.someone, brandName="Lone Star")
    await a_proven_domain(lone.someone, "d3.test")
    preset = "mutation ($input: ApplyPresetInput!) { applyPreset(input: $input) { errors { code } } }"
    assert codes(await done(tree.ada, preset, organizationId=tree.r1.id, preset="heyo")) == []  # deleted at once
    assert codes(await deleted(tree.ada, lone)) == []
    await a_proven_domain(tree.rob, "d3.test")


async def test_move_7_a_brand_does_not_move(platform: Platform) -> None:
    tree = await the_fixture(platform)
    rita = tree.r1a.someone
    await a_price_list(tree.r2)
    await a_brand(rita, brandName="Aster", logo=LOGO)
    await a_proven_domain(rita, "aster.test")
    token = "mutation ($input: CreateMoveTokenInput!) { createMoveToken(input: $input) { token errors { code } } }"
    made = await done(rita, token, organizationId=tree.r1a.id)
    move = "mutation ($input: MoveOrganizationInput!) { moveOrganization(input: $input) { errors { code } } }"
    input = {"organizationId": tree.r1a.id, "newSellerId": tree.r2.id, "token": made["token"]}
    assert codes(await done(tree.olga, move, **input)) == []
    assert (await asked(rita, OWN)).data == {"brand": None}
    assert await card_of(tree.c3.someone) == card("R1a")
    await a_proven_domain(tree.rob, "aster.test")


@pytest.mark.parametrize("field", ["brandName", "supportEmail"])
async def test_aud_1_a_changed_brand_is_in_the_log(platform: Platform, field: str) -> None:
    tree = await the_fixture(platform)
    value = EMAIL if field == "supportEmail" else "Northline"
    await a_brand(tree.ada, **{field: value})
    document = '{ auditEntries(filter: {action: "setBrand"}) { nodes { entityType before after organizationId } } }'
    [entry] = (await asked(tree.ada, document)).data["auditEntries"]["nodes"]
    assert (entry["entityType"], entry["organizationId"]) == ("Brand", tree.r1.id)
    assert (entry["before"], entry["after"]) == ({field: None}, {field: value})
