"""What organisations know from their files: found by words and by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a file that was found.

    `source`: the file's name, with the headings that the piece stands under. `score`: higher fits better, and
    means nothing between two searches. `position`: the how manieth piece of its file, from 0.
    """

    text: str
    source: str = ""
    score: float = 0.0
    file_id: UUID | None = None
    position: int = 0


class KnowledgeSearch(Protocol):
    """Searches an organisation's files."""

    async def search(
        self, org_id: UUID, file_ids: Sequence[UUID], query: str, *, most: int
    ) -> Sequence[Passage]:
        """The passages that fit best, best first; without `file_ids` none. Raises `AywaError`."""


class Embedder(Protocol):
    """Texts to places in a space where what means the same lies close together."""

    @property
    def name(self) -> str:
        """Of the model: places of two models cannot be compared."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Of each text a vector of length 1, all of as many numbers. Raises `ProviderError`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a file that is to be kept. `heading`: those it stands under, outermost first."""

    heading: str
    text: str


class FileState(Enum):
    """How far a file is read into what is searched."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileReading:
    """What has become of a file. `language`: a text search configuration; `error`: why it has failed."""

    file_id: UUID
    org_id: UUID
    state: FileState
    model: str
    language: str = "simple"
    passages: int = 0
    error: str = ""
    tries: int = 0
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A file that somebody has to read."""

    file_id: UUID
    org_id: UUID
    name: str
    mimetype: str
    tries: int


class KnowledgeStore(Protocol):
    """What has been read of files. Every method raises `StoreError`."""

    async def take(self, model: str, types: Sequence[str], lease_until: datetime) -> FileToRead | None:
        """A file that nobody has read with this model, taken until then; None when there is none.

        `types`: media types, each one or a beginning of one with a `*` behind it.
        """

    async def keep(
        self, reading: FileReading, pieces: Sequence[Piece], vectors: Sequence[Sequence[float]]
    ) -> None:
        """Put what was read in the place of what was read before. Nothing, if the file is gone."""

    async def put_off(self, reading: FileReading, until: datetime) -> None:
        """Try again then."""

    async def reading(self, org_id: UUID, file_id: UUID) -> FileReading | None:
        """What has become of a file; None where nobody has looked at it, or nobody will."""

    async def search(
        self,
        org_id: UUID,
        file_ids: Sequence[UUID],
        query: str,
        vector: Sequence[float],
        model: str,
        most: int,
    ) -> list[Passage]:
        """The passages that fit best by words and by meaning together."""
