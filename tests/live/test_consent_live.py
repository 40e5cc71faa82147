"""A real call on the runtime's defaults: told that an AI speaks, asked, paused for a card, stopped.

Everything that was kept of it is searched for what was pressed and said in the pause: the files of the
database, the recording, the capture, the log and what servers were told.
"""

from __future__ import annotations

import json
import struct
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from aywa._native.g711 import encode_ulaw
from tests.kit.outbox_world import until
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.postgres import data_dir
from tests.kit.recordings import read_recording
from tests.kit.runtime_process import Child, open_runtime_process, runtime_settings, wait_for_end
from tests.kit.webhook_server import open_webhook_server

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.paired]
CARD = "6304000000000000018"
EVENTS = 101
ASKED = "Press one to be recorded."
MESSAGES = ["status-update", "end-of-call-report", "transcript", "conversation-update", "speech-update"]
ASSISTANT = {
    "name": "Desk",
    "firstMessage": "Desk. Yes?",
    "artifactPlan": {"recordingEnabled": True},
    "serverMessages": MESSAGES,
    "compliancePlan": {"recordingConsentPlan": {"type": "key", "message": ASKED, "answerSeconds": 20}},
}


class Caller:
    """Speaks without a pause: a voice that says digits, so that silence in a recording is the runtime's."""

    def __init__(self, call: PlainCall) -> None:
        self._call = call
        voice = encode_ulaw(b"".join(read_recording(f"digits/{digit}") for digit in "6304"))
        self.frames = [voice[at : at + 160] for at in range(0, len(voice) - 159, 160)]
        self._keys: list[str] = []

    def press(self, digits: str) -> None:
        """Press these keys one after the other."""
        self._keys += digits

    @property
    def pressed(self) -> bool:
        """Whether all have been."""
        return not self._keys

    async def serve(self) -> None:
        """A packet every 20 ms, until cancelled."""
        at, sent = trio.current_time(), 0
        while True:
            if self._keys:
                sent += await self._event("0123456789*#".index(self._keys[0]), at, sent)
                del self._keys[0]
            await self._call.send(self._call.packet(self.frames[sent % len(self.frames)]))
            sent += 1
            await trio.sleep_until(at + sent * 0.02)

    async def _event(self, code: int, at: float, sent: int) -> int:
        """A press of 100 ms (RFC 4733 section 2.5.1.2), its end three times."""
        call = self._call
        stamp = call.timestamp
        for number in range(8):
            last = number >= 5
            payload = struct.pack("!BBH", code, 0x8A if last else 0x0A, 160 * min(5, number + 1))
            packet = call.packet(payload, payload_type=EVENTS, marker=number == 0)
            await call.send(packet[:4] + struct.pack("!I", stamp) + packet[8:])
            await trio.sleep_until(at + (sent + number + 1) * 0.02)
        call.timestamp = stamp + 8 * 160
        return 8


async def steer(runtime: Child, call_id: str, control: str) -> None:
    answer = await runtime.client.post(
        f"/call/{call_id}/control", json={"type": "control", "control": control}
    )
    assert answer.status_code == 200, answer.text


async def entries(runtime: Child, call_id: str, kind: str) -> list[dict[str, Any]]:
    found = (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]
    return [item["data"] for item in found if item["kind"] == kind]


async def comes(runtime: Child, call_id: str, kind: str) -> dict[str, Any]:
    with trio.fail_after(20):
        while True:
            if found := await entries(runtime, call_id, kind):
                return found[-1]
            await trio.sleep(0.1)


async def known(runtime: Child, sip_call_id: str) -> str:
    with trio.fail_after(10):
        while True:
            if (newest := await runtime.call_with(sip_call_id)) is not None:
                return str(newest["id"])
            await trio.sleep(0.1)


@asynccontextmanager
async def calling(runtime: Child) -> AsyncIterator[tuple[Caller, str]]:
    """A call that talks."""
    async with open_plain_call(runtime.sip_port) as call, trio.open_nursery() as nursery:
        caller = Caller(call)
        nursery.start_soon(caller.serve)
        yield caller, await known(runtime, call.session.sip_call_id)
        nursery.cancel_scope.cancel()


async def have_the_call(runtime: Child) -> tuple[str, Caller, float]:
    """Consent by a key, a pause for a card, the stop; the call's id, and how long the stop took."""
    async with calling(runtime) as (caller, call_id):
        await comes(runtime, call_id, "turn.assistant")
        assert "recordingPath" not in (await runtime.get(f"/call/{call_id}"))["artifact"]
        await runtime.post(f"/call/{call_id}/control", {"type": "capture", "mode": "full"})
        caller.press("1")
        await comes(runtime, call_id, "recording.started")
        await comes(runtime, call_id, "disclosure.ai")
        await trio.sleep(0.5)
        await steer(runtime, call_id, "pause-card")
        caller.press(CARD)
        await until(lambda: caller.pressed, 20)
        await trio.sleep(0.5)
        await steer(runtime, call_id, "resume-card")
        await trio.sleep(0.7)
        began = trio.current_time()
        await steer(runtime, call_id, "stop-recording")
        path = Path((await runtime.get(f"/call/{call_id}"))["artifact"]["recordingPath"])
        stopped = await comes(runtime, call_id, "recording.stopped")
        await until(lambda: _frames(path) == stopped["sample"], 5)
        took = trio.current_time() - began
        await trio.sleep(1.0)
        assert _frames(path) == stopped["sample"], "the file has ended, the call has not"
    return call_id, caller, took


