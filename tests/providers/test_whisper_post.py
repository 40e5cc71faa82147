"""A Whisper-compatible server by HTTP: whole utterances, in order, with what was before the VAD's onset."""

from __future__ import annotations

import io
import wave as wave_file
from ipaddress import ip_network
from typing import Any

import pytest
import trio

from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.hearing import Script
from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.emulators.openai_transcription import OpenAiTranscriptionEmulator
from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.ports.stt import Final, SettlingTranscriber
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.web.access import Access
from aywa.providers.web.door import open_door
from aywa.providers.whisper.post_ear import MAX_UTTERANCE
from aywa.providers.whisper.post_wire import multipart, parse_answer, wave
from aywa.providers.whisper.transcriber import transcriber
from tests.kit.stt_world import FRAME, SILENCE, SPEECH, Caller, calling

LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))
WORDS = ["a table for two", "at eight"]


def speak(caller: Caller, frames: int, late: int = 5) -> tuple[int, int]:
    """Speech by no clock, whose onset the VAD tells `late` frames later; where it was."""
    start = caller.position
    for n in range(frames + 10):
        caller.position += FRAME // 2
        caller.session.feed_nowait(SPEECH if n < frames else SILENCE, caller.position)
        if n == late:
            caller.session.speech_started(start)
    stop = start + frames * FRAME // 2
    caller.session.speech_stopped(stop)
    return start, stop


def quiet(caller: Caller, frames: int) -> None:
    for _ in range(frames):
        caller.position += FRAME // 2
        caller.session.feed_nowait(SILENCE, caller.position)


async def conversation(host: EmulatorHost, door: Any, **plan: Any) -> Caller:
    made = WhisperTranscriber.model_validate({"provider": "whisper", "url": f"{host.url}/v1", **plan})
    async with calling(transcriber(door, Access("whisper", "http://unused", "k"), made)) as caller:
        quiet(caller, 100)
        caller.session.expect(("two", "three"))
        caller.spoken.append(speak(caller, 40))
        quiet(caller, 30)
        caller.spoken.append(speak(caller, 30))
        with trio.fail_after(20):
            while len(caller.finals) < 2 and caller.error is None:  # noqa: ASYNC110  # answers of a server
                await trio.sleep(0.005)
    return caller


async def test_utterances_are_asked_about_in_order() -> None:
    emulator = OpenAiTranscriptionEmulator(Script(WORDS), {"k"})
    async with open_emulator(emulator) as host, open_door(LOOPBACK) as door:
        caller = await conversation(host, door, language="en-GB", prompt="Aywa", temperature=0.2)
    assert caller.texts == WORDS
    assert [(f.started_at_sample, f.stopped_at_sample) for f in caller.finals] == caller.spoken
    first = emulator.forms[0]
    assert first["language"] == b"en"
    assert first["prompt"] == b"Aywa two, three"
    assert first["temperature"] == b"0.2"
    with wave_file.open(io.BytesIO(first["file"])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        heard = file.readframes(file.getnframes())
    lead = heard.index(SPEECH)  # 300 ms, and all of the speech that came before the VAD knew of it
    assert heard[:lead] == bytes(15 * FRAME * 2)
    assert heard[lead : lead + 40 * FRAME * 2] == SPEECH * 40


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(FaultKind.STATUS, status=503), ProviderFault.UNAVAILABLE),
        (Fault(FaultKind.HANG), ProviderFault.TIMEOUT),
        (Fault(FaultKind.SILENT), ProviderFault.TIMEOUT),
        (Fault(FaultKind.RESET), ProviderFault.CLOSED),
        (Fault(FaultKind.MALFORMED), ProviderFault.PROTOCOL),
    ],
)
async def test_faults_are_told(fault: Fault, told: ProviderFault) -> None:
    emulator = OpenAiTranscriptionEmulator(Script(WORDS), {"k"})
    async with open_emulator(emulator, Faults([fault])) as host, open_door(LOOPBACK) as door:
        caller = await conversation(host, door, timeoutSeconds=1)
    assert caller.error is not None
    assert caller.error.fault is told
    assert caller.error.retryable


async def test_a_wrong_key() -> None:
    emulator = OpenAiTranscriptionEmulator(Script(WORDS), {"another"})
    async with open_emulator(emulator) as host, open_door(LOOPBACK) as door:
        caller = await conversation(host, door)
    assert caller.error is not None
    assert caller.error.fault is ProviderFault.UNAUTHORISED


def test_it_wants_whole_sentences() -> None:
    plan = WhisperTranscriber(provider="whisper")
    assert isinstance(transcriber(None, Access("whisper", "http://h"), plan), SettlingTranscriber)  # type: ignore[arg-type]


async def test_an_endless_utterance_is_bounded_and_counted() -> None:
    async with open_door(LOOPBACK) as door:
        made = transcriber(
            door, Access("whisper", "http://127.0.0.1:9"), WhisperTranscriber(provider="whisper")
        )
        async with made.open() as ear:
            ear.speech_started(0)
            ear.feed_nowait(bytes(MAX_UTTERANCE), 480_000)
            ear.feed_nowait(bytes(640), 480_160)
            assert ear.dropped_samples == 320  # type: ignore[union-attr]


def test_the_form_has_its_parts() -> None:
    body = multipart(WhisperTranscriber(provider="whisper", model="tiny"), b"\x01\x02", "edge")
    assert body.startswith(
        b'--edge\r\nContent-Disposition: form-data; name="model"\r\n\r\ntiny\r\n--edge\r\n'
    )
    assert body.endswith(wave(b"\x01\x02") + b"\r\n--edge--\r\n")


def test_answers() -> None:
    assert parse_answer(b'{"text": " yes ", "language": "en"}', 1, 2) == Final(
        "yes", None, 1, 2, language="en"
    )
    for wrong in (b"", b"yes", b'{"text": 7}', b"\xff"):
        with pytest.raises((ParseError, ProviderError)):
            parse_answer(wrong, 1, 2)
