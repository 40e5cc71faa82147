"""Anthropic's messages as its reference tells them, judged by its own SDK (anthropic-sdk-python 2.12)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count

import trio

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, counted
from aywa.emulators.exchange import EmulatorSocket, Reply, Request

_Block = dict[str, object]


class AnthropicEmulator:
    """Serves `/v1/messages`."""

    name = "anthropic"

    def __init__(
        self,
        script: ChatScript | None = None,
        *,
        key: str = "emulated-key",
        first_token_s: float = 0.0,
        token_s: float = 0.0,
        context_tokens: int = 200_000,
    ) -> None:
        """Times between the pieces of an answer in seconds."""
        self.script = script or ChatScript()
        self.bodies: list[dict[str, object]] = []  # of the requests, as they came
        self.left = trio.Event()  # a client did not want its answer to the end
        self._key = key
        self._first_token_s = first_token_s
        self._token_s = token_s
        self._context = context_tokens
        self._cached = 0  # tokens of the longest prompt that was to be kept
        self._numbers = count(1)

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        body = request.json()
        if not request.path.endswith("/v1/messages") or request.method != "POST":
            await reply.json(404, _error("not_found_error", "Not found"))
        elif self._key not in (request.headers.get("x-api-key"), _bearer(request)):
            await reply.json(401, _error("authentication_error", "invalid x-api-key"))
        elif "anthropic-version" not in request.headers:
            await reply.json(400, _error("invalid_request_error", "anthropic-version: header is required"))
        elif (mistake := mistake_in(body)) is not None:
            await reply.json(400, _error("invalid_request_error", mistake))
        else:
            self.bodies.append(body)
            await self._answer(reply, body)

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`: none here."""
        await socket.reject(404)

    async def _answer(self, reply: Reply, body: Mapping[str, object]) -> None:
        prompt = counted(*(json.dumps(body.get(name, "")) for name in ("system", "messages", "tools")))
        if prompt > self._context:
            await reply.json(400, _error("invalid_request_error", "prompt is too long"))
            return
        answer = self.script.answer(*_heard(body["messages"]))
        usage = self._usage(prompt, body)
        message = {
            "id": f"msg_{next(self._numbers)}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "stop_reason": None,
            "stop_sequence": None,
        }
        if not body.get("stream"):
            content = list(self._content(answer, thinks=_thinks(body)))
            usage["output_tokens"] = answer.tokens
            stopped = {**message, "content": content, "stop_reason": _reason(answer), "usage": usage}
            await reply.json(200, stopped)
            return
        if not await reply.begin(200, {"Content-Type": "text/event-stream; charset=utf-8"}):
            return
        try:
            for number, sent in enumerate(self.frames(answer, message, usage, thinks=_thinks(body))):
                await trio.sleep(self._first_token_s if number == 1 else self._token_s)
                await reply.send(sent)
            await reply.end()
        except trio.BrokenResourceError:
            self.left.set()
            raise

    def frames(
        self,
        answer: ScriptedAnswer,
        message: Mapping[str, object],
        usage: Mapping[str, int],
        *,
        thinks: bool = False,
    ) -> Iterator[bytes]:
        """The stream of one answer."""
        yield _event(
            "message_start", message={**message, "content": [], "usage": {**usage, "output_tokens": 1}}
        )
        yield _event("ping")
        for index, block in enumerate(self._content(answer, thinks=thinks)):
            yield from _block_frames(index, block)
        stopped = {"stop_reason": _reason(answer), "stop_sequence": None}
        yield _event("message_delta", delta=stopped, usage={"output_tokens": answer.tokens})
        yield _event("message_stop")

    def _content(self, answer: ScriptedAnswer, *, thinks: bool) -> Iterator[_Block]:
        if answer.thoughts and thinks:
            yield {"type": "thinking", "thinking": answer.thoughts, "signature": "c2lnbmVk"}
        if answer.text:
            yield {"type": "text", "text": answer.text}
        for call in answer.calls:
            yield {
                "type": "tool_use",
                "id": f"toolu_{next(self._numbers)}",
                "name": call.name,
                "input": call.arguments,
            }

    def _usage(self, prompt: int, body: Mapping[str, object]) -> dict[str, int]:
        """What was to be kept once is read from then on."""
        read = min(self._cached, prompt)
        wanted = "cache_control" in json.dumps(body.get("system", "")) + json.dumps(body["messages"])
        if wanted:
            self._cached = max(self._cached, prompt)
        return {
            "input_tokens": 0 if wanted else prompt - read,
            "cache_creation_input_tokens": prompt - read if wanted else 0,
            "cache_read_input_tokens": read,
            "output_tokens": 0,
        }


