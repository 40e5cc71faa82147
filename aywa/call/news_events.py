"""What the timeline of a call means to a server: entries in, messages out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from aywa.ports.store import TimelineEntry, TranscriptLine

Message: TypeAlias = dict[str, Any]  # `type` and what is said besides; what is None is left out
_HANGS = ("turn.model_silent", "turn.overdue")
_FORWARDED = ("connected", "completed")


class EventNews:
    """Of one call."""

    def __init__(self) -> None:
        self._turn = 0  # speech-update and assistant.speechStarted count turns from 0
        self._assistant_speaks = False
        self._user_speaks = False
        self._text: list[str] = []  # of the assistant's turn
        self._scripted = False
        self._arguments: dict[str, object] = {}  # of tools that run
        self._language = ""  # that was heard last
        self._destination: Message | None = None  # of the transfer that is under way
        self._hangs_up = False

    def take(self, entry: TimelineEntry) -> Iterator[Message]:
        """The messages of an entry."""
        kind, data = entry.kind, entry.data
        match kind:
            case "stt.partial":
                yield from self._user(speaks=True)
                yield {
                    "type": "transcript",
                    "role": "user",
                    "transcriptType": "partial",
                    "transcript": data.get("text"),
                }
            case "stt.final":
                yield from self._user(speaks=True)
            case "turn.user":
                yield from self._user(speaks=False)
                yield {"type": "voice-input", "input": data.get("text")}
            case "turn.wait":
                yield from self._heard_in(data.get("language"))
            case "turn.started":
                self._text.clear()
                self._scripted = data.get("scripted") is not None
            case "tts.phrase":
                yield from self._phrase(str(data.get("text", "")))
            case "turn.state":
                yield from self._state(str(data.get("to", "")))
            case "turn.commit":
                yield {"type": "user-interrupted", "turnId": str(max(0, self._turn - 1))}
            case "assistant.started":
                yield {"type": kind, "newAssistant": {"name": data.get("name")}}
            case "tool.started":
                yield from self._tool_starts(data)
            case "tool.finished" if data.get("by") != "server":
                yield self._tool(data)
            case "transfer.requested" | "transfer.ended":
                yield from self._transfer(data, over=kind == "transfer.ended")
            case "artifact.uploaded":
                yield {"type": "call.artifact.upload", "artifacts": data.get("artifacts")}
            case _ if kind in _HANGS:
                yield {"type": "hang"}

    def _user(self, *, speaks: bool) -> Iterator[Message]:
        if self._user_speaks != speaks:
            self._user_speaks = speaks
            yield self._speech("user", speaks)

    def _heard_in(self, language: object) -> Iterator[Message]:
        """The first language that is heard is no change."""
        if not isinstance(language, str) or not language or language == self._language:
            return
        before, self._language = self._language, language
        if before:
            yield {"type": "language-change-detected", "language": language}

    def _phrase(self, text: str) -> Iterator[Message]:
        self._text.append(text)
        if not self._scripted:
            yield {"type": "model-output", "output": text, "turnId": str(self._turn)}

    def _transfer(self, data: Any, *, over: bool) -> Iterator[Message]:
        if not over:
            self._destination = destination_of(str(data.get("destination") or ""))
        update: Message = {
            "type": "transfer-update",
            "destination": self._destination,
            "mode": data.get("mode"),
            "status": data.get("status", "requested"),
            "outcome": data.get("outcome"),
        }
        if not over:
            yield {"type": "status-update", "status": "forwarding", "destination": self._destination}
            yield {"type": "phone-call-control", "request": "forward", "destination": self._destination}
            yield update
            return
        yield update
        if data.get("status") not in _FORWARDED:
            yield {"type": "status-update", "status": "in-progress"}

    def _state(self, state: str) -> Iterator[Message]:
        """SPEAKING begins with the first sample that is heard; an interruption only holds it back."""
        if state == "CLOSING" and not self._hangs_up:
            self._hangs_up = True
            yield {"type": "phone-call-control", "request": "hang-up"}
        speaks = state == "SPEAKING" or (self._assistant_speaks and state in ("YIELDED", "CLOSING"))
        if speaks == self._assistant_speaks:
            return
        self._assistant_speaks = speaks
        if not speaks:
            yield self._speech("assistant", speaks)
            self._turn += 1
            return
        yield self._speech("assistant", speaks)
        text = " ".join(self._text)
        yield {
            "type": "assistant.speechStarted",
            "text": text,
            "turn": self._turn,
            "source": "force-say" if self._scripted else "model",
            "timing": {
                "type": "word-progress",
                "wordsSpoken": 0,
                "totalWords": len(text.split()),
                "segment": self._text[0] if self._text else "",
                "segmentIndex": 0,
            },
        }

    def _speech(self, role: str, speaks: bool) -> Message:
        status = "started" if speaks else "stopped"
        return {"type": "speech-update", "role": role, "status": status, "turn": self._turn}

    def _tool_starts(self, data: Any) -> Iterator[Message]:
        call_id, arguments = str(data.get("id")), data.get("arguments") or {}
        self._arguments[call_id] = arguments
        output = [tool_call(call_id, data.get("name"), arguments)]
        yield {"type": "model-output", "output": output, "turnId": str(self._turn)}

    def _tool(self, data: Any) -> Message:
        """A tool that ran here: the server is told, and asked for nothing."""
        call_id, name = str(data.get("id")), data.get("name")
        arguments = self._arguments.pop(call_id, None) or {}
        failed = bool(data.get("timed_out"))
        result = {"toolCallId": call_id, "name": name, "error" if failed else "result": data.get("result")}
        return {
            "type": "tool-calls",
            "executed": True,
            "toolCallList": [tool_call(call_id, name, arguments)],
            "results": [result],
        }


def tool_call(call_id: str, name: object, arguments: object) -> Message:
    """As every reader of such messages has looked for it."""
    return {
        "id": call_id,
        "type": "function",
        "name": name,
        "arguments": arguments,
        "parameters": arguments,
        "function": {"name": name, "arguments": arguments},
    }


def destination_of(text: str) -> Message:
    """Whom a call goes to: a number, or an address."""
    if text.lower().startswith(("sip:", "sips:")):
        return {"type": "sip", "sipUri": text}
    return {"type": "number", "number": text}


def spoken(line: TranscriptLine, began_ms: int | None = None) -> Message:
    """One thing said, as `messages` have it; with epoch milliseconds where the beginning is known."""
    message: Message = {
        "role": "bot" if line.role == "assistant" else "user",
        "message": line.text,
        "secondsFromStart": line.start_ms / 1000,
        "duration": line.end_ms - line.start_ms,
    }
    if began_ms is not None:
        message |= {"time": began_ms + line.start_ms, "endTime": began_ms + line.end_ms}
    return message
