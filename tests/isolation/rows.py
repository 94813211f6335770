"""What stands in each table for each organization of the world: only what a constraint or a rule asks for.

Every other column is filled by world.py with the row's own mark. A table that is missing here fails the suite."""

from collections.abc import Callable
from typing import Any

from tests.databases import START
from tests.isolation.places import Mark, Place

Columns = dict[str, Any]
BOUND = {"minimum": None, "maximum": 60, "allowed": None, "isLocked": False}
Recipe = Callable[[Place, Mark], list[Columns]]
LATER = START + 400 * 86_400_000_000
INVOICE_DAYS = {"issue_date": "2026-01-01", "due_date": "2026-01-31"}
DAYS = {"anchor_date": "2026-01-01", "start_date": "2026-01-01", "end_date": "2027-01-01"}


def one(build: Callable[[Place, Mark], Columns]) -> Recipe:
    """One row for every organization."""
    return lambda place, mark: [build(place, mark)]


def of_buyers(build: Callable[[Place, Mark], Columns]) -> Recipe:
    """One row for every organization that somebody sells to."""
    return lambda place, mark: [build(place, mark)] if place.parent is not None else []


def _organization(p: Place, mark: Mark) -> Columns:
    return {
        "id": p.id, "number": p.number, "parent_id": p.parent.id if p.parent else None, "kind": p.kind,
        "status": "ACTIVE", "country": "US", "currency": "USD", "timezone": "UTC", "pricing_model": None,
        "managed_by": "CUSTOMER", "billing_kind": "NORMAL", "billing_group_id": None, "clock_id": None,
        "kyc_status": "NONE", "kyc_reason": None,
    }  # fmt: skip


def _members(p: Place, mark: Mark) -> list[Columns]:
    owner = {
        "id": p.ref("mem"), "role": "OWNER", "user_id": p.ref("usr"), "has_portal_access": True,
        "invitation": "ACCEPTED",
    }  # fmt: skip
    second = {"id": p.ref("mem", "second"), "role": "MEMBER", "user_id": None, "invitation": "NONE"}
    return [owner, second]


def _audit(p: Place, mark: Mark) -> list[Columns]:
    def done_by(actor: Place, name: str) -> Columns:
        return {
            "id": p.ref("aud", name), "result_code": None, "entity_id": p.ref("mem", "second"),
            "actor_user_id": actor.ref("usr"), "actor_member_id": actor.ref("mem"), "actor_organization_id": actor.id,
            "api_key_id": actor.ref("key"), "address": actor.texts["member"], "client": actor.texts["member"],
            "on_behalf_of_id": None, "support_session_id": None,
        }  # fmt: skip

    return [done_by(p, "own"), done_by(p.seller, "seller"), done_by(p.seller.seller, "above")]


def _prices(p: Place, mark: Mark) -> list[Columns]:
    items = {p.ref("plan"), p.ref("addon"), p.seller.ref("plan")}
    return [
        {
            "id": p.ref("price", item), "price_list_id": p.ref("plist"), "item_id": item,
            "valid_from_date": "2000-01-01", "min_term_months": None, "early_end_percent": None,
        }
        for item in sorted(items)
    ]  # fmt: skip


def pair_columns(p: Place) -> Columns:
    """What the rows of money between a buyer and its seller share."""
    return {"seller_id": p.seller.id, "wallet_id": p.ref("wal"), "currency": "USD"}


def _wallet(p: Place, mark: Mark) -> Columns:
    return pair_columns(p) | {"mode": "PREPAID"}


def _entries(p: Place, mark: Mark) -> list[Columns]:
    line = {"transaction_id": p.ref("ltx"), "currency": "USD"}
    if p.parent is None:
        return []
    sellers = {"organization_id": p.seller.id, "path": p.seller.path}
    return [
        line | {"line": 1, "ledger_account": "WALLET", "amount_micros": mark.micros},
        line | {"line": 2, "ledger_account": "CASH", "amount_micros": -mark.micros} | sellers,
    ]


def _transaction(p: Place, mark: Mark) -> Columns:
    return pair_columns(p) | {
        "type": "PAYMENT", "source_type": "Payment", "source_id": p.ref("pay"), "reverses_id": None,
        "external_number": None,
        "internal_comment": p.seller.texts["member"], "actor_member_id": p.seller.ref("mem"),
    }  # fmt: skip


def _payment(p: Place, mark: Mark) -> Columns:
    return pair_columns(p) | {
        "kind": "PAYMENT", "method": "CASH", "status": "SETTLED", "received_date": "2026-01-01",
        "decline_reason": None, "ledger_transaction_id": p.ref("ltx"),
    }  # fmt: skip


