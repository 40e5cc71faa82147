"""How many of the fifty questions find their section."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

from aywa.bridge.postgres import Postgres
from aywa.knowledge.language import language_of
from aywa.knowledge.meaning import places_of
from aywa.knowledge.pieces import cut
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.knowledge import Embedder, FileReading, FileState, Passage
from aywa.store.knowledge import PostgresKnowledge, open_knowledge_store
from bench.knowledge import handbook, questions

Asked = Callable[[str], Awaitable[Sequence[Passage]]]
_FILE = """
insert into resources (org_id, kind, id, body, created_at, updated_at) values ($1, 'file', $2, $3, $4, $4)
"""


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the questions, the share whose section is the first, among the first three, and among five."""

    at_1: float
    at_3: float
    at_5: float
    median_ms: float
    missed: tuple[str, ...]


@asynccontextmanager
async def open_handbook(
    postgres: Postgres, embedder: Embedder
) -> AsyncIterator[tuple[PostgresKnowledge, UUID]]:
    """The handbook as it is kept, and the id of its file."""
    store, file_id, now = await open_knowledge_store(postgres), uuid4(), datetime.now(UTC)
    body = {"name": "handbook.md", "mimetype": "text/markdown"}
    await postgres.system().execute(_FILE, DEFAULT_ORGANIZATION, file_id, body, now)
    await store.take(embedder.name, ("text/*",), now)
    text = handbook().decode()
    pieces = cut(text)
    vectors = await places_of(embedder, pieces)
    language = language_of(text)
    reading = FileReading(
        file_id, DEFAULT_ORGANIZATION, FileState.DONE, embedder.name, language, len(pieces), settled_at=now
    )
    await store.keep(reading, pieces, vectors)
    yield store, file_id


async def recall_of(asked: Asked) -> Recall:
    """The figures of one way to search."""
    places: list[int | None] = []
    took: list[float] = []
    missed: list[str] = []
    for question, heading in questions():
        began = perf_counter()
        found = await asked(question)
        took.append((perf_counter() - began) * 1000)
        sections = [passage.source.rpartition(" > ")[2] for passage in found]
        place = sections.index(heading) if heading in sections else None
        places.append(place)
        if place is None:
            missed.append(question)

    def within(most: int) -> float:
        return sum(place is not None and place < most for place in places) / len(places)

    return Recall(within(1), within(3), within(5), median(took), tuple(missed))
