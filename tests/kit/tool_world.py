"""A call whose tools ask servers that do what the test says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.equipment import Equipment, Outfit
from aywa.call.servers import CallServers
from aywa.errors import OutboundError, OutboundFault
from aywa.ports.llm import Done, ToolCall, ToolSpec
from aywa.ports.server_requests import WebAnswer, WebRequest, Whom
from aywa.ports.tool_ledger import ToolLedger
from aywa.providers.custom_voice import CustomVoice
from tests.kit.call_world import NOT_AHEAD, CallWorld, happens
from tests.kit.fake_providers import FakeModel, Step, says
from tests.kit.news import news_plan

BOOK = ToolSpec("book", "Books.", {"type": "object", "properties": {}}, by_server=True)
Answer = Mapping[str, object] | OutboundError


@dataclass
class FakeRequests:
    """Servers that answer as `answers` says by type, after `takes_s`; `sound` is streamed."""

    answers: dict[str, Answer] = field(default_factory=dict)
    takes_s: float = 0.0
    sound: list[bytes] = field(default_factory=list)
    web: list[WebAnswer | OutboundError] = field(default_factory=list)  # one after the other, the last again
    fetched: list[WebRequest] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    asked: list[tuple[Whom, dict[str, Any], float, bool]] = field(default_factory=list)

    async def ask(
        self,
        org_id: UUID,
        whom: Whom,
        message: Mapping[str, object],
        *,
        bound_s: float,
        only_200: bool = False,
        key: str = "",
    ) -> Mapping[str, object]:
        self.asked.append((whom, dict(message), bound_s, only_200))
        self.keys.append(key)
        with trio.move_on_after(bound_s):
            await trio.sleep(self.takes_s)
            answer = self.answers[str(message["type"])]
            if isinstance(answer, OutboundError):
                raise answer
            return answer
        raise OutboundError("the server took too long", OutboundFault.TIMEOUT)

    async def fetch(self, org_id: UUID, request: WebRequest) -> WebAnswer:
        self.fetched.append(request)
        with trio.move_on_after(request.bound_s):
            await trio.sleep(self.takes_s)
            answer = self.web.pop(0) if len(self.web) > 1 else self.web[0]
            if isinstance(answer, OutboundError):
                raise answer
            return answer
        raise OutboundError("the service took too long", OutboundFault.TIMEOUT)

    @asynccontextmanager
    async def stream(
        self, org_id: UUID, whom: Whom, message: Mapping[str, object], *, bound_s: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked.append((whom, dict(message), bound_s, False))
        if not self.sound:
            raise OutboundError("the server answered 500", OutboundFault.PROTOCOL)

        async def pieces() -> AsyncIterator[bytes]:
            for piece in self.sound:
                await trio.sleep(self.takes_s)
                yield piece

        yield pieces()


@dataclass
class World(CallWorld):
    """A call world with servers."""

    requests: FakeRequests = field(default_factory=FakeRequests)
    servers: CallServers = field(default_factory=CallServers)
    speaks: bool = False
    variables: dict[str, object] = field(default_factory=dict)
    ledger: ToolLedger | None = None

    def dependencies(self) -> CallDependencies:
        made = replace(
            super().dependencies(),
            requests=self.requests,
            servers=self.servers,
            variables=self.variables,
            ledger=self.ledger,
        )
        if not self.speaks:
            return made
        return replace(
            made,
            outfit=Outfit(
                lambda scope: Equipment(made.transcriber, made.model, CustomVoice(scope.ask_voice))
            ),
        )


def calls(name: str, **arguments: object) -> ToolCall:
    return ToolCall("t1", name, arguments)


def asks_for(name: str, **arguments: object) -> list[Step]:
    """The model wants a tool."""
    return [0.1, calls(name, **arguments), Done()]


def world(*answers: Any, **more: Any) -> World:
    made = World(model=FakeModel(*answers), settings=NOT_AHEAD, **more)
    made.news = news_plan("tool-calls")
    return made


DONE: dict[str, object] = {"results": [{"toolCallId": "t1", "result": "done"}]}


async def answered(made: World, tool: str = "book") -> dict[str, Any]:
    """Have the model call its tool; what it then reads."""
    async with made.call() as person:
        await person.listens()
        await person.says("please")
        await happens(lambda: bool(made.entries("tool.finished")))
        await person.listens()
        person.session.remote_hangs_up()
    finished = [each for each in made.entries("tool.finished") if each["name"] == tool]
    result: dict[str, Any] = json.loads(str(finished[-1]["result"]))
    return result


def booking(*tools: Any, requests: FakeRequests | None = None, **arguments: object) -> World:
    return world(
        says("Hello."),
        asks_for("book", **arguments),
        says("Well."),
        requests=requests or FakeRequests({"tool-calls": DONE}),
        servers=CallServers((("account", None),), tools),
    )