def _subscription(p: Place, mark: Mark) -> Columns:
    return DAYS | {
        "seller_id": p.seller.id, "product_id": p.seller.ref("prod"), "plan_id": p.seller.ref("plan"),
        "currency": "USD", "method": "NORMAL", "ends_at": LATER, "grace_ends_at": LATER, "ladder_ends_at": LATER,
        "final_state": "TERMINATED", "suspension_reasons": "",
    }  # fmt: skip


def _charges(p: Place, mark: Mark) -> list[Columns]:
    """What the buyer pays its seller, and what that one pays its own: each level is a pair of its own."""
    if p.parent is None:
        return []
    levels = [(0, p)] + ([(1, p.parent)] if p.parent.parent is not None else [])
    return [
        pair_columns(payer)
        | {
            "id": p.ref("charge", str(level)), "organization_id": payer.id, "path": payer.path, "level": level,
            "segment_id": p.ref("seg"), "subscription_id": p.ref("sub"), "item_id": p.seller.ref("plan"),
            "discount_percent": "0", "taxes": [], "ledger_transaction_id": p.ref("ltx"),
            "refunded_net_micros": 0, "refunded_tax_micros": 0, "early_end_percent": None, "first_date": None,
            "added_quantity": None, "left_quantity": None,
        }
        for level, payer in levels
    ]  # fmt: skip


def _account(p: Place, mark: Mark) -> Columns:
    return {
        "seller_id": p.seller.id, "kind": "LIVE", "type": "DEBIT", "account_role": "PREPAID_CARD",
        "balance_control": None, "lifecycle": "OPEN",
        "verification": "NONE", "activation_date": None, "activation_hold": None, "expiration_date": None,
        "plan_id": p.seller.ref("plan"), "subscription_id": p.ref("sub"), "member_id": p.ref("mem", "second"),
        "batch_id": p.ref("batch"), "control_number": 1,
    }  # fmt: skip