def _block_frames(index: int, block: _Block) -> Iterator[bytes]:
    match block["type"]:
        case "text":
            pieces = ScriptedAnswer(str(block["text"])).pieces()
            empty: _Block = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
        case "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [
                {"type": "thinking_delta", "thinking": str(block["thinking"])},
                {"type": "signature_delta", "signature": str(block["signature"])},
            ]
        case _:
            empty = {**block, "input": {}}
            given = block["input"]
            text = given if isinstance(given, str) else json.dumps(given)
            cuts = [text[at : at + 12] for at in range(0, len(text), 12)] if given else []
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *cuts]]
    yield _event("content_block_start", index=index, content_block=empty)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **said: object) -> bytes:
    data = json.dumps({"type": kind, **said}, separators=(",", ":"))
    return f"event: {kind}\ndata: {data}\n\n".encode()


def _bearer(request: Request) -> str:
    """The SDK shows its key so since version 2; the documents name `x-api-key`."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _error(kind: str, message: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_emulated"}


def _reason(answer: ScriptedAnswer) -> str:
    if answer.cut:
        return "max_tokens"
    return "tool_use" if answer.calls else "end_turn"


def _thinks(body: Mapping[str, object]) -> bool:
    thinking = body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")


def _heard(messages: object) -> tuple[str, int]:
    """The caller's last words, and how many answers there are."""
    assert isinstance(messages, list)
    said = ""
    for message in messages:
        blocks = _blocks(message)
        if message["role"] == "user" and (words := [str(each["text"]) for each in blocks if "text" in each]):
            said = words[-1]
    return said, sum(message["role"] == "assistant" for message in messages)


def _blocks(message: Mapping[str, object]) -> list[_Block]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def mistake_in(body: Mapping[str, object]) -> str | None:
    """What the API refuses."""
    messages = body.get("messages")
    limit, thinking = body.get("max_tokens"), body.get("thinking")
    if not isinstance(body.get("model"), str):
        return "model: Field required"
    if not isinstance(limit, int) or limit < 1:
        return "max_tokens: Field required"
    if (
        isinstance(thinking, dict)
        and thinking.get("type") == "enabled"
        and thinking["budget_tokens"] >= limit
    ):
        return "max_tokens must be greater than thinking.budget_tokens"
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    if messages[0].get("role") != "user":
        return 'messages: first message must use the "user" role'
    return _mistake_in_turns(messages, has_tools=bool(body.get("tools")))


def _mistake_in_turns(messages: list[dict[str, object]], *, has_tools: bool) -> str | None:
    waiting: list[object] = []
    for message in messages:
        blocks = _blocks(message)
        if message.get("role") not in ("user", "assistant"):
            return "messages: Unexpected role"
        if not blocks:
            return "messages: content must not be empty"
        if any(block["type"] == "text" and not str(block["text"]).strip() for block in blocks):
            return "messages: text content blocks must contain non-whitespace text"
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if sorted(map(str, results)) != sorted(map(str, waiting)):
            return "messages: `tool_use` ids must have `tool_result` blocks immediately after"
        if results and any(block["type"] == "tool_result" for block in blocks[len(results) :]):
            return "messages: `tool_result` blocks must come first"
        waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if waiting and not has_tools:
            return "Requests which include `tool_use` or `tool_result` blocks must define tools"
    if waiting:
        return "messages: `tool_use` ids must have `tool_result` blocks immediately after"
    if messages[-1]["role"] == "assistant" and str(_blocks(messages[-1])[-1].get("text", "x")).endswith(" "):
        return "messages: final assistant content cannot end with trailing whitespace"
    return None
