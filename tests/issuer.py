"""A small OpenID Connect issuer: discovery, keys, tokens, and sign-in by authorization code with PKCE."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

Claims = dict[str, Any]
CLIENT = "longwire-page"
"""Whom its tokens are for."""


class Issuer:
    """Serves on this machine while it is entered; everybody who comes is `reader` at once."""

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.asked: list[str] = []
        self.is_down = False
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def public_pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.rsa.public_key().public_bytes(serialization.Encoding.PEM, form)

    @property
    def keys(self) -> list[Claims]:
        rsa_key = json.loads(RSAAlgorithm.to_jwk(self.rsa.public_key()))
        ec_key = json.loads(ECAlgorithm.to_jwk(self.ec.public_key()))
        return [
            {**rsa_key, "kid": "rsa", "alg": "RS256", "use": "sig"},
            {**ec_key, "kid": "ec", "alg": "ES256", "use": "sig"},
        ]

    def token(self, alg: str = "RS256", kid: str | None = None, **changes: Any) -> str:
        """A good token but for `changes`; a claim of None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "reader", "iat": now, "exp": now + 600, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = self.rsa if alg == "RS256" else self.ec
        return jwt.encode(claims, key, alg, {"kid": kid or {"RS256": "rsa", "ES256": "ec"}[alg]})

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Claims]:
        """What a request gets: a status, and JSON or where to go."""
        self.asked.append(path)
        if self.is_down:
            return 503, {}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == "/keys":
            return 200, {"keys": self.keys}
        if path == "/authorize":
            code = secrets.token_urlsafe()
            self._codes[code] = query
            back = urlencode({"code": code, "state": query["state"]})
            return 302, {"location": f"{query['redirect_uri']}?{back}"}
        if path == "/token":
            return self._redeem(query)
        return 404, {}

    def _redeem(self, form: dict[str, str]) -> tuple[int, Claims]:
        """A code is good once, for the page that asked for it and knows the verifier (RFC 7636, 4.6)."""
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        is_good = asked is not None and all(
            asked.get(name) == value
            for name, value in {
                "code_challenge": challenge,
                "code_challenge_method": "S256",
                "redirect_uri": form.get("redirect_uri", ""),
                "client_id": form.get("client_id", ""),
            }.items()
        )
        if not is_good or asked is None:
            return 400, {"error": "invalid_grant"}
        token = self.token(nonce=asked.get("nonce"))
        return 200, {"access_token": "opaque", "token_type": "Bearer", "expires_in": 600, "id_token": token}


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, text: str) -> None:
            query = {name: values[-1] for name, values in parse_qs(text).items()}
            status, content = issuer.answer(urlsplit(self.path).path, query)
            body = json.dumps(content).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content["location"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
