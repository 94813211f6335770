"""An OpenID Connect provider of its own: a Starlette application on a local port, with real keys and PKCE.

What it says is right until a test changes `lies`."""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "tenantry at acme", "s3cret: with a colon"


@dataclass
class IdentityProvider:
    """Keys, codes that were given out, and what to say wrongly: claims by name, or `alg`, `key`, `issuer`."""

    now_seconds: int
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    email: str = ""
    lies: dict[str, Any] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def consents(self, address: str) -> str:
        """What the person's browser gets after signing in there: the address to go back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code" and query["client_id"] == CLIENT_ID
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.lies.get("back_issuer", self.issuer)}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def app(self) -> Starlette:
        """Discovery, keys and the token endpoint."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        issuer = self.lies.get("issuer", self.issuer)
        told = {"issuer": issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys"}  # fmt: skip
        return JSONResponse(told | self.lies.get("discovery", {}))

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        given = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.asked.append(given | {"authorization": request.headers.get("authorization", "")})
        query = self.codes.pop(given.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        by_post = given.get("client_secret") == CLIENT_SECRET and given.get("client_id") == CLIENT_ID
        digest = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        is_known = request.headers.get("authorization") == f"Basic {basic}" or by_post
        if query is None or not is_known or digest.decode().rstrip("=") != query["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": self._id_token(query["nonce"])})

    def _id_token(self, nonce: str) -> str:
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "1", "nonce": nonce, "iat": self.now_seconds,
            "exp": self.now_seconds + 300, "email": self.email, "email_verified": True,
        }  # fmt: skip
        claims |= {name: value for name, value in self.lies.items() if name in claims}
        header = {"alg": self.lies.get("alg", "RS256"), "kid": "first"}
        if header["alg"] == "none":
            encoded = (base64.urlsafe_b64encode(str(part).replace("'", '"').replace("True", "true").encode())
                       for part in (header, claims))  # fmt: skip
            return ".".join(part.decode().rstrip("=") for part in encoded) + "."
        return jwt.encode(header, claims, self.lies.get("key", self.key), algorithms=[header["alg"]])


@contextmanager
def provider_running(now_seconds: int) -> Iterator[IdentityProvider]:
    """The provider on a free port of this machine, until the block ends."""
    provider = IdentityProvider(now_seconds)
    with serving(provider.app()) as address:
        provider.issuer = address
        yield provider


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address of the application, served by a thread until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://localhost:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
