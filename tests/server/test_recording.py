"""`GET /call/:id/recording`: stereo, or every party on a track of its own, whole or in part."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aywa.artifacts.wav import write_stereo
from aywa.ports.store import CallRow, CallStatus
from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, DictCallStore, make_parts
from tests.kit.call_store_contract import call_row

CALLER, ASSISTANT, COLLEAGUE, BRIEFING = 100, 200, 300, 400
CALL = call_row(1, status=CallStatus.ENDED)


def leg(path: Path, heard: int, sent: int, seconds: float, rate_hz: int = 8000) -> str:
    """Steady levels on both sides."""
    frames = np.tile(np.array([heard, sent], "<i2"), (int(seconds * rate_hz), 1))
    write_stereo(path, frames.tobytes(), rate_hz)
    return str(path)


def transferred(folder: Path, seconds: float = 10.0, **changes: object) -> CallRow:
    """On hold from 2 s to 5 s, when the assistant takes the caller back.

    What is sent as a file comes in pieces of 8 KiB, and the test's client takes few: let it be shorter there.
    """
    transfer: dict[str, object] = {
        "status": "failed",
        "recordingPath": leg(folder / "a-colleague-1.wav", COLLEAGUE, BRIEFING, 2.0),
        "recordingOffsetMs": 2500,
        "awayFromMs": 2000,
        "awayToMs": 5000,
        **changes,
    }
    own = leg(folder / "a.wav", CALLER, ASSISTANT, seconds)
    return replace(CALL, recording_path=own, transfers=(transfer,))


def stored(row: CallRow) -> bytes:
    """The call's own recording."""
    return Path(str(row.recording_path)).read_bytes()


def names(folder: Path) -> list[str]:
    """What is in it."""
    return sorted(path.name for path in folder.iterdir())


def client_for(row: CallRow) -> Any:
    return create_app(make_parts(DictCallStore({row.id: row}))).test_client()


async def fetch(row: CallRow, query: str = "?tracks=all", **headers: str) -> Any:
    return await client_for(row).get(f"/call/{row.id}/recording{query}", headers=AUTH | headers)


async def tracks(row: CallRow) -> NDArray[np.int16]:
    """One row a track."""
    answer = await fetch(row)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "audio/wav"
    data = await answer.get_data()
    assert int(answer.headers["Content-Length"]) == len(data)
    with wave.open(io.BytesIO(data)) as wav:
        assert wav.getframerate() == 8000
        frames, count = wav.readframes(wav.getnframes()), wav.getnchannels()
    return np.frombuffer(frames, "<i2").reshape(-1, count).T


def spans(track: NDArray[np.int16]) -> list[tuple[float, int]]:
    """Where a level begins, in seconds, and which."""
    starts = [0, *(np.flatnonzero(np.diff(track)) + 1)]
    return [(start / 8000, int(track[start])) for start in starts]


async def test_each_party_has_a_track(tmp_path: Path) -> None:
    """The assistant's has neither the music nor what the caller heard of the colleague."""
    caller, assistant, colleague = await tracks(transferred(tmp_path))
    assert len(caller) == 80000
    assert spans(caller) == [(0, CALLER)]
    assert spans(assistant) == [(0, ASSISTANT), (2, 0), (2.5, BRIEFING), (4.5, 0), (5.06, ASSISTANT)]
    assert spans(colleague) == [(0, 0), (2.5, COLLEAGUE), (4.5, 0)]


async def test_who_was_handed_over_never_comes_back_to_the_assistant(tmp_path: Path) -> None:
    row = transferred(tmp_path, awayToMs=None)
    assert spans((await tracks(row))[1]) == [(0, ASSISTANT), (2, 0), (2.5, BRIEFING), (4.5, 0)]


async def test_a_second_colleague_has_another_track(tmp_path: Path) -> None:
    row = transferred(tmp_path)
    second = leg(tmp_path / "a-colleague-2.wav", 500, 0, 4.0)
    further = {"recordingPath": second, "recordingOffsetMs": 8000, "awayFromMs": 7000}
    row = replace(row, transfers=(*row.transfers, {"status": "busy"}, further))
    found = await tracks(row)
    assert found.shape == (4, 96000), "the second colleague's leg ends last"
    assert spans(found[3]) == [(0, 0), (8, 500)]
    call = await (await client_for(row).get(f"/call/{row.id}", headers=AUTH)).get_json()
    assert call["artifact"]["recording"]["tracks"] == ["caller", "assistant", "colleague", "colleague-2"]


