"""What calls tell their servers, and that it is written with what it tells of."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from aywa.call.journal import ROWS, Journal
from aywa.call.news import MESSAGES_KEPT, CallNews, news_of_the_lost
from aywa.call.news_events import EventNews
from aywa.errors import EndCode
from aywa.model.server import FINAL_TRANSCRIPT, MESSAGES
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallBatch, CallStatus, TimelineEntry, TranscriptLine
from tests.kit.call_store_contract import call_row
from tests.kit.call_world import NOT_AHEAD, CallWorld
from tests.kit.fake_providers import FakeModel, says
from tests.kit.fake_store import FakeStore
from tests.kit.news import news_plan, told

CALL = call_row().id


def entry(kind: str, **data: object) -> TimelineEntry:
    return TimelineEntry(CALL, 1, 0, kind, data)


def line(seq: int, role: str = "user") -> TranscriptLine:
    return TranscriptLine(CALL, seq, role, f"words {seq}", 1000 * seq, 1000 * seq + 500)


async def test_a_call_from_ringing_to_its_report(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello."), says("Two nights.")), settings=NOT_AHEAD)
    world.news = news_plan(*MESSAGES)
    async with world.call() as person:
        await person.listens()
        await person.says("a room please")
        await person.listens()
        person.session.remote_hangs_up()
    messages = told(world.store.jobs.values())
    assert [message["sequence"] for message in messages] == list(range(1, len(messages) + 1))
    assert len({message["id"] for message in messages}) == len(messages)
    statuses = [message["status"] for message in messages if message["type"] == "status-update"]
    assert statuses == ["queued", "ringing", "in-progress", "ended"]
    assert messages[-1]["type"] == "end-of-call-report"
    report = messages[-1]
    assert report["endedReason"] == EndCode.CUSTOMER_HANGUP.value
    assert report["transcript"].startswith("AI: Hello.")
    assert [each["role"] for each in report["messages"]][:2] == ["bot", "user"]
    finals = [
        (message["role"], message["transcript"])
        for message in messages
        if message["type"] == "transcript" and message["transcriptType"] == "final"
    ]
    assert finals == world.said()
    speech = [
        (message["role"], message["status"]) for message in messages if message["type"] == "speech-update"
    ]
    assert speech[:2] == [("assistant", "started"), ("assistant", "stopped")]
    for role in ("assistant", "user"):
        assert [status for who, status in speech if who == role][:2] == ["started", "stopped"]
    begun = [message for message in messages if message["type"] == "assistant.speechStarted"]
    assert [(message["turn"], message["text"].split(".")[0]) for message in begun] == [
        (0, "Hello"),
        (1, "Two nights"),
    ]
    assert all(message["call"]["id"] == world.row().id for message in messages)
    assert all(message["timestamp"].endswith("Z") for message in messages)


async def test_without_a_server_nothing_is_told(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(settings=NOT_AHEAD)
    async with world.call() as person:
        person.session.remote_hangs_up()
    assert world.store.jobs == {}


def test_only_what_the_assistant_wants() -> None:
    for wanted, types in (
        (("status-update",), ["status-update"]),
        ((FINAL_TRANSCRIPT,), ["transcript"]),
        (("transcript",), ["transcript", "transcript"]),
        ((), ["status-update", "speech-update", "conversation-update", "speech-update"]),
    ):
        news = CallNews(news_plan(*wanted))
        jobs = news.row(call_row(status=CallStatus.IN_PROGRESS))
        jobs += news.entry(entry("stt.partial", text="wor"))
        jobs += news.line(line(1))
        jobs += news.entry(entry("turn.user"))
        assert [job.type for job in jobs] == types
        assert [job.seq for job in jobs] == list(range(1, len(types) + 1))


def test_tools_interruptions_and_transfers() -> None:
    news = CallNews(news_plan(*MESSAGES))
    news.row(call_row())
    jobs = news.entry(entry("tool.started", id="t1", name="book", arguments={"day": "friday"}))
    jobs += news.entry(entry("tool.finished", id="t1", name="book", result="done", timed_out=False))
    jobs += news.entry(entry("turn.commit", epoch=2))
    jobs += news.entry(entry("transfer.requested", mode="warm", destination="+49301234"))
    jobs += news.entry(entry("transfer.ended", mode="warm", outcome="connected", status="connected"))
    jobs += news.entry(entry("turn.model_silent", failures=1))
    jobs += news.entry(entry("turn.wait", wait_s=1))
    messages = told(jobs)
    assert [message["type"] for message in messages] == [
        *("model-output", "tool-calls", "user-interrupted"),
        *("status-update", "phone-call-control", "transfer-update", "transfer-update", "hang"),
    ]
    _, tool, interrupted, forwarding, control, asked, over, hang = messages
    assert tool["toolCallList"][0]["function"] == {"name": "book", "arguments": {"day": "friday"}}
    assert tool["results"] == [{"toolCallId": "t1", "name": "book", "result": "done"}]
    assert interrupted["type"] == "user-interrupted"
    assert forwarding["status"] == "forwarding"
    assert forwarding["destination"] == {"type": "number", "number": "+49301234"}
    assert control["request"] == "forward"
    assert (asked["destination"], asked["status"]) == (forwarding["destination"], "requested")
    assert (over["status"], over["outcome"]) == ("connected", "connected")
    assert hang["type"] == "hang"


def test_a_long_conversation_is_not_sent_whole_each_time() -> None:
    news = CallNews(news_plan("conversation-update"))
    news.row(call_row())
    for seq in range(1, MESSAGES_KEPT + 50):
        jobs = news.line(line(seq))
    (message,) = told(jobs)
    assert len(message["messages"]) == MESSAGES_KEPT
    assert message["messages"][-1]["message"] == f"words {MESSAGES_KEPT + 49}"


def test_a_lost_call_is_reported_with_what_was_said() -> None:
    plan = news_plan()
    row = call_row(status=CallStatus.ENDED, news=plan.data())
    jobs = news_of_the_lost(plan, row, [line(1), line(2, "assistant")], {"account": 7})
    assert [(job.type, job.seq) for job in jobs] == [("status-update", 8), ("end-of-call-report", 9)]
    assert told(jobs)[1]["transcript"] == "User: words 1\nAI: words 2\n"


@given(
    st.sampled_from(
        ["stt.partial", "turn.state", "tool.finished", "transfer.ended", "turn.user", "tts.phrase"]
    ),
    st.dictionaries(st.sampled_from(["text", "to", "id", "name", "result", "status"]), st.text() | st.none()),
)
def test_any_entry_can_be_told(kind: str, data: dict[str, object]) -> None:
    news = CallNews(news_plan(*MESSAGES))
    news.row(call_row())
    for job in news.entry(entry(kind, **data)):
        assert told([job])[0]["type"] == job.type


def test_an_interruption_holds_the_assistants_turn_open() -> None:
    events = EventNews()
    seen = [
        message.get("status")
        for state in ("THINKING", "SPEAKING", "YIELDED", "SPEAKING", "YIELDED", "LISTENING")
        for message in events.take(entry("turn.state", to=state))
    ]
    assert seen == ["started", None, "stopped"]


class WatchedStore(FakeStore):
    """Remembers its transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[CallBatch] = []

    async def write(self, batch: CallBatch) -> None:
        await super().write(batch)
        self.batches.append(batch)


