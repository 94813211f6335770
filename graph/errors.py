"""Top-level GraphQL errors: what the client may read of a failure, and what only the log may.

Refusals of mutations are data in their payload, not errors; this module never sees them.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence

import structlog
from graphql import GraphQLError

from core.refusals import Refused

_log = structlog.get_logger("graphql")
_LONGEST_TEXT = 1_000
_QUOTED = re.compile(r"(, found|(?<!invalid) value): .*$", re.DOTALL)
"""How graphql-core ends a text about an input that does not fit: with the input, which may be a password or a token."""
_SUGGESTION = re.compile(r" Did you mean [^?]*\?$", re.DOTALL)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
INTERNAL_ERROR = "INTERNAL_ERROR"


class CodedError(GraphQLError):
    """An error whose code and text are meant for the client; `mask` lets exactly these through."""


def coded(
    code: str,
    message: str,
    field: Sequence[str] | None = None,
    details: Mapping[str, object] | None = None,
    **extensions: object,
) -> CodedError:
    """An error for the client: `extensions` holds the code, the input field's path, details and what else is named."""
    shown: dict[str, object] = {"code": code, **extensions}
    if field is not None:
        shown["field"] = list(field)
    if details:
        shown["details"] = dict(details)
    return CodedError(message, extensions=shown)


def code_of(error: GraphQLError) -> str | None:
    """The code in the error's extensions, None when it has none."""
    code = (error.extensions or {}).get("code")
    return code if isinstance(code, str) else None


def with_code(error: GraphQLError, code: str) -> GraphQLError:
    """The same error (place, path, text up to 1,000 characters) with this code, without the input that it quotes."""
    text = _QUOTED.sub(lambda found: "." if found[1] == ", found" else " value.", error.message)
    return GraphQLError(
        text[:_LONGEST_TEXT], error.nodes, error.source, error.positions, error.path, extensions={"code": code}
    )


def without_suggestion(error: GraphQLError) -> GraphQLError:
    """The same error without "Did you mean ...?", which would tell a stranger the schema's names."""
    text = _SUGGESTION.sub("", error.message)
    return GraphQLError(text, error.nodes, error.source, error.positions, error.path, extensions=error.extensions)


def mask(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """Errors as the client may see them: our coded ones and refusals as they are, bad input with its text.

    Anything else becomes INTERNAL_ERROR with an `errorId`, under which the log has the exception and its traceback.
    """
    return [shown for error in errors for shown in _shown(error)]


def codes_within(error: GraphQLError) -> tuple[str, ...]:
    """The codes that `mask` will show for the error."""
    cause = _cause(error)
    if isinstance(cause, Refused):
        return cause.codes
    shown = code_of(cause) if isinstance(cause, CodedError) else None
    return (shown or (BAD_USER_INPUT if _is_bad_input(error, cause) else INTERNAL_ERROR),)


def masked_exception(exception: BaseException) -> list[GraphQLError]:
    """The errors that stand for an exception outside of any field: those of a refusal, else INTERNAL_ERROR, logged."""
    if isinstance(exception, CodedError):
        return [exception]
    if isinstance(exception, Refused):
        return _refusals(exception, GraphQLError(""))
    return [_internal(GraphQLError(""), exception)]


def _shown(error: GraphQLError) -> list[GraphQLError]:
    cause = _cause(error)
    if isinstance(cause, CodedError):
        return [error]
    if isinstance(cause, Refused):
        return _refusals(cause, error)
    if _is_bad_input(error, cause):
        return [with_code(error, BAD_USER_INPUT)]
    return [_internal(error, cause)]


def _cause(error: GraphQLError) -> BaseException:
    """The innermost exception that graphql-core wrapped, or the error itself."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_bad_input(error: GraphQLError, cause: BaseException) -> bool:
    """Variables that do not fit their types: graphql-core refuses them before any resolver (no path), or, when a
    null variable meets a non-null argument, at the field, naming the argument's own node (a resolver's error has none).
    """
    if error.path is None:
        return isinstance(cause, (GraphQLError, ValueError))
    return type(cause) is GraphQLError and cause.nodes is not None


def _refusals(refused: Refused, at: GraphQLError) -> list[GraphQLError]:
    return [
        CodedError(
            blocker.message,
            at.nodes,
            path=at.path,
            extensions=dict(coded(blocker.code, "", blocker.field, blocker.details).extensions or {}),
        )
        for blocker in refused.blockers
    ]


def _internal(error: GraphQLError, cause: BaseException) -> GraphQLError:
    error_id = "err_" + secrets.token_hex(8)
    path = ".".join(map(str, error.path or ()))
    _log.error("graphql.internal_error", error_id=error_id, path=path, exc_info=cause)
    extensions: dict[str, object] = {"code": INTERNAL_ERROR, "errorId": error_id}
    return GraphQLError("Internal error", error.nodes, path=error.path, extensions=extensions)
