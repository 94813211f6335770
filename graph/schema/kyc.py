"""KycDocument: what an organization handed in to show who it is."""

from datetime import datetime

import strawberry

from graph.schema.scalars import Node
from graph.sql.reads import column, instant, table_type
from tenants.permissions.vocabulary import Area


@table_type(
    "kyc_document", prefix="kyc", area=Area.KYC, newest_first=True,
    description="A document that an organization handed in (KYC-1); its file is kept by name and hash.",
)  # fmt: skip
class KycDocument(Node):
    id: strawberry.ID = column("{t}.id")
    kind: str = column("{t}.kind")
    reference: str = column("{t}.reference")
    file_name: str | None = column("{t}.file_name")
    file_hash: str | None = column("{t}.file_hash", "SHA-256 in hexadecimal.")
    handed_in_at: datetime = instant("{t}.handed_in_at")
