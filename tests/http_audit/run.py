"""Runs the audit suite of the npm package `graphql-http` against a living endpoint. Starts no server of its own."""

import json
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.node import node_command, node_environment

_FOLDER = Path(__file__).parent
_SECONDS = 120


class AuditStatus(StrEnum):
    """How an audit ended: only `OK` is good enough here, though the suite calls `WARN` and `NOTICE` advice."""

    OK = "ok"
    NOTICE = "notice"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class AuditResult:
    """One audit: its stable `id`, its `name` (MUST/SHOULD/MAY ...), and for a failure the `reason` and the answer."""

    id: str
    name: str
    status: AuditStatus
    reason: str
    body: str


def audit(url: str, token: str | None = None) -> list[AuditResult]:
    """Every server audit against `url`, with `token` as bearer. Fails loudly when Node or the packages are missing."""
    if not (_FOLDER / "node_modules" / "graphql-http").is_dir():
        raise RuntimeError("the audit's npm packages are missing: `make tests/http_audit/node_modules/.made`")
    environment = node_environment() | {"TENANTRY_AUDIT_TOKEN": token or "", "NO_PROXY": "*"}
    done = subprocess.run(
        node_command(_FOLDER / "audit.mjs", url),
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the audit did not run: {done.stderr[-2000:]}")
    return [AuditResult(**{**entry, "status": AuditStatus(entry["status"])}) for entry in json.loads(done.stdout)]
