"""The statements that fill the tables, for millions of rows at once. Braces are figures of the size (see data.py)."""

TREE = """
CREATE TEMPORARY TABLE node ON COMMIT DROP AS
WITH level_1 AS (SELECT {operator}::bigint AS n, NULL::bigint AS parent, bench.label({operator}) || '.' AS path),
level_2 AS (
    SELECT g AS n, p.n AS parent, p.path || bench.label(g) || '.' AS path
    FROM generate_series({operator} + 1, {first_sub_reseller} - 1) g CROSS JOIN level_1 p),
level_3 AS (
    SELECT g AS n, p.n AS parent, p.path || bench.label(g) || '.' AS path
    FROM generate_series({first_sub_reseller}, {first_customer} - 1) g
    JOIN level_2 p ON p.n = {operator} + 1 + (g - {first_sub_reseller}) % {resellers}),
level_4 AS (
    SELECT g AS n, p.n AS parent, p.path || bench.label(g) || '.' AS path
    FROM generate_series({first_customer}, {organizations}) g
    JOIN level_3 p ON p.n = {first_sub_reseller} + (g - {first_customer}) % {sub_resellers})
SELECT t.*, bench.id('org', t.n) AS id, bench.id('org', t.parent) AS parent_id,
       CASE WHEN t.parent = {first_sub_reseller} THEN 1 ELSE 0 END AS is_shown,
       CASE WHEN t.n = {operator} THEN 'OPERATOR' WHEN t.n < {first_customer} THEN 'RESELLER'
            ELSE 'CUSTOMER' END AS kind
FROM (TABLE level_1 UNION ALL TABLE level_2 UNION ALL TABLE level_3 UNION ALL TABLE level_4) t ORDER BY t.n
"""
ORGANIZATIONS = """
INSERT INTO organization (id, number, path, parent_id, kind, name, name_folded, status, billing_number, country,
    currency, timezone, managed_by, billing_name, is_billing_name_own, billing_email, billing_email_folded, city,
    created_at, activated_at)
SELECT id, n, path, parent_id, kind, initcap(kind) || ' ' || lpad(n::text, 8, '0'),
    lower(kind) || ' ' || lpad(n::text, 8, '0'), 'ACTIVE',
    lpad(n::text, 10, '0'), 'SG', 'USD', 'Asia/Singapore',
    'SERVICE_PROVIDER', 'Measured Company ' || n || ' Pte Ltd', true, 'billing@c' || n || '.example',
    'billing@c' || n || '.example', 'Singapore', bench.made_at(n), bench.made_at(n)
FROM node ORDER BY n
"""
NUMBERS = "INSERT INTO organization_number SELECT 'only', max(n) FROM node"
PRODUCTS = """
INSERT INTO product (id, organization_id, path, name, kind, category, created_at)
SELECT bench.id('prod', g), o.id, o.path, 'Cloud Telephony ' || g, 'APP', 'telephony', bench.made_at(g)
FROM node o, generate_series(1, 4) g WHERE o.n = {operator}
"""
PLANS = """
INSERT INTO plan (id, organization_id, path, product_id, name, is_taxable, features, created_at)
SELECT bench.id('plan', g), o.id, o.path, bench.id('prod', g), 'Business Plan ' || g, true, '{{}}', bench.made_at(g)
FROM node o, generate_series(1, 4) g WHERE o.n = {operator}
"""
WALLETS = """
INSERT INTO wallet (id, organization_id, path, seller_id, currency, mode, wallet_micros, opened_at)
SELECT bench.id('wal', n), id, path, parent_id, 'USD', 'PREPAID', 1000000000, bench.made_at(n)
FROM node WHERE parent IS NOT NULL ORDER BY n
"""
MEMBERS = """
INSERT INTO member (id, organization_id, path, given_name, family_name, email, email_folded, phone, role,
    has_portal_access, invitation, is_tech_contact, is_accounts_contact, is_general_contact, created_at)
SELECT bench.id('mem', o.n * 8 + g), o.id, o.path, 'Given' || g, 'Family' || o.n,
    'person' || g || '@c' || o.n || '.example',
    'person' || g || '@c' || o.n || '.example', '+65' || (80000000 + o.n), CASE g WHEN 1 THEN 'OWNER' ELSE 'MEMBER' END,
    false, 'NONE', g = 1, g = 2, g = 3, bench.made_at(o.n * 8 + g)
FROM node o, generate_series(1, {count}) g WHERE {which} ORDER BY o.n, g
"""
SUBSCRIPTIONS = """
INSERT INTO subscription (id, organization_id, path, seller_id, product_id, plan_id, product_name, plan_name, quantity,
    cycle_months, currency, is_trial, is_auto_renew, method, anchor_date, start_date, end_date, started_at,
    activated_at, ends_at, grace_ends_at, ladder_ends_at, final_state, settings, created_at,
    renews_at)
SELECT bench.id('sub', o.n * 8 + g), o.id, o.path, o.parent_id, bench.id('prod', g), bench.id('plan', g),
    'Cloud Telephony ' || g, 'Business Plan ' || g, 1 + o.n % 20, 12, 'USD', false, true, 'NORMAL', '2024-02-01',
    '2024-02-01', '2100-01-01', bench.made_at(o.n), bench.made_at(o.n), {far}, {far}, {far}, 'TERMINATED', '{{}}',
    bench.made_at(o.n * 8 + g), {far}
FROM node o, generate_series(1, {count}) g WHERE o.parent IS NOT NULL AND {which} ORDER BY o.n, g
"""
PAYMENTS = """
INSERT INTO payment (id, organization_id, path, seller_id, wallet_id, kind, amount_micros, currency, method, status,
    received_date, reference, created_at, settled_at)
SELECT bench.id('pay', o.n * 8 + g), o.id, o.path, o.parent_id, bench.id('wal', o.n), 'PAYMENT',
    (100 + o.n % 900) * 1000000, 'USD', 'BANK_TRANSFER', 'SETTLED', '2024-0' || g || '-15', 'TR-' || o.n || '-' || g,
    bench.made_at(o.n * 8 + g), bench.made_at(o.n * 8 + g)
FROM node o, generate_series(1, {count}) g WHERE o.parent IS NOT NULL AND {which} ORDER BY o.n, g
"""
API_KEY = """
INSERT INTO api_key (id, organization_id, path, name, prefix, secret_hash, scopes, maker_member_id, maker_name,
    maker_role, created_at, expires_at)
SELECT $1, o.id, o.path, 'bench', 'tnk_bench', $2, $3, $4, 'Bench', 'OWNER', 0, $5
FROM organization o WHERE o.number = $6
"""
