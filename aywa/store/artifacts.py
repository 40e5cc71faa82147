"""Artifacts in PostgreSQL: what is expected of each call, where it is, and what went wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow
from aywa.store.call_reader import call_of
from aywa.store.outbox import insert_jobs, last_seqs
from aywa.store.queries import load_queries

# The messages that tell that all artifacts of a call are settled; by source, the number of its last message.
TellOfArtifacts = Callable[[CallRow, Sequence[Artifact], Mapping[str, int]], Sequence[WebhookJob]]


class PostgresArtifacts:
    """Implements `ports.spool.ArtifactBook`. Every method raises `StoreError`."""

    def __init__(
        self,
        postgres: Postgres,
        tell: TellOfArtifacts | None = None,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """`told`: called when messages for servers have been committed."""
        self._postgres = postgres
        self._system = postgres.system()
        self._tell = tell
        self._told = told
        self._sql = load_queries("artifacts")

    # --- the spool's side ---------------------------------------------------------------------------------

    async def ended_calls(self, call_ids: Sequence[str]) -> list[CallRow]:
        """See `ArtifactBook`."""
        rows = await self._system.fetch(self._sql["ended_calls"], [UUID(call_id) for call_id in call_ids])
        return [call_of(row) for row in rows]

    async def left_behind(self, host: str, before: datetime) -> list[str]:
        """See `ArtifactBook`."""
        rows = await self._system.fetch(self._sql["left_behind"], host, before)
        return [str(row["call_id"]) for row in rows]

    async def expect(self, artifacts: Sequence[Artifact]) -> None:
        """See `ArtifactBook`."""
        await self._system.execute(
            self._sql["expect"],
            [each.org_id for each in artifacts],
            [UUID(each.call_id) for each in artifacts],
            [each.kind.value for each in artifacts],
            [each.format.value for each in artifacts],
            [each.host for each in artifacts],
            [each.created_at for each in artifacts],
        )

    async def of_calls(self, call_ids: Sequence[str]) -> list[Artifact]:
        """See `ArtifactBook`."""
        rows = await self._system.fetch(self._sql["of_calls"], [UUID(call_id) for call_id in call_ids])
        return artifacts_of(rows)

    async def failed(self, artifact: Artifact, error: str, next_at: datetime) -> None:
        """See `ArtifactBook`."""
        given = (UUID(artifact.call_id), artifact.kind.value, error, next_at)
        await self._system.execute(self._sql["failed"], *given)

    async def settle(self, artifact: Artifact) -> bool:
        """See `ArtifactBook`."""
        call_id = UUID(artifact.call_id)
        async with self._system.transaction() as session:
            calls = await session.fetch(self._sql["locked_call"], call_id)
            rows = await session.fetch(
                self._sql["settle"],
                call_id,
                artifact.kind.value,
                artifact.state.value,
                artifact.size,
                None if artifact.sha256 is None else bytes.fromhex(artifact.sha256),
                artifact.path,
                artifact.host,
                artifact.settled_at,
                artifact.last_error,
            )
            if not rows or not calls:
                return False
            if self._tell is not None:
                all_ = artifacts_of(await session.fetch(self._sql["of_calls"], [call_id]))
                if all(each.state is not ArtifactState.WAITING for each in all_):
                    seqs = await last_seqs(session, call_id)
                    await insert_jobs(session, self._tell(call_of(calls[0]), all_, seqs))
        self._told()
        return True

    async def waiting(self) -> tuple[int, datetime | None]:
        """How many wait on all hosts together, and since when the oldest does."""
        row = (await self._system.fetch(self._sql["count_waiting"]))[0]
        return row["waiting"], row["oldest"]

    # --- an organisation's side ---------------------------------------------------------------------------

    async def of_call(self, org_id: UUID, call_id: str) -> list[Artifact]:
        """Those of a call of this organisation."""
        rows = await self._postgres.tenant(org_id).read(self._sql["of_call"], org_id, UUID(call_id))
        return artifacts_of(rows)

    async def newest(
        self, org_id: UUID, state: ArtifactState | None, call_id: UUID | None, limit: int
    ) -> list[Artifact]:
        """The newest first; None narrows nothing."""
        wanted = None if state is None else state.value
        rows = await self._postgres.tenant(org_id).read(self._sql["newest"], org_id, wanted, call_id, limit)
        return artifacts_of(rows)

    async def retry(self, org_id: UUID, call_id: UUID | None, now: datetime) -> list[str]:
        """Have what waits be tried at once, of this call or of all: the calls, each once."""
        rows = await self._postgres.tenant(org_id).fetch(self._sql["retry"], org_id, now, call_id)
        return sorted({str(row["call_id"]) for row in rows})

    async def forget(self, org_id: UUID, call_id: str) -> None:
        """Delete the rows of a call, whose files are gone."""
        await self._postgres.tenant(org_id).execute(self._sql["delete_of_call"], org_id, UUID(call_id))


def artifacts_of(rows: Iterable[Row]) -> list[Artifact]:
    """Rows of `artifacts`."""
    return [
        Artifact(
            org_id=row["org_id"],
            call_id=str(row["call_id"]),
            kind=ArtifactKind(row["kind"]),
            format=ArtifactFormat(row["format"]),
            state=ArtifactState(row["state"]),
            host=row["host"],
            path=row["path"],
            size=row["size"],
            sha256=None if row["sha256"] is None else bytes(row["sha256"]).hex(),
            attempts=row["attempts"],
            next_at=row["next_at"],
            last_error=row["last_error"],
            created_at=row["created_at"],
            settled_at=row["settled_at"],
        )
        for row in rows
    ]
