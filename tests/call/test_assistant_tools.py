"""Tools of an assistant: judged, filled in, run once, kept short, and told of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
import trio

from aywa.call.servers import CallServers, Deed, DeedTool, ServerTool, ToolRules
from aywa.errors import OutboundError, OutboundFault, StoreError
from aywa.model.extraction import VariableExtractionPlan
from aywa.model.rejection import RejectionPlan
from aywa.model.server_body import BackoffPlan
from aywa.outbox.requests import read_object
from aywa.ports.llm import Done, Token, ToolCall, ToolSpec
from aywa.ports.tool_ledger import Intent, Known, Outcome
from aywa.turn.tool_messages import MessageKind, ToolMessage
from tests.kit.call_world import happens
from tests.kit.fake_providers import says
from tests.kit.malformed_json import malformed
from tests.kit.tool_world import DONE, FakeRequests, answered, asks_for, booking, world

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "nights": {"type": "integer", "minimum": 1, "maximum": 30},
        "room": {"type": "string", "enum": ["single", "double"]},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "required": ["nights"],
    "additionalProperties": False,
}
SORRY = "That did not work."
FAILED = ToolMessage(MessageKind.FAILED, SORRY)
BOOK = ToolSpec("book", "Books.", SCHEMA, by_server=True)
ANY = ToolSpec("book", "Books.", {"type": "object", "properties": {}}, by_server=True)


@dataclass
class FakeLedger:
    """A ledger in memory. `error`: the database is away."""

    rows: dict[str, Known] = field(default_factory=dict)
    error: StoreError | None = None

    async def begin(self, intent: Intent) -> Known | None:
        if self.error is not None:
            raise self.error
        if (known := self.rows.get(intent.key)) is not None:
            return known
        self.rows[intent.key] = Known(intent.key, None, None)
        return None

    async def finish(self, intent: Intent, outcome: Outcome, result: str, at: datetime) -> None:
        self.rows[intent.key] = Known(intent.key, outcome, result)

    async def withdraw(self, intent: Intent) -> None:
        del self.rows[intent.key]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "nights: is required"),
        ({"nights": "2"}, "nights: must be of type integer"),
        ({"nights": 31}, "nights: breaks the rule maximum 30"),
        ({"nights": 2, "room": "suite"}, "room: must be one of ['single', 'double']"),
        ({"nights": 2, "code": "abc"}, "code: breaks the rule pattern ^[A-Z]{3}$"),
        ({"nights": 2, "price": 1}, "price: is not one of the parameters"),
    ],
    ids=["missing", "type", "maximum", "enum", "pattern", "more"],
)
async def test_wrong_arguments_are_told_and_run_nothing(
    arguments: dict[str, object], words: str, autojump_clock: trio.testing.MockClock
) -> None:
    made = booking(ServerTool(BOOK), **arguments)
    result = await answered(made)
    assert result["error"].startswith(words)
    assert made.requests.asked == []


async def test_static_parameters_and_variables(autojump_clock: trio.testing.MockClock) -> None:
    rules = ToolRules(
        {"hotel": "{{ house }}", "caller": "{{ customer.number }}", "call": "{{ call.id }}", "n": 7}
    )
    made = booking(ServerTool(BOOK, rules=rules), nights=2)
    made.variables = {"house": "Sun"}
    assert await answered(made) == {"result": "done"}
    ((_, message, _, _),) = made.requests.asked
    sent = message["toolCallList"][0]["arguments"]
    assert sent == {"nights": 2, "hotel": "Sun", "caller": "1", "call": made.row().id, "n": 7} | {
        "caller": sent["caller"]
    }
    assert sent["caller"]
    (key,) = made.requests.keys
    assert len(key) == 40


async def test_a_plan_may_reject(autojump_clock: trio.testing.MockClock) -> None:
    plan = RejectionPlan.model_validate({"conditions": [{"type": "regex", "regex": "(?i)PLEASE"}]})
    made = booking(ServerTool(BOOK, rules=ToolRules(rejection=plan)), nights=2)
    assert "does not allow" in (await answered(made))["error"]
    assert made.requests.asked == []


async def test_what_is_extracted_fills_in_the_next_tool(autojump_clock: trio.testing.MockClock) -> None:
    plan = VariableExtractionPlan.model_validate(
        {"schema": {"type": "object", "properties": {"id": {"type": "string"}}}}
    )
    first = ServerTool(ANY, rules=ToolRules(extraction=plan))
    pay = ToolSpec("pay", "Pays.", {"type": "object", "properties": {}}, by_server=True)
    second = ServerTool(pay, rules=ToolRules({"booking": "{{ id }}"}))
    made = world(
        says("Hello."),
        [0.1, ToolCall("t1", "book", {}), Done()],
        [0.1, ToolCall("t2", "pay", {}), Done()],
        says("Paid."),
        requests=FakeRequests({"tool-calls": {"result": {"id": "B7", "secret": "x"}}}),
        servers=CallServers((("account", None),), (first, second)),
    )
    await answered(made, "pay")
    assert made.requests.asked[1][1]["toolCallList"][0]["arguments"] == {"booking": "B7"}
    assert made.row().slots == {"id": "B7"}


async def test_a_long_answer_is_cut_and_says_so(autojump_clock: trio.testing.MockClock) -> None:
    made = booking(
        ServerTool(ANY, rules=ToolRules(most_characters=100)),
        requests=FakeRequests({"tool-calls": {"result": "x" * (1 << 20)}}),
    )
    result = await answered(made)
    assert result == {"result": "x" * 100, "cut": "only the first 100 of 1048576 characters"}


@pytest.mark.parametrize("part", range(4))
async def test_malformed_answers_are_failures_the_caller_hears_of(
    part: int, autojump_clock: trio.testing.MockClock
) -> None:
    bodies = list(malformed().items())[part::4]

    class Servers(FakeRequests):
        async def ask(self, *given: Any, **named: Any) -> Mapping[str, object]:
            return read_object(bodies[len(made.entries("tool.finished"))][1])

    tool = ServerTool(replace(ANY, messages=(FAILED,)))
    steps = [[0.05, ToolCall(f"t{number}", "book", {}), Done()] for number in range(len(bodies))]
    made = world(
        says("Hello."), *steps, requests=Servers(), servers=CallServers((("account", None),), (tool,))
    )
    async with made.call() as person:
        await person.listens()
        for number, (name, _) in enumerate(bodies, 1):
            await person.says("please", 0.3)
            await happens(lambda wanted=number: made.tts.spoken.count(SORRY) == wanted)
            await person.listens() if person.state.name != "LISTENING" else None
            assert len(made.entries("tool.finished")) == number, name
        person.session.remote_hangs_up()
    results = [json.loads(str(each["result"])) for each in made.entries("tool.finished")]
    assert all("error" in result for result in results)
    assert not made.entries("turn.model_silent")


async def test_a_hang_ends_and_the_caller_hears_of_it(autojump_clock: trio.testing.MockClock) -> None:
    waits = ToolMessage(MessageKind.DELAYED, "A moment more.", 3.0)
    tool = ServerTool(replace(ANY, messages=(waits, FAILED)), timeout_s=30.0)
    made = booking(tool, requests=FakeRequests({"tool-calls": DONE}, takes_s=60.0))
    result = await answered(made)
    assert "not known" in result["error"], "it may have been done"
    assert made.tts.spoken[1:] == ["A moment more.", SORRY]
    (finished,) = made.entries("tool.finished")
    assert 29_000 < int(str(finished["took_ms"])) < 33_000


async def test_retries_carry_one_key_and_stop_where_it_may_be_done(
    autojump_clock: trio.testing.MockClock,
) -> None:
    plan = BackoffPlan(max_retries=3, base_delay_seconds=1)

    class Servers(FakeRequests):
        async def ask(self, *given: Any, **named: Any) -> Mapping[str, object]:
            self.keys.append(named["key"])
            fault = faults[len(self.keys) - 1]
            if fault is None:
                return DONE
            raise OutboundError("no", fault, status=503)

    faults = [OutboundFault.STATUS, OutboundFault.UNREACHABLE, None]
    made = booking(ServerTool(ANY, backoff=plan), requests=Servers())
    assert await answered(made) == {"result": "done"}
    assert len(made.requests.keys) == 3
    assert len(set(made.requests.keys)) == 1
    faults = [OutboundFault.STATUS, OutboundFault.PROTOCOL, None]
    made = booking(ServerTool(ANY, backoff=plan), requests=Servers())
    assert "not known" in (await answered(made))["error"]
    assert len(made.requests.keys) == 2


async def test_the_same_in_one_turn_is_done_once(autojump_clock: trio.testing.MockClock) -> None:
    twice = [0.1, ToolCall("t1", "book", {"a": 1}), ToolCall("t2", "book", {"a": 1}), Done()]
    later = [0.1, ToolCall("t3", "book", {"a": 1}), ToolCall("t1", "book", {"a": 1}), Done()]
    made = world(
        says("Hello."),
        twice,
        later,
        says("Done."),
        requests=FakeRequests({"tool-calls": {"result": "ordered"}}, takes_s=1.0),
        servers=CallServers((("account", None),), (ServerTool(ANY),)),
        ledger=FakeLedger(),
    )
    await answered(made)
    assert len(made.requests.asked) == 1
    assert {str(each["result"]) for each in made.entries("tool.finished")} == {'{"result": "ordered"}'}


async def test_what_cannot_be_written_down_is_not_done(autojump_clock: trio.testing.MockClock) -> None:
    made = booking(ServerTool(ANY))
    made.ledger = FakeLedger(error=StoreError("away"))
    assert "could not be written down" in (await answered(made))["error"]
    assert made.requests.asked == []


async def test_what_a_lost_process_began_is_not_done_again(autojump_clock: trio.testing.MockClock) -> None:
    ledger = FakeLedger()

    async def begin(intent: Intent) -> Known | None:
        return Known(intent.key, None, None)

    ledger.begin = begin  # type: ignore[method-assign]
    made = booking(ServerTool(ANY))
    made.ledger = ledger
    assert "not known" in (await answered(made))["error"]
    assert made.requests.asked == []


async def test_a_result_after_the_caller_has_gone_is_kept(autojump_clock: trio.testing.MockClock) -> None:
    ledger = FakeLedger()
    made = booking(ServerTool(ANY), requests=FakeRequests({"tool-calls": DONE}, takes_s=4.0))
    made.ledger = ledger
    async with made.call() as person:
        await person.listens()
        await person.says("please")
        await happens(lambda: bool(made.entries("tool.started")))
        await trio.sleep(0.5)
        person.session.remote_hangs_up()
    (finished,) = made.entries("tool.finished")
    assert finished["result"] == '{"result": "done"}'
    assert [known.outcome for known in ledger.rows.values()] == [Outcome.DONE]
    kinds = made.kinds()
    assert kinds.index("tool.finished") < kinds.index("call.ended")


async def test_a_tool_that_is_not_waited_for(autojump_clock: trio.testing.MockClock) -> None:
    complete = ToolMessage(MessageKind.COMPLETE, "I have asked for it.")
    tool = ServerTool(replace(ANY, messages=(complete, FAILED)), waits=False)
    made = booking(tool, requests=FakeRequests({"tool-calls": DONE}, takes_s=6.0))
    async with made.call() as person:
        await person.listens()
        began = trio.current_time()
        await person.says("please")
        await happens(lambda: "I have asked for it." in made.tts.spoken)
        assert trio.current_time() - began < 4.0
        await happens(lambda: bool(made.entries("tool.finished")))
        person.session.remote_hangs_up()
    assert made.entries("tool.finished")[0]["result"] == '{"result": "done"}'


async def test_a_message_the_tool_waits_for(autojump_clock: trio.testing.MockClock) -> None:
    start = ToolMessage(MessageKind.START, "I book that now for you.", blocking=True)
    made = booking(ServerTool(replace(ANY, messages=(start,))))
    await answered(made)
    (spoken,) = [each for each in made.seen if each.kind == "tts.phrase" and "book that" in str(each.data)]
    (started,) = [each for each in made.seen if each.kind == "tool.started"]
    assert started.at_ms - spoken.at_ms > 1000, "24 characters take 1.2 s"
    assert made.tts.spoken.count("I book that now for you.") == 1


async def test_tools_side_by_side(autojump_clock: trio.testing.MockClock) -> None:
    names = ("a", "b", "c")
    tools = tuple(ServerTool(replace(ANY, name=name)) for name in names)
    made = world(
        says("Hello."),
        [0.1, *(ToolCall(f"t{name}", name, {}) for name in names), Done()],
        says("Done."),
        requests=FakeRequests({"tool-calls": {"result": "ok"}}, takes_s=2.0),
        servers=CallServers((("account", None),), tools),
    )
    async with made.call() as person:
        await person.listens()
        await person.says("please")
        await happens(lambda: len(made.model.requests) == 3)
        person.session.remote_hangs_up()
    took = [int(str(each["took_ms"])) for each in made.entries("tool.finished")]
    assert len(took) == 3
    assert max(took) < 2_200


NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}


async def test_the_assistant_hangs_up_by_a_tool(autojump_clock: trio.testing.MockClock) -> None:
    end = DeedTool(ToolSpec("endCall", "Ends.", NOTHING), Deed.END_CALL)
    made = world(
        says("Hello."),
        [0.1, Token("Goodbye then."), ToolCall("t1", "endCall", {}), Done()],
        servers=CallServers(tools=(end,)),
    )
    async with made.call() as person:
        await person.listens()
        await person.says("bye")
    reason = made.row().end_reason
    assert reason is not None
    assert reason.code.value == "assistant-ended-call"
    assert made.said()[-1] == ("assistant", "Goodbye then.")


async def test_a_message_is_left(autojump_clock: trio.testing.MockClock) -> None:
    leave = DeedTool(ToolSpec("voicemail", "Leaves.", NOTHING), Deed.VOICEMAIL, "Please call us back.")
    made = world(
        says("Hello."), [0.1, ToolCall("t1", "voicemail", {}), Done()], servers=CallServers(tools=(leave,))
    )
    async with made.call() as person:
        await person.listens()
        await person.says("leave a message after the tone")
    assert made.said()[-1] == ("assistant", "Please call us back.")


@pytest.mark.parametrize(("keys", "pressed"), [("1 2-3#", "123#"), ("call 911", ""), ("1;rm", "")])
async def test_only_keys_are_pressed(keys: str, pressed: str, autojump_clock: trio.testing.MockClock) -> None:
    schema = {"type": "object", "properties": {"dtmf": {"type": "string"}}, "required": ["dtmf"]}
    press = DeedTool(ToolSpec("dtmf", "Presses.", schema), Deed.KEYS)
    made = world(
        says("Hello."), asks_for("dtmf", dtmf=keys), says("Pressed."), servers=CallServers(tools=(press,))
    )
    result = await answered(made, "dtmf")
    assert ("result" in result) is bool(pressed)
    assert "".join(str(each["keys"]) for each in made.entries("control.keys")) == pressed
