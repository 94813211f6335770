"""The id of a quote: what was quoted, signed, so that no row is kept for it (SUB-10). Decides nothing about prices."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.clock import Instant

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class QuoteSigner:
    """Signs with the installation's secret; whoever has the secret can make quotes, so it comes from settings only."""

    secret: bytes

    def sign(self, facts: Mapping[str, object], expires_at: Instant) -> str:
        """The id of a quote of these facts (JSON values) that holds until expires_at, exclusive."""
        body = f"{expires_at:x}"
        return f"quote_{body}.{self._signature(facts, body)}"

    def holds(self, quote_id: str, facts: Mapping[str, object], now: Instant) -> bool:
        """Whether this id was given for exactly these facts and time has not run out (GEN-4)."""
        body, dot, signature = quote_id.removeprefix("quote_").partition(".")
        if not dot or not hmac.compare_digest(signature.encode(), self._signature(facts, body).encode()):
            return False
        return now < int(body, 16)

    def _signature(self, facts: Mapping[str, object], body: str) -> str:
        text = json.dumps([body, facts], sort_keys=True, separators=(",", ":"))
        digest = hmac.digest(self.secret, text.encode(), hashlib.sha256)[:_DIGEST_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
