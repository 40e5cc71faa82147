"""The shape of every message: what each family says, held against a file that is read by people too.

The file is written anew by `AYWA_GOLDEN=write`; what changes in it is a change of the contract.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aywa.call.news import CallNews, later_news
from aywa.call.news_plan import Listener, NewsPlan, brief_view, wanted
from aywa.errors import EndCode, EndReason, EndSide
from aywa.model.server import DEFAULT_MESSAGES, FINAL_TRANSCRIPT, MESSAGES
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, CallStatus, TimelineEntry, TranscriptLine
from aywa_server.call_view import call_view
from tests.kit.call_store_contract import call_row
from tests.kit.news import told

GOLDEN = Path(__file__).parent / "golden" / "messages.json"
AT = datetime(2026, 5, 31, tzinfo=UTC)
ROW = replace(call_row(), started_at=AT, created_at=AT, updated_at=AT, status=CallStatus.QUEUED)
OVER = replace(
    ROW,
    status=CallStatus.ENDED,
    ended_at=AT + timedelta(seconds=61.5),
    end_reason=EndReason(EndCode.CUSTOMER_HANGUP, EndSide.CALLER, 200),
)
REFUSED = replace(OVER, end_reason=EndReason(EndCode.REQUEST_FAILED, EndSide.SYSTEM, detail="no answer"))


def plan(*messages: str) -> NewsPlan:
    listener = Listener("account", "https://a.example/hook", frozenset(messages or MESSAGES))
    named = {"id": "00000000-0000-4000-8000-0000000000aa", "name": "Ada"}
    number = {"id": "00000000-0000-4000-8000-0000000000bb", "number": "+493012345"}
    return NewsPlan((listener,), Random(3), lambda: AT, brief_view, named, number)


def line(seq: int, role: str) -> TranscriptLine:
    return TranscriptLine(ROW.id, seq, role, f"words {seq}", 1000 * seq, 1000 * seq + 500)


def happens() -> list[dict[str, Any]]:
    """A call to which everything happens that there is a message about."""
    news, jobs, seq = CallNews(plan()), list[WebhookJob](), 0

    def entry(kind: str, **data: object) -> None:
        nonlocal seq
        seq += 1
        jobs.extend(news.entry(TimelineEntry(ROW.id, seq, 0, kind, data)))

    for status in (CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS):
        jobs += news.row(replace(ROW, status=status))
    entry("assistant.started", name="Ada", assistant_id="aa")
    entry("turn.started", turn=0, scripted=None)
    entry("tts.phrase", turn=0, phrase=0, text="Hello, who is there?")
    entry("turn.state", to="SPEAKING")
    entry("turn.state", to="LISTENING")
    jobs += news.line(line(1, "assistant"))
    entry("stt.partial", text="wor", confidence=0.5)
    entry("turn.wait", wait_s=0.5, language="en")
    entry("turn.wait", wait_s=0.5, language="de")
    entry("turn.user", text="words 2")
    jobs += news.line(line(2, "user"))
    entry("turn.model_silent", failures=1)
    entry("tool.started", id="t1", name="book", arguments={"day": "friday"})
    entry("tool.finished", id="t1", name="book", result="done", timed_out=False)
    entry("turn.commit", epoch=2)
    entry("transfer.requested", mode="warm", destination="sip:desk@pbx.example")
    entry("transfer.ended", mode="warm", outcome="busy", status="busy")
    entry("assistant.handed_off", **{"from": "Ada", "to": "Bob"}, kept="all")
    entry("turn.state", to="CLOSING")
    jobs += news.row(OVER)
    late = [
        {"type": "call.artifact.upload", "artifacts": [{"type": "stereo-recording", "success": True}]},
        {"type": "call.deleted"},
    ]
    seqs = {"account": jobs[-1].seq}
    jobs += later_news(plan(), late, replace(OVER, news=plan().data()), seqs)
    return told(jobs)


def shapes(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """By type, without what every message says: that is the same in each."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        assert message.pop("id").startswith("msg_")
        assert message.pop("timestamp") == "2026-05-31T00:00:00.000Z"
        assert message.pop("timestampMs") == 1780185600000
        assert message.pop("call")["id"] == ROW.id
        assert message.pop("assistant") == plan().assistant
        assert message.pop("phoneNumber") == plan().phone_number
        del message["sequence"]
        by_type.setdefault(message["type"], []).append(message)
    return by_type


