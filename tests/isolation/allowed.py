"""What may name a row that the viewer does not see, and why. Short, and read aloud in the report."""

ALLOWED_REFERENCES: dict[tuple[str, str], str] = {
    ("AuditEntry", "actorUserId"): "a person belongs to no organization; shown where the actor's is in sight (AUD-1)",
    ("AuditEntry", "organizationId"): "whose money it tells of, also when that buyer has moved away (VIS-6)",
    ("SegmentCharge", "itemId"): "what was bought, also when its seller no longer offers it (SUB-33)",
    ("SubscriptionAddOn", "addOnId"): "what was bought, also when its seller no longer offers it (SUB-5)",
    ("Price", "itemId"): "what the list prices: a seller keeps its price when its own seller stops offering (SUB-3)",
}
"""Fields that hold an id as plain text, by type and name."""

SELLER_NAME_FIELDS: dict[tuple[str, str], str] = {
    ("SellerCard", "name"): "a buyer knows its seller's name (VIS-2)",
    ("SellerCard", "logoUrl"): "a buyer knows its seller's logo (VIS-2)",
    ("SellerCard", "domain"): "a buyer knows its seller's domain (VIS-2)",
    ("SellerCard", "supportEmail"): "a buyer knows its seller's support e-mail (VIS-2)",
    ("DocumentBrand", "name"): "documents show the seller's brand (WL-2)",
    ("DocumentBrand", "logoUrl"): "documents show the seller's brand (WL-2)",
    ("DocumentBrand", "domain"): "documents show the seller's brand (WL-2)",
    ("DocumentBrand", "supportEmail"): "documents show the seller's brand (WL-2)",
    ("AuditEntry", "actorOrganizationName"): "those above appear under the seller's brand (AUD-7, SUP-13)",
    ("SupportSession", "supporterBrand"): "who stands above appears under the seller's brand (SUP-13)",
    ("SupportConsent", "supporterBrand"): "who stands above appears under the seller's brand (SUP-13)",
    ("Wallet", "sellerName"): "the seller of the pair, also of a closed one (VIS-2, VIS-6)",
    ("Subscription", "sellerName"): "a buyer knows its seller's name (VIS-2)",
}
"""Fields that may hold the name or brand of one who sells or sold to the viewer, and nothing else from above."""

NARROWER_LISTS: dict[str, str] = {}
"""Root connections that leave visible rows out by a rule of their own."""

NOT_AN_ENTITY: dict[str, str] = {
    "updateOrganization.input.uuid": "it never changes: any other value is refused alike (ORG-2)",
    "previewBatchUpdate.input.filter.customerId": "a filter: a stranger's finds nothing, like any other",
    "batchCounters.filter.customerId": "a filter: a stranger's finds nothing, like any other",
    "batchCounters.filter.batchIds.0": "a filter: a stranger's finds nothing, like any other",
    "batchCounters.filter.planIds.0": "a filter: a stranger's finds nothing, like any other",
    "previewBatchUpdate.input.filter.planIds.0": "a filter: a stranger's finds nothing, like any other",
}
"""Fields of inputs for which a foreign id is not answered with NOT_FOUND; it is alike to a missing one all the same."""
