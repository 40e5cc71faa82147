"""Tokens of one live call: what its monitor URLs and its websocket are opened with instead of an API key.

A token is an HMAC (SHA-256, RFC 2104) over the call's id and what it is for: it says nothing, opens nothing
else, and needs no place in a database. Every node with the same store key makes the same one.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from enum import Enum

_BYTES = 24  # 192 bits


class Door(Enum):
    """What a token opens: the last part of its URL's path."""

    LISTEN = "listen"
    CONTROL = "control"
    TRANSPORT = "transport"


@dataclass(frozen=True, slots=True)
class CallTokens:
    """`secret`: of this runtime. `steers`: whoever is told of a call may have what opens CONTROL too."""

    secret: bytes = field(repr=False)
    steers: bool = True

    def token(self, call_id: str, door: Door) -> str:
        """What opens this door of this call."""
        about = f"{door.value}:{call_id.lower()}".encode()
        digest = hmac.new(self.secret, about, hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:_BYTES]).decode("ascii")

    def opens(self, token: str, call_id: str, door: Door) -> bool:
        """Whether this is it. Takes as long for one wrong token as for another."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token(call_id, door).encode())

    def url(self, base_url: str, call_id: str, door: Door) -> str:
        """The URL with its token; a websocket's for all but CONTROL."""
        base = base_url if door is Door.CONTROL else socket_url(base_url)
        return f"{base}/call/{call_id}/{door.value}?token={self.token(call_id, door)}"

    def for_readers(self) -> CallTokens:
        """The same for somebody who may read and not steer."""
        return replace(self, steers=False)


def socket_url(base_url: str) -> str:
    """The same origin for websockets; what is no http URL stays as it is."""
    return f"ws{base_url.removeprefix('http')}" if base_url.startswith("http") else base_url
