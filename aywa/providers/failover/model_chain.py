"""Several language models as one: an answer that broke off goes on, and says and does nothing twice.

```
  tokens … broken ──► Rewind (what nobody was given to speak yet is thrown away)
                        └──► the next route: the same request, what was said, "go on"
  a tool call … broken ──► the answer is over: the tool runs once, and its result is asked about
```
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace

import trio

from aywa.errors import ProviderError
from aywa.ports.llm import ChatEvent, ChatModel, ChatRequest, Done, Purpose, Rewind, Token, ToolCall, Working
from aywa.ports.routes import RouteReport, RouteUsed, Stage
from aywa.providers.failover.attempts import Journey, ended
from aywa.providers.failover.continuation import Joint, continued
from aywa.providers.failover.race import Attempt, Race, Rules
from aywa.providers.failover.route import Health, Route
from aywa.providers.failover.wall import open_ungrouped_nursery
from aywa.turn.speculation_budget import estimated_tokens

_STAGE = Stage.THINKING


class ModelChain:
    """Implements `ports.llm.ChatModel`. Made once for many calls: each has its view by `of_call`."""

    def __init__(self, journey: Journey[ChatModel]) -> None:
        self.name = journey.routes[0].name
        self._journey = journey

    def of_call(self, report: RouteReport) -> ModelChain:
        """The same for one call, whose listener hears what happens."""
        return ModelChain(Journey(_STAGE, self._journey.routes, self._journey.health, report))

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """See the port. Raises `ProviderError`, not retryable, when no route is left."""
        async with open_ungrouped_nursery() as nursery:
            answer = _Answer(self._journey, request, nursery)
            try:
                async with aclosing(answer.events()) as events:
                    yield events
            finally:
                answer.race.close()


class _Answer:
    """One request on its way through the routes."""

    def __init__(self, journey: Journey[ChatModel], request: ChatRequest, nursery: trio.Nursery) -> None:
        rules: Rules[ChatModel, ChatEvent] = Rules(
            late_first="The model gives no first token",
            late_next="The model stopped in the middle of its answer",
            is_sign=lambda event: isinstance(event, Working),
            used=self._used,
        )
        self.race = Race(journey, rules, nursery)
        self._request = request
        self._said = ""  # what was given of the answer's text, and stands
        self._called = False  # a tool call was given

    async def events(self) -> AsyncGenerator[ChatEvent, None]:
        """What is given, by whoever gives it."""
        while True:
            attempt = await self.race.first(self._open)
            joint = Joint(self._said)
            try:
                while (event := await self.race.next(attempt)) is not None:
                    if isinstance(event, Done):
                        if rest := joint.flush():
                            yield Token(rest)
                        self.race.finish(attempt)
                        yield replace(event, provider=event.provider or attempt.route.name)
                        return
                    if isinstance(event, Token):
                        if not (text := joint.feed(event.text)):
                            continue
                        self._said += text
                        event = Token(text)
                    self._called = self._called or isinstance(event, ToolCall)
                    yield event
                raise ended(attempt.route.name, _STAGE)
            except ProviderError as error:
                self.race.lose(attempt, error)
                if self._said and self._request.purpose is not Purpose.CONVERSE:
                    raise  # nobody has heard it: whoever asked can ask again
            if self._called:
                yield Done(provider=attempt.route.name)
                return
            if self._said:
                rewind = Rewind(self._said)
                yield rewind
                rewind.close()
                self._said = rewind.said

    def _open(self, route: Route[ChatModel]) -> AbstractAsyncContextManager[AsyncIterator[ChatEvent]]:
        return route.provider.stream(continued(self._request, self._said))

    def _used(self, attempt: Attempt[ChatModel, ChatEvent]) -> RouteUsed:
        """At a guess: the provider has not come to say it."""
        texts = [message.text for message in self._request.messages]
        texts += [tool.name + tool.description + str(dict(tool.parameters)) for tool in self._request.tools]
        events = [*attempt.taken, *attempt.items]
        return RouteUsed(
            _STAGE,
            attempt.route.name,
            prompt_tokens=estimated_tokens(*texts),
            completion_tokens=estimated_tokens(*(each.text for each in events if isinstance(each, Token))),
        )


def model_chain(routes: Sequence[Route[ChatModel]], health: Health) -> ModelChain:
    """Language models as one, the preferred one first."""
    return ModelChain(Journey(_STAGE, routes, health))
