"""The statements of the batch bench: the accounts it works on, and the set-based limit it is held against."""

from core.id_series import series_id

BATCH = """
INSERT INTO batch (id, organization_id, path, name, name_folded, account_role, last_control_number, created_at)
SELECT $1, o.id, o.path, 'Bench', 'bench', 'PREPAID_CARD', $3, 0 FROM organization o WHERE o.id = $2
"""
ACCOUNTS = f"""
INSERT INTO account (id, organization_id, path, seller_id, account_id, account_id_folded, kind, type, account_role,
    lifecycle, is_blocked, verification, opening_balance_micros, balance_micros, batch_id, control_number, created_at)
SELECT {series_id("$1", "g")}, o.id, o.path, o.parent_id, '1212' || lpad(g::text, 8, '0'),
    '1212' || lpad(g::text, 8, '0'), 'LIVE', 'DEBIT', 'PREPAID_CARD', 'INACTIVE', false, 'NONE', 10000000,
    10000000, $2, g, 0
FROM organization o, generate_series(1, $4::bigint) g WHERE o.id = $3
"""

# One transaction of the request role: a result for each row with before and after, the change, an audit entry each.
LIMIT_JOB = """
INSERT INTO batch_update (id, organization_id, path, seller_id, batch_id, root_id, state, account_filter, changes,
    snapshot_hash, selected, forecast, unforecast_failures, previewed_at, expires_at, chunk_rows)
SELECT $1, b.organization_id, b.path, o.parent_id, b.id, $1, 'COMPLETED', '{}', '{}', '', 0, '{}', '{}', 0, 0, 1000
FROM batch b JOIN organization o ON o.id = b.organization_id WHERE b.id = $2
"""
LIMIT_ROWS = """
INSERT INTO batch_update_row (organization_id, path, batch_update_id, control_number, account_row_id, account_id,
    account_version, forecast_result, result, before_values, after_values, correlation_id)
SELECT a.organization_id, a.path, $1, a.control_number, a.id, a.account_id, a.version, 'SUCCEEDED', 'SUCCEEDED',
    json_build_object('status', CASE WHEN a.is_blocked THEN 'BLOCKED' ELSE 'UNBLOCKED' END)::jsonb,
    json_build_object('status', CASE WHEN $3::boolean THEN 'BLOCKED' ELSE 'UNBLOCKED' END)::jsonb,
    $1 || ':' || a.control_number
FROM account a WHERE a.batch_id = $2
"""
LIMIT_ACCOUNTS = "UPDATE account SET is_blocked = $2, version = version + 1 WHERE batch_id = $1"
LIMIT_AUDIT = f"""
INSERT INTO audit_entry (id, organization_id, path, at, action, entity_type, entity_id, actor_name, before_values,
    after_values, request_id)
SELECT {series_id("$2", "r.control_number")}, r.organization_id, r.path, $3, 'confirmBatchUpdate', 'Account',
    r.account_row_id, 'bench', r.before_values, r.after_values, r.correlation_id
FROM batch_update_row r WHERE r.batch_update_id = $1
"""