RECIPES: dict[str, Recipe] = {
    "organization_number": lambda p, mark: [{"singleton": "only", "last_number": 1000}] if p.parent is None else [],
    "retired_billing_number": one(lambda p, mark: {}),
    "users": one(lambda p, mark: {"id": p.ref("usr"), "password_hash": None}),
    "session": one(lambda p, mark: {"id": p.ref("ses"), "user_id": p.ref("usr"), "barred_member_ids": "",
                                    "ended_at": START}),
    "sign_in_lock": one(lambda p, mark: {"failed_at": []}),
    "totp": one(lambda p, mark: {"user_id": p.ref("usr"), "confirmed_at": None}),
    "recovery_code": one(lambda p, mark: {"user_id": p.ref("usr")}),
    "passkey": one(lambda p, mark: {"user_id": p.ref("usr")}),
    "sign_in_challenge": one(lambda p, mark: {"kind": "SECOND_FACTOR", "user_id": p.ref("usr")}),
    "organization": one(_organization),
    "identity_provider_visit": one(lambda p, mark: {}),
    "identity_provider": one(lambda p, mark: {"id": p.ref("idp"), "email_domains": []}),
    "suspension": one(lambda p, mark: {"reason": "SELLER", "set_by_organization_id": p.id, "lifted_at": START}),
    "sandbox_clock": one(lambda p, mark: {}),
    "deletion": one(lambda p, mark: {"asked_by": "SELLER", "ended_at": START, "outcome": "REVERSED"}),
    "brand": one(lambda p, mark: {"id": p.ref("brd"), "logo_media_type": "image/png"}),
    "brand_domain": one(lambda p, mark: {}),
    "organization_picture": one(lambda p, mark: {"media_type": "image/png"}),
    "kyc_document": one(lambda p, mark: {"id": p.ref("kyc"), "handed_in_by_member_id": p.ref("mem")}),
    "kyc_code": one(lambda p, mark: {"organization_id": p.id}),
    "member": _members,
    "invitation": one(lambda p, mark: {"member_id": p.ref("mem", "second"), "state": "REVOKED"}),
    "password_reset": one(lambda p, mark: {"id": p.ref("rst"), "user_id": p.ref("usr"), "used_at": START}),
    "mail_delivery": one(lambda p, mark: {"state": "SENT"}),
    "owner_contact_change": one(
        lambda p, mark: {"member_id": p.ref("mem"), "channel": "EMAIL", "state": "REPLACED"}
    ),
    "ownership_recovery": one(
        lambda p, mark: {"member_id": p.ref("mem", "second"), "state": "STOPPED",
                         "requested_by_member_id": None, "requested_by_organization_id": p.seller.id}
    ),
    "api_key": one(
        lambda p, mark: {
            "id": p.ref("key"), "scopes": [], "allowed_addresses": None, "revoked_at": START,
            "maker_member_id": p.ref("mem"),
        }
    ),
    "support_consent": one(
        lambda p, mark: {
            "id": p.ref("sco"), "given_by_organization_id": p.id, "given_by_member_id": p.ref("mem"),
            "grantee_organization_id": p.seller.seller.id, "kinds": [], "access": "READ", "areas": [],
            "last_date": "2026-01-02", "ended_at": START,
        }
    ),
    "support_session": one(
        lambda p, mark: {
            "id": p.ref("sup"), "kind": "REMOTE_SUPPORT", "target_member_id": None, "access": "READ", "areas": [],
            "supporter_organization_id": p.seller.seller.id, "supporter_member_id": p.seller.seller.ref("mem"),
            "state": "ENDED", "basis": "APPROVED", "approved_by_organization_id": p.id, "ended_at": START,
        }
    ),
    "move_token": one(lambda p, mark: {"state": "USED"}),
    "move_offer": one(
        lambda p, mark: {"id": p.ref("mvo"), "side": "OLD_SELLER", "state": "REFUSED", "moving_id": p.buyer.id,
                         "new_seller_id": p.id, "twin_id": p.ref("mvo", "twin"), "ended_at": START}
    ),
    "buyer_tag": one(lambda p, mark: {"buyer_id": p.buyer.id, "key": "CustomerRef"}),
    "policy_value": one(lambda p, mark: {"buyer_id": "", "parameter": "trialDays", "value": 5}),
    "policy_preset": one(lambda p, mark: {"preset": "b3networks"}),
    "policy_bound": one(lambda p, mark: {"parameter": "graceDays", "bound": BOUND}),
    "idempotency_key": one(lambda p, mark: {}),
    "outbox": one(lambda p, mark: {"done_at": START, "subject_id": p.id, "lease_token": None}),
    "audit_entry": _audit,
    "product": one(lambda p, mark: {"kind": "APP"}),
    "plan": one(lambda p, mark: {"product_id": p.ref("prod"), "account_role": None}),
    "add_on": one(lambda p, mark: {"id": p.ref("addon"), "product_id": p.ref("prod"), "allowed_plan_ids": None}),
    "price_list": one(lambda p, mark: {"currency": "USD", "is_default": True}),
    "price": _prices,
    "buyer_terms": one(
        lambda p, mark: {"buyer_id": p.buyer.id, "price_list_id": p.ref("plist"), "discount_percent": None}
    ),
    "buyer_price": one(
        lambda p, mark: {"buyer_id": p.buyer.id, "item_id": p.ref("plan")}
    ),
    "tax_rule": one(lambda p, mark: {"buyer_country": "US", "state_relation": "ANY_STATE", "components": []}),
    "wallet": of_buyers(_wallet),
    "ledger_entry": _entries,
    "ledger_transaction": of_buyers(_transaction),
    "payment": of_buyers(_payment),
    "money_hold": of_buyers(lambda p, mark: pair_columns(p) | {"id": p.ref("hold"), "state": "OPEN"}),
    "invoice_sequence": one(lambda p, mark: {}),
    "invoice": of_buyers(lambda p, mark: pair_columns(p) | {"id": p.ref("inv"), "type": "TAX"} | INVOICE_DAYS),
    "invoice_line": of_buyers(
        lambda p, mark: {"invoice_id": p.ref("inv"), "currency": "USD", "kind": "SUBSCRIPTION", "taxes": [],
                         "subscription_id": None, "child_id": None}
    ),
    "invoice_allocation": of_buyers(
        lambda p, mark: {"invoice_id": p.ref("inv"), "payment_id": p.ref("pay"), "currency": "USD"}
    ),
    "subscription": of_buyers(_subscription),
    "subscription_add_on": of_buyers(
        lambda p, mark: {"subscription_id": p.ref("sub"), "add_on_id": p.seller.ref("addon")}
    ),
    "number": one(
        lambda p, mark: {"id": p.ref("num"), "pool_id": p.id, "account_id": p.ref("acct") if p.parent else None,
                         "state": "ASSIGNED" if p.parent else "AVAILABLE", "held_until_at": None, "after_hold": None}
    ),
    "number_release": of_buyers(lambda p, mark: {"account_id": p.ref("acct")}),
    "segment": of_buyers(
        lambda p, mark: {"subscription_id": p.ref("sub"), "kind": "WHOLE_CYCLE", "first_date": "2026-01-01",
                         "end_date": "2027-01-01", "replaced_date": None}
    ),
    "segment_charge": _charges,
    "queued_change": of_buyers(
        lambda p, mark: {"subscription_id": p.ref("sub"), "plan_id": p.seller.ref("plan"), "applies_at": LATER,
                         "applies_date": "2027-01-01", "add_ons": {"set": [], "remove": []}}
    ),
    "trial_use": one(lambda p, mark: {"product_id": p.seller.ref("prod")}),
    "subscription_assignment": of_buyers(
        lambda p, mark: {"subscription_id": p.ref("sub"), "member_id": p.ref("mem", "second")}
    ),
    "timeline_entry": of_buyers(
        lambda p, mark: {"subscription_id": p.ref("sub"), "from_status": None, "to_status": "ACTIVE",
                         "actor_member_id": p.ref("mem")}
    ),
    "notice": one(lambda p, mark: {"notice_date": "2026-01-01"}),
    "alert": one(lambda p, mark: {"kind": "UNASSIGNED", "subject_id": p.id, "alert_date": "2026-01-01"}),
    "batch": one(lambda p, mark: {"account_role": "PREPAID_CARD"}),
    "account": of_buyers(_account),
    "batch_update": of_buyers(
        lambda p, mark: {"seller_id": p.seller.id, "batch_id": p.ref("batch"), "root_id": p.ref("bupd"),
                         "state": "COMPLETED", "changes": [], "account_filter": {}, "forecast": {},
                         "unforecast_failures": {}, "failure_reason": None, "previewed_by_user_id": p.ref("usr"),
                         "previewed_by_member_id": p.ref("mem"), "confirmed_by_user_id": p.ref("usr"),
                         "confirmed_by_member_id": p.ref("mem"), "confirmed_by_role": "OWNER",
                         "confirmed_by_organization_id": p.id, "confirmed_by_api_key_id": None}
    ),
    "batch_update_row": of_buyers(
        lambda p, mark: {"batch_update_id": p.ref("bupd"), "control_number": 1, "account_row_id": p.ref("acct"),
                         "result": "SUCCEEDED", "code": None, "field": None, "forecast_result": "SUCCEEDED",
                         "forecast_code": None}
    ),
}  # fmt: skip
"""By table, in an order in which they can be written."""


