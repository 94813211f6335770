"""Documents parsed, limited, validated and priced once, then remembered. Only valid ones are kept, so that rubbish
cannot push the good ones out.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from graph.errors import PARSE_FAILED, VALIDATION_FAILED, CodedError, coded, with_code
from graph.limits.characters import check_literals
from graph.limits.price import Price, price_of
from graph.limits.settings import Limits
from graph.limits.shape import check_shape

_RULES = tuple(specified_rules)
_ERRORS_SHOWN = 20


class OperationRefused(Exception):
    """The operation does not run at all; `errors` go to the client as they are."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = list(errors)


class PreparedText(str):
    """A document's text that carries its parsed and validated tree to where Strawberry would parse it."""

    __slots__ = ("document",)
    document: DocumentNode


@dataclass(frozen=True, slots=True)
class PreparedOperation:
    """One operation of a document: its kind and its price."""

    kind: OperationType
    price: Price


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A valid document within the limits; `is_introspective` when it asks about the schema."""

    text: PreparedText
    operations: dict[str | None, PreparedOperation]
    is_introspective: bool

    def operation(self, name: str | None) -> PreparedOperation:
        """The operation to run. Refused: OPERATION_NAME_REQUIRED (several, none named), OPERATION_NOT_FOUND."""
        if name is None:
            if len(self.operations) > 1:
                raise OperationRefused(
                    [coded("OPERATION_NAME_REQUIRED", "The document has several operations: name one")]
                )
            return next(iter(self.operations.values()))
        if name not in self.operations:
            raise OperationRefused([coded("OPERATION_NOT_FOUND", f"The document has no operation named '{name}'")])
        return self.operations[name]


class Documents:
    """The documents of one schema, the latest used of them remembered, bounded by number and by length."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._known: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._characters = 0

    def prepare(self, text: str) -> PreparedDocument:
        """The document ready to run. Refused: the limits' codes, GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED,
        BAD_USER_INPUT."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        try:
            prepared = self._read(text)
        except CodedError as error:
            raise OperationRefused([error]) from None
        except RecursionError:
            raise OperationRefused([_nested_too_deeply()]) from None
        self._remember(text, prepared)
        return prepared

    def _read(self, text: str) -> PreparedDocument:
        document = self._parse(text)
        check_literals(document, text)
        is_introspective = check_shape(document, self._limits)
        errors = validate_document(self._schema, document, _RULES)
        if errors:
            raise OperationRefused([with_code(error, VALIDATION_FAILED) for error in errors[:_ERRORS_SHOWN]])
        operations = {
            node.name.value if node.name else None: PreparedOperation(
                node.operation, price_of(self._schema, document, node, self._limits)
            )
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        prepared = PreparedText(text)
        prepared.document = document
        return PreparedDocument(prepared, operations, is_introspective)

    def _parse(self, text: str) -> DocumentNode:
        if len(text) > self._limits.document_characters:
            raise coded(
                "DOCUMENT_TOO_LARGE",
                f"The document has {len(text)} characters, the limit is {self._limits.document_characters}",
                limit=self._limits.document_characters,
            )
        try:
            return parse(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise self._unparsed(error) from None

    def _unparsed(self, error: GraphQLSyntaxError) -> Exception:
        if "Document contains more than" in error.message:
            most = self._limits.tokens
            return coded("TOO_MANY_TOKENS", f"The document has more than {most} tokens", limit=most)
        if "nested too deeply" in error.message:
            return _nested_too_deeply()
        return OperationRefused([with_code(error, PARSE_FAILED)])

    def _remember(self, text: str, prepared: PreparedDocument) -> None:
        self._known[text] = prepared
        self._characters += len(text)
        limits = self._limits
        while len(self._known) > limits.cached_documents or self._characters > limits.cached_characters:
            oldest, _ = self._known.popitem(last=False)
            self._characters -= len(oldest)


def _nested_too_deeply() -> CodedError:
    return coded("DEPTH_TOO_HIGH", "The document is nested too deeply")
