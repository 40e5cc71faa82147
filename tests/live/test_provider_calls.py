"""A whole call over SIP through each adapter and its emulator: what was said is in the transcript, what was
answered is in the caller's ear.
"""

from __future__ import annotations

import json
import socket
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import trio

from aywa.caller.clips import Clip
from aywa.caller.script import Line
from aywa.caller.session import CallPlan, PlacedCall, place_call
from aywa.emulators.catalogue import EMULATORS, KEY, Scripts
from aywa.emulators.chat_script import ChatScript
from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from aywa.emulators.tones import pitch_hz
from aywa.media.engine import open_media_engine
from aywa.model.assistant_body import AssistantBody
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.phone_number import dialled_key
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.ports.store import CallRow, TranscriptLine
from aywa.proto.sip.uri import parse_uri
from aywa.providers.absent import AbsentSynthesizer, AbsentTranscriber
from aywa.providers.registry import REGISTRY
from aywa.runtime import Runtime, open_runtime
from aywa.runtime.providers import Providers
from aywa.settings import MediaSettings, Settings
from aywa.settings.vendors import BY_NAME
from aywa.ua.user_agent import SipSettings, open_user_agent
from aywa_server.cli_call import decline
from tests.kit.fake_providers import FakeModel
from tests.kit.ports import free_port, free_udp_range
from tests.kit.postgres import data_dir
from tests.kit.recordings import read_recording

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.beside]

HEARD = "I would like a room for tonight"
FIRST, ANSWER = "Good morning.", "Certainly, room seven is yours."
EARS: dict[str, list[dict[str, Any]]] = {
    "deepgram": [{"model": "nova-3"}, {"model": "flux-general-en"}],
    "cartesia": [{}, {"model": "ink-whisper"}],
    "whisper": [{"transport": "http"}, {"transport": "websocket"}],
}
MOUTHS: dict[str, list[dict[str, Any]]] = {
    "11labs": [{"transport": way} for way in ("multi", "single", "http")],
    "deepgram": [{"transport": way} for way in ("socket", "http")],
    "azure": [{"voiceId": "en-US-JennyNeural"}],
}
# Alike in protocol with another that is called here: groq stands for all that speak as OpenAI does.
ALIKE = {
    *(
        "azure-openai",
        "anyscale",
        "cerebras",
        "deep-seek",
        "deepinfra",
        "inflection-ai",
        "minimax",
        "mistral",
    ),
    *(
        "openrouter",
        "perplexity-ai",
        "together-ai",
        "xai",
        "vllm",
        "ollama",
        "llama-cpp",
        "openai-compatible",
    ),
}


def _plans(known: Any, variants: dict[str, Any], usual: dict[str, Any]) -> list[dict[str, Any]]:
    """A document for each adapter, and for each of its ways."""
    return [
        {"provider": provider, **usual, **each}
        for provider in known
        if provider not in ALIKE
        for each in variants.get(provider, [{}])
    ]


def routes() -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """As many calls as the largest stage has adapters; the others take turns."""
    ears = _plans(REGISTRY.transcribers, EARS, {})
    minds = _plans(REGISTRY.chat_models, {}, {"model": "small", "temperature": 0.5})
    mouths = _plans(REGISTRY.synthesizers, MOUTHS, {"voiceId": "someone"})
    most = max(len(ears), len(minds), len(mouths))
    return [(ears[i % len(ears)], minds[i % len(minds)], mouths[i % len(mouths)]) for i in range(most)]