def moved_rows(p: Place, old_seller: Place, mark: Mark) -> list[tuple[str, Columns]]:
    """The closed relation of a buyer that was moved: its rows keep the path that the buyer had (VIS-6)."""
    old = {"organization_id": p.id, "path": f"{old_seller.path}{p.path.split('.')[-2]}.", "seller_id": old_seller.id}
    wallet, transaction = p.ref("wal", "old"), p.ref("ltx", "old")
    pair = old | {"wallet_id": wallet, "currency": "USD"}
    sellers = {"organization_id": old_seller.id, "path": old_seller.path}
    line = {"transaction_id": transaction, "currency": "USD"}
    comment, paid = {"internal_comment": old_seller.texts["member"]}, p.ref("pay", "old")
    theirs = {key: value for key, value in old.items() if key != "seller_id"}
    told = theirs | {"actor_user_id": old_seller.ref("usr"), "actor_member_id": old_seller.ref("mem"),
                     "actor_organization_id": old_seller.id, "entity_id": paid, "api_key_id": None, "address": None,
                     "client": None}  # fmt: skip
    return [
        ("wallet", _wallet(p, mark) | old | {"id": wallet, "closed_at": START}),
        ("ledger_entry", line | theirs | {"line": 1, "ledger_account": "WALLET", "amount_micros": mark.micros}),
        ("ledger_entry", line | sellers | {"line": 2, "ledger_account": "CASH", "amount_micros": -mark.micros}),
        ("ledger_transaction", _transaction(p, mark) | pair | comment | {"id": transaction, "source_id": paid}),
        ("payment", _payment(p, mark) | pair | {"id": paid, "ledger_transaction_id": transaction}),
        ("segment_charge", _charges(p, mark)[0] | pair | {"id": p.ref("charge", "old")}),
        ("audit_entry", _audit(p, mark)[0] | told | {"id": p.ref("aud", "old"), "entity_type": "Payment"}),
        ("invoice", pair | {"id": p.ref("inv", "old"), "type": "TAX"} | INVOICE_DAYS),
    ]
