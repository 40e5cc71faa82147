"""What the API takes and tells of the contents of files."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from aywa.model.base import Plan


class KnowledgeQuery(Plan):
    """A search in files, as an assistant's `query` tool does it."""

    query: str = Field(min_length=1, max_length=2000)
    file_ids: tuple[UUID, ...] = Field(min_length=1, max_length=1000)
    limit: int = Field(5, ge=1, le=50)


class FoundPassage(Plan):
    """A piece of a file. `source`: the file's name and the headings above the piece."""

    file_id: UUID
    position: int
    source: str
    text: str
    score: float


class FileKnowledge(Plan):
    """How far a file is read: `waiting`, `done` or `failed`, with the reason."""

    file_id: UUID
    status: str
    passages: int = 0
    language: str = "simple"
    model: str = ""
    error: str = ""
    settled_at: datetime | None = None
