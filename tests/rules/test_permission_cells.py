"""The permission table through real mutations: each role, relation and way in against the transcription of section 6.

A mutation that the table lets through may still fail on its input or on what stands: only the groups of GEN-1 before
that are looked at."""

from dataclasses import dataclass
from typing import Any

import pytest
from graphql import get_named_type

from core.clock import parse_instant
from core.ids import new_id
from core.transaction import insert
from tenants.actor import Credentials
from tenants.permissions import Action, Relation, Role
from tenants.permissions.vocabulary import Access, Area
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import SCHEMA, ask
from tests.makers import Member, Organization, a_member, an_api_key, credentials_of
from tests.makers_billing import a_plan, a_policy_value, product_of
from tests.makers_support import an_open_session
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.tenants.test_permission_table import TRANSCRIBED, expected_code

OF_ACCESS: tuple[str, ...] = ("NOT_FOUND", "FORBIDDEN", "FORBIDDEN_WHILE_ACTING", "SCOPE_MISSING", "CONSENT_REQUIRED")
OF_ACCESS += ("CANNOT_ACT_ON_SELF", "BILLING_DATE_IMMUTABLE", "BILLING_NAME_LOCKED", "CREDIT_LIMIT_NOT_EDITABLE")
LATER = parse_instant("2026-03-01T00:00:00Z")
SGD = {"amount": "0.00", "currency": "SGD"}
MANY = [f"{area}:{access}" for area in Area for access in Access]


@dataclass(frozen=True, slots=True)
class Row:
    """A mutation of one row of the table; `here`: the field that names the organization, `who`: that names a member,
    `held`: that names a subscription of the organization."""

    action: Action
    mutation: str
    given: dict[str, Any]
    here: str | None = "organizationId"
    who: str | None = None
    held: str | None = None


