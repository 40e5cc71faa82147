"""What calls leave behind as files: their kinds, where each one is, and who keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from aywa.errors import StoreError


class ArtifactStoreError(StoreError):
    """The artifact store could not be used."""

    code = "artifact-store-error"


class ArtifactKind(Enum):
    """The values are the last words of the routes that download them."""

    STEREO = "stereo-recording"  # the caller left, what was sent to him right
    MONO = "mono-recording"  # both together
    CUSTOMER = "customer-recording"
    ASSISTANT = "assistant-recording"
    TRACKS = "tracks-recording"  # each of three parties or more on a channel
    PCAP = "pcap"
    LOGS = "call-logs"

    @property
    def is_recording(self) -> bool:
        """Whether it is audio."""
        return self not in (ArtifactKind.PCAP, ArtifactKind.LOGS)


class ArtifactFormat(Enum):
    """The values are the endings of names."""

    WAV = "wav"
    OPUS = "opus"
    PCAP = "pcap"
    JSONL = "jsonl"

    @property
    def content_type(self) -> str:
        """The media type, as IANA has it."""
        return _CONTENT_TYPES[self]


_CONTENT_TYPES = {
    ArtifactFormat.WAV: "audio/wav",
    ArtifactFormat.OPUS: "audio/ogg; codecs=opus",  # RFC 7845 section 9
    ArtifactFormat.PCAP: "application/vnd.tcpdump.pcap",
    ArtifactFormat.JSONL: "application/jsonl",
}


class ArtifactState(Enum):
    """Where an artifact is.

    ```
    WAITING ──► STORED   in the artifact store, read again and found equal; the local file is deleted then
       ├──────► KEPT     finished on the runtime's own disk, where it stays: there is no artifact store
       └──────► LOST     its local file disappeared or cannot be read: nothing is there to be stored
    ```
    """

    WAITING = "waiting"
    STORED = "stored"
    KEPT = "kept"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact of a call; a row of the database. Times are aware UTC datetimes."""

    org_id: UUID
    call_id: str
    kind: ArtifactKind
    format: ArtifactFormat
    state: ArtifactState
    host: str  # whose disk it waits on, or is kept on
    created_at: datetime
    next_at: datetime  # not tried before
    path: str | None = None  # of the finished file, where it is kept
    size: int | None = None  # in bytes
    sha256: str | None = None  # in hexadecimal
    attempts: int = 0  # that have failed
    last_error: str = ""
    settled_at: datetime | None = None

    @property
    def key(self) -> str:
        """Its name in the artifact store: nothing in it is chosen by anybody but us."""
        return artifact_prefix(self.org_id, self.call_id) + f"/{self.kind.value}.{self.format.value}"


def artifact_prefix(org_id: UUID, call_id: str) -> str:
    """What the keys of a call's artifacts begin with; raises ValueError for an id that is no UUID."""
    return f"{org_id}/{UUID(call_id)}"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as the store has it."""

    key: str
    size: int  # in bytes
    modified_at: datetime


class ArtifactStore(Protocol):
    """Objects by key: a directory or a bucket.

    Methods block: they belong into worker threads. Each raises ArtifactStoreError, retryable when the store
    did not answer, or not in time.
    """

    name: str  # for logs and readiness: no secret is in it

    def put(self, key: str, pieces: Iterable[bytes], content_type: str) -> None:
        """Write an object, which is there whole or not at all. What `pieces` raises comes out as it is."""

    def read(self, key: str) -> Iterator[bytes]:
        """All of it, in order. Raises FileNotFoundError for none."""

    def read_range(self, key: str, begin: int, end: int) -> bytes:
        """The bytes from `begin` up to `end`. Raises FileNotFoundError for none."""

    def list(self, prefix: str) -> list[StoredObject]:
        """Every object whose key is `prefix`, a slash and more."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete them; what is not there is passed over."""

    def sign(self, key: str, expires_s: float) -> str | None:
        """A URL that anybody may GET the object by, so long; None: the store has no such thing."""

    def check(self) -> None:
        """Ask for something, to see whether it answers."""
