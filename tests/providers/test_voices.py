"""Every voice against its emulator, over real sockets: what is heard and dropped, how a fault is named."""

from __future__ import annotations

import pytest
import trio

from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.speaking import VoiceSettings
from aywa.errors import ProviderError, ProviderFault
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.socket_voice import SocketVoice
from tests.kit.voices import KEY, hear, marks, open_world
from tests.providers.voice_table import CASES, PATIENT, Case

pytestmark = pytest.mark.live
FIRST = "Good morning, this is Acme."
SECOND = "How may   I help you today?"
QUICK = SpeechDeadlines(0.2, 0.2)
every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
sockets = pytest.mark.parametrize("case", [case for case in CASES if case.socket], ids=lambda case: case.name)


def check(case: Case, pcm: bytes, text: str) -> None:
    """Sample by sample where the vendor was asked for 8 kHz; as long, where it was resampled."""
    expected = case.spoken(text)
    if case.exact:
        assert pcm == expected
    else:
        assert abs(len(pcm) - len(expected)) <= 4


@every
async def test_a_phrase_is_heard_whole_and_the_next_one_too(case: Case) -> None:
    settings = VoiceSettings(keys=frozenset({KEY}))
    async with open_world(case.emulator(settings)) as world:
        voice = case.voice(world)
        await voice.warm()
        for text in (FIRST, SECOND):
            heard = await hear(voice, text)
            check(case, heard.pcm, text)
            assert heard.words == (marks(text) if case.words else ())
        record = world.host.emulator.record
        assert [text.split() for text in record.texts] == [FIRST.split(), SECOND.split()]
        if isinstance(voice, SocketVoice) and "single" not in case.name:
            assert record.connections == 1


@every
async def test_nothing_of_a_phrase_that_was_left_comes_in_the_next(case: Case) -> None:
    settings = VoiceSettings(pace=50.0, frame_s=0.05)
    async with open_world(case.emulator(settings)) as world:
        voice = case.voice(world)
        for number in range(6):
            async with voice.synthesize(f"Number {number} is a rather long sentence, to be cut.") as speech:
                async for _ in speech:
                    break
            text = f"Then {number}."
            check(case, (await hear(voice, text)).pcm, text)
        record = world.host.emulator.record
        assert getattr(record, "most_at_once", 0) <= 8


@every
async def test_a_text_without_sound_asks_nobody(case: Case) -> None:
    async with open_world(case.emulator(VoiceSettings())) as world:
        assert (await hear(case.voice(world), " ... \n")).pcm == b""
        assert world.host.requests == []


FAULTS = (
    (Fault(FaultKind.REFUSE), PATIENT, {ProviderFault.CLOSED, ProviderFault.UNAVAILABLE}),
    (Fault(FaultKind.HANG), QUICK, {ProviderFault.TIMEOUT}),
    (Fault(FaultKind.SILENT), QUICK, {ProviderFault.TIMEOUT}),
    (Fault(FaultKind.STATUS, status=401), PATIENT, {ProviderFault.UNAUTHORISED}),
    (Fault(FaultKind.STATUS, status=402), PATIENT, {ProviderFault.FUNDS}),
    (Fault(FaultKind.STATUS, status=429, retry_after_s=7), PATIENT, {ProviderFault.RATE_LIMITED}),
    (Fault(FaultKind.STATUS, status=503), PATIENT, {ProviderFault.UNAVAILABLE}),
    (Fault(FaultKind.RESET, after=1), PATIENT, {ProviderFault.CLOSED, ProviderFault.UNAVAILABLE}),
    (Fault(FaultKind.STALL, after=1), SpeechDeadlines(30.0, 0.2), {ProviderFault.TIMEOUT}),
    (Fault(FaultKind.CLOSE, after=1), PATIENT, {ProviderFault.CLOSED}),
)


@every
@pytest.mark.parametrize(
    ("fault", "deadlines", "verdicts"),
    FAULTS,
    ids=[f"{fault.kind.value}-{fault.status}" for fault, _, _ in FAULTS],
)
async def test_a_fault_has_its_name_and_the_next_phrase_is_made(
    case: Case, fault: Fault, deadlines: SpeechDeadlines, verdicts: set[ProviderFault]
) -> None:
    async with open_world(case.emulator(VoiceSettings()), Faults([fault])) as world:
        broken = case.voice(world, deadlines)
        if fault.kind is FaultKind.STALL and case.name.startswith("deepgram-socket"):
            fault_at = "its first frame is no audio"
            assert fault_at
        with pytest.raises(ProviderError) as raised:
            await hear(broken, FIRST)
        assert raised.value.fault in verdicts
        assert raised.value.stage == "tts"
        assert raised.value.retry_after_s == fault.retry_after_s
        assert FIRST.split()[0] not in raised.value.detail
        assert KEY not in f"{raised.value!r}{raised.value.detail}"
        check(case, (await hear(case.voice(world), SECOND)).pcm, SECOND)


@sockets
async def test_a_malformed_frame_ends_the_connection(case: Case) -> None:
    after = 0 if case.name == "deepgram-socket" else 1
    fault = Fault(FaultKind.MALFORMED, after=after)
    async with open_world(case.emulator(VoiceSettings()), Faults([fault])) as world:
        voice = case.voice(world)
        with pytest.raises(ProviderError) as raised:
            await hear(voice, FIRST)
        assert raised.value.fault is ProviderFault.PROTOCOL
        check(case, (await hear(voice, SECOND)).pcm, SECOND)


@pytest.mark.parametrize("case", [case for case in CASES if case.keyed], ids=lambda case: case.name)
async def test_a_wrong_key_and_an_unknown_voice_are_told_apart(case: Case) -> None:
    settings = VoiceSettings(keys=frozenset({"another"}))
    async with open_world(case.emulator(settings)) as world:
        with pytest.raises(ProviderError) as raised:
            await hear(case.voice(world), FIRST)
        assert raised.value.fault is ProviderFault.UNAUTHORISED
        assert not raised.value.retryable
    settings = VoiceSettings(voices=frozenset({"somebody"}))
    async with open_world(case.emulator(settings)) as world:
        with pytest.raises(ProviderError) as raised:
            await hear(case.voice(world), FIRST)
        assert raised.value.fault is ProviderFault.BAD_REQUEST


@sockets
async def test_a_connection_that_was_closed_unseen_costs_no_phrase(case: Case) -> None:
    async with open_world(case.emulator(VoiceSettings())) as world:
        voice = case.voice(world)
        await hear(voice, FIRST)
        assert isinstance(voice, SocketVoice)
        await world.host.drop()
        check(case, (await hear(voice, SECOND)).pcm, SECOND)


@every
async def test_two_phrases_at_once_do_not_mix(case: Case) -> None:
    async with open_world(case.emulator(VoiceSettings(pace=50.0))) as world:
        voice = case.voice(world)

        async def one(text: str) -> None:
            check(case, (await hear(voice, text)).pcm, text)

        async with trio.open_nursery() as nursery:
            for text in (FIRST, SECOND, "And a third one.", "A fourth.", "Five.", "Six.", "Seven.", "Eight."):
                nursery.start_soon(one, text)


@sockets
async def test_closing_leaves_no_connection(case: Case) -> None:
    async with open_world(case.emulator(VoiceSettings())) as world:
        voice = case.voice(world)
        assert isinstance(voice, SocketVoice)
        await hear(voice, FIRST)
        voice.close()
        assert voice.connections == 0
        check(case, (await hear(voice, SECOND)).pcm, SECOND)
