"""Artifacts over the API: from the disk, from the store, by a range, and a clear word where there is none."""

from __future__ import annotations

import io
import json
import wave
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import trio

from aywa.artifacts.objects import open_store
from aywa.artifacts.wav import write_stereo
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState, ArtifactStore
from aywa.ports.store import CallRow, CallStatus, TimelineEntry
from aywa.settings import ArtifactSettings
from aywa_server.app import create_app
from aywa_server.artifact_desk import ArtifactDesk
from tests.kit.api_parts import AUTH, DictCallStore, make_parts
from tests.kit.call_store_contract import T0, call_row
from tests.kit.s3_server import Line, bucket_settings, make_bucket, open_line, s3
from tests.kit.spool_world import stereo

__all__ = ["s3"]
pytestmark = pytest.mark.live
ENDED = call_row(1, status=CallStatus.ENDED, ended_at=T0, transfers=(), recording_path=None, pcap_path=None)
ROUTES = ("stereo-recording", "mono-recording", "customer-recording", "assistant-recording")


@dataclass
class DictArtifactLog:
    """What is written down, in a list."""

    rows: list[Artifact] = field(default_factory=list)
    retried: list[UUID | None] = field(default_factory=list)

    async def of_call(self, org_id: UUID, call_id: str) -> list[Artifact]:
        await trio.lowlevel.checkpoint()
        return [each for each in self.rows if (each.org_id, each.call_id) == (org_id, call_id)]

    async def newest(
        self, org_id: UUID, state: ArtifactState | None, call_id: UUID | None, limit: int
    ) -> list[Artifact]:
        await trio.lowlevel.checkpoint()
        return [each for each in self.rows if state in (None, each.state)][:limit]

    async def retry(self, org_id: UUID, call_id: UUID | None, now: datetime) -> list[str]:
        await trio.lowlevel.checkpoint()
        self.retried.append(call_id)
        return [each.call_id for each in self.rows if each.state is ArtifactState.WAITING]


@dataclass
class Api:
    """A client, and what the API knows."""

    row: CallRow
    settings: ArtifactSettings = field(default_factory=ArtifactSettings)
    log: DictArtifactLog = field(default_factory=DictArtifactLog)
    entries: list[TimelineEntry] = field(default_factory=list)
    hurried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store: ArtifactStore | None = open_store(self.settings)
        desk = ArtifactDesk(self.settings, self.store, self.log, self.hurried.extend)
        calls = DictCallStore({self.row.id: self.row}, self.entries)
        self.client: Any = create_app(make_parts(calls, artifacts=desk)).test_client()

    def write_down(
        self,
        kind: ArtifactKind,
        state: ArtifactState = ArtifactState.STORED,
        format: ArtifactFormat = ArtifactFormat.WAV,
        **changes: Any,
    ) -> Artifact:
        row = self.row
        artifact = Artifact(row.org_id, row.id, kind, format, state, "host-a", T0, T0)
        self.log.rows.append(replace(artifact, **changes))
        return self.log.rows[-1]

    def put(self, kind: ArtifactKind, content: bytes, format: ArtifactFormat = ArtifactFormat.WAV) -> None:
        artifact = self.write_down(kind, format=format, size=len(content), sha256="ab" * 32)
        assert self.store is not None
        self.store.put(artifact.key, [content], format.content_type)

    async def get(self, route: str, **headers: str) -> Any:
        return await self.client.get(f"/call/{self.row.id}/{route}", headers=AUTH | headers)

    async def refusal(self, route: str) -> tuple[int, str]:
        answer = await self.get(route)
        told = await answer.get_json()
        return answer.status_code, told["code"]


def recorded(path: Path, **changes: Any) -> CallRow:
    write_stereo(path, stereo(1.0))
    return replace(ENDED, recording_path=str(path), **changes)


async def test_every_side_is_downloaded_while_the_file_lies_here(tmp_path: Path) -> None:
    api = Api(recorded(tmp_path / "a.wav"))
    frames = stereo(1.0)
    expected = {
        "stereo-recording": (2, frames),
        "customer-recording": (1, b"".join(frames[at : at + 2] for at in range(0, len(frames), 4))),
        "assistant-recording": (1, b"".join(frames[at + 2 : at + 4] for at in range(0, len(frames), 4))),
    }
    for route in ROUTES:
        answer = await api.get(route)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/wav")
        content = await answer.get_data()
        with wave.open(io.BytesIO(content)) as file:
            found = file.getnchannels(), file.readframes(file.getnframes())
        assert found == expected.get(route, found)
        part = await api.get(route, Range="bytes=100-199")
        assert (part.status_code, await part.get_data()) == (206, content[100:200])
        assert part.headers["Content-Range"] == f"bytes 100-199/{len(content)}"


