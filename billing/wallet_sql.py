"""What a Wallet shows as SQL over the columns of `wallet`; the same text runs on both engines.

Mirrors wallet_figures.py, which a test proves; all amounts in micros (MON-11, MON-12, MON-14)."""


def balance_expression(alias: str) -> str:
    """The stored money, negative when borrowed (MON-11)."""
    return f"{alias}.wallet_micros"


def borrowed_expression(alias: str) -> str:
    """What of the credit limit is taken (MON-11)."""
    return f"CASE WHEN {alias}.wallet_micros < 0 THEN -{alias}.wallet_micros ELSE 0 END"


def net_balance_expression(alias: str) -> str:
    """PREPAID: stored money less what is not yet settled (MON-11)."""
    return f"({alias}.wallet_micros + {alias}.unbilled_micros + {alias}.due_micros)"


def current_balance_expression(alias: str) -> str:
    """POSTPAID: unbilled and due (MON-12)."""
    return f"({alias}.unbilled_micros + {alias}.due_micros)"


def free_expression(alias: str) -> str:
    """PREPAID: stored money that no hold keeps, without the limit: what may be withdrawn (MON-46, MON-60)."""
    free = f"{alias}.wallet_micros - {alias}.reserved_micros"
    return f"CASE WHEN {free} > 0 THEN {free} ELSE 0 END"


def limit_expression(alias: str, now: str) -> str:
    """The permanent limit and the raise that runs at `now` (SQL for an instant, such as `$4`), never below 0 (MON-14).

    Without an end (NULL) no raise runs."""
    raised = f"{alias}.credit_limit_micros + {alias}.temporary_limit_micros"
    return (
        f"CASE WHEN {now} < {alias}.temporary_limit_until_at "
        f"THEN CASE WHEN {raised} > 0 THEN {raised} ELSE 0 END "
        f"WHEN {alias}.credit_limit_micros > 0 THEN {alias}.credit_limit_micros ELSE 0 END"
    )


def running_raise_expression(alias: str, now: str) -> str:
    """The temporary raise that runs at `now`, else 0 (MON-14)."""
    return f"CASE WHEN {now} < {alias}.temporary_limit_until_at THEN {alias}.temporary_limit_micros ELSE 0 END"


def usable_expression(alias: str, now: str) -> str:
    """What a checked command may cost at `now`, by the Wallet's mode (MON-11, MON-12, MON-19)."""
    due = f"CASE WHEN {alias}.mode = 'PREPAID' OR {alias}.due_micros > 0 THEN {alias}.due_micros ELSE 0 END"
    stored = f"CASE WHEN {alias}.mode = 'PREPAID' THEN {alias}.wallet_micros ELSE 0 END"
    limit = limit_expression(alias, now)
    return f"(({stored}) + {alias}.unbilled_micros + ({due}) - {alias}.reserved_micros + ({limit}))"
