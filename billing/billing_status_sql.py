"""An organization's billing status as SQL; the same text runs on both engines.

Mirrors subscription_status.billing_status, which a test proves; decides nothing of its own (SUB-112)."""

from collections.abc import Callable

from billing.subscription_sql import status_expression

Visible = Callable[[str, str], str]
"""The scope's condition on (alias, table), such as UnitOfWork.visible."""


def billing_status_expression(organization_id: str, now: str, visible: Visible) -> str:
    """The best of the organization's subscriptions; TERMINATED ones do not count, without any ACTIVE."""
    ranked = (
        f"CASE {status_expression('bss', now)} WHEN 'ACTIVE' THEN 1 WHEN 'TRIAL' THEN 1 WHEN 'GRACE' THEN 2 "
        "WHEN 'EXPIRED' THEN 3 WHEN 'SUSPENDED' THEN 3 WHEN 'DEACTIVATED' THEN 4 END"
    )
    best = (
        f"SELECT min({ranked}) FROM subscription bss WHERE bss.organization_id = {organization_id} "
        f"AND {visible('bss', 'subscription')}"
    )
    return f"CASE ({best}) WHEN 2 THEN 'GRACE' WHEN 3 THEN 'INACTIVE' WHEN 4 THEN 'DEACTIVATED' ELSE 'ACTIVE' END"