async def test_a_live_call_is_downloaded_as_far_as_it_is(tmp_path: Path) -> None:
    api = Api(recorded(tmp_path / "a.wav", status=CallStatus.IN_PROGRESS, ended_at=None))
    assert (await api.get("customer-recording")).status_code == 200
    assert await api.refusal("call-logs") == (409, "artifact-not-finished")


async def test_what_is_not_there_is_said() -> None:
    api = Api(ENDED)
    for route in ROUTES:
        assert await api.refusal(route) == (404, "recording-not-found")
    assert await api.refusal("pcap") == (404, "pcap-not-found")
    api.write_down(ArtifactKind.STEREO, ArtifactState.LOST, last_error="the recording is not there")
    answer = await api.get("stereo-recording")
    assert (await answer.get_json())["message"] == "it is lost: the recording is not there"


async def test_what_is_on_its_way_from_another_host_is_not_finished(tmp_path: Path) -> None:
    api = Api(replace(ENDED, recording_path=str(tmp_path / "none.wav"), pcap_path=str(tmp_path / "none")))
    for kind in (ArtifactKind.STEREO, ArtifactKind.MONO, ArtifactKind.PCAP):
        api.write_down(kind, ArtifactState.WAITING)
    for route in ("stereo-recording", "mono-recording", "pcap"):
        assert await api.refusal(route) == (409, "artifact-not-finished")
    assert await api.refusal("customer-recording") == (404, "recording-not-found")


