"""Passages in PostgreSQL: found by full text search, and by pgvector where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Session
from aywa.ports.knowledge import FileReading, FileState, FileToRead, Passage, Piece
from aywa.store.queries import load_queries

LOOKED_AT = 30  # passages of each search that the fusion sees
FLATNESS = 10
_LOCK_KEY = 0x41595741_0017  # one worker at a time makes the table
_STANDS = "select to_regclass('knowledge_vectors') is not null as stands"
_AVAILABLE = "select exists (select from pg_available_extensions where name = 'vector') as known"
# Not by a migration: the extension may come later, and a backup need not hold what is made of the passages.
_MAKE = """
create extension if not exists vector;
create table knowledge_vectors (
    file_id    uuid not null,
    org_id     uuid not null,
    position   integer not null,
    model      text not null,
    embedding  vector not null,
    primary key (file_id, position),
    foreign key (file_id, position) references knowledge_passages on delete cascade
);
call aywa_wall_in('knowledge_vectors', 'select, insert, update, delete');
update knowledge_files set model = '', next_at = now();
"""


class PostgresKnowledge:
    """Implements `ports.knowledge.KnowledgeStore`. Make it with `open_knowledge_store`."""

    def __init__(self, postgres: Postgres, *, vectors: bool) -> None:
        """`vectors`: whether places in the space of meanings are kept and searched."""
        self._postgres = postgres
        self._system = postgres.system()
        self._sql = load_queries("knowledge")
        self.vectors = vectors

    async def take(self, model: str, types: Sequence[str], lease_until: datetime) -> FileToRead | None:
        """See `KnowledgeStore`."""
        await self._system.execute(self._sql["discover"], [each.replace("*", "%") for each in types])
        rows = await self._system.fetch(self._sql["take"], model, lease_until)
        if not rows:
            return None
        row = rows[0]
        return FileToRead(row["file_id"], row["org_id"], row["name"], row["mimetype"], row["tries"])

    async def keep(
        self, reading: FileReading, pieces: Sequence[Piece], vectors: Sequence[Sequence[float]]
    ) -> None:
        """See `KnowledgeStore`."""
        id, org_id, model = reading.file_id, reading.org_id, reading.model
        async with self._system.transaction() as session:
            if not await session.fetch(self._sql["hold"], id):
                return
            await session.execute(self._sql["forget_pieces"], id)
            if pieces:
                headings, texts = [piece.heading for piece in pieces], [piece.text for piece in pieces]
                await session.execute(
                    self._sql["keep_pieces"], id, org_id, model, reading.language, headings, texts
                )
            if self.vectors and vectors:
                await session.execute(
                    self._sql["keep_vectors"], id, org_id, model, [_text(v) for v in vectors]
                )
            await session.execute(
                self._sql["settle"],
                id,
                reading.state.value,
                model,
                reading.language,
                reading.passages,
                reading.error,
                reading.settled_at,
            )

    async def put_off(self, reading: FileReading, until: datetime) -> None:
        """See `KnowledgeStore`."""
        given = (reading.file_id, reading.error, reading.tries, until)
        await self._system.execute(self._sql["put_off"], *given)

    async def reading(self, org_id: UUID, file_id: UUID) -> FileReading | None:
        """See `KnowledgeStore`."""
        rows = await self._postgres.tenant(org_id).fetch(self._sql["reading"], org_id, file_id)
        return _reading(rows[0]) if rows else None

    async def search(
        self,
        org_id: UUID,
        file_ids: Sequence[UUID],
        query: str,
        vector: Sequence[float],
        model: str,
        most: int,
    ) -> list[Passage]:
        """See `KnowledgeStore`."""
        tenant = self._postgres.tenant(org_id)
        ids = list(file_ids)
        by_words = [
            _passage(row)
            for row in await tenant.fetch(self._sql["search_words"], org_id, ids, query, LOOKED_AT)
        ]
        if not (self.vectors and any(vector)):
            return by_words[:most]
        return fused((by_words, await self.near(org_id, ids, vector, model, LOOKED_AT)))[:most]

    async def near(
        self, org_id: UUID, file_ids: Sequence[UUID], vector: Sequence[float], model: str, most: int
    ) -> list[Passage]:
        """The passages that mean what lies at this place, by cosine. Needs `vectors`."""
        given = (org_id, list(file_ids), _text(vector), most, model)
        rows = await self._postgres.tenant(org_id).fetch(self._sql["search_meaning"], *given)
        return [_passage(row) for row in rows]


def fused(lists: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Several lists as one, by the places in them: scores of two searches cannot be added.

    Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009), with `FLATNESS` in the place of their 60: that
    is for lists of a thousand.
    """
    scores: dict[tuple[UUID | None, int], float] = {}
    known: dict[tuple[UUID | None, int], Passage] = {}
    for passages in lists:
        for place, passage in enumerate(passages, 1):
            key = passage.file_id, passage.position
            known.setdefault(key, passage)
            scores[key] = scores.get(key, 0.0) + 1 / (FLATNESS + place)
    ordered = sorted(scores, key=lambda key: (-scores[key], str(key[0]), key[1]))
    return [replace(known[key], score=scores[key]) for key in ordered]


async def open_knowledge_store(postgres: Postgres) -> PostgresKnowledge:
    """The store; it searches by words alone where PostgreSQL has no pgvector. Raises `StoreError`."""
    async with postgres.system().transaction() as session:
        await session.execute("select pg_advisory_xact_lock($1)", _LOCK_KEY)
        stands = await _is(session, _STANDS, "stands")
        if not stands and await _is(session, _AVAILABLE, "known"):
            await session.execute(_MAKE)
            stands = True
    return PostgresKnowledge(postgres, vectors=stands)


async def _is(session: Session, sql: str, column: str) -> bool:
    return bool((await session.fetch(sql))[0][column])


def _text(vector: Sequence[float]) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{number:.7g}" for number in vector) + "]"


def _passage(row: Row) -> Passage:
    source = " > ".join(part for part in (row["name"], row["heading"]) if part)
    return Passage(row["text"], source, row["score"], row["file_id"], row["position"])


def _reading(row: Row) -> FileReading:
    return FileReading(
        file_id=row["file_id"],
        org_id=row["org_id"],
        state=FileState(row["state"]),
        model=row["model"],
        language=row["language"],
        passages=row["passages"],
        error=row["error"],
        tries=row["tries"],
        settled_at=row["settled_at"],
    )
