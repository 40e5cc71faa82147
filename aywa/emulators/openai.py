"""OpenAI's chat completions as its reference tells them, judged by its own SDK (openai-python 3.54)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import trio

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, counted
from aywa.emulators.exchange import EmulatorSocket, Reply, Request

_CREATED = 1_700_000_000


@dataclass(frozen=True, slots=True)
class CompletionStyle:
    """How this server differs from OpenAI's own. `think`: where its thoughts stand."""

    usage: bool = True
    done: bool = True
    index: bool = True
    whole_arguments: bool = False
    ids: bool = True
    think: str = "reasoning_content"  # or "text": between marks


class OpenAiEmulator:
    """Serves `…/chat/completions` and `…/models`, also under the paths of Azure and of others."""

    name = "openai"

    def __init__(
        self,
        script: ChatScript | None = None,
        *,
        key: str = "emulated-key",
        style: CompletionStyle = CompletionStyle(),
        first_token_s: float = 0.0,
        token_s: float = 0.0,
        context_tokens: int = 128_000,
    ) -> None:
        """`key` "": anybody is served. Times between the pieces of an answer in seconds."""
        self.script = script or ChatScript()
        self.bodies: list[dict[str, object]] = []  # of the requests, as they came
        self.left = trio.Event()  # a client did not want its answer to the end
        self._key = key
        self._style = style
        self._first_token_s = first_token_s
        self._token_s = token_s
        self._context = context_tokens
        self._numbers = count(1)

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        if request.path.endswith("/models"):
            await self._guarded(request, reply, self._models)
        elif request.path.endswith("/chat/completions") and request.method == "POST":
            await self._guarded(request, reply, self._complete)
        else:
            await reply.json(
                404, _error(f"Unknown request URL: {request.method} {request.path}", "not_found")
            )

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`: none here."""
        await socket.reject(404)

    async def _guarded(self, request: Request, reply: Reply, serve: object) -> None:
        shown = request.headers.get("api-key") or request.headers.get("authorization", "").removeprefix(
            "Bearer "
        )
        if self._key and shown != self._key:
            await reply.json(401, _error("Incorrect API key provided.", "invalid_api_key"))
            return
        assert callable(serve)
        await serve(request, reply)

    async def _models(self, request: Request, reply: Reply) -> None:
        model = {"id": "gpt-emulated", "object": "model", "created": _CREATED, "owned_by": "emulator"}
        await reply.json(200, {"object": "list", "data": [model]})

    async def _complete(self, request: Request, reply: Reply) -> None:
        body = request.json()
        self.bodies.append(body)
        if (mistake := mistake_in(body)) is not None:
            await reply.json(400, _error(*mistake))
            return
        prompt = counted(json.dumps(body["messages"]), json.dumps(body.get("tools", "")))
        if prompt > self._context:
            await reply.json(400, _error("The context is too long.", "context_length_exceeded"))
            return
        answer = self.script.answer(*_heard(body["messages"]))
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": answer.tokens,
            "total_tokens": prompt + answer.tokens,
            "prompt_tokens_details": {"cached_tokens": prompt // 1024 * 1024},
        }
        frame = {"id": f"chatcmpl-{next(self._numbers)}", "created": _CREATED, "model": body["model"]}
        if body.get("stream"):
            await self._stream(reply, body, answer, {**frame, "object": "chat.completion.chunk"}, usage)
            return
        choice = {
            "index": 0,
            "message": self._message(answer),
            "finish_reason": _reason(answer),
            "logprobs": None,
        }
        await reply.json(200, {**frame, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def _stream(
        self,
        reply: Reply,
        body: Mapping[str, object],
        answer: ScriptedAnswer,
        frame: Mapping[str, object],
        usage: Mapping[str, object],
    ) -> None:
        options = body.get("stream_options")
        asked = isinstance(options, dict) and options.get("include_usage") is True and self._style.usage
        beside = {"usage": None} if asked else {}
        if not await reply.begin(200, {"Content-Type": "text/event-stream; charset=utf-8"}):
            return
        try:
            for number, sent in enumerate(self.frames(answer, {**frame, **beside}, usage if asked else None)):
                await trio.sleep(self._first_token_s if number == 1 else self._token_s)
                await reply.send(sent)
            await reply.end()
        except trio.BrokenResourceError:
            self.left.set()
            raise

    def frames(
        self, answer: ScriptedAnswer, frame: Mapping[str, object], usage: Mapping[str, object] | None
    ) -> Iterator[bytes]:
        """The stream of one answer; `frame`: what stands in every chunk. No `usage`: nothing is counted."""
        for delta, reason in self._deltas(answer):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
            yield _event({**frame, "choices": [choice]})
        if usage is not None:
            yield _event({**frame, "choices": [], "usage": usage})
        if self._style.done:
            yield b"data: [DONE]\n\n"

    def _deltas(self, answer: ScriptedAnswer) -> Iterator[tuple[dict[str, object], str | None]]:
        yield {"role": "assistant", "content": "", "refusal": None}, None
        if answer.thoughts and self._style.think == "text":
            for piece in ("<thi", f"nk>{answer.thoughts}", "</think>\n\n"):
                yield {"content": piece}, None
        elif answer.thoughts:
            yield {self._style.think: answer.thoughts}, None
        for piece in answer.pieces():
            yield {"content": piece}, None
        for number, call in enumerate(answer.calls):
            place = {"index": number} if self._style.index else {}
            call_id = {"id": f"call_e{next(self._numbers)}"} if self._style.ids else {}
            whole = self._style.whole_arguments
            function = {"name": call.name, "arguments": call.written if whole else ""}
            yield {"tool_calls": [{**place, **call_id, "type": "function", "function": function}]}, None
            for piece in () if whole else call.pieces():
                yield {"tool_calls": [{**place, "function": {"arguments": piece}}]}, None
        yield {}, _reason(answer)

    def _message(self, answer: ScriptedAnswer) -> dict[str, object]:
        calls = [
            {
                "id": f"call_e{next(self._numbers)}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.written},
            }
            for call in answer.calls
        ]
        message: dict[str, object] = {"role": "assistant", "content": answer.text or None, "refusal": None}
        return {**message, "tool_calls": calls} if calls else message


def _event(chunk: Mapping[str, object]) -> bytes:
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def _reason(answer: ScriptedAnswer) -> str:
    if answer.cut:
        return "length"
    return "tool_calls" if answer.calls else "stop"


def _error(message: str, code: str) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def _heard(messages: object) -> tuple[str, int]:
    """The caller's last words, and how many answers there are."""
    assert isinstance(messages, list)
    said = [message.get("content") for message in messages if message.get("role") == "user"]
    answers = sum(message.get("role") == "assistant" for message in messages)
    last = said[-1] if said else ""
    return last if isinstance(last, str) else "", answers


def mistake_in(body: Mapping[str, object]) -> tuple[str, str] | None:
    """What the API refuses: message and code."""
    messages = body.get("messages")
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "you must provide a model parameter", "missing_required_parameter"
    if not isinstance(messages, list) or not messages:
        return "[] is too short - 'messages'", "invalid_value"
    if "max_tokens" in body and "max_completion_tokens" in body:
        return "max_tokens and max_completion_tokens exclude each other", "invalid_value"
    waiting: list[str] = []
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            return "Invalid value: 'messages[].role'", "invalid_value"
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                return (
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
                    "",
                )
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return "An assistant message with 'tool_calls' must be followed by tool messages", "invalid_value"
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
        if not waiting and not isinstance(message.get("content"), str | list):
            return "Invalid value for 'content': expected a string, got null.", "invalid_type"
    return (
        ("An assistant message with 'tool_calls' must be followed by tool messages", "") if waiting else None
    )


_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
