"""What an API key looks like: `aywa_rt_` or `aywa_ad_`, 43 characters of secret, 6 of checksum.

The checksum tells a typing mistake from a key that is not known, and lets scanners of source code find keys
without asking anybody: `aywa_(rt|ad)_[0-9A-Za-z]{49}`.
"""

from __future__ import annotations

import hashlib
from binascii import crc32
from enum import Enum

from aywa.errors import ParseError

SECRET_BYTES = 32  # 256 random bits: nothing to guess, so a plain hash protects what is stored
HINT_LENGTH = 14  # of the key's beginning, kept to tell keys apart: six characters of the secret
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH = 43  # 62 ** 43 > 2 ** 256
_CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32


class KeyKind(Enum):
    """Whom a key is for."""

    RUNTIME = "runtime"  # applications
    ADMIN = "admin"  # whoever administers keys and organisations

    @property
    def prefix(self) -> str:
        """What its keys begin with."""
        return {"runtime": "aywa_rt_", "admin": "aywa_ad_"}[self.value]


def make_token(kind: KeyKind, secret: bytes) -> str:
    """The key of this secret, `SECRET_BYTES` random bytes."""
    assert len(secret) == SECRET_BYTES
    body = kind.prefix + _base62(int.from_bytes(secret, "big"), _SECRET_LENGTH)
    return body + _checksum(body)


def parse_token(text: str) -> KeyKind:
    """Its kind; raises `ParseError` for what no runtime has made."""
    for kind in KeyKind:
        if text.startswith(kind.prefix):
            body, checksum = text[:-_CHECKSUM_LENGTH], text[-_CHECKSUM_LENGTH:]
            length = len(kind.prefix) + _SECRET_LENGTH + _CHECKSUM_LENGTH
            if len(text) == length and text.isascii() and _checksum(body) == checksum:
                return kind
            raise ParseError("its checksum does not fit: a character is missing or mistyped", where="key")
    raise ParseError("it begins like no key of this runtime", where="key")


def digest_of(text: str) -> bytes:
    """What is stored of a key: its SHA-256.

    A slow hash is for secrets that people choose: there are 2 ** 256 of these to try, and every request would
    have to wait for it.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode("utf-8", "surrogateescape")), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
