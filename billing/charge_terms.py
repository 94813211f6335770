"""The values of Policy that a charge was made under: a later refund or change goes by them (SUB-120, POL-4).

A change of policy holds from the next period: what is charged keeps its own."""

import json

from tenants.policy.policy_resolution import Policies
from tenants.policy_parameters import JsonValue

REFUND_TERMS = (
    "allowRefund", "refundWindowDays", "refundAfterWindow", "refundClock", "refundMaxDiscountPercent",
    "refundDocument", "payoutFee",
)  # fmt: skip
CHANGE_TERMS = ("downgradeTiming", "upgradeResetsAnchor")


def terms_json(policies: Policies) -> str:
    """What is stored with every charge of a pair; `policies` are those of the pair's buyer."""
    return json.dumps(policies.snapshot(*REFUND_TERMS, *CHANGE_TERMS))


def stored_terms(text: str | None) -> dict[str, JsonValue]:
    """The same, read back; a charge stored without any has the values of today."""
    return {} if text is None else json.loads(text)
