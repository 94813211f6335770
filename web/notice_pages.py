"""The pages behind the links of notices: what to ask on the query page to see what the mail is about. Reads no row."""

from collections.abc import Mapping
from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.ids import prefix_of
from web.home import page, sign_in_page, signed_in_actor
from web.link_pages import done_page

QUERIES: Mapping[str, str] = {
    "/organization": "{ viewer { organization { name status seller { name supportEmail } } } }",
    "/organizations": "{ organizations { nodes { id name status effectiveStatus } } }",
    "/organizations/{id}": """{ organization(id: "$id") {
    name status effectiveStatus billingStatus suspensions { reason setBy } deletion { reversibleUntil } } }""",
    "/moves": "{ moveOffers { nodes { id side state organizationName newSellerName expiresAt } } }",
    "/settings": "{ viewer { organization { name billingName billingEmail } } }",
    "/settings/kyc": "{ viewer { organization { kycStatus kycReason kycDocuments { kind } } } }",
    "/settings/api-keys": "{ apiKeys { nodes { id name prefix isLive expiresAt } } }",
    "/support/consents": "{ supportConsents { nodes { id supporterBrand kinds access isRunning lastDay } } }",
    "/support/sessions/{id}": """{ supportSession(id: "$id") {
    kind status access reason ticket supporterName openedAt endsAt operations { nodes { action } } } }""",
    "/subscriptions/{id}": """{ subscription(id: "$id") {
    productName planName status isAutoRenew endDate organization { id name } } }""",
    "/ownership-recovery/{id}": """{ ownershipRecoveries { nodes {
    id state reason takesEffectAt member { givenName familyName } } } }""",
    "/wallet": "{ wallets { nodes { id mode balance { amount currency } usable { amount } due { amount } } } }",
}
"""By the path that a notice names: what shows its subject."""
_PAGE = """<h2>What the mail is about</h2>
<p>Signed in as <strong>$name</strong> of <strong>$organization</strong>.
On the <a href="/graphql">query page</a> this shows it:</p>
<pre>$query</pre>"""


async def show(request: Request) -> Response:
    """The page for who is signed in; a stranger signs in first."""
    subject_id = request.path_params.get("id")
    if subject_id is not None and prefix_of(subject_id) is None:
        return done_page("There is no such page.", 404)
    actor = await signed_in_actor(request)
    if actor is None:
        return sign_in_page("Sign in, then open the link of the mail again.", 401)
    query = Template(QUERIES[request.scope["route"].path]).substitute(id=subject_id)
    shown = {"name": actor.name, "organization": actor.organization_name, "query": query}
    return page(Template(_PAGE).substitute({name: escape(text) for name, text in shown.items()}))


ROUTES = [Route(path, show, methods=["GET"]) for path in QUERIES]
