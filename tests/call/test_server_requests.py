"""What a call asks servers for: tools, a destination, documents, a voice; and that none stalls it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from aywa.call.knowledge import documents_of
from aywa.call.server_tools import result_of
from aywa.call.servers import CallServers, ServerTool, ToolRules, TransferChoice
from aywa.call.transfer_order import plan_for
from aywa.errors import EndCode, OutboundError, OutboundFault
from aywa.ports.llm import Role, ToolSpec
from aywa.turn.states import State
from tests.kit.call_world import happens
from tests.kit.fake_providers import says
from tests.kit.tool_world import BOOK, FakeRequests, World, asks_for, calls, world

NO_RESULT = "the server gave no result for this call"
NAMES = st.sampled_from(["results", "toolCallId", "result", "error", "documents", "content", "similarity"])
ANSWERS = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


async def test_a_tool_is_run_by_its_server(autojump_clock: trio.testing.MockClock) -> None:
    result = {"results": [{"toolCallId": "x"}, {"toolCallId": "t1", "result": "Booked, room 7."}]}
    rules = ToolRules({"hotel": "ours"})
    tool = ServerTool(BOOK, "tool:1", {"type": "function"}, 5.0, rules=rules)
    made = world(
        says("Hello."),
        asks_for("book", day="friday"),
        says("Done."),
        requests=FakeRequests({"tool-calls": result}, takes_s=2.0),
        servers=CallServers(tools=(tool,)),
    )
    async with made.call() as person:
        await person.listens()
        await person.says("a room please")
        await happens(lambda: len(made.model.requests) == 3)
        await person.until(State.LISTENING)
        person.session.remote_hangs_up()
    ((whom, message, bound_s, only_200),) = made.requests.asked
    assert (whom, bound_s, only_200) == ("tool:1", 5.0, True)
    (item,) = message["toolCallList"]
    assert item["function"] == {"name": "book", "arguments": {"day": "friday", "hotel": "ours"}}
    assert message["toolWithToolCallList"] == [{"type": "function", "toolCall": item}]
    assert message["call"]["id"] == made.row().id
    assert message["assistant"] == {"name": "Ada"}
    told = [each.text for each in made.model.requests[-1].messages if each.role is Role.TOOL]
    assert told == ['{"result": "Booked, room 7."}']
    assert made.store.jobs == {}, "who has run it is not told that it was run"
    assert [entry["type"] for entry in made.entries("server.answered")] == ["tool-calls"]


async def test_a_server_that_hangs_does_not_stall_the_call(autojump_clock: trio.testing.MockClock) -> None:
    made = world(
        says("Hello."),
        asks_for("book"),
        says("It does not work."),
        requests=FakeRequests({"tool-calls": {}}, takes_s=300.0),
        servers=CallServers(cascade=(("account", None),), tools=(ServerTool(BOOK),)),
    )
    async with made.call() as person:
        await person.listens()
        await person.says("a room please")
        began = trio.current_time()
        await happens(lambda: len(made.model.requests) == 3)
        assert trio.current_time() - began < 22.5, "the tool's own time, and the model's"
        person.session.remote_hangs_up()
    (failed,) = made.entries("server.failed")
    assert failed["detail"] == "the server took too long"
    assert made.requests.asked[0][0] == "account", "without a server of its own the cascade's first"


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"results": [{"toolCallId": "t1", "error": "sold out"}]}, {"error": "sold out"}),
        ({"results": [{"toolCallId": "t1", "result": "", "error": ""}]}, {"result": ""}),
        ({"results": [{"toolCallId": "t1"}]}, {"error": "the server gave neither result nor error"}),
        (
            {"results": [{"toolCallId": "t2", "result": "a"}]},
            {"error": "the server gave no result for this call"},
        ),
        ({"results": "a"}, {"error": "the server gave no result for this call"}),
        ({"error": "down"}, {"error": "down"}),
        ({"result": "older"}, {"result": "older"}),
    ],
    ids=range(7),
)
def test_what_the_model_reads(answer: dict[str, object], result: dict[str, object]) -> None:
    assert json.loads(result_of(answer, calls("book")).text(16_000)) == result


@given(ANSWERS)
def test_any_answer_is_read(answer: object) -> None:
    given = answer if isinstance(answer, dict) else {"results": answer, "documents": answer}
    assert set(json.loads(result_of(given, calls("book")).text(16_000))) <= {"result", "error"}
    assert all(isinstance(each, str) for each in documents_of(given))


TRANSFER = ToolSpec("transferCall", "Hands over.", {"type": "object", "properties": {}})
DESK = {"type": "sip", "sipUri": "sip:desk@pbx.example"}


async def _transferred(made: World) -> World:
    async with made.call() as person:
        await person.listens()
        await person.says("a human please")
        await happens(lambda: bool(person.session.referred) or len(made.model.requests) > 2)
        person.session.remote_hangs_up()
    return made


async def test_a_server_names_the_destination(autojump_clock: trio.testing.MockClock) -> None:
    made = await _transferred(
        world(
            says("Hello."),
            asks_for("transferCall"),
            says("One moment."),
            requests=FakeRequests({"transfer-destination-request": {"destination": DESK}}),
            servers=CallServers((("phone-number:1", None),), transfer=TransferChoice(TRANSFER)),
        )
    )
    (asked,) = made.entries("transfer.requested")
    assert asked["destination"] == "sip:desk@pbx.example"
    ((whom, message, bound_s, _),) = made.requests.asked
    assert (whom, message["type"], bound_s) == ("phone-number:1", "transfer-destination-request", 7.5)


async def test_the_model_chooses_among_destinations(autojump_clock: trio.testing.MockClock) -> None:
    plans = {name: plan_for({"type": "sip", "sipUri": f"sip:{name}@pbx.example"}) for name in ("a", "b")}
    made = await _transferred(
        world(
            says("Hello."),
            asks_for("transferCall", destination="b"),
            says("One moment."),
            servers=CallServers(transfer=TransferChoice(TRANSFER, plans)),
        )
    )
    assert made.requests.asked == []
    assert made.entries("transfer.requested")[0]["destination"] == "sip:b@pbx.example"


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "nobody is there"},
        {"destination": {"type": "assistant"}},
        {},
        OutboundError("down", OutboundFault.TIMEOUT),
    ],
    ids=["error", "assistant", "empty", "down"],
)
async def test_no_destination_is_an_error_that_the_model_reads(
    answer: Any, autojump_clock: trio.testing.MockClock
) -> None:
    made = await _transferred(
        world(
            says("Hello."),
            asks_for("transferCall"),
            says("Nobody is there."),
            requests=FakeRequests({"transfer-destination-request": answer}),
            servers=CallServers((("a", None),), transfer=TransferChoice(TRANSFER)),
        )
    )
    assert made.entries("transfer.requested") == []
    (told,) = [each.text for each in made.model.requests[-1].messages if each.role is Role.TOOL]
    assert set(json.loads(told)) == {"error"}


async def _asks_about_breakfast(made: World) -> list[Any]:
    async with made.call() as person:
        await person.listens()
        await person.says("when is breakfast")
        await person.listens()
        person.session.remote_hangs_up()
    return [message.text for message in made.model.requests[-1].messages]


async def test_documents_stand_before_the_callers_words(autojump_clock: trio.testing.MockClock) -> None:
    found = [
        {"content": "Dinner at 8.", "similarity": 0.1},
        {"content": "Breakfast at 7.", "similarity": 0.9},
        {"similarity": 1},
    ]
    made = world(
        says("Hello."),
        says("At seven."),
        requests=FakeRequests({"knowledge-base-request": {"documents": found}}),
        servers=CallServers(knowledge="assistant:1"),
    )
    texts = await _asks_about_breakfast(made)
    assert texts[-1] == "when is breakfast"
    assert texts[-2].index("Breakfast at 7.") < texts[-2].index("Dinner at 8.")
    assert len(made.requests.asked) == 1, "not for the greeting, which nobody has asked for"
    _, message, _, _ = made.requests.asked[0]
    assert message["messagesOpenAIFormatted"][-1] == {"role": "user", "content": "when is breakfast"}


@pytest.mark.parametrize("takes_s", [0.0, 60.0])
async def test_without_documents_the_model_is_asked_all_the_same(
    takes_s: float, autojump_clock: trio.testing.MockClock
) -> None:
    down = OutboundError("down", OutboundFault.TIMEOUT)
    made = world(
        says("Hello."),
        says("I do not know."),
        requests=FakeRequests({"knowledge-base-request": down}, takes_s),
        servers=CallServers(knowledge="assistant:1"),
    )
    await _asks_about_breakfast(made)
    assert made.said()[-1] == ("assistant", "I do not know.")


async def test_a_knowledge_server_may_answer_itself(autojump_clock: trio.testing.MockClock) -> None:
    answer: dict[str, object] = {"message": {"role": "assistant", "content": "At seven, as always."}}
    made = world(
        says("Hello."),
        requests=FakeRequests({"knowledge-base-request": answer}),
        servers=CallServers(knowledge="assistant:1"),
    )
    await _asks_about_breakfast(made)
    assert made.said()[-1] == ("assistant", "At seven, as always.")
    assert len(made.model.requests) == 1


async def test_a_voice_of_the_operators_speaks(autojump_clock: trio.testing.MockClock) -> None:
    sound = [b"\x01\x02" * 800 + b"\x01", b"\x02" + b"\x01\x02" * 799, b"\x01\x02" * 1600]
    made = world(says("Hello."), requests=FakeRequests(sound=sound, takes_s=0.02), speaks=True)
    made.servers = CallServers(voice="assistant:1")
    async with made.call() as person:
        await person.listens()
        person.session.remote_hangs_up()
    assert made.said() == [("assistant", "Hello.")]
    whom, message, _, _ = made.requests.asked[0]
    assert (whom, message["type"], message["text"]) == ("assistant:1", "voice-request", "Hello.")
    assert message["sampleRate"] == 8000
    assert message["call"]["id"] == made.row().id
    assert made.tts.spoken == []


async def test_a_voice_that_is_gone_ends_the_call(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(says("Hello."), says("Hello."), says("Hello."), speaks=True)
    made.servers = CallServers(voice="assistant:1")
    async with made.call():
        pass
    reason = made.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.PROVIDER_ERROR
    assert made.entries("tts.failed")[0]["detail"] == "the server answered 500"