async def test_the_call_and_its_timeline_say_where(tmp_path: Path) -> None:
    row = transferred(tmp_path)
    client = client_for(row)
    url = f"http://localhost/call/{row.id}/recording?tracks=all"
    call = await (await client.get(f"/call/{row.id}", headers=AUTH)).get_json()
    assert call["artifact"]["recording"] == {
        "stereoUrl": f"http://localhost/call/{row.id}/stereo-recording",
        "mono": {
            f"{who}Url": f"http://localhost/call/{row.id}/{route}-recording"
            for who, route in {"combined": "mono", "assistant": "assistant", "customer": "customer"}.items()
        },
        "tracksUrl": url,
        "tracks": ["caller", "assistant", "colleague"],
    }
    timeline = await (await client.get(f"/call/{row.id}/timeline", headers=AUTH)).get_json()
    assert [(one["kind"], one["url"]) for one in timeline["artifacts"]][1] == ("tracks-recording", url)
    assert (await client.get(url.removeprefix("http://localhost"), headers=AUTH)).status_code == 200


async def test_two_parties_are_the_stereo_recording(tmp_path: Path) -> None:
    row = replace(transferred(tmp_path, 0.5), transfers=({"status": "busy"},))
    stereo = stored(row)
    for query in ("", "?tracks=stereo", "?tracks=all"):
        answer = await fetch(row, query)
        assert (answer.status_code, await answer.get_data()) == (200, stereo)
    call = await (await client_for(row).get(f"/call/{row.id}", headers=AUTH)).get_json()
    assert "tracksUrl" not in call["artifact"]["recording"]


@pytest.mark.parametrize(
    ("wanted", "begin", "end"),
    [("0-43", 0, 44), ("40-99", 40, 100), ("131070-400001", 131070, 400002), ("480000-", 480000, None)],
)
async def test_a_part_of_it(tmp_path: Path, wanted: str, begin: int, end: int | None) -> None:
    row = transferred(tmp_path)
    everything = await (await fetch(row)).get_data()
    part = await fetch(row, Range=f"bytes={wanted}")
    assert part.status_code == 206
    data = await part.get_data()
    assert data == everything[begin:end]
    assert part.headers["Content-Range"] == f"bytes {begin}-{begin + len(data) - 1}/{len(everything)}"
    assert int(part.headers["Content-Length"]) == len(data)


async def test_a_part_from_its_end_and_one_beyond_it(tmp_path: Path) -> None:
    row = transferred(tmp_path)
    everything = await (await fetch(row)).get_data()
    assert await (await fetch(row, Range="bytes=-100")).get_data() == everything[-100:]
    assert (await fetch(row, Range="bytes=99999999-")).status_code == 416


async def test_what_cannot_be_answered_says_why(tmp_path: Path) -> None:
    row = transferred(tmp_path)

    async def refused(row: CallRow, status: int, code: str, query: str = "?tracks=all") -> str:
        answer = await fetch(row, query)
        body = await answer.get_json()
        assert (answer.status_code, body["code"]) == (status, code)
        return str(body["message"])

    for query in ("?tracks=foo", "?tracks=", "?tracks=all,stereo"):
        assert await refused(row, 400, "invalid-field", query) == "tracks must be one of stereo, all"
    silent = replace(row, recording_path=None)
    assert await refused(silent, 404, "recording-not-found") == "this call has no recording"
    assert await refused(silent, 404, "recording-not-found", "") == "this call has no recording"
    unknown = await client_for(row).get("/call/nobody/recording?tracks=all", headers=AUTH)
    assert (unknown.status_code, (await unknown.get_json())["code"]) == (404, "call-not-found")
    assert (await client_for(row).get(f"/call/{row.id}/recording")).status_code == 401


async def test_nothing_is_left_of_a_recording_that_was_removed(tmp_path: Path) -> None:
    """The tracks are made of the legs' files and of nothing else."""
    row = transferred(tmp_path, 0.5)
    assert (await fetch(row)).status_code == 200
    assert names(tmp_path) == ["a-colleague-1.wav", "a.wav"]
    (tmp_path / "a-colleague-1.wav").unlink()
    answer = await fetch(row)
    assert answer.status_code == 404
    assert "a-colleague-1.wav cannot be read (No such file" in (await answer.get_json())["message"]
    assert (await fetch(row, "")).status_code == 200
    (tmp_path / "a.wav").unlink()
    assert (await fetch(row)).status_code == (await fetch(row, "")).status_code == 404


async def test_a_file_that_is_no_recording(tmp_path: Path) -> None:
    row = transferred(tmp_path)
    (tmp_path / "a-colleague-1.wav").write_bytes(b"what is this")
    answer = await fetch(row)
    assert answer.status_code == 404
    assert "a-colleague-1.wav is no recording" in (await answer.get_json())["message"]
