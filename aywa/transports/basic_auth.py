"""Whom a websocket is opened to: a path, and a password shown before anything is said (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field

from wsproto.events import Request


@dataclass(frozen=True, slots=True)
class Door:
    """Where websockets come in, and who may."""

    path: str
    user: str
    password: str = field(repr=False)

    def judge(self, request: Request) -> int:
        """0, or the HTTP status of the refusal: 401, and only who shows the password learns of a 404."""
        shown = [value for name, value in request.extra_headers if name.lower() == b"authorization"]
        if len(shown) != 1 or not self.opens_to(shown[0]):
            return 401
        return 0 if request.target.partition("?")[0] == self.path else 404

    def opens_to(self, authorization: bytes) -> bool:
        """Whether this value of an Authorization header shows the user and the password.

        Takes as long for one wrong secret as for another.
        """
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            shown = base64.b64decode(token.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(shown, f"{self.user}:{self.password}".encode())
