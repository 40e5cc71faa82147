"""What a streaming voice costs the runtime in CPU: from the vendor's frames to PCM for the leg.

Calls have phrases spoken by an emulator in another process, a tenth of a second in each message: paced as
it is played, which is the dearest way, as each message is waited for, and four times as fast, as vendors do.
What is counted is the CPU time of this process alone, sockets included, without TLS.

    python -m bench.voices [--calls N] [--phrases N] [--pace X]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network

import trio

from aywa.emulators.cartesia_speech import CartesiaSpeech
from aywa.emulators.deepgram_speak import DeepgramSpeak
from aywa.emulators.elevenlabs_speech import ElevenLabsSpeech
from aywa.emulators.exchange import Emulator
from aywa.emulators.host import open_emulator
from aywa.emulators.openai_speech import OpenAISpeech
from aywa.emulators.speaking import VoiceSettings
from aywa.model.voices import parse_voice
from aywa.ports.tts import TTS_SAMPLE_RATE_HZ, Synthesizer
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.cartesia import speech as cartesia
from aywa.providers.deepgram import speech as deepgram
from aywa.providers.elevenlabs import speech as elevenlabs
from aywa.providers.openai import speech as openai
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.web.access import Access
from aywa.providers.web.door import open_door

_TEXT = "Thank you for calling, the next appointment is on Monday at nine, shall I book it?"
_VOICES: dict[
    str, tuple[dict[str, object], Callable[[VoiceSettings], Emulator], Callable[..., Synthesizer]]
] = {
    "elevenlabs": ({"provider": "11labs"}, ElevenLabsSpeech, elevenlabs.synthesizer),
    "cartesia": ({"provider": "cartesia"}, CartesiaSpeech, cartesia.synthesizer),
    "deepgram": ({"provider": "deepgram"}, DeepgramSpeak, deepgram.synthesizer),
    "openai": ({"provider": "openai"}, OpenAISpeech, openai.synthesizer),
}
_BOUND_PERCENT = 0.05
_PACES = (1.0, 4.0)
_PATIENT = SpeechDeadlines(30.0, 30.0)


async def _serve(name: str, pace: float) -> None:
    """The emulator, until the input ends."""
    async with open_emulator(_VOICES[name][1](VoiceSettings(pace=pace))) as host:
        print(host.url, flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)


@contextmanager
def _emulated(name: str, pace: float) -> Iterator[str]:
    """Its URL, while it runs in a process of its own."""
    command = [sys.executable, "-m", "bench.voices", "--serve", name, "--pace", str(pace)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it was asked for"
        yield process.stdout.readline().strip()
        process.communicate()


async def _call(voice: Synthesizer, phrases: int, spoken: list[int]) -> None:
    for _ in range(phrases):
        async with voice.synthesize(_TEXT) as speech:
            async for chunk in speech:
                spoken[0] += len(chunk.pcm) // 2
                spoken[1] += 1


async def _measure(name: str, url: str, calls: int, phrases: int) -> tuple[float, float, int]:
    """CPU seconds, seconds of audio, pieces: of phrases on connections that are open."""
    plan, _, factory = _VOICES[name]
    spoken = [0, 0]
    rules = OutboundRules(networks=(ip_network("127.0.0.0/8"),))
    async with open_door(rules) as door:
        access = Access(name, url, "key")
        voice_plan = parse_voice({**plan, "voiceId": "v"})
        voices = [factory(door, access, voice_plan, deadlines=_PATIENT) for _ in range(calls)]
        await _speak(voices, 1, [0, 0])
        begun = resource.getrusage(resource.RUSAGE_SELF)
        await _speak(voices, phrases, spoken)
        ended = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
    return cpu_s, spoken[0] / TTS_SAMPLE_RATE_HZ, spoken[1]


async def _speak(voices: Sequence[Synthesizer], phrases: int, spoken: list[int]) -> None:
    async with trio.open_nursery() as nursery:
        for voice in voices:
            nursery.start_soon(_call, voice, phrases, spoken)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where a voice costs more than its bound."""
    parser = argparse.ArgumentParser(prog="bench.voices")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--phrases", type=int, default=2)
    parser.add_argument("--pace", type=float, default=0.0, help="this one alone, seconds of audio a second")
    parser.add_argument("--serve", choices=_VOICES)
    options = parser.parse_args(arguments)
    if options.serve:
        trio.run(_serve, options.serve, options.pace)
        return 0
    print("| voice | audio comes | messages of audio | CPU per second of speech | % of a core per call |")
    print("|---|--:|--:|--:|--:|")
    dearest = 0.0
    for name in _VOICES:
        for pace in (options.pace,) if options.pace else _PACES:
            with _emulated(name, pace) as url:
                cpu_s, audio_s, pieces = trio.run(_measure, name, url, options.calls, options.phrases)
            share = 100 * cpu_s / audio_s / 2  # a call speaks half of the time
            dearest = max(dearest, share)
            print(
                f"| {name} | {pace:g} times as fast | {pieces / audio_s:.1f}/s"
                f" | {1e6 * cpu_s / audio_s:.0f} us | {share:.3f} |"
            )
    print(f"\nThe bound is {_BOUND_PERCENT} % of a core per call. Load beside: {os.getloadavg()[0]:.1f}.")
    return 0 if dearest <= _BOUND_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
