"""JSON answers, encoded by core/json_text.py: finished JSON (`orjson.Fragment`) passes through untouched."""

from starlette.responses import Response

from core.json_text import dumps


class JsonResponse(Response):
    """A JSON answer in UTF-8; nothing of it is kept by caches."""

    media_type = "application/json"

    def __init__(
        self,
        content: object,
        status_code: int = 200,
        headers: dict[str, str] | None = None,
        media_type: str = "application/json",
    ) -> None:
        super().__init__(
            dumps(content),
            status_code,
            {"cache-control": "no-store", **(headers or {}), "content-type": f"{media_type}; charset=utf-8"},
        )