class Vendors:
    """All emulators, each on a port."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}

    async def open(self, stack: AsyncExitStack) -> None:
        """Until the stack is left."""
        for name, make in EMULATORS.items():
            scripts = Scripts(Script((HEARD,), shared=False), ChatScript((ANSWER,) * 50))
            host = await stack.enter_async_context(open_emulator(make(scripts)))
            self.urls[name] = host.url

    def settings(self) -> dict[str, str]:
        """How the runtime finds them."""
        said = {}
        for name, url in self.urls.items():
            if (vendor := BY_NAME.get(name)) is not None:
                said |= {f"{vendor.variable}_API_KEY": KEY, f"{vendor.variable}_BASE_URL": url}
        return said


def assistant(number: int, vendors: Vendors) -> dict[str, Any]:
    """The one of a call."""
    ear, mind, mouth = (dict(each) for each in routes()[number])
    if ear["provider"] == "custom-transcriber":
        ear["server"] = {"url": vendors.urls["custom-transcriber"].replace("http", "ws", 1)}
    if mind["provider"] == "custom-llm":
        mind["url"] = vendors.urls["custom-llm"] + "/v1"
    return {
        "name": f"Desk {number}",
        "firstMessage": FIRST,
        "transcriber": ear,
        "model": mind | {"messages": [{"role": "system", "content": "You let rooms."}]},
        "voice": mouth,
        "stopSpeakingPlan": {"numWords": 3},
        "startSpeakingPlan": {"waitSeconds": 0.2},
    }


async def bind(runtime: Runtime, number: int, body: dict[str, Any]) -> str:
    """A number with this assistant."""
    AssistantBody.model_validate_json(json.dumps(body), strict=True)
    at, dialled = datetime(2026, 1, 1, tzinfo=UTC), str(7000 + number)
    id = uuid4()
    store = runtime.database.resources
    row = ResourceRow(DEFAULT_ORGANIZATION, ResourceKind.ASSISTANT, id, body, at, at)
    assert await store.create(row)
    phone = {"provider": "byo-phone-number", "number": dialled, "assistantId": str(id)}
    assert await store.create(
        ResourceRow(
            *(DEFAULT_ORGANIZATION, ResourceKind.PHONE_NUMBER, uuid4(), phone, at, at),
            unique_key=dialled_key(dialled),
        )
    )
    return dialled


def power(pcm: bytes, word: str) -> float:
    """How much of what was heard is the tone of a word, against what lies between the tones."""
    heard = np.frombuffer(pcm, "<i2").astype(float)
    frames = np.lib.stride_tricks.sliding_window_view(heard, 800)[::400] * np.hanning(800)
    spectrum = np.abs(np.fft.rfft(frames, 8000, axis=1))
    return float(spectrum[:, round(pitch_hz(word))].max())


def judge(number: int, placed: PlacedCall, row: CallRow, lines: list[TranscriptLine]) -> list[str]:
    """What is wrong with a call."""
    ear, mind, mouth = (each["provider"] for each in routes()[number])
    about = f"call {number} by {routes()[number][0]}, {mind}, {routes()[number][2]}"
    heard = np.frombuffer(placed.stereo, "<i2")[0::2].tobytes()
    said = [(line.role, line.text) for line in lines]
    wrong = []
    if ("user", HEARD) not in said:
        wrong.append(f"{about}: {ear} was not understood: {said}")
    if [text for role, text in said if role == "assistant"][:2] != [FIRST, ANSWER]:
        wrong.append(f"{about}: {mind} was not said: {said}")
    loud = {word: power(heard, word) for word in ("morning", "Certainly", "yours")}
    if min(loud.values()) < 200_000:
        wrong.append(f"{about}: {mouth} was not heard: {loud}")
    items = (row.costs or {}).get("items", [])
    used = {item["type"] for item in items if isinstance(item, dict)}  # type: ignore[union-attr]
    if not {"transcriber", "model", "voice"} <= used:
        wrong.append(f"{about}: its costs are {items}")
    return wrong


async def test_a_call_through_every_adapter(data_dir: Path) -> None:
    vendors, wrong = Vendors(), list[str]()
    clip = Clip("speech", read_recording("vm-intro")[: 16_000 * 2])
    async with AsyncExitStack() as stack:
        await vendors.open(stack)
        own = Providers(AbsentTranscriber("not here"), FakeModel(), AbsentSynthesizer("not here"))
        runtime = await stack.enter_async_context(
            open_runtime(_settings(data_dir, vendors), rng=Random(4), providers=own)
        )
        caller = await stack.enter_async_context(
            open_user_agent(SipSettings(port=0), rng=Random(5), on_call=decline)
        )
        first = free_udp_range(128)
        media = MediaSettings(rtp_port_min=first, rtp_port_max=first + 127, realtime=False)
        engine = await stack.enter_async_context(open_media_engine(media, rng=Random(6)))

        async def one(number: int) -> None:
            dialled = await bind(runtime, number, assistant(number, vendors))
            plan = CallPlan(
                parse_uri(f"sip:{dialled}@127.0.0.1:{runtime.sip_address[1]}"),
                parse_uri("sip:caller@127.0.0.1"),
                ((Line("speech"), clip),),
                linger_s=1.5,
                max_s=25.0,
            )
            placed = await place_call(
                caller, engine, plan, rng=Random(number), observer=lambda _kind, _data: None
            )
            row, lines = await _kept(runtime, placed.report.sip_call_id)
            wrong.extend(judge(number, placed, row, lines))

        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                for number in range(len(routes())):
                    nursery.start_soon(one, number)
                    await trio.sleep(0.3)
    assert not wrong, "\n".join(wrong)


async def _kept(runtime: Runtime, sip_call_id: str) -> tuple[CallRow, list[TranscriptLine]]:
    """What is in the store of a call that is over."""
    store = runtime.store.of(DEFAULT_ORGANIZATION)
    while True:
        for row in await store.list_calls(limit=200):
            if row.sip_call_id == sip_call_id and row.ended_at is not None:
                return row, list(await store.transcript(row.id))
        await trio.sleep(0.1)


def _settings(data_dir: Path, vendors: Vendors) -> Settings:
    first = free_udp_range(128)
    return Settings.from_env(
        {
            "RUNTIME_DATA_DIR": str(data_dir),
            "RUNTIME_SIP_PORT": str(free_port(socket.SOCK_DGRAM)),
            "RUNTIME_RTP_PORT_MIN": str(first),
            "RUNTIME_RTP_PORT_MAX": str(first + 127),
            "RUNTIME_MEDIA_REALTIME": "false",
            "RUNTIME_OUTBOUND_PRIVATE": "127.0.0.1",
            "RUNTIME_AI_DISCLOSURE": "false",
            "RUNTIME_STT": "deepgram",
            "RUNTIME_LLM": "openai/small",
            "RUNTIME_TTS": "11labs@someone",
            "RUNTIME_RECORD": "false",
            "RUNTIME_SPECULATION": "false",
            **vendors.settings(),
        }
    )