def _frames(path: Path) -> int:
    with wave.open(str(path)) as file:
        return file.getnframes()


def _loudest(samples: array[int], start: int, end: int) -> int:
    return max((abs(sample) for sample in samples[start:end]), default=0)


async def test_consent_card_and_stop_in_one_call(data_dir: Path) -> None:
    async with open_webhook_server() as server:
        settings = runtime_settings(
            data_dir,
            RUNTIME_MEDIA_PCAP="full",
            RUNTIME_LOG_LEVEL="DEBUG",
            RUNTIME_WEBHOOK_URL=server.url(),
            RUNTIME_OUTBOUND_PRIVATE="127.0.0.1",
        )
        del settings["RUNTIME_RECORD"], settings["RUNTIME_AI_DISCLOSURE"]
        async with open_runtime_process(settings) as runtime:
            desk = await runtime.post("/assistant", ASSISTANT)
            number = {"provider": "byo-phone-number", "number": "1000", "assistantId": desk["id"]}
            await runtime.post("/phone-number", {**number, "numberE164CheckEnabled": False})
            call_id, caller, took = await have_the_call(runtime)
            ended = await wait_for_end(runtime, call_id)
            shown = (await runtime.client.get(f"/call/{call_id}/timeline")).text
            started = (await entries(runtime, call_id, "recording.started"))[0]
            pause = ended["compliance"]["recording"]["pauses"][0]
            await until(lambda: any(each.message["type"] == "end-of-call-report" for each in server.received))
            log = data_dir.with_suffix(".log").read_text()
        told = b"".join(request.body for request in server.received)
        stored = _all_files(data_dir)
    _consent_is_proved(ended, started)
    assert took < 1.0
    _recording_is_silent_where_it_must(Path(ended["artifact"]["recordingPath"]), started, pause)
    silent_ms = started["offset_ms"] + pause["endMs"] - pause["startMs"]
    _capture_has_no_voice(Path(ended["artifact"]["pcapPath"]), caller, silent_ms)
    said = [message["message"] for message in ended["artifact"]["messages"]]
    assert said[:2] == [ASKED, "Desk. I am an AI assistant. Yes?"]
    assert b"Press one to be recorded" in told
    assert b"Press one to be recorded" in stored, "the search does find what is kept"
    for text in (shown, log, told.decode(), str(ended)):
        assert CARD not in text
    assert CARD.encode() not in stored
    keys = [item["data"]["digit"] for item in json.loads(shown)["timeline"] if "digit" in item["data"]]
    assert keys == ["1"], "consent's own, and none of the card's"


def _all_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _consent_is_proved(ended: dict[str, Any], started: dict[str, Any]) -> None:
    consent = ended["compliance"]["recordingConsent"]
    assert (consent["type"], consent["key"], consent["status"]) == ("key", "1", "given")
    assert consent["offsetMs"] == started["offset_ms"]
    assert consent["grantedAt"].endswith("Z")
    assert ended["compliance"]["aiDisclosure"]["text"] == "I am an AI assistant."
    assert ended["compliance"]["recording"]["stopped"]["by"] == "operator"


def _recording_is_silent_where_it_must(path: Path, started: dict[str, Any], pause: dict[str, Any]) -> None:
    with wave.open(str(path)) as file:
        both = array("h", file.readframes(file.getnframes()))
    start, end = pause["startMs"] * 8 + 8, pause["endMs"] * 8
    for track in (both[::2], both[1::2]):
        assert _loudest(track, 0, started["sample"]) == 0, "nothing from before consent"
        assert _loudest(track, start, end) == 0, "nothing of the pause"
    assert end - start > 8000 * 3, "the keys alone took as long"
    assert _loudest(both[::2], started["sample"], start) > 3000
    assert _loudest(both[::2], end, len(both)) > 3000


def _headers_only(data: bytes) -> int:
    """Packets of G.711 of which less was kept than there was (pcap records of nanoseconds)."""
    at, found = 24, 0
    while at < len(data):
        _, _, kept, whole = struct.unpack_from("<IIII", data, at)
        found += whole == 200 and kept < whole
        at += 16 + kept
    return found


def _capture_has_no_voice(path: Path, caller: Caller, silent_ms: int) -> None:
    """Before consent and in the pause nothing of a packet was kept but its header."""
    data = path.read_bytes()
    assert _headers_only(data) > silent_ms / 20 * 0.9
    found = sum(frame in data for frame in set(caller.frames))
    assert found > 0, "what was sent outside of the pause is there"
    assert data.count(struct.pack("!BB", 0x80, EVENTS)) > 0
    events = [struct.pack("!BBH", int(digit), 0x8A, 800) for digit in set(CARD) - {"1"}]
    assert not any(event in data for event in events)
