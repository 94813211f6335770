"""The status of a subscription as SQL, for reads and jobs; the same text runs on both engines.

Mirrors subscription_status.status_at line by line, which a test proves; decides nothing of its own (SUB-20)."""


def status_expression(alias: str, now: str) -> str:
    """The status of the `subscription` row under `alias`; `now` is SQL for an instant, such as `$4` (SUB-20)."""
    return (
        "CASE "
        f"WHEN {alias}.terminated_at IS NOT NULL AND {now} >= {alias}.terminated_at THEN 'TERMINATED' "
        f"WHEN {now} >= {alias}.ladder_ends_at THEN {alias}.final_state "
        f"WHEN {now} >= {alias}.grace_ends_at THEN 'EXPIRED' "
        f"WHEN {alias}.suspension_reasons <> '' THEN 'SUSPENDED' "
        f"WHEN {now} >= {alias}.ends_at THEN 'GRACE' "
        f"WHEN {alias}.is_trial THEN 'TRIAL' "
        "ELSE 'ACTIVE' END"
    )


def is_usable_expression(alias: str, now: str) -> str:
    """A condition: the subscription under `alias` gives service at `now`, TRIAL, ACTIVE or GRACE (SUB-21)."""
    return (
        f"({alias}.suspension_reasons = '' AND {now} < {alias}.grace_ends_at AND {now} < {alias}.ladder_ends_at "
        f"AND ({alias}.terminated_at IS NULL OR {now} < {alias}.terminated_at))"
    )