def test_every_family_has_the_shape_that_was_agreed_on() -> None:
    found = shapes(happens())
    if os.environ.get("AYWA_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(GOLDEN.read_text())
    assert set(found) == set(MESSAGES) - {FINAL_TRANSCRIPT}, "every type that can be subscribed to"


def test_numbers_have_no_holes() -> None:
    assert [message["sequence"] for message in happens()] == list(range(1, len(happens()) + 1))


def test_the_report_carries_what_the_api_shows() -> None:
    """Cost, analysis and consent come from the call as it is shown: what is added there is told."""

    def view(row: CallRow, lines: object = None) -> dict[str, object]:
        shown = {"cost": 0.25, "costs": [{"type": "voice", "cost": 0.25}], "destination": {"type": "number"}}
        return {"id": row.id, "analysis": {"summary": "a room"}, "compliance": {"a": 1}, **shown}

    news = CallNews(replace(plan("end-of-call-report"), view=view))
    (report,) = told(news.row(OVER))
    for name in ("cost", "costs", "destination", "compliance", "analysis"):
        assert report[name] == view(OVER)[name]
    assert (report["summary"], report["durationSeconds"]) == ("a room", 61.5)


def test_the_api_shows_a_call_as_messages_do() -> None:
    news = CallNews(replace(plan("end-of-call-report"), view=call_view("https://api.example")))
    (report,) = told(news.row(replace(OVER, recording_path="/recordings/1.wav")))
    assert report["call"]["endedReason"] == report["endedReason"] == "customer-ended-call"
    assert report["artifact"] == report["call"]["artifact"] | {"messages": [], "transcript": ""}
    recording = report["artifact"]["recording"]
    assert report["recordingUrl"] == recording["mono"]["combinedUrl"]
    assert report["stereoRecordingUrl"] == recording["stereoUrl"]


def test_a_call_that_no_assistant_was_found_for_says_why() -> None:
    (update,) = told(CallNews(plan("status-update")).row(REFUSED))
    assert update["inboundPhoneCallDebuggingArtifacts"] == {"assistantRequestError": "no answer"}


def test_what_a_server_has_run_is_not_told_again() -> None:
    news = CallNews(plan("tool-calls"))
    news.row(ROW)
    for by in ("server", None):
        data = {"id": "t1", "name": "book", "result": "done"} | ({} if by is None else {"by": by})
        jobs = news.entry(TimelineEntry(ROW.id, 1, 0, "tool.finished", data))
        assert len(jobs) == (by is None)


@pytest.mark.parametrize(
    ("asked", "events", "sent"),
    [
        (None, None, DEFAULT_MESSAGES),
        (("hang",), None, ("hang",)),
        (None, ("hang", "transcript"), ("hang", "transcript")),
        (("hang", "transcript"), ("hang", "status-update"), ("hang",)),
        (("transcript",), (FINAL_TRANSCRIPT,), (FINAL_TRANSCRIPT,)),
        ((FINAL_TRANSCRIPT,), ("transcript",), (FINAL_TRANSCRIPT,)),
        (("transcript", FINAL_TRANSCRIPT), ("transcript",), ("transcript",)),
        ((), ("hang",), ()),
    ],
)
def test_what_both_filters_let_through(asked: Any, events: Any, sent: tuple[str, ...]) -> None:
    assert wanted(asked, events) == frozenset(sent)


def test_each_server_counts_for_itself() -> None:
    """Two endpoints of one account: neither sees a hole where the other was told something more."""
    some = replace(
        plan().listeners[0], source="webhook-endpoint:1", messages=frozenset({"hang", "voice-input"})
    )
    news = CallNews(replace(plan(), listeners=(*plan("voice-input", "status-update").listeners, some)))

    def make(kind: str, **data: object) -> list[WebhookJob]:
        return news.entry(TimelineEntry(ROW.id, 1, 0, kind, data))

    jobs = news.row(ROW) + make("turn.user", text="a") + make("turn.overdue") + make("turn.user", text="b")
    by_source: dict[str, list[tuple[int, str]]] = {}
    for job in jobs:
        by_source.setdefault(job.source, []).append((job.seq, job.type))
    assert by_source == {
        "account": [(1, "status-update"), (2, "voice-input"), (3, "voice-input")],
        "webhook-endpoint:1": [(1, "voice-input"), (2, "hang"), (3, "voice-input")],
    }


def test_a_plan_is_kept_with_its_call() -> None:
    kept = json.loads(json.dumps(plan("hang").data()))
    again = replace(plan(), listeners=()).kept_with(replace(ROW, news=kept))
    assert again.listeners == plan("hang").listeners
    assert (again.assistant, again.phone_number) == (plan().assistant, plan().phone_number)
    assert replace(plan(), listeners=()).data() is None
    assert plan().kept_with(replace(ROW, news=None)).listeners == ()
