"""Speech to speech over OpenAI's realtime websocket, by its present names and by those of the beta. Pure.

G.711 goes through as it is: a call's bytes are the vendor's. What was heard of an answer is cut at the heard
millisecond, and never behind what has come: the API refuses that (its reference; openai-python 3.54).
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from aywa.ports.llm import ToolSpec
from aywa.providers.chat.arguments import tool_call
from aywa.providers.chat.mistakes import protocol_error, read_object, spoken
from aywa.providers.openai.realtime_events import (
    Answered,
    AudioCame,
    CallerBegan,
    CallerEnded,
    CallerSaid,
    ErrorCame,
    RealtimeEvent,
    SessionReady,
    ToolCalled,
    WordsCame,
)

PATH = "/v1/realtime"
MOST_ITEMS = 64  # answers of which the length is remembered


class Names(Enum):
    """Which names the server speaks."""

    GA = "ga"
    BETA = "beta"


class AudioFormat(Enum):
    """As the present names have it; the values are bytes a millisecond and the beta's name."""

    PCMU = ("audio/pcmu", 8, "g711_ulaw")
    PCMA = ("audio/pcma", 8, "g711_alaw")
    PCM_24K = ("audio/pcm", 48, "pcm16")

    @property
    def bytes_a_ms(self) -> int:
        """Of one channel."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class RealtimeSession:
    """What a conversation is begun with. `turn_detection`: as the API has it; None: we end the turns."""

    instructions: str
    voice: str
    audio: AudioFormat = AudioFormat.PCMU
    tools: tuple[ToolSpec, ...] = ()
    transcription_model: str | None = "gpt-4o-mini-transcribe"
    turn_detection: Mapping[str, object] | None = field(default_factory=lambda: {"type": "server_vad"})


class RealtimeWire:
    """One conversation: messages out, events in."""

    def __init__(self, provider: str, session: RealtimeSession, names: Names = Names.GA) -> None:
        self._provider = provider
        self._session = session
        self._names = names
        self._bytes: dict[str, int] = {}  # of the newest items, that have come
        self._called: set[str] = set()

    @property
    def headers(self) -> Mapping[str, str]:
        """Beside the key."""
        return {"OpenAI-Beta": "realtime=v1"} if self._names is Names.BETA else {}

    def configure(self) -> str:
        """The first message, once the session is there."""
        session = self._session
        tools = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            }
            for tool in session.tools
        ]
        heard: dict[str, object] = {"turn_detection": session.turn_detection}
        if session.transcription_model is not None:
            place = "input_audio_transcription" if self._names is Names.BETA else "transcription"
            heard[place] = {"model": session.transcription_model}
        common: dict[str, object] = {
            "instructions": session.instructions,
            "tools": tools,
            "tool_choice": "auto",
        }
        name, _, old = session.audio.value
        if self._names is Names.BETA:
            return _message(
                "session.update",
                session={
                    **common,
                    "modalities": ["audio", "text"],
                    "voice": session.voice,
                    "input_audio_format": old,
                    "output_audio_format": old,
                    **heard,
                },
            )
        form: dict[str, object] = {"type": name}
        if session.audio is AudioFormat.PCM_24K:
            form["rate"] = 24_000
        audio = {
            "input": {**heard, "format": form},
            "output": {"format": form, "voice": session.voice},
        }
        whole = {**common, "type": "realtime", "output_modalities": ["audio"], "audio": audio}
        return _message("session.update", session=whole)

    def heard(self, audio: bytes) -> str:
        """The caller's sound, in the session's format."""
        return _message("input_audio_buffer.append", audio=b64encode(audio).decode())

    def answer_tool(self, call_id: str, result: str) -> tuple[str, str]:
        """A tool's result, and the wish that the model goes on."""
        item = {"type": "function_call_output", "call_id": call_id, "output": result}
        return _message("conversation.item.create", item=item), self.respond()

    def respond(self) -> str:
        """The model is to speak."""
        return _message("response.create")

    def interrupt(self, item_id: str, heard_ms: int, content_index: int = 0) -> tuple[str, str]:
        """Stop, and forget what the caller has not heard. `heard_ms`: of this item's sound."""
        came_ms = self._bytes.get(item_id, 0) // self._session.audio.bytes_a_ms
        cut = max(0, min(heard_ms, came_ms))
        return _message("response.cancel"), _message(
            "conversation.item.truncate", item_id=item_id, content_index=content_index, audio_end_ms=cut
        )

    def receive(self, text: str) -> RealtimeEvent | None:
        """What a message tells; None: nothing that matters here. Raises ProviderError (PROTOCOL)."""
        said = read_object(self._provider, text)
        match said.get("type"):
            case "response.output_audio.delta" | "response.audio.delta":
                return self._audio(said)
            case "response.output_audio_transcript.delta" | "response.audio_transcript.delta":
                return WordsCame(_string(said, "item_id"), spoken(_string(said, "delta")))
            case "response.function_call_arguments.done":
                return self._tool(said)
            case "input_audio_buffer.speech_started":
                return CallerBegan(_string(said, "item_id"), _number(said, "audio_start_ms"))
            case "input_audio_buffer.speech_stopped":
                return CallerEnded(_string(said, "item_id"), _number(said, "audio_end_ms"))
            case "conversation.item.input_audio_transcription.completed":
                return CallerSaid(_string(said, "item_id"), spoken(_string(said, "transcript")).strip())
            case "response.done":
                return self._done(said)
            case "session.created" | "session.updated":
                return SessionReady(configured=said["type"] == "session.updated")
            case "error":
                return ErrorCame(
                    _string(_object(said, "error"), "code") or _string(_object(said, "error"), "type")
                )
        return None

    def _audio(self, said: Mapping[str, object]) -> AudioCame:
        try:
            audio = b64decode(_string(said, "delta"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise protocol_error(self._provider, "The sound is no base64") from error
        item = _string(said, "item_id")
        self._bytes[item] = self._bytes.pop(item, 0) + len(audio)
        if len(self._bytes) > MOST_ITEMS:
            self._bytes.pop(next(iter(self._bytes)))
        return AudioCame(item, _number(said, "content_index"), audio)

    def _tool(self, said: Mapping[str, object]) -> ToolCalled | None:
        call_id = _string(said, "call_id")
        if call_id in self._called:
            return None  # told twice is called once
        self._called.add(call_id)
        return ToolCalled(tool_call(call_id, _string(said, "name"), _string(said, "arguments"), ()))

    @staticmethod
    def _done(said: Mapping[str, object]) -> Answered:
        response = _object(said, "response")
        usage = _object(response, "usage")
        return Answered(
            _string(response, "id"),
            _string(response, "status"),
            prompt_tokens=_number(usage, "input_tokens"),
            completion_tokens=_number(usage, "output_tokens"),
            cached_prompt_tokens=_number(_object(usage, "input_token_details"), "cached_tokens"),
        )


def _message(kind: str, **said: object) -> str:
    return json.dumps({"type": kind, **said}, separators=(",", ":"))


def _object(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def _string(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _number(said: Mapping[str, object], name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) and value > 0 else 0