SEEN = {"version": 99}
OF_IT = "subscriptionId"
ROWS = (
    Row(Action.EDIT_ORGANIZATION, "updateOrganization", {"version": 99, "address": "x"}, here="id"),
    Row(Action.EDIT_BUYER_TAGS, "updateOrganization", {"version": 99, "buyerTags": []}, here="id"),
    Row(Action.CHANGE_COUNTRY, "updateOrganization", {"version": 99, "country": "US"}, here="id"),
    Row(Action.CHANGE_TIMEZONE, "updateOrganization", {"version": 99, "timezone": "UTC"}, here="id"),
    Row(Action.CHANGE_BILLING_DAY, "changeBillingDay", {"version": 99, "billingDay": 5, "reason": "Moves"}),
    Row(Action.CORRECT_ACTIVATION_DATE, "correctActivationDate", {"version": 99, "activationDate": "2026-01-01"}),
    Row(Action.CHANGE_BILLING_KIND, "changeBillingKind", {"version": 99, "billingKind": "CORPORATE"}),
    Row(Action.SWITCH_TO_CUSTOMER, "switchManagedBy", {"version": 99, "managedBy": "CUSTOMER"}),
    Row(Action.SWITCH_TO_SERVICE_PROVIDER, "switchManagedBy", {"version": 99, "managedBy": "SERVICE_PROVIDER"}),
    Row(Action.EDIT_LOCKED_BILLING_NAME, "editLockedBillingName", {"billingName": "New name"}),
    Row(Action.MAKE_MOVE_TOKEN, "createMoveToken", {}),
    Row(Action.SUSPEND, "suspendOrganization", {"reason": "FRAUD"}),
    Row(Action.DELETE_ORGANIZATION, "deleteOrganization", {}),
    Row(Action.ADD_MEMBER, "createMember",
        {"givenName": "", "role": "MEMBER", "portalAccess": False, "contactFor": []}),
    Row(Action.ADD_MEMBER, "addMembers", {"members": []}),
    Row(Action.EDIT_MEMBER, "updateMember", {"version": 99, "givenName": "x"}, None, "memberId"),
    Row(Action.SET_CONTACT_FOR, "setContactFor", {"contactFor": ["TECH"]}, None, "memberId"),
    Row(Action.END_MEMBER_SESSIONS, "endMemberSessions", {}, None, "memberId"),
    Row(Action.CHANGE_MEMBER_ROLE, "changeMemberRole", {"role": "OWNER"}, None, "memberId"),
    Row(Action.TRANSFER_OWNERSHIP, "transferOwnership", {"memberId": "the owner"}),
    Row(Action.RECOVER_OWNERSHIP, "recoverOwnership", {"memberId": "the owner"}),
    Row(Action.HAND_IN_KYC, "handInKyc", {"documents": []}),
    Row(Action.DECIDE_KYC, "decideKyc", {"decision": "REJECTED"}),
    Row(Action.OPEN_SUPPORT_SESSION, "openSupportSession",
        {"kind": "REMOTE_SUPPORT", "access": "READ", "areas": [], "reason": "no"}),
    Row(Action.GIVE_SUPPORT_CONSENT, "giveSupportConsent",
        {"kinds": ["REMOTE_SUPPORT"], "days": 0, "access": "READ", "areas": []}),
    Row(Action.MAKE_API_KEY, "createApiKey", {"name": "", "scopes": ["no:scope"], "allowedAddresses": []}),
    Row(Action.SET_POLICY_VALUE, "setPolicy", {"values": [{"name": "xyz", "value": 1}], "clear": []}),
    Row(Action.SET_POLICY_BOUNDS, "setPolicyBounds", {"bounds": [{"name": "xyz", "bound": {}}], "clear": []}),
    Row(Action.APPLY_POLICY_PRESET, "applyPreset", {"preset": "xyz"}),
    Row(Action.EDIT_PRODUCT, "createProduct", {"name": "", "kind": "APP", "category": ""}),
    Row(Action.EDIT_PRICE_LIST, "createPriceList", {"name": "", "currency": "SGD", "isDefault": False}),
    Row(Action.RENEW, "renewSubscription", SEEN, None, None, OF_IT),
    Row(Action.RECOVER, "recoverSubscription", SEEN, None, None, OF_IT),
    Row(Action.REACTIVATE, "reactivateSubscription", SEEN, None, None, OF_IT),
    Row(Action.EXTEND, "extendSubscription", SEEN, None, None, OF_IT),
    Row(Action.SET_AUTO_RENEW, "setAutoRenew", SEEN | {"isAutoRenew": False}, None, None, OF_IT),
    Row(Action.SET_LOW_MONEY_ALERT, "setLowMoneyAlert", {"alertThreshold": {"amount": "-1", "currency": "SGD"}}),
    Row(Action.SET_CREDIT_LIMIT, "setCreditLimit", {"creditLimit": {"amount": "-1", "currency": "SGD"}}),
    Row(Action.SET_WALLET_MODE, "switchWalletMode", {"mode": "PREPAID"}),
    Row(Action.GIVE_MONEY, "issueCredit", {"amount": SGD}),
    Row(Action.TAKE_BACK_MONEY, "takeBackCredit", {"amount": SGD}),
    Row(Action.RECORD_PAYMENT, "recordPayment", {"amount": SGD, "method": "CASH"}),
    Row(Action.CREATE_BATCH, "createBatch", {"name": "", "accountRole": "PREPAID_CARD"}),
    Row(Action.CREATE_ACCOUNT, "createAccount",
        {"accountId": "", "accountRole": "PREPAID_CARD", "type": "DEBIT", "inactive": False}),
    Row(Action.ADVANCE_CLOCK, "advanceClock", {"to": "2026-03-01T00:00:00Z"}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """The fixture with somebody of each role in R1, and somebody to be edited everywhere."""

    tree: Fixture
    callers: dict[Role, Member]
    places: dict[Relation, Organization]
    named: dict[Relation, str]
    held: dict[Relation, str]

    def input_of(self, row: Row, relation: Relation) -> dict[str, Any]:
        """The mutation's input on that organization."""
        given, place = dict(row.given), self.places[relation]
        if given.get("memberId") == "the owner":
            given["memberId"] = self.tree.ada.id if relation is Relation.OWN else self.named[relation]
        if row.here is not None:
            given[row.here] = place.id
        if row.who is not None:
            given[row.who] = self.named[relation]
        if row.held is not None:
            given[row.held] = self.held[relation]
        kind: Any = get_named_type(SCHEMA._schema.mutation_type.fields[row.mutation].args["input"].type)  # type: ignore[union-attr]
        return given | ({"idempotencyKey": new_id("test")} if "idempotencyKey" in kind.fields else {})


@pytest.fixture
async def world(platform: Platform) -> World:
    tree = await the_fixture(platform)
    await a_policy_value(tree.o, "billingNameLock", "AFTER_KYC")
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET kyc_status = 'APPROVED' WHERE kind <> 'OPERATOR'")
    callers = {Role.OWNER: tree.ada, Role.ADMIN: tree.ben, Role.BILLING: tree.bill, Role.SUPPORT: tree.sue}
    callers[Role.MEMBER] = await a_member(platform, of=tree.r1, role=Role.MEMBER, name="max")
    places = dict(zip(Relation, (tree.r1, tree.c1, tree.c2, tree.c3, tree.c4), strict=True))
    named = {
        relation: (await a_member(platform, of=place, role=Role.MEMBER, name="ned")).id
        for relation, place in places.items()
    }
    return World(tree, callers, places, named, await subscriptions(tree.o, places))


async def subscriptions(of: Organization, places: dict[Relation, Organization]) -> dict[Relation, str]:
    """One that each of the places holds, of a plan of the operator's."""
    plan = await a_plan(of)
    product = await product_of(of.platform, plan)
    held = {relation: new_id("sub") for relation in places}
    dates = dict.fromkeys(("anchor_date", "start_date", "end_date"), "2026-03-01")
    instants = ("started_at", "activated_at", "ends_at", "grace_ends_at", "ladder_ends_at", "created_at")
    async with platform_transaction(of.platform) as tx:
        for relation, place in places.items():
            await insert(
                tx, "subscription", id=held[relation], organization_id=place.id, path=place.path,
                seller_id=place.parent_id, product_id=product, plan_id=plan, product_name="x", plan_name="x",
                quantity=1, cycle_months=1, currency="SGD", is_trial=False, is_auto_renew=True, method="NORMAL",
                final_state="TERMINATED", settings="{}", **dates, **dict.fromkeys(instants, LATER),
            )  # fmt: skip
    return held


async def code_of(world: World, who: Credentials, row: Row, relation: Relation) -> str | None:
    """The code of the first groups of GEN-1 with which it is refused; None when it gets past them."""
    kind = SCHEMA._schema.mutation_type.fields[row.mutation].args["input"].type  # type: ignore[union-attr]
    document = f"mutation ($input: {kind}) {{ {row.mutation}(input: $input) {{ errors {{ code }} }} }}"
    answer = await ask(world.tree.platform, who, document, input=world.input_of(row, relation))
    assert not answer.errors, (row.mutation, answer.errors)
    codes = [error["code"] for error in answer.data[row.mutation]["errors"]]
    return codes[0] if codes and codes[0] in OF_ACCESS else None


async def test_every_cell_by_session(world: World) -> None:
    wrong: list[str] = []
    for role, caller in world.callers.items():
        who = await credentials_of(caller)
        for row in ROWS:
            for relation in Relation:
                expected = expected_code(row.action, role, relation, is_condition_true=row.action is not Action.SUSPEND)
                code = await code_of(world, who, row, relation)
                if code != expected:
                    wrong.append(f"{row.mutation} {row.action} {role} {relation}: {code}, not {expected}")
    assert not wrong, "\n".join(wrong)


async def test_every_cell_by_key(world: World) -> None:
    wrong: list[str] = []
    for role in (Role.OWNER, Role.BILLING):
        every = await an_api_key(world.callers[role], scopes=MANY)
        for row in ROWS:
            area, marks, _ = TRANSCRIBED[row.action.value]
            others = [scope for scope in MANY if not scope.startswith(f"{area}:")]
            few = await an_api_key(world.callers[role], scopes=[*others, f"{area}:read"])
            for relation in Relation:
                granted = expected_code(row.action, role, relation, is_condition_true=row.action is not Action.SUSPEND)
                if relation is not Relation.OUTSIDE and "†" in marks:
                    granted = "FORBIDDEN"
                scoped = "SCOPE_MISSING" if granted in (None, "CONSENT_REQUIRED") else granted
                for who, expected in ((every, granted), (few, scoped)):
                    code = await code_of(world, who, row, relation)
                    if code != expected:
                        wrong.append(f"{row.mutation} {row.action} key of {role} {relation}: {code}, not {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("access", ["READ", "WRITE"])
async def test_every_cell_in_a_support_session(world: World, access: str) -> None:
    areas = [area.value for area in Area] if access == "WRITE" else []
    _, who = await an_open_session(world.tree.olga, world.tree.r1, world.tree.ada, access=access, areas=areas)
    wrong: list[str] = []
    for row in ROWS:
        _, marks, _ = TRANSCRIBED[row.action.value]
        for relation in Relation:
            expected = expected_code(row.action, Role.ADMIN, relation, is_condition_true=True)
            if relation is not Relation.OUTSIDE and "‡" in marks:
                expected = "FORBIDDEN_WHILE_ACTING"
            elif access == "READ" and expected in (None, "CONSENT_REQUIRED"):
                expected = "SCOPE_MISSING"
            code = await code_of(world, who, row, relation)
            if code != expected:
                wrong.append(f"{row.mutation} {row.action} {access} {relation}: {code}, not {expected}")
    assert not wrong, "\n".join(wrong)
