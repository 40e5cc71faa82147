"""The spool against a real S3 server and a real database: what it stores, and what no outage takes away."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from aywa.artifacts.objects import ObjectStore, open_store
from aywa.artifacts.wav import WavRecordings, wav_header
from aywa.call.news import news_of_artifacts
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, CallStatus
from aywa.settings import ArtifactSettings
from tests.kit import libav
from tests.kit.call_store_contract import OTHER_ORGANIZATION, T0, call_row
from tests.kit.news import news_plan
from tests.kit.postgres import open_clean_postgres, postgres_url
from tests.kit.s3_server import FaultyLine, Line, bucket_settings, make_bucket, open_line, s3
from tests.kit.spool_world import SpoolWorld, stereo, until

__all__ = ["postgres_url", "s3"]
pytestmark = [pytest.mark.live, pytest.mark.beside]
RECORDINGS = {ArtifactKind.STEREO, ArtifactKind.MONO, ArtifactKind.CUSTOMER, ArtifactKind.ASSISTANT}
PLAN = news_plan("call.artifact.upload")


@dataclass
class Rig:
    """A world whose store is behind a faulty line."""

    world: SpoolWorld
    line: FaultyLine
    store: ObjectStore  # the same bucket, past the line
    bucket: str

    def content(self, artifact: Artifact) -> bytes:
        return b"".join(self.store.read(artifact.key))

    def stored(self, prefix: str = "") -> list[str]:
        return sorted(found.key for found in self.store.list(prefix))


@pytest.fixture
async def rig(postgres_url: str, s3: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with open_rig(postgres_url, s3, tmp_path) as rig:
        yield rig


@asynccontextmanager
async def open_rig(postgres_url: str, s3: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with open_clean_postgres(postgres_url) as (_loop, postgres), open_line(s3) as line:
        bucket = make_bucket(s3)
        through, past = (
            open_store(ArtifactSettings(s3=bucket_settings(origin, bucket))) for origin in (line.origin, s3)
        )
        assert through is not None
        assert past is not None
        world = SpoolWorld(postgres, tmp_path / "spool", through, tell)
        world.news = PLAN.data()
        yield Rig(world, line, past, bucket)


def tell(row: CallRow, artifacts: Sequence[Artifact], seqs: Mapping[str, int]) -> list[WebhookJob]:
    return news_of_artifacts(PLAN, row, artifacts, seqs)


def channels(content: bytes) -> tuple[int, bytes]:
    with wave.open(io.BytesIO(content)) as file:
        return file.getnchannels(), file.readframes(file.getnframes())


async def test_a_calls_artifacts_are_stored_and_leave_the_disk(rig: Rig) -> None:
    row = await rig.world.call(pcap=True)
    other = await rig.world.call(2, org_id=OTHER_ORGANIZATION)
    async with rig.world.spool():
        found = await rig.world.settled(row)
        theirs = await rig.world.settled(other)
        await until(lambda: not rig.world.files())
    assert set(found) == RECORDINGS | {ArtifactKind.PCAP, ArtifactKind.LOGS}
    assert {each.state for each in found.values()} == {ArtifactState.STORED}
    frames = stereo(1.0)
    assert rig.content(found[ArtifactKind.STEREO]) == wav_header(len(frames)) + frames
    left = b"".join(frames[at : at + 2] for at in range(0, len(frames), 4))
    assert channels(rig.content(found[ArtifactKind.CUSTOMER])) == (1, left)
    assert channels(rig.content(found[ArtifactKind.MONO]))[0] == 1
    assert rig.content(found[ArtifactKind.PCAP]) == b"packets"
    logs = [json.loads(line) for line in rig.content(found[ArtifactKind.LOGS]).splitlines()]
    assert [(line["seq"], line["kind"], line["data"]) for line in logs] == [
        (1, "test.1", {"n": 1}),
        (2, "test.2", {"n": 2}),
    ]
    assert found[ArtifactKind.STEREO].size == 44 + len(frames)
    # one organisation's objects lie below its own id
    assert rig.stored(str(row.org_id)) == sorted(each.key for each in found.values())
    assert rig.stored(str(OTHER_ORGANIZATION)) == sorted(each.key for each in theirs.values())
    (job,) = await rig.world.book._system.fetch(
        "select body from webhook_jobs where call_id::text = $1", row.id
    )
    message = json.loads(job["body"])["message"]
    assert message["type"] == "call.artifact.upload"
    assert {each["type"] for each in message["artifacts"]} == {each.value for each in found}
    assert all(each["success"] for each in message["artifacts"])


async def test_opus_is_stored_instead_of_wav(rig: Rig) -> None:
    libav.require()
    import av

    row = await rig.world.call(opus=True)
    async with rig.world.spool():
        found = await rig.world.settled(row)
        await until(lambda: not rig.world.files())
    assert {found[kind].format for kind in RECORDINGS} == {ArtifactFormat.OPUS}
    for kind in RECORDINGS:
        with av.open(io.BytesIO(rig.content(found[kind]))) as container:
            (stream,) = container.streams.audio
            samples = sum(frame.samples for frame in container.decode(stream))
            assert (stream.channels, samples) == (2 if kind is ArtifactKind.STEREO else 1, 48_000)


async def test_outages_delay_uploads_and_lose_nothing(rig: Rig) -> None:
    rows = [await rig.world.call(number, seconds=0.5) for number in (1, 2, 3)]
    rig.line.turn(Line.BUSY)
    async with rig.world.spool() as spool:
        figures, before = spool.gate.figures, rig.world.files()
        await until(lambda: figures.failures >= 2)
        assert spool.health.detail == "it answers 503"
        rig.line.turn(Line.RESETS)
        await until(lambda: spool.health.detail == "it cannot be reached")
        assert rig.world.files() == before, "nothing leaves the disk that is not stored"
        assert rig.stored() == []
        rig.line.turn(Line.SLOW)
        spool.hurry([])
        await until(lambda: figures.stored >= 1)
        rig.line.turn(Line.PASSES)
        for row in rows:
            found = await rig.world.settled(row, seconds=40)
            assert {each.state for each in found.values()} == {ArtifactState.STORED}
        await until(lambda: not rig.world.files())
    assert len(rig.stored()) == 3 * 5
    assert max(each.attempts for each in await rig.world.book.of_calls([rows[0].id])) >= 1


async def test_what_the_way_has_changed_is_not_believed(rig: Rig) -> None:
    row = await rig.world.call()
    rig.line.turn(Line.SPOILS)
    async with rig.world.spool() as spool:
        await until(lambda: spool.gate.figures.failures)
        assert len(rig.world.files()) == 1
        waiting = [each for each in await rig.world.book.of_calls([row.id]) if each.attempts]
        assert {each.last_error for each in waiting} == {"what is read is not what was written"}
        rig.line.turn(Line.PASSES)
        await rig.world.settled(row)
        await until(lambda: not rig.world.files())


async def test_a_killed_process_leaves_its_uploads_to_the_next(rig: Rig, postgres_url: str) -> None:
    """In the middle of an upload: the line takes the bytes and never answers."""
    row = await rig.world.call(seconds=3)
    rig.line.turn(Line.HANGS)
    command = [sys.executable, "-m", "tests.kit.spool_child", postgres_url, str(rig.world.directory)]
    with subprocess.Popen([*command, rig.line.origin, rig.bucket]) as child:
        await until(lambda: rig.line.requests)
        child.send_signal(signal.SIGKILL)
    assert len(rig.world.files()) == 1
    rig.line.turn(Line.PASSES)
    async with rig.world.spool():
        found = await rig.world.settled(row)
        await until(lambda: not rig.world.files())
    assert {each.state for each in found.values()} == {ArtifactState.STORED}
    assert rig.content(found[ArtifactKind.STEREO])[44:] == stereo(3)


async def test_what_was_stored_before_a_kill_is_only_tidied_up(rig: Rig) -> None:
    row = await rig.world.call()
    copy = rig.world.read(row)
    async with rig.world.spool():
        await rig.world.settled(row)
        await until(lambda: not rig.world.files())
    rig.world.write(row, copy)  # as if the process had died before it was deleted
    requests = rig.line.requests
    async with rig.world.spool():
        await until(lambda: not rig.world.files())
    assert rig.line.requests == requests


async def test_a_recording_that_is_written_is_left_alone_until_it_is_over(rig: Rig) -> None:
    row = call_row(7, status=CallStatus.ENDED, ended_at=T0, transfers=(), recording_path=None)
    await rig.world.calls.save_call(row)
    async with rig.world.spool() as spool:
        with WavRecordings(str(rig.world.directory)).open(row.id) as sink:
            sink.append(stereo(0.1))
            sink.sync()
            spool.ended(row.id)
            await until(lambda: spool._calls[row.id].looks)
            assert rig.stored() == []
            sink.append(stereo(0.1))
        found = await rig.world.settled(row)
    assert rig.content(found[ArtifactKind.STEREO])[44:] == stereo(0.1) * 2


async def test_a_call_that_is_up_is_not_touched(rig: Rig) -> None:
    row = await rig.world.call()
    await rig.world.calls.save_call(call_row(1, transfers=()))
    async with rig.world.spool() as spool:
        await until(lambda: spool._calls[row.id].looks)
        assert await rig.world.book.of_calls([row.id]) == []
        await rig.world.calls.save_call(row)
        spool.ended(row.id)
        await rig.world.settled(row)


async def test_a_call_that_is_erased_on_the_way_leaves_no_object(rig: Rig) -> None:
    row = await rig.world.call()
    rig.line.turn(Line.HANGS)
    async with rig.world.spool() as spool:
        await until(lambda: rig.line.requests)
        await rig.world.keeper._book.forget(row.org_id, row.id)
        await rig.world.book._system.execute("delete from calls")
        rig.line.turn(Line.PASSES)
        await until(lambda: spool.gate.figures.failures)
        spool.hurry([row.id])
    assert rig.stored() == []
    # and one whose upload had succeeded when the rows were gone
    maker = spool._bench
    await rig.world.calls.save_call(row)
    await rig.world.book.expect([_waiting(row)])
    await rig.world.book.forget(row.org_id, row.id)
    rig.store.put(_waiting(row).key, [b"x"], "audio/wav")
    await maker._settle(_waiting(row))  # type: ignore[attr-defined]
    assert rig.stored() == []


def _waiting(row: CallRow) -> Artifact:
    kind, format = ArtifactKind.STEREO, ArtifactFormat.WAV
    return Artifact(row.org_id, row.id, kind, format, ArtifactState.WAITING, "host-a", T0, T0)


async def test_erasing_reaches_disk_objects_and_rows(rig: Rig) -> None:
    row, other = await rig.world.call(), await rig.world.call(2)
    async with rig.world.spool():
        await rig.world.settled(row)
        await rig.world.settled(other)
        await until(lambda: not rig.world.files())
    for name in (f"{row.id}.wav", f"{row.id}-colleague-1.wav", f"{row.id}.pcap", f"{other.id}.wav"):
        (rig.world.folder / name).write_bytes(b"x")
    assert len(await rig.world.keeper.objects(row.org_id, row.id)) == 5
    assert await rig.world.keeper.delete(row.org_id, row.id, row) == 5 + 3
    assert await rig.world.book.of_calls([row.id]) == []
    assert {key.split("/")[1] for key in rig.stored()} == {other.id}
    assert rig.world.files() == [f"{other.id}.wav"]
    assert await rig.world.keeper.delete(row.org_id, row.id, row) == 0


async def test_a_recording_that_is_gone_is_lost_and_said_to_be(rig: Rig) -> None:
    row = await rig.world.call()
    await rig.world.book.expect([_waiting(row)])
    rig.world.path(row).unlink()
    async with rig.world.spool():
        found = await rig.world.settled(row)
    assert found[ArtifactKind.STEREO].state is ArtifactState.LOST
    assert found[ArtifactKind.STEREO].last_error == "the recording is not there"
    assert found[ArtifactKind.LOGS].state is ArtifactState.STORED


async def test_without_a_store_recordings_stay_and_opus_is_made_beside_them(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        world = SpoolWorld(postgres, tmp_path, None)
        plain, encoded = await world.call(), await world.call(2, opus=True)
        world.write(plain, wav_header(0) + stereo(0.5) + b"x")  # as a kill leaves it
        async with world.spool() as spool:
            found = await world.settled(encoded)
            await until(lambda: f"{encoded.id}.opus.wav" not in world.files())
            assert spool.gate.figures.repaired == 1
        assert world.read(plain) == wav_header(len(stereo(0.5))) + stereo(0.5)
        assert set(found) == RECORDINGS
        assert {each.state for each in found.values()} == {ArtifactState.KEPT}
        for each in found.values():
            assert each.path is not None
            assert (await trio.Path(each.path).stat()).st_size == each.size
        assert await world.book.of_calls([plain.id]) == []


async def test_the_disk_is_looked_through_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody told of this call: it was another process's, which was killed."""
    monkeypatch.setattr("aywa.artifacts.spool.LOOK_EVERY_S", 0.1)
    async with rig.world.spool():
        await trio.lowlevel.checkpoint()
        row = await rig.world.call()
        await rig.world.settled(row)
