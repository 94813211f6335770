"""The account list as each peer's clients ask for it: 50 organizations with members, subscriptions and last payments.

The selections name the same columns; what a peer calls differently is said by an alias, so that the answers agree."""

ORGANIZATIONS, MEMBERS, SUBSCRIPTIONS, PAYMENTS = 50, 10, 10, 3

_ORGANIZATION = "name kind status country currency billingNumber"
_MEMBER = "givenName familyName email role"
_SUBSCRIPTION = "productName quantity endDate isAutoRenew"
_PAYMENT = "method status receivedDate reference"

POSTGRAPHILE = f"""query Accounts($seller: String!) {{
  organizations: allOrganizations(
    first: {ORGANIZATIONS}, condition: {{parentId: $seller}}, orderBy: [PRIMARY_KEY_ASC]) {{ nodes {{
    id: rowId {_ORGANIZATION}
    members: membersByOrganizationId(first: {MEMBERS}) {{ nodes {{ id: rowId {_MEMBER} }} }}
    subscriptions: runningSubscriptionsByOrganizationId(first: {SUBSCRIPTIONS}, orderBy: [PRIMARY_KEY_DESC]) {{
      nodes {{ id: rowId {_SUBSCRIPTION} }} }}
    payments: paymentsByOrganizationId(first: {PAYMENTS}, orderBy: [PRIMARY_KEY_DESC]) {{
      nodes {{ id: rowId {_PAYMENT} }} }}
  }} }} }}"""

PLAIN = f"""query Accounts($seller: ID!) {{
  organizations(first: {ORGANIZATIONS}, sellerId: $seller) {{ nodes {{
    id {_ORGANIZATION}
    members(first: {MEMBERS}) {{ nodes {{ id {_MEMBER} }} }}
    subscriptions(first: {SUBSCRIPTIONS}) {{ nodes {{ id {_SUBSCRIPTION} }} }}
    payments(first: {PAYMENTS}) {{ nodes {{ id {_PAYMENT} }} }}
  }} }} }}"""

TENANTRY = f"""query Accounts($seller: ID!) {{
  organizations(first: {ORGANIZATIONS}, filter: {{parentId: $seller}}) {{ nodes {{
    id {_ORGANIZATION}
    members(first: {MEMBERS}) {{ nodes {{ id {_MEMBER} }} }}
    subscriptions(first: {SUBSCRIPTIONS}) {{ nodes {{ id {_SUBSCRIPTION} }} }}
    payments(first: {PAYMENTS}) {{ nodes {{ id {_PAYMENT} }} }}
  }} }} }}"""
