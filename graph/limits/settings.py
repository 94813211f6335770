"""The figures of the API's protection: on by default; the application may change them, never forget them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.limits.bucket import BucketSize


@dataclass(frozen=True, slots=True)
class Limits:
    """How large, deep and dear one operation may be; the code of each refusal stands behind its figure.

    The first group is checked on the text and its syntax tree before validation, because validating a hostile
    document takes longer than refusing it.
    """

    document_characters: int = 64 * 1024  # DOCUMENT_TOO_LARGE
    tokens: int = 2_000  # TOO_MANY_TOKENS
    depth: int = 15  # DEPTH_TOO_HIGH, fields inside fields; introspection has graphql-core's own limit
    aliases: int = 50  # TOO_MANY_ALIASES, in the whole document
    root_fields: int = 20  # TOO_MANY_ROOT_FIELDS, fragments opened
    fields: int = 1_000  # TOO_MANY_FIELDS, fragments opened
    repeats: int = 50  # TOO_MANY_FIELDS, one response name in one selection
    fragment_spreads: int = 100  # TOO_MANY_FRAGMENTS, in the whole document

    operation_points: int = 10_000  # COST_TOO_HIGH
    bucket: BucketSize = field(default_factory=BucketSize)  # RATE_LIMITED
    operation_seconds: float = 10.0  # OPERATION_TIMEOUT

    default_page: int = 25  # rows of a connection without first and last
    assumed_list: int = 10  # rows of a plain list
    mutation_points: int = 10  # of each mutation field, above its payload
    introspection_points: int = 100
    field_points: Mapping[str, int] = field(default_factory=dict)  # "Type.field": points above its rows

    cached_documents: int = 500
    cached_characters: int = 150_000  # a tree takes about 200 bytes per character: 30 MB at most
