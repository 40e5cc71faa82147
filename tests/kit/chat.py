"""Language models in tests: conversations, answers read from bytes, and generations over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

from hypothesis import strategies as st

from aywa.emulators.chat_script import ScriptedAnswer, ScriptedCall
from aywa.emulators.exchange import Emulator
from aywa.emulators.faults import Fault, Faults
from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.ports.llm import ChatEvent, ChatModel, ChatRequest, Done, Message, Role, Token, ToolCall, ToolSpec
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.chat.exchange import ChatReader
from aywa.providers.web.door import ProviderDoor, open_door
from aywa.providers.web.sse import SseParser

LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))
KEY = "emulated-key"
SCHEMA = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
BOOK = ToolSpec("book", "Books a table.", SCHEMA)


def user(text: str) -> Message:
    return Message(Role.USER, text)


def conversation(*later: Message, tools: tuple[ToolSpec, ...] = ()) -> ChatRequest:
    return ChatRequest((Message(Role.SYSTEM, "Be brief."), *later), tools)


def called(*calls: ToolCall, said: str = "", results: Sequence[str] = ()) -> tuple[Message, ...]:
    """A round of tools, as the context tells it."""
    answers = [
        Message(Role.TOOL, result, tool_call_id=call.id) for call, result in zip(calls, results, strict=False)
    ]
    return (Message(Role.ASSISTANT, said, calls), *answers)


def read(reader: ChatReader, stream: Iterable[bytes]) -> list[ChatEvent]:
    """What a reader makes of a whole stream of server-sent events."""
    parser, events = SseParser(), list[ChatEvent]()
    for piece in stream:
        for event in parser.feed(piece):
            events += reader.receive(event)
    for event in parser.finish():
        events += reader.receive(event)
    return events if events and isinstance(events[-1], Done) else [*events, *reader.finish()]


def text_of(events: Iterable[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


def calls_of(events: Iterable[ChatEvent]) -> list[ToolCall]:
    return [event for event in events if isinstance(event, ToolCall)]


async def generate(model: ChatModel, request: ChatRequest) -> list[ChatEvent]:
    async with model.stream(request) as events:
        return [event async for event in events]


@asynccontextmanager
async def emulated(
    emulator: Emulator, *script: Fault | None
) -> AsyncIterator[tuple[ProviderDoor, EmulatorHost]]:
    async with open_emulator(emulator, Faults(script)) as host, open_door(LOOPBACK) as door:
        yield door, host


def cut(stream: bytes, sizes: Iterable[int]) -> list[bytes]:
    """The same bytes in other pieces."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(stream[at : at + size])
        at += size
    return [*pieces, stream[at:]]


_WORDS = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"], exclude_characters="<"), min_size=1
    ),
    max_size=8,
).map(" ".join)
_ARGUMENTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=4),
    st.text(max_size=12)
    | st.integers()
    | st.booleans()
    | st.none()
    | st.lists(st.text(max_size=3), max_size=3),
    max_size=3,
)
_CALLS = st.lists(st.builds(ScriptedCall, st.sampled_from(["book", "look_up"]), _ARGUMENTS), max_size=3).map(
    tuple
)
ANSWERS = st.builds(ScriptedAnswer, _WORDS, _CALLS, st.just("") | st.just("Let me think."))

_MESSAGES = st.lists(
    st.sampled_from([Role.SYSTEM, Role.USER, Role.ASSISTANT]).flatmap(
        lambda role: st.builds(Message, st.just(role), st.text(max_size=20)).map(lambda message: (message,))
    )
    | st.integers(0, 2).flatmap(
        lambda answered: st.integers(0, 10**6).map(
            lambda number: called(
                ToolCall(f"a{number}", "book", {"day": "Monday"}),
                ToolCall(f"b{number}", "book", {}),
                results=["{}", '{"error": "full"}'][:answered],
            )
        )
    ),
    max_size=8,
)
REQUESTS = _MESSAGES.map(lambda rounds: conversation(*(m for each in rounds for m in each), tools=(BOOK,)))
