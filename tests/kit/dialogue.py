"""A conversation driven as a call drives it: generations, tool calls and their results, no audio."""

from __future__ import annotations

from aywa.ports.llm import ChatRequest, Done, Expect, Message, Role, Token, ToolCall
from aywa.providers.scripted import ScriptedModel
from aywa.scenarios.registry import load_scenario


class Conversation:
    """One scenario with fresh tools."""

    def __init__(self, name: str) -> None:
        scenario = load_scenario(name)
        self.model = ScriptedModel(scenario.script)
        self.tools = scenario.open_tools()
        self.messages = [Message(Role.SYSTEM, scenario.prompt)]
        self.calls: list[ToolCall] = []
        self.expected: tuple[str, ...] = ()
        self.ended = False

    async def say(self, text: str) -> str:
        """The caller says something; returns what the assistant answers."""
        self.messages.append(Message(Role.USER, text))
        return await self.assistant()

    async def assistant(self) -> str:
        """Generate until the assistant has spoken, running the tools it calls."""
        while True:
            text, calls = "", []
            async with self.model.stream(ChatRequest(tuple(self.messages), self.tools.specs())) as events:
                async for event in events:
                    match event:
                        case Token(piece):
                            text += piece
                        case ToolCall():
                            calls.append(event)
                        case Expect(phrases):
                            self.expected = phrases
                        case Done(end_call=end):
                            self.ended = end
            self.messages.append(Message(Role.ASSISTANT, text, tuple(calls)))
            for call in calls:
                self.calls.append(call)
                self.messages.append(Message(Role.TOOL, await self.tools.invoke(call), (), call.id))
            if not calls:
                return text

    def cut_last_answer(self, heard: str) -> None:
        """The caller interrupted: the last answer holds only what was heard."""
        self.messages[-1] = Message(Role.ASSISTANT, heard)
