"""Gemini's `generateContent` as its reference tells it, judged by Google's own SDK (google-genai 3.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import TypeAlias

import trio

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, counted
from aywa.emulators.exchange import EmulatorSocket, Reply, Request

_Object: TypeAlias = dict[str, object]
_PATH = re.compile(r"/v1(?:beta|alpha)?/models/([^/:]+):(generateContent|streamGenerateContent)")
_SIGNATURE = "c2lnbmVk"


class GoogleEmulator:
    """Serves `/v1beta/models/{model}:generateContent` and `:streamGenerateContent`."""

    name = "google"

    def __init__(
        self,
        script: ChatScript | None = None,
        *,
        key: str = "emulated-key",
        first_token_s: float = 0.0,
        token_s: float = 0.0,
        context_tokens: int = 1_000_000,
    ) -> None:
        """Times between the pieces of an answer in seconds."""
        self.script = script or ChatScript()
        self.bodies: list[_Object] = []  # of the requests, as they came
        self.left = trio.Event()  # a client did not want its answer to the end
        self._key = key
        self._first_token_s = first_token_s
        self._token_s = token_s
        self._context = context_tokens
        self._numbers = count(1)

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        body, asked = request.json(), _PATH.fullmatch(request.path)
        shown = request.headers.get("x-goog-api-key") or request.one("key")
        if asked is None or request.method != "POST":
            await reply.json(404, _error(404, "NOT_FOUND", "Requested entity was not found."))
        elif shown != self._key:
            await reply.json(400, _error(400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID"))
        elif (mistake := mistake_in(body, asked[1])) is not None:
            await reply.json(400, _error(400, "INVALID_ARGUMENT", mistake))
        else:
            self.bodies.append(body)
            await self._answer(request, reply, body, asked[1], streamed=asked[2].startswith("stream"))

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`: none here."""
        await socket.reject(404)

    async def _answer(
        self, request: Request, reply: Reply, body: _Object, model: str, *, streamed: bool
    ) -> None:
        prompt = counted(
            *(json.dumps(body.get(name, "")) for name in ("systemInstruction", "contents", "tools"))
        )
        if prompt > self._context:
            await reply.json(
                400, _error(400, "INVALID_ARGUMENT", "The input token count exceeds the maximum.")
            )
            return
        answer = self.script.answer(*_heard(body["contents"]))
        chunks = list(
            self.chunks(answer, prompt, {"modelVersion": model, "responseId": f"r{next(self._numbers)}"})
        )
        if not streamed:
            parts = [part for chunk in chunks for part in _parts_of(chunk)]
            await reply.json(200, {**chunks[-1], "candidates": [_candidate(parts, _reason(answer))]})
        elif request.one("alt") != "sse":
            await reply.json(200, chunks)
        elif await reply.begin(200, {"Content-Type": "text/event-stream"}):
            try:
                for number, chunk in enumerate(chunks):
                    await trio.sleep(self._token_s if number else self._first_token_s)
                    await reply.send(frame(chunk))
                await reply.end()
            except trio.BrokenResourceError:
                self.left.set()
                raise

    def chunks(self, answer: ScriptedAnswer, prompt: int, beside: Mapping[str, object]) -> Iterator[_Object]:
        """The responses of one answer."""
        usage: _Object = {"promptTokenCount": prompt, "totalTokenCount": prompt}
        if answer.thoughts:
            usage |= {"thoughtsTokenCount": counted(answer.thoughts)}
            yield self._chunk([{"text": answer.thoughts, "thought": True}], None, usage, beside)
        for piece in answer.pieces():
            yield self._chunk([{"text": piece}], None, usage, beside)
        signature = {"thoughtSignature": _SIGNATURE}
        for call in answer.calls:
            named = {"id": f"fc{next(self._numbers)}", "name": call.name, "args": call.arguments}
            yield self._chunk([{"functionCall": named, **signature}], None, usage, beside)
            signature = {}  # of parallel calls only the first is signed
        usage = {**usage, "candidatesTokenCount": answer.tokens, "totalTokenCount": prompt + answer.tokens}
        yield self._chunk([{"text": ""}], _reason(answer), usage, beside)

    @staticmethod
    def _chunk(
        parts: list[_Object], reason: str | None, usage: Mapping[str, object], beside: Mapping[str, object]
    ) -> _Object:
        return {"candidates": [_candidate(parts, reason)], "usageMetadata": dict(usage), **beside}


def frame(chunk: Mapping[str, object]) -> bytes:
    """As one event; lines end as Google ends them."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\r\n\r\n"


def _candidate(parts: list[_Object], reason: str | None) -> _Object:
    candidate: _Object = {"content": {"role": "model", "parts": parts}, "index": 0}
    return candidate if reason is None else {**candidate, "finishReason": reason}


def _parts_of(chunk: _Object) -> list[_Object]:
    candidates = chunk["candidates"]
    assert isinstance(candidates, list)
    parts: list[_Object] = candidates[0]["content"]["parts"]
    return [part for part in parts if part != {"text": ""}]


def _reason(answer: ScriptedAnswer) -> str:
    return "MAX_TOKENS" if answer.cut else "STOP"


def _error(code: int, status: str, message: str, reason: str | None = None) -> _Object:
    error: _Object = {"code": code, "message": message, "status": status}
    if reason is not None:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": reason, "domain": "googleapis.com"}]
    return {"error": error}


def _heard(contents: object) -> tuple[str, int]:
    """The caller's last words, and how many answers there are."""
    assert isinstance(contents, list)
    said = [
        part["text"]
        for each in contents
        if each.get("role") != "model"
        for part in each["parts"]
        if "text" in part
    ]
    return said[-1] if said else "", sum(each.get("role") == "model" for each in contents)


def mistake_in(body: Mapping[str, object], model: str) -> str | None:
    """What the API refuses."""
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    waiting: list[str] = []
    for number, content in enumerate(contents):
        role, parts = content.get("role", "user"), content.get("parts")
        if role not in ("user", "model"):
            return "Please use a valid role: user, model."
        if (
            not isinstance(parts, list)
            or not parts
            or not all(isinstance(part, dict) and part for part in parts)
        ):
            return "* GenerateContentRequest.contents[].parts: contents.parts must not be empty."
        calls = [part for part in parts if "functionCall" in part]
        answered = [part["functionResponse"]["name"] for part in parts if "functionResponse" in part]
        if answered != waiting:
            return "The number of function response parts must equal that of the function call parts"
        if calls and number and contents[number - 1].get("role") == "model":
            return "A function call turn comes immediately after a user turn or a function response turn."
        if calls and "gemini-3" in model and "thoughtSignature" not in calls[0]:
            return "Function call is missing a thought_signature in functionCall parts."
        if any(
            not isinstance(part["functionResponse"].get("response"), dict)
            for part in parts
            if "functionResponse" in part
        ):
            return "function_response.response must be a struct"
        waiting = [part["functionCall"]["name"] for part in calls]
    return "Function calls must be followed by their responses" if waiting else None
