"""One admitted operation on its way to the executor: plain values, nothing that runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode


@dataclass(frozen=True, slots=True)
class Operation:
    """A parsed and validated document, which of its operations runs, its raw variables and the request's context."""

    document: DocumentNode
    name: str | None
    variables: Mapping[str, Any]
    context: Any
    root_value: Any = None
    extensions: Mapping[str, Any] | None = None
