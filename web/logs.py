"""Logging of this process: lines for people in development, JSON in production, never a secret in either."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.settings import Settings

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|cookie", re.IGNORECASE)
_SECRET_VALUES = re.compile(r"\b(?:tn[skmc]_[\w-]+|ey[\w-]+\.ey[\w-]+\.[\w-]+)|(?<=://)[^/@\s]+:[^/@\s]+(?=@)")
"""Sessions, API keys, move tokens, challenges, support tokens; user and password of an address."""
_HIDDEN = "[hidden]"


def configure_logs(settings: Settings) -> None:
    """Sets up structlog and the standard library's loggers (uvicorn's among them) alike."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    shown = structlog.processors.JSONRenderer() if settings.is_production else _for_people()
    structlog.configure(
        processors=[*shared, shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=shown))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides values by their name (password, token, cookie) and tokens or passwords of addresses inside any text."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = _HIDDEN
        elif isinstance(value, str):
            event[name] = _SECRET_VALUES.sub(_HIDDEN, value)
    return event


def _for_people() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
