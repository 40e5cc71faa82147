"""Tools in an assistant turn: what is said before them, while they run, and after them for the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import trio

from aywa.call.context import Context
from aywa.call.timeline import Timeline
from aywa.call.tools import ToolRun, ToolRunner
from aywa.ports.llm import Done, ToolCall
from aywa.turn.events import ModelToken, ToolFinished, ToolStarted, TurnInput
from aywa.turn.speaking_settings import SpeakingSettings
from aywa.turn.tool_messages import MessageKind, ToolMessage, afterwards, fitting

SPOKEN_S = 15.0  # for a message that a tool waits for
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class ToolRounds:
    """Of one turn."""

    turn: int
    tools: ToolRunner
    context: Context
    timeline: Timeline
    speaking: SpeakingSettings
    receive: Callable[[TurnInput], None]

    async def settle(self) -> None:
        """Wait for tools, this answer's or those of one that was cut: the model must see their results."""
        if self.tools.running:
            await self._settle(self.tools.running, said=False)

    async def run(self, calls: Sequence[ToolCall], heard: Callable[[], bool]) -> Done | None:
        """Run what the model has asked for; None: it is asked again, and reads what is meant for it.

        `heard`: whether all that was to be said so far has been played.
        """
        waited = [call for call in calls if self.tools.box.waits(call.name)]
        first = self._messages(waited)
        said = any(message.blocking for message in first if message.kind is MessageKind.START)
        if said:
            self._tell(waited, first)
            await _until(heard)
        runs = [self.tools.start(call) for call in calls]
        if running := self.tools.running:
            await self._settle(running, said=said)
        return self._afterwards(runs)

    async def _settle(self, running: Sequence[ToolRun], *, said: bool) -> None:
        calls = [run.call for run in running]
        messages = self._messages(calls)
        if said:
            messages = tuple(each for each in messages if each.kind is not MessageKind.START)
        self._tell(calls, messages)
        await self.tools.settle()
        self.receive(ToolFinished(self.turn, calls[0].name))

    def _tell(self, calls: Sequence[ToolCall], messages: tuple[ToolMessage, ...]) -> None:
        bound_s = max(self.tools.box.bound_s(call.name) for call in calls)
        # What fits was found here: of several tools, each by its own arguments.
        self.receive(ToolStarted(self.turn, "", bound_s, messages, {}))

    def _messages(self, calls: Sequence[ToolCall]) -> tuple[ToolMessage, ...]:
        """What fits these calls: what the first of them begins with, and all that is said later."""
        found: list[ToolMessage] = []
        for call in calls:
            mine = [replace(each, conditions=()) for each in fitting(self._of(call), call.arguments)]
            begun = any(each.kind is MessageKind.START for each in found)
            found += [each for each in mine if not (begun and each.kind is MessageKind.START)]
        return tuple(found)

    def _of(self, call: ToolCall) -> tuple[ToolMessage, ...]:
        """The plan's for this tool, else its own."""
        specs = self.tools.box.specs()
        own = next((spec.messages for spec in specs if spec.name == call.name), ())
        return self.speaking.messages_for(call.name) or own

    def _afterwards(self, runs: Sequence[ToolRun]) -> Done | None:
        """What the plan has said when tools have answered ends the answer, if there is something for each."""
        said: list[ToolMessage] = []
        ends, answered = False, 0
        for run in runs:
            message = afterwards(self._of(run.call), run.call.arguments, failed=run.failed)
            if message is not None and message.to_model:
                self.context.note(message.text)
            elif message is not None:
                said.append(message)
            ending = run.ending
            if ending is not None and not ending.goes_on:
                answered += message is None or message.to_model
                ends = ends or ending.ends_call
                if ending.says:
                    said.append(ToolMessage(MessageKind.COMPLETE, ending.says))
                    answered -= 1
        if not ends and len(said) + answered < len(runs):
            return None
        for message in said:
            self.timeline.add("tool.message", turn=self.turn, message=message.kind.value, text=message.text)
            self.receive(ModelToken(self.turn, f"{message.text}\n"))
        return Done(end_call=ends or any(message.ends_call for message in said))


async def _until(heard: Callable[[], bool]) -> None:
    with trio.move_on_after(SPOKEN_S):
        while not heard():  # noqa: ASYNC110 - the engine's position is looked at, nobody tells it
            await trio.sleep(_LOOK_S)
