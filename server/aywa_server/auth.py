"""API keys: `Authorization: Bearer <key>` or `X-API-Key: <key>`, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac

from aywa.errors import RequestError

NAME_LENGTH = 12  # hexadecimal digits


class KeyRing:
    """The keys that are accepted."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._digests = [_digest(key) for key in keys]

    def check(self, authorization: str, api_key: str) -> str:
        """The name of the key that one of the two headers carries; raises `RequestError` (401) without one.

        The name is the beginning of the key's SHA-256: it tells keys apart and says nothing of them.
        """
        presented = _presented(authorization, api_key)
        if presented is None:
            raise RequestError(
                "an API key is required: send Authorization: Bearer <key> or X-API-Key: <key>",
                http_status=401,
                code="unauthorized",
            )
        digest = _digest(presented)
        # every key is compared, and digests have one length: the time says nothing about the keys
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        if not any(matches):
            raise RequestError("the API key is not valid", http_status=401, code="unauthorized")
        return digest.hex()[:NAME_LENGTH]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def _presented(authorization: str, api_key: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return api_key.strip() or None
