"""The whole API on a real PostgreSQL, with two organisations, a key and a call of each."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Any
from uuid import UUID, uuid4

import pytest
import trio
from quart_trio import QuartTrio

from aywa.analysis.analyst import Analyst
from aywa.bridge.postgres import Postgres
from aywa.clock import wall_now
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.ports.store import CallStatus, TimelineEntry, TranscriptLine
from aywa.settings import ArtifactSettings, HttpSettings
from aywa.store import queries
from aywa.store.analyses import PostgresAnalyses
from aywa.store.analytics import PostgresAnalytics
from aywa.store.artifacts import PostgresArtifacts
from aywa.store.calls import PostgresCallStore
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.outbox import PostgresOutbox
from aywa.store.resources import PostgresResources
from aywa.store.tenancy import Tenancy
from aywa_server.app import create_app
from aywa_server.artifact_desk import ArtifactDesk
from aywa_server.caller import actor_of_request
from aywa_server.extraction import Extraction
from aywa_server.once import Once
from aywa_server.resources.service import Resources
from tests.kit.api_parts import AUTH, make_parts
from tests.kit.call_store_contract import call_row
from tests.kit.erasers import make_eraser
from tests.kit.fake_providers import FakeModel
from tests.kit.postgres import open_clean_postgres
from tests.kit.resource_store import SEALER

ENV = AUTH  # the key of the environment


@dataclass
class Organization:
    """An organisation, the key of its administrator, and what is its own. `canary` is in all of that."""

    id: str
    canary: str
    headers: dict[str, str] = field(default_factory=dict)
    key_id: str = ""
    call_id: str = ""
    live_call_id: str = ""
    job_id: str = ""
    attempt_id: str = ""
    resources: dict[str, str] = field(default_factory=dict)  # ids by kind


class TenantWorld:
    """Ask `client`; `ask` checks the status and returns the JSON."""

    def __init__(self, postgres: Postgres, rate_per_key: int = 0, *, frozen: bool = False) -> None:
        self.postgres = postgres
        self.tenancy = Tenancy(postgres)
        self.store = PostgresCallStore(postgres)
        http = HttpSettings(api_keys=(AUTH["Authorization"].split()[1],), rate_per_key=rate_per_key)
        self._resources = PostgresResources(postgres)
        parts = make_parts(
            http=http,
            resources=Resources(self._resources, SEALER, Random(5), wall_now, actor=actor_of_request),
            once=Once(PostgresIdempotency(postgres), SEALER, wall_now),
        )
        self.parts = replace(
            parts,
            store=self.store,
            tenancy=self.tenancy,
            analytics=PostgresAnalytics(postgres),
            extraction=Extraction(Analyst(FakeModel()), PostgresAnalyses(postgres)),
            eraser=make_eraser(postgres),
            webhooks=PostgresOutbox(postgres),
            artifacts=ArtifactDesk(
                ArtifactSettings(), None, PostgresArtifacts(postgres), lambda _calls: None
            ),
            rng=SystemRandom(),
            now=(lambda: 1.0) if frozen else trio.current_time,
        )
        self.app: QuartTrio = create_app(self.parts)
        self.client = self.app.test_client()

    async def ask(
        self, method: str, path: str, headers: dict[str, str], status: int = 200, body: object = None
    ) -> Any:
        """The JSON of the answer."""
        options = {} if body is None else {"json": body}
        answer = await self.client.open(path, method=method, headers=headers, **options)
        told = await answer.get_json()
        assert answer.status_code == status, (method, path, answer.status_code, told)
        return told

    async def found(self, name: str, directory: Path) -> Organization:
        """An organisation with an administrator's key, an ended call with a recording, and a live call."""
        made = await self.ask("POST", "/organization", ENV, 201, {"name": name})
        own = Organization(made["id"], f"canary-{uuid4().hex}")
        chosen = ENV | {"X-Organization-Id": own.id}
        key = await self.ask("POST", "/api-key", chosen, 201, {"name": own.canary, "kind": "admin"})
        own.key_id, own.headers = key["id"], {"X-API-Key": key["key"]}
        recording = directory / f"{own.canary}.wav"
        recording.write_bytes(own.canary.encode())
        ended = call_row(
            id=str(uuid4()),
            org_id=UUID(own.id),
            status=CallStatus.ENDED,
            ended_at=datetime(2026, 3, 2, tzinfo=UTC),
            from_uri=f"sip:{own.canary}@192.0.2.1",
            recording_path=str(recording),
            pcap_path=str(recording),
        )
        live = replace(ended, id=str(uuid4()), status=CallStatus.IN_PROGRESS, ended_at=None)
        await self.store.save_calls([ended, live])
        for row in (ended, live):
            await self.store.append_timeline(
                [TimelineEntry(row.id, 1, 0, "turn.user", {"text": own.canary}, row.org_id)]
            )
            await self.store.append_transcript(
                [TranscriptLine(row.id, 1, "user", own.canary, 0, 1, org_id=row.org_id)]
            )
        own.call_id, own.live_call_id = ended.id, live.id
        await self._send(own)
        await self._keep(own)
        await self._leave(own, recording)
        return own

    async def _leave(self, own: Organization, recording: Path) -> None:
        """Artifacts: one is kept, and one waits."""
        for kind, state in (("mono-recording", "kept"), ("call-logs", "waiting")):
            await self.postgres.system().execute(
                "insert into artifacts (org_id, call_id, kind, format, state, host, path, size, next_at, "
                "last_error, created_at) values ($1, $2, $3, 'wav', $4, $5, $6, 1, now(), $5, now())",
                UUID(own.id),
                UUID(own.call_id),
                kind,
                state,
                own.canary,
                str(recording),
            )

    async def _keep(self, own: Organization) -> None:
        """A resource of each kind."""
        own.resources = {kind.value: str(uuid4()) for kind in ResourceKind}
        now = datetime(2026, 3, 2, tzinfo=UTC)
        for kind, id in own.resources.items():
            body = {"name": own.canary}
            assert await self._resources.create(
                ResourceRow(UUID(own.id), ResourceKind(kind), UUID(id), body, created_at=now, updated_at=now)
            )

    async def _send(self, own: Organization) -> None:
        """A message to a server of its own that could not be delivered."""
        own.job_id, own.attempt_id = f"msg_{uuid4().hex}", f"att_{uuid4().hex}"
        system, url = self.postgres.system(), f"https://{own.canary}.example"
        await system.execute(
            "insert into webhook_jobs (id, org_id, call_id, seq, type, source, endpoint, body, created_at, "
            "state, next_at) values ($1, $2, $3, 1, 'status-update', 'account', $4, $5, now(), 'dead', "
            "now())",
            own.job_id,
            UUID(own.id),
            UUID(own.call_id),
            url,
            json.dumps({"message": {"said": own.canary}}),
        )
        await system.execute(
            "insert into webhook_attempts (id, org_id, job_id, number, at, endpoint, latency_ms, error, "
            "answer) values ($1, $2, $3, 1, now(), $4, 1, '', $5)",
            own.attempt_id,
            UUID(own.id),
            own.job_id,
            url,
            own.canary,
        )

    async def dump(self, org_id: str) -> list[tuple[object, ...]]:
        """Every row of this organisation in every table, without when keys were used."""
        system, found = self.postgres.system(), []
        for row in await system.fetch(
            "select relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid where "
            "a.attname = 'org_id' and relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
        ):
            name = row["name"]
            rows = await system.fetch(
                f"select (to_jsonb(t) - 'last_used_at')::text as row from {name} t "
                "where org_id = $1 order by 1",
                UUID(org_id),
            )
            found += [(name, each["row"]) for each in rows]
        return found


@asynccontextmanager
async def open_tenant_world(
    url: str, rate_per_key: int = 0, *, frozen: bool = False
) -> AsyncIterator[TenantWorld]:
    """A world on an emptied database; in a frozen one no time goes by for limits and caches."""
    async with open_clean_postgres(url) as (_loop, postgres):
        yield TenantWorld(postgres, rate_per_key, frozen=frozen)


def switch_filter_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements narrow no rows any more: what still keeps tenants apart is row-level security."""
    text_of = queries._text_of

    def unfiltered(noun: str) -> str:
        text = re.sub(r"\bid = (\$\d+) /\* own \*/", r"\1::uuid is not null", text_of(noun))
        return re.sub(r"\b(?:\w+\.)?org_id = (\$\d+)", r"\1::uuid is not null", text)

    monkeypatch.setattr(queries, "_text_of", unfiltered)
    queries.load_queries.cache_clear()


def switch_wall_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tenants' statements run as the system's: what still keeps tenants apart is each statement's filter."""
    monkeypatch.setattr(Postgres, "tenant", lambda self, _org_id: self.system())
