"""Reads a GraphQL request from HTTP by the letter of GraphQL over HTTP: media types, body, parameters. Runs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request

from graph.errors import coded

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

_OFFERED = {JSON: JSON, GRAPHQL_JSON: GRAPHQL_JSON, "application/*": JSON, "*/*": JSON}


class BadRequest(Exception):
    """A request that is not GraphQL over HTTP: the status and headers to answer with, and the error to show."""

    def __init__(self, status: int, error: GraphQLError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class GraphQLParameters:
    """What is to be run."""

    query: str
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None


@lru_cache(maxsize=256)
def accepted_media_type(accept: str | None) -> str | None:
    """The media type of the answer: the best weighted that we offer, the first of equals; without a wish
    application/json; None when nothing fits.
    """
    if not accept or not accept.strip():
        return JSON
    best, best_weight = None, 0.0
    for wish in accept.split(","):
        name, *parameters = (part.strip().lower() for part in wish.split(";"))
        weight = _weight(parameters)
        if name in _OFFERED and weight > best_weight and _is_utf8(parameters):
            best, best_weight = _OFFERED[name], weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _is_utf8(parameters: list[str]) -> bool:
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return all(charset in ("utf-8", "utf8") for charset in charsets)


async def read_parameters(request: Request, body_bytes: int) -> GraphQLParameters:
    """The operation in a GET's address or a POST's JSON body, the body read to at most `body_bytes`.

    Raises BadRequest: METHOD_NOT_ALLOWED 405, UNSUPPORTED_MEDIA_TYPE 415, BODY_TOO_LARGE 413, BAD_REQUEST 400.
    """
    if request.method == "GET":
        return _parameters(_from_address(request))
    if request.method != "POST":
        error = coded("METHOD_NOT_ALLOWED", "GraphQL takes GET and POST")
        raise BadRequest(405, error, {"allow": "GET, POST"})
    _check_content_type(request)
    body = _decoded(await read_body(request, body_bytes), "The body is not JSON")
    if not isinstance(body, dict):
        raise _bad("The body is not a JSON object; batches are not supported")
    return _parameters(body)


async def read_body(request: Request, most: int) -> bytes:
    """The whole body, or BadRequest 413 BODY_TOO_LARGE: at once by its declared length, else at the byte too many."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > most:
        raise _too_large(most)
    chunks: list[bytes] = []
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length > most:
                raise _too_large(most)
            chunks.append(chunk)
    except ClientDisconnect:
        raise _bad("The body ends too early") from None  # nobody reads this answer, and it is no fault of ours
    return b"".join(chunks)


def _check_content_type(request: Request) -> None:
    name, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    if name != JSON or not _is_utf8(parameters):
        raise BadRequest(415, coded("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8"))


def _from_address(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {name: value for name, value in request.query_params.items() if value}
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _decoded(given[name], f"`{name}` is not JSON")
    return given


def _parameters(given: dict[str, Any]) -> GraphQLParameters:
    query = given.get("query")
    if not isinstance(query, str) or not query:
        raise _bad("`query` must be a text that is not empty")
    name = given.get("operationName")
    if name is not None and not isinstance(name, str):
        raise _bad("`operationName` must be a text")
    return GraphQLParameters(query, name, _object(given, "variables"), _object(given, "extensions"))


def _object(given: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = given.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise _bad(f"`{name}` must be an object")


def _decoded(text: str | bytes, complaint: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad(complaint) from None


def _bad(message: str) -> BadRequest:
    return BadRequest(400, coded("BAD_REQUEST", message))


def _too_large(most: int) -> BadRequest:
    """The rest of the body is not read, so the connection cannot be used again."""
    error = coded("BODY_TOO_LARGE", f"The body is larger than {most} bytes", limit=most)
    return BadRequest(413, error, {"connection": "close"})
