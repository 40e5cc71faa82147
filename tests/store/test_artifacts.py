"""PostgresArtifacts: what is expected, what becomes of it, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from aywa.artifacts.keeper import ArtifactKeeper
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, CallStatus
from aywa.store.artifacts import PostgresArtifacts
from aywa.store.calls import PostgresCallStore
from tests.kit.call_store_contract import OTHER_ORGANIZATION, T0, call_row
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live
CALL = call_row(1, status=CallStatus.ENDED, ended_at=T0)
LATER = T0 + timedelta(minutes=1)


def expected(kind: ArtifactKind = ArtifactKind.STEREO, call: CallRow = CALL) -> Artifact:
    return Artifact(
        call.org_id, call.id, kind, ArtifactFormat.WAV, ArtifactState.WAITING, "host-a", T0, next_at=T0
    )


def stored(artifact: Artifact) -> Artifact:
    return replace(artifact, state=ArtifactState.STORED, size=44, sha256="ab" * 32, settled_at=LATER)


def tell(row: CallRow, artifacts: Sequence[Artifact], seq: int) -> list[WebhookJob]:
    body = ",".join(f"{each.kind.value}:{each.state.value}" for each in artifacts)
    return [
        WebhookJob(
            id=f"msg-{seq + 1}",
            call_id=row.id,
            seq=seq + 1,
            type="call.artifact.upload",
            source="account",
            endpoint="https://example.com",
            body=body,
            created_at=LATER,
            org_id=row.org_id,
        )
    ]


async def test_an_artifact_waits_fails_and_is_stored(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        book = PostgresArtifacts(postgres)
        await PostgresCallStore(postgres).save_calls([CALL, call_row(2)])
        assert await book.ended_calls([CALL.id, call_row(2).id]) == [CALL]

        await book.expect([expected()])
        await book.failed(expected(), "it answers 503", LATER)
        await book.expect([expected()])  # as after a restart: what is known is not forgotten
        failed = replace(expected(), attempts=1, last_error="it answers 503", next_at=LATER)
        assert await book.of_calls([CALL.id]) == [failed]
        assert await book.waiting() == (1, T0)
        assert await book.newest(CALL.org_id, ArtifactState.WAITING, None, 10) == [failed]
        assert await book.retry(CALL.org_id, None, T0) == [CALL.id]

        assert await book.settle(stored(expected()))
        assert not await book.settle(stored(expected())), "it waits no more"
        (found,) = await book.of_call(CALL.org_id, CALL.id)
        assert (found.state, found.size, found.sha256) == (ArtifactState.STORED, 44, "ab" * 32)
        assert found.key == f"{CALL.org_id}/{CALL.id}/stereo-recording.wav"
        assert await book.waiting() == (0, None)
        assert await book.retry(CALL.org_id, UUID(CALL.id), T0) == []


async def test_the_server_is_told_with_the_last_one(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        book = PostgresArtifacts(postgres, tell)
        await PostgresCallStore(postgres).save_call(CALL)
        await book.expect([expected(), expected(ArtifactKind.MONO)])
        await book.settle(stored(expected()))
        query = "select body from webhook_jobs"
        assert await postgres.system().fetch(query) == []
        await book.settle(replace(stored(expected(ArtifactKind.MONO)), state=ArtifactState.LOST))
        (job,) = await postgres.system().fetch(query)
        assert job["body"] == "mono-recording:lost,stereo-recording:stored"


async def test_nothing_is_expected_of_a_call_that_was_erased(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        book = PostgresArtifacts(postgres, tell)
        await book.expect([expected()])
        assert await book.of_calls([CALL.id]) == []
        await PostgresCallStore(postgres).save_call(CALL)
        await book.expect([expected()])
        await ArtifactKeeper("/nowhere", None, book).delete(CALL.org_id, CALL.id, CALL)
        assert not await book.settle(stored(expected()))


async def test_one_organisation_sees_nothing_of_another(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        book = PostgresArtifacts(postgres)
        await PostgresCallStore(postgres).save_call(CALL)
        await book.expect([expected(), replace(expected(ArtifactKind.MONO), org_id=OTHER_ORGANIZATION)])
        assert len(await book.of_calls([CALL.id])) == 1, "nobody writes into another's call"
        assert await book.of_call(OTHER_ORGANIZATION, CALL.id) == []
        assert await book.newest(OTHER_ORGANIZATION, None, None, 10) == []
        assert await book.retry(OTHER_ORGANIZATION, UUID(CALL.id), LATER) == []
        await book.forget(OTHER_ORGANIZATION, CALL.id)
        assert len(await book.of_call(CALL.org_id, CALL.id)) == 1
