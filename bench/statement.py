"""The account list as one statement that answers finished JSON, by hand, in the shape of a compiled read.

Each table carries the scope's condition, as the product's own statements do; the scope is bound as $1 to $3."""

from tenants.row_scope import predicate

ORGANIZATIONS, MEMBERS, SUBSCRIPTIONS, PAYMENTS = 50, 10, 10, 3

_ORGANIZATION = {
    "id": "o.id",
    "name": "o.name",
    "kind": "o.kind",
    "status": "o.status",
    "country": "o.country",
    "currency": "o.currency",
    "billingNumber": "o.billing_number",
}
_MEMBER = {
    "id": "m.id",
    "givenName": "m.given_name",
    "familyName": "m.family_name",
    "email": "m.email",
    "role": "m.role",
}
_SUBSCRIPTION = {
    "id": "s.id",
    "productName": "s.product_name",
    "quantity": "s.quantity",
    "endDate": "s.end_date",
    "isAutoRenew": "s.is_auto_renew",
}
_PAYMENT = {
    "id": "p.id",
    "method": "p.method",
    "status": "p.status",
    "receivedDate": "p.received_date",
    "reference": "p.reference",
}


def account_list_statement() -> str:
    """Parameters: the scope's three, then the seller's id. One row, one column: the JSON text of the answer."""
    below = {
        "members": _nodes("member", "m", _MEMBER, "m.organization_id = o.id", "m.id", MEMBERS),
        "subscriptions": _nodes("subscription", "s", _SUBSCRIPTION, "s.organization_id = o.id", "s.id", SUBSCRIPTIONS),
        "payments": _nodes("payment", "p", _PAYMENT, "p.organization_id = o.id", "p.id DESC", PAYMENTS),
    }
    columns = _ORGANIZATION | below
    return f"SELECT {_nodes('organization', 'o', columns, 'o.parent_id = $4', 'o.id', ORGANIZATIONS)}"


def _nodes(table: str, alias: str, columns: dict[str, str], which: str, order: str, first: int) -> str:
    shown = ", ".join(f"'{name}', {expression}" for name, expression in columns.items())
    visible = predicate(alias, table, "postgres")
    return (
        f"(SELECT json_build_object('nodes', coalesce(json_agg(n.j), '[]'::json)) FROM "
        f"(SELECT json_build_object({shown}) AS j FROM {table} {alias} "
        f"WHERE {which} AND {visible} ORDER BY {order} LIMIT {first}) n)"
    )
