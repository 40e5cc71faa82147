"""Secrets at rest: SecretBox envelopes (XSalsa20-Poly1305), each of a key of its own.

The key of an envelope is derived from the store's key and from the row it belongs to, BLAKE2b(key;
organisation, kind, id): one that was put into another row, or under another organisation, does not open.
Each names the store's key that it was made with, so that keys can be changed while the runtime runs.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from aywa.errors import StoreError

KEY_BYTES = 32
MIN_SECRET = 32  # characters of a key that is a phrase


@dataclass(frozen=True, slots=True)
class SealedRow:
    """What an envelope is bound to."""

    org_id: UUID
    kind: str
    id: UUID


class StoreKey:
    """One key of the store's."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES
        self._key = key
        self.id = hashlib.blake2b(key, digest_size=6, person=b"aywa-key-id").hexdigest()

    def box(self, row: SealedRow) -> SecretBox:
        """The box of one row."""
        about = f"{row.org_id}/{row.kind}/{row.id}".encode()
        return SecretBox(
            hashlib.blake2b(about, digest_size=KEY_BYTES, key=self._key, person=b"aywa-sealed").digest()
        )

    def secret(self, purpose: bytes) -> bytes:
        """A secret for something else than envelopes; `purpose`: 1 to 64 bytes."""
        return hashlib.blake2b(purpose, digest_size=KEY_BYTES, key=self._key, person=b"aywa-secret").digest()

    def shared_box(self, purpose: str) -> SecretBox:
        """The box of what nodes leave with each other, for a purpose."""
        return SecretBox(
            hashlib.blake2b(
                purpose.encode(), digest_size=KEY_BYTES, key=self._key, person=b"aywa-shared"
            ).digest()
        )

    def fingerprint(self, data: bytes) -> str:
        """Tells data apart, and says nothing about it to whoever has not the key."""
        return hashlib.blake2b(data, digest_size=20, key=self._key, person=b"aywa-print").hexdigest()


class Sealer:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: Sequence[StoreKey]) -> None:
        assert keys
        self._keys = {key.id: key for key in reversed(keys)}
        self._first = keys[0]
        self._boxes: dict[tuple[str, str], SecretBox] = {}

    @property
    def key_id(self) -> str:
        """Of the key that seals."""
        return self._first.id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Of all keys that open."""
        return tuple(self._keys)

    def seal(self, row: SealedRow, secrets: Mapping[str, str]) -> dict[str, object] | None:
        """The envelope as JSON; None when there is nothing to hide."""
        if not secrets:
            return None
        box = self._first.box(row).encrypt(json.dumps(dict(secrets)).encode())
        return {"keyId": self._first.id, "box": b64encode(box).decode("ascii")}

    def open(self, row: SealedRow, sealed: Mapping[str, object] | None) -> dict[str, str]:
        """The secrets. Raises `StoreError` when the key is gone, or the envelope is another row's."""
        if sealed is None:
            return {}
        key = self._keys.get(str(sealed.get("keyId")))
        if key is None:
            raise StoreError("a secret was sealed with a key that RUNTIME_STORE_ENCRYPTION_KEY does not name")
        try:
            opened = key.box(row).decrypt(b64decode(str(sealed.get("box")), validate=True))
        except (CryptoError, Base64Error, ValueError) as error:
            raise StoreError("a sealed secret does not open: it was changed, or is another row's") from error
        secrets: dict[str, str] = json.loads(opened)
        return secrets

    def secret(self, purpose: bytes) -> bytes:
        """A secret that all nodes with the same first key have; `purpose`: 1 to 64 bytes."""
        return self._first.secret(purpose)

    def wrap(self, purpose: str, data: bytes) -> bytes:
        """What is left with Redis, for nodes that have the same key; `purpose`: a fixed word."""
        return self._first.id.encode() + self._shared_box(self._first, purpose).encrypt(data)

    def unwrap(self, purpose: str, wrapped: bytes) -> bytes:
        """What another node has wrapped. Raises `StoreError`."""
        key = self._keys.get(wrapped[: len(self._first.id)].decode("ascii", "replace"))
        if key is None:
            raise StoreError("a node has sealed this with another RUNTIME_STORE_ENCRYPTION_KEY")
        try:
            return self._shared_box(key, purpose).decrypt(wrapped[len(key.id) :])
        except (CryptoError, ValueError) as error:
            raise StoreError("what was left with Redis does not open: it was changed") from error

    def _shared_box(self, key: StoreKey, purpose: str) -> SecretBox:
        box = self._boxes.get((key.id, purpose))
        if box is None:
            box = self._boxes[key.id, purpose] = key.shared_box(purpose)
        return box

    def fingerprints(self, data: bytes) -> tuple[str, ...]:
        """Of every key, that of the first before the others."""
        return tuple(key.fingerprint(data) for key in dict.fromkeys([self._first, *self._keys.values()]))


def parse_store_key(text: str) -> StoreKey:
    """From 32 bytes in base64, or from a phrase. Raises ValueError for what is too short."""
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raw = b""
    if len(raw) == KEY_BYTES:
        return StoreKey(raw)
    if len(text) < MIN_SECRET:
        raise ValueError("too short")
    return StoreKey(hashlib.blake2b(text.encode(), digest_size=KEY_BYTES, person=b"aywa-phrase").digest())
