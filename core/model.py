"""The base of every model: Tortoise's, spared its search for comments.

Tortoise reads and parses the source of a module once for each model in it, to find descriptions in `#:` comments: a
quarter of the time in which a server starts. Ours have none. The one place that knows."""

from typing import Any

from tortoise import models


def _no_comments(_model: Any) -> dict[str, str]:
    return {}


vars(models)["_get_comments"] = _no_comments
Model = models.Model
