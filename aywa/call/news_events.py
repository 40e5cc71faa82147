"""What the timeline of a call means to a server: entries in, messages out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from aywa.ports.store import TimelineEntry, TranscriptLine

Message: TypeAlias = dict[str, Any]  # `type` and what is said besides; what is None is left out
_HANGS = ("turn.model_silent", "turn.overdue")


class EventNews:
    """Of one call."""

    def __init__(self) -> None:
        self._turn = 0  # speech-update and assistant.speechStarted count turns from 0
        self._assistant_speaks = False
        self._user_speaks = False
        self._text: list[str] = []  # of the assistant's turn
        self._scripted = False
        self._arguments: dict[str, object] = {}  # of tools that run

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
            case "turn.started":
                self._text.clear()
                self._scripted = data.get("scripted") is not None
            case "tts.phrase":
                self._text.append(str(data.get("text", "")))
            case "turn.state":
                yield from self._state(str(data.get("to", "")))
            case "turn.commit":
                yield {"type": "user-interrupted", "turnId": str(max(0, self._turn - 1))}
            case "assistant.started":
                yield {"type": kind, "newAssistant": {"name": data.get("name")}}
            case "tool.started":
                self._arguments[str(data.get("id"))] = data.get("arguments")
            case "tool.finished":
                yield self._tool(data)
            case "transfer.requested" | "transfer.ended":
                yield {
                    "type": "transfer-update",
                    "destination": data.get("destination"),
                    "mode": data.get("mode"),
                    "status": data.get("status", "requested"),
                    "outcome": data.get("outcome"),
                }
            case _ if kind in _HANGS:
                yield {"type": "hang"}

    def _user(self, *, speaks: bool) -> Iterator[Message]:
        if self._user_speaks != speaks:
            self._user_speaks = speaks
            yield self._speech("user", speaks)

    def _state(self, state: str) -> Iterator[Message]:
        """SPEAKING begins with the first sample that is heard; an interruption only holds it back."""
        speaks = state == "SPEAKING" or (self._assistant_speaks and state in ("YIELDED", "CLOSING"))
        if speaks == self._assistant_speaks:
            return
        self._assistant_speaks = speaks
        if not speaks:
            yield self._speech("assistant", speaks)
            self._turn += 1
            return
        yield self._speech("assistant", speaks)
        yield {
            "type": "assistant.speechStarted",
            "text": " ".join(self._text),
            "turn": self._turn,
            "source": "force-say" if self._scripted else "model",
        }

    def _speech(self, role: str, speaks: bool) -> Message:
        status = "started" if speaks else "stopped"
        return {"type": "speech-update", "role": role, "status": status, "turn": self._turn}

    def _tool(self, data: Any) -> Message:
        """A tool that ran here: the server is told, and asked for nothing."""
        call_id, name = str(data.get("id")), data.get("name")
        arguments = self._arguments.pop(call_id, None) or {}
        failed = bool(data.get("timed_out"))
        result = {"toolCallId": call_id, "name": name, "error" if failed else "result": data.get("result")}
        return {
            "type": "tool-calls",
            "executed": True,
            "toolCallList": [
                {
                    "id": call_id,
                    "type": "function",
                    "name": name,
                    "arguments": arguments,
                    "parameters": arguments,
                    "function": {"name": name, "arguments": arguments},
                }
            ],
            "results": [result],
        }


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