def job(number: int) -> WebhookJob:
    return WebhookJob(f"msg_{number}", CALL, number + 1, "t", "account", "e", "{}", call_row().created_at)


async def test_messages_are_in_the_transaction_of_what_they_tell_of(
    autojump_clock: trio.testing.MockClock,
) -> None:
    store, heard = WatchedStore(), []
    journal = Journal(store, told=lambda: heard.append(len(store.jobs)))
    store.down = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.serve)
        for number in range(2 * ROWS):
            journal.put_row(call_row(number + 1), [job(number)])
        for seq in range(5000):
            journal.put_entry(TimelineEntry(CALL, seq + 1, 0, "x", {}), [job(10_000 + seq)])
        await trio.sleep(1.0)
        assert store.jobs == {}
        store.down = False
        assert await journal.flush(30.0)
        nursery.cancel_scope.cancel()
    rows = {row.id: index for index, batch in enumerate(store.batches) for row in batch.rows}
    entries = {each.seq: index for index, batch in enumerate(store.batches) for each in batch.entries}
    jobs = {each.id: index for index, batch in enumerate(store.batches) for each in batch.jobs}
    assert len(jobs) == 2 * ROWS + 5000
    for number in range(2 * ROWS):
        assert jobs[f"msg_{number}"] == rows[call_row(number + 1).id]
    for seq in range(5000):
        assert jobs[f"msg_{10_000 + seq}"] == entries[seq + 1]
    assert heard[-1] == len(store.jobs)
    assert journal.health.waiting == 0


async def test_a_row_that_changes_while_it_is_written(autojump_clock: trio.testing.MockClock) -> None:
    store = WatchedStore()
    journal = Journal(store)
    async with trio.open_nursery() as nursery:
        journal.put_row(call_row(1), [job(1)])
        nursery.start_soon(journal.serve)
        await trio.sleep(0.1005)  # the store is at it
        journal.put_row(call_row(1, scenario="later"), [job(2)])
        assert await journal.flush(30.0)
        nursery.cancel_scope.cancel()
    assert [[each.id for each in batch.jobs] for batch in store.batches] == [["msg_1"], ["msg_2"]]
    assert store.rows[call_row(1).id].scenario == "later"
    assert journal.health.waiting == 0


@pytest.mark.parametrize("size", [10, 100_000])
async def test_long_messages_count_for_more(size: int, autojump_clock: trio.testing.MockClock) -> None:
    journal = Journal(FakeStore(), max_waiting=20)
    long = WebhookJob("m", CALL, 1, "t", "account", "e", "x" * size, call_row().created_at)
    for seq in range(20):
        journal.put_entry(TimelineEntry(CALL, seq + 1, 0, "x", {}), [long])
    assert journal.dropped == (10 if size == 10 else 19)