async def test_logs_are_the_timeline_by_lines() -> None:
    entries = [TimelineEntry(ENDED.id, seq, seq, "test.é", {"n": seq}) for seq in (1, 2)]
    api = Api(ENDED, entries=entries)
    answer = await api.get("call-logs")
    content = await answer.get_data()
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert [json.loads(line)["data"]["n"] for line in content.splitlines()] == [1, 2]
    again = await api.get("call-logs", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


async def test_what_is_kept_in_opus_is_sent_as_it_is(tmp_path: Path) -> None:
    api = Api(recorded(tmp_path / "a.wav"))
    kept = tmp_path / "a.stereo-recording.opus"
    kept.write_bytes(b"OggS...")
    api.write_down(
        ArtifactKind.STEREO, ArtifactState.KEPT, ArtifactFormat.OPUS, path=str(kept), size=7, sha256="ab" * 32
    )
    answer = await api.get("stereo-recording")
    assert answer.headers["Content-Type"] == "audio/ogg; codecs=opus"
    assert await answer.get_data() == b"OggS..."
    call = await (await api.client.get(f"/call/{api.row.id}", headers=AUTH)).get_json()
    assert call["artifact"]["recordingPath"] == str(kept)
    kept.unlink()
    assert await api.refusal("stereo-recording") == (404, "recording-not-found")


@pytest.mark.parametrize("directory", [True, False], ids=["directory", "bucket"])
async def test_what_is_stored_is_streamed_whole_or_in_part(directory: bool, s3: str, tmp_path: Path) -> None:
    settings = (
        ArtifactSettings(store_dir=str(tmp_path / "store"))
        if directory
        else ArtifactSettings(s3=bucket_settings(s3, make_bucket(s3)))
    )
    api = Api(replace(ENDED, recording_path=str(tmp_path / "gone.wav")), settings)
    content = bytes(range(256)) * 9000  # three reads of the store
    await trio.to_thread.run_sync(api.put, ArtifactKind.STEREO, content)
    answer = await api.get("stereo-recording")
    assert await answer.get_data() == content
    assert answer.headers["ETag"] == '"' + "ab" * 32 + '"'
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{ENDED.id}.wav"'
    part = await api.get("stereo-recording", Range="bytes=1048570-1048585")
    assert (part.status_code, await part.get_data()) == (206, content[1048570:1048586])
    tail = await api.get("stereo-recording", Range="bytes=-10")
    assert await tail.get_data() == content[-10:]
    beyond = await api.get("stereo-recording", Range=f"bytes={len(content)}-")
    assert beyond.status_code == 416
    same = await api.get("stereo-recording", **{"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304
    call = await (await api.client.get(f"/call/{ENDED.id}", headers=AUTH)).get_json()
    assert "recordingPath" not in call["artifact"], "it leads nowhere"
    (listed,) = await (await api.client.get("/call", headers=AUTH)).get_json()
    assert "recordingPath" not in listed["artifact"]
    assert ("presignedStereoRecordingUrl" in call["artifact"]) is not directory


async def test_clients_are_sent_to_the_store_if_the_settings_say_so(s3: str) -> None:
    settings = ArtifactSettings(
        s3=bucket_settings(s3, make_bucket(s3)), downloads="redirect", url_expires_s=90
    )
    api = Api(ENDED, settings)
    await trio.to_thread.run_sync(api.put, ArtifactKind.LOGS, b"{}\n", ArtifactFormat.JSONL)
    answer = await api.get("call-logs")
    assert answer.status_code == 302
    assert (answer.headers["Cache-Control"], "X-Amz-Expires=90" in answer.headers["Location"]) == (
        "no-store",
        True,
    )
    found = await trio.to_thread.run_sync(httpx.get, answer.headers["Location"])
    assert (found.content, found.headers["Content-Type"]) == (b"{}\n", "application/jsonl")
    call = await (await api.client.get(f"/call/{ENDED.id}", headers=AUTH)).get_json()
    assert call["artifact"]["presignedLogUrl"].startswith(s3)
    assert call["artifact"]["presignedUrlsExpiresAt"] > call["endedAt"]


@pytest.mark.parametrize("line", [Line.BUSY, Line.RESETS, Line.HANGS], ids=lambda line: line.name.lower())
async def test_a_store_that_is_away_is_503_at_once(line: Line, s3: str) -> None:
    async with open_line(s3) as proxy:
        settings = ArtifactSettings(s3=bucket_settings(proxy.origin, make_bucket(s3)))
        api = Api(ENDED, settings)
        await trio.to_thread.run_sync(api.put, ArtifactKind.STEREO, b"x" * 5_000_000)
        proxy.turn(line)
        with trio.fail_after(5):  # the store's own limit is 10 s, and nobody waits for it
            answer = await api.get("stereo-recording")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert (await answer.get_json())["code"] == "artifact-store-error"
        proxy.turn(Line.PASSES)
        assert len(await (await api.get("stereo-recording")).get_data()) == 5_000_000


async def test_an_object_that_somebody_deleted_is_not_found(tmp_path: Path) -> None:
    api = Api(ENDED, ArtifactSettings(store_dir=str(tmp_path)))
    api.write_down(ArtifactKind.STEREO, size=5, sha256="ab" * 32)
    assert await api.refusal("stereo-recording") == (404, "recording-not-found")


async def test_a_store_that_is_not_configured_any_more_is_named() -> None:
    api = Api(ENDED)
    api.write_down(ArtifactKind.STEREO, size=5, sha256="ab" * 32)
    assert await api.refusal("stereo-recording") == (503, "artifact-store-error")


async def test_artifacts_are_listed_and_tried_again() -> None:
    api = Api(ENDED)
    api.write_down(ArtifactKind.STEREO, ArtifactState.WAITING, attempts=3, last_error="it answers 503")
    api.write_down(ArtifactKind.LOGS, size=5, sha256="ab" * 32)
    (waiting,) = await (await api.client.get("/artifact?state=waiting", headers=AUTH)).get_json()
    assert (waiting["type"], waiting["attempts"], waiting["lastError"]) == (
        "stereo-recording",
        3,
        "it answers 503",
    )
    assert len(await (await api.client.get("/artifact?limit=5", headers=AUTH)).get_json()) == 2
    answer = await api.client.post("/artifact/retry", headers=AUTH, json={"callId": ENDED.id})
    assert (answer.status_code, await answer.get_json()) == (202, {"retried": 1, "callIds": [ENDED.id]})
    assert (api.log.retried, api.hurried) == ([UUID(ENDED.id)], [ENDED.id])
    await api.client.post("/artifact/retry", headers=AUTH, json={})
    assert api.log.retried[-1] is None


@pytest.mark.parametrize(
    ("path", "field_name"),
    [("state=gone", "state"), ("callId=7", "callId"), ("limit=0", "limit"), ("colour=red", "colour")],
)
async def test_a_query_that_means_nothing_is_refused(path: str, field_name: str) -> None:
    answer = await Api(ENDED).client.get(f"/artifact?{path}", headers=AUTH)
    assert (answer.status_code, (await answer.get_json())["field"]) == (400, field_name)
