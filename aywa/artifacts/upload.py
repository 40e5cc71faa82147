"""One artifact into the store, and the proof that it is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from aywa.ports.artifacts import ArtifactStore, ArtifactStoreError


class Digest:
    """SHA-256 and length of what has gone by."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Count a piece."""
        self._hash.update(piece)
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._hash.hexdigest()


def upload(store: ArtifactStore, key: str, content_type: str, pieces: Iterable[bytes]) -> Digest:
    """Write the object, read all of it again and compare. In a worker thread.

    Raises ArtifactStoreError, also when something else is read than was written; and what `pieces` raises.
    """
    written = Digest()
    store.put(key, _counted(pieces, written), content_type)
    try:
        found = digest_of(store.read(key))
    except FileNotFoundError:
        raise ArtifactStoreError("what was written is not there", retryable=True) from None
    if (found.size, found.sha256) != (written.size, written.sha256):
        raise ArtifactStoreError("what is read is not what was written", retryable=True)
    return written


def digest_of(pieces: Iterable[bytes]) -> Digest:
    """Of all of it."""
    digest = Digest()
    for piece in pieces:
        digest.add(piece)
    return digest


def _counted(pieces: Iterable[bytes], digest: Digest) -> Iterator[bytes]:
    for piece in pieces:
        digest.add(piece)
        yield piece
