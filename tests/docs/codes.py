"""The codes of refusals as the source has them, in groups for readers. Reads the source as text and trees only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.markdown import ROOT

REFUSING = frozenset({"refuse", "add", "coded", "Blocker", "Decision", "Unauthenticated", "refuse_sign_in", "_named"})
CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
PACKAGES = ("tenants", "billing", "accounts", "graph", "web")

NOT_FOR_CALLERS = frozenset({"web/production.py", "web/doctor.py", "web/cli.py", "web/start.py", "web/demo_command.py"})
"""Files whose codes only the person at the machine sees (docs/guide/operating.md)."""
LEADING = (
    ("Who you are", "UNAUTHENTICATED SIGN_IN_FAILED SIGN_IN_LOCKED SESSION_EXPIRED REAUTH_REQUIRED API_KEY_EXPIRED "
     "API_KEY_REVOKED IP_NOT_ALLOWED SUPPORT_SESSION_ENDED CONSENT_EXPIRED ORGANIZATION_NOT_ACTIVE"),
    ("Whether you may", "NOT_FOUND FORBIDDEN_WHILE_ACTING FORBIDDEN SCOPE_MISSING CONSENT_REQUIRED"),
    ("The same for all commands", "VERSION_CONFLICT IDEMPOTENCY_KEY_REUSED FIELD_REQUIRED REFERENCE_INVALID "
     "TOO_MANY_ROWS PAGE_SIZE_INVALID CURSOR_INVALID INTERNAL_ERROR"),
)  # fmt: skip
"""Groups that a reader meets first, by GEN-1's order."""
GIVEN_AS_DATA = (
    ("billing", "STAFF_LIMIT_REACHED USER_LIMIT_REACHED BUNDLE_QUANTITY_LIMIT QUANTITY_LIMIT"),
    ("tenants", "BATCH_UPDATE_RUNNING BILLING_DATE_IMMUTABLE BILLING_GROUP_OPEN BILLING_NUMBER_IMMUTABLE "
     "BUYER_TAG_LENGTH CANNOT_ACT_ON_SELF CREDIT_LIMIT_NOT_EDITABLE CURRENCY_IMMUTABLE CURRENCY_NOT_OFFERED "
     "HAS_CHILDREN INVITATION_REVOKED IRREVERSIBLE KIND_IMMUTABLE MOVE_ALREADY_OPEN MOVE_OPEN MOVE_UNDER_SELF "
     "PARENT_NOT_ACTIVE PAYMENT_PENDING PRICING_MODEL_IMMUTABLE SAME_PARENT SCOPE_EXCEEDS_ROLE "
     "SCOPE_NOT_FOR_KEYS SUBSCRIPTION_OPEN TRIAL_RUNNING UNBILLED_CHARGES UUID_IMMUTABLE WALLET_NOT_EMPTY"),
    ("accounts", "ACCOUNT_BLOCKED ACCOUNT_EXPIRED ACCOUNT_INACTIVE ACCOUNT_READ_ONLY ACCOUNT_RESTRICTED "
     "CHANGED_SINCE_PREVIEW DEMO_OUTBOUND_REFUSED KYC_REQUIRED NO_FUNDS"),
    ("graph", "BAD_USER_INPUT GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED TOO_MANY_ALIASES TOO_MANY_FIELDS "
     "TOO_MANY_FRAGMENTS TOO_MANY_ROOT_FIELDS"),
    ("web", "CROSS_ORIGIN"),
)  # fmt: skip
"""Codes that the source hands on as values, not at the call that refuses; each has to stand there still."""
TITLES = {
    "tenants": "Organizations, members, support, policy",
    "billing": "Money and subscriptions",
    "accounts": "Accounts and batches",
    "graph": "What a document may be",
    "web": "HTTP and sign-in",
}


def groups() -> dict[str, list[str]]:
    """Every code that a caller may meet, each once, by the titles of its group, sorted."""
    found = {title: codes.split() for title, codes in LEADING}
    seen = {code for codes in found.values() for code in codes}
    for package, title in TITLES.items():
        given = {code for name, codes in GIVEN_AS_DATA for code in codes.split() if name == package}
        found[title] = sorted((_refused_in(package) | given) - seen)
        seen |= set(found[title])
    return found


def gone() -> list[str]:
    """Codes named above that stand nowhere in the source any more."""
    source = "\n".join(file.read_text() for package in PACKAGES for file in _files(package))
    named = [code for _, codes in (*LEADING, *GIVEN_AS_DATA) for code in codes.split()]
    return [code for code in named if f'"{code}"' not in source]


def _files(package: str) -> Iterator[Path]:
    for file in sorted((ROOT / package).rglob("*.py")):
        if file.relative_to(ROOT).as_posix() not in NOT_FOR_CALLERS and "migrations" not in file.parts:
            yield file


def _refused_in(package: str) -> set[str]:
    calls = (node for file in _files(package) for node in ast.walk(ast.parse(file.read_text())))
    return {code for call in calls if isinstance(call, ast.Call) and _name(call) in REFUSING for code in _codes(call)}


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _codes(call: ast.Call) -> Iterator[str]:
    for given in call.args[: 2 if _name(call) == "refuse_sign_in" else 1]:
        text = given.value if isinstance(given, ast.Constant) else None
        if isinstance(text, str) and "_" in text and CODE.fullmatch(text):
            yield text
