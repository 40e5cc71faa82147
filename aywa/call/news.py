"""What a call tells its server: messages made from its record, numbered, and written together with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeAlias

from aywa.call.journal import Journal
from aywa.call.news_events import EventNews, Message, spoken
from aywa.ids import new_token
from aywa.model.base import iso_ms
from aywa.model.server import DEFAULT_MESSAGES, FINAL_TRANSCRIPT
from aywa.ports.analysis import ReportTarget
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, CallStatus, TimelineEntry, TranscriptLine

REPORT = "end-of-call-report"
MESSAGES_KEPT = 200  # lines that a conversation-update holds; the report at the end holds all
_WHO = {"assistant": "AI"}
# The call as the API shows it; with its transcript when there are lines.
CallView: TypeAlias = Callable[[CallRow, Sequence[TranscriptLine] | None], Mapping[str, object]]


def brief_view(row: CallRow, lines: Sequence[TranscriptLine] | None = None) -> Mapping[str, object]:
    """For a runtime without an API."""
    return {"id": row.id, "type": row.type.value, "status": row.status.value}


@dataclass(frozen=True, slots=True)
class NewsPlan:
    """Whom calls tell, and what. `source` and `endpoint` as in `WebhookJob`; `messages`: their types."""

    source: str
    endpoint: str
    rng: Random
    clock: Callable[[], datetime]
    messages: frozenset[str] = frozenset(DEFAULT_MESSAGES)
    view: CallView = brief_view
    assistant: str = ""  # its name

    def wants(self, message: Message) -> bool:
        """Whether a message of this kind is sent."""
        if message["type"] != "transcript":
            return message["type"] in self.messages
        final = message.get("transcriptType") == "final"
        return "transcript" in self.messages or (final and FINAL_TRANSCRIPT in self.messages)


class CallNews:
    """One call's messages, in their order. Its methods are told of everything before it is written."""

    def __init__(self, plan: NewsPlan, *, seq: int = 0) -> None:
        """`seq`: of the last message that there is already."""
        self._plan = plan
        self._seq = seq
        self._row: CallRow | None = None
        self._status: CallStatus | None = None
        self._events = EventNews()
        self._lines: list[TranscriptLine] = []

    def row(self, row: CallRow) -> list[WebhookJob]:
        """The call has changed."""
        self._row, before = row, self._status
        if row.status is before:
            return []
        self._status = row.status
        return self._jobs(_status_messages(row, self._plan.view, self._lines))

    def report(self, row: CallRow, lines: Sequence[TranscriptLine]) -> list[WebhookJob]:
        """The end-of-call report alone, of a call that is over."""
        self._row = row
        return self._jobs(iter([_report(row, self._plan.view, lines)]))

    def entry(self, entry: TimelineEntry) -> list[WebhookJob]:
        """Something happened."""
        return self._jobs(self._events.take(entry))

    def line(self, line: TranscriptLine) -> list[WebhookJob]:
        """Something was said and heard."""
        self._lines.append(line)
        return self._jobs(_line_messages(line, self._lines[-MESSAGES_KEPT:]))

    def said(self, lines: Sequence[TranscriptLine]) -> None:
        """What was said before this object was there."""
        self._lines = list(lines)

    def _jobs(self, messages: Iterator[Message]) -> list[WebhookJob]:
        return [self._job(message) for message in messages if self._plan.wants(message)]

    def _job(self, message: Message) -> WebhookJob:
        plan, row = self._plan, self._row
        assert row is not None, "a call has a row before anything happens to it"
        self._seq += 1
        at = plan.clock()
        call = plan.view(row, None)
        job_id = f"msg_{new_token(plan.rng, 24)}"
        whole: dict[str, object] = {
            "type": message["type"],
            "id": job_id,
            "sequence": self._seq,
            "timestamp": iso_ms(at),
            "timestampMs": int(at.timestamp() * 1000),
            "call": call,
            "customer": call.get("customer"),
            "assistant": {"name": plan.assistant} if plan.assistant else None,
            **message,
        }
        told = {name: value for name, value in whole.items() if value is not None}
        body = json.dumps({"message": told}, ensure_ascii=False, default=str, separators=(",", ":"))
        return WebhookJob(
            id=job_id,
            call_id=row.id,
            seq=self._seq,
            type=str(message["type"]),
            source=plan.source,
            endpoint=plan.endpoint,
            body=body.replace("\0", "").encode("utf-8", "replace").decode("utf-8"),
            created_at=at,
            org_id=row.org_id,
        )


class NewsJournal:
    """The journal of a call whose server is told."""

    def __init__(self, journal: Journal, plan: NewsPlan) -> None:
        self._journal = journal
        self._news = CallNews(plan)

    def put_row(self, row: CallRow) -> None:
        """Save the row."""
        self._journal.put_row(row, self._news.row(row))

    def put_entry(self, entry: TimelineEntry) -> None:
        """Append a timeline entry."""
        self._journal.put_entry(entry, self._news.entry(entry))

    def put_line(self, line: TranscriptLine) -> None:
        """Append a transcript line."""
        self._journal.put_line(line, self._news.line(line))


def news_of_the_lost(
    plan: NewsPlan, row: CallRow, lines: Sequence[TranscriptLine], seq: int
) -> list[WebhookJob]:
    """What is told of a call whose process is gone: that it is over, and how. `seq`: of its last message."""
    news = CallNews(plan, seq=seq)
    news.said(lines)
    return news.row(row)


def _status_messages(row: CallRow, view: CallView, lines: Sequence[TranscriptLine]) -> Iterator[Message]:
    reason = row.end_reason
    ended = None if reason is None else reason.code.value
    yield {"type": "status-update", "status": row.status.value, "endedReason": ended}
    if row.status is CallStatus.ENDED and (row.order is None or row.order.report is None):
        yield _report(row, view, lines)


def report_of(
    row: CallRow,
    lines: Sequence[TranscriptLine],
    target: ReportTarget,
    seq: int,
    *,
    view: CallView,
    rng: Random,
    clock: Callable[[], datetime],
) -> list[WebhookJob]:
    """The end-of-call report of a call that was analysed. `seq`: of its last message."""
    plan = NewsPlan(target.source, target.endpoint, rng, clock, frozenset({REPORT}), view, target.assistant)
    return CallNews(plan, seq=seq).report(row, lines)


def _report(row: CallRow, view: CallView, lines: Sequence[TranscriptLine]) -> Message:
    ended = None if row.end_reason is None else row.end_reason.code.value
    call = view(row, lines)
    artifact = call.get("artifact")
    recording = artifact.get("recording") if isinstance(artifact, Mapping) else None
    return {
        "type": REPORT,
        "endedReason": ended,
        "startedAt": None if row.started_at is None else iso_ms(row.started_at),
        "endedAt": None if row.ended_at is None else iso_ms(row.ended_at),
        "durationSeconds": _talked_s(row),
        "artifact": artifact,
        "analysis": call.get("analysis") or {},
        "cost": call.get("cost"),
        "costs": call.get("costs"),
        "costBreakdown": call.get("costBreakdown"),
        # as older receivers read it
        "transcript": "".join(f"{_WHO.get(line.role, 'User')}: {line.text}\n" for line in lines),
        "messages": [spoken(line, _began_ms(row)) for line in lines],
        "recordingUrl": recording.get("stereoUrl") if isinstance(recording, Mapping) else None,
    }


def _talked_s(row: CallRow) -> float | None:
    if row.ended_at is None or row.started_at is None:
        return None
    return (row.ended_at - row.started_at).total_seconds()


def _began_ms(row: CallRow) -> int:
    return int((row.started_at or row.created_at).timestamp() * 1000)


def _line_messages(line: TranscriptLine, latest: Sequence[TranscriptLine]) -> Iterator[Message]:
    yield {
        "type": "transcript",
        "role": line.role,
        "transcriptType": "final",
        "transcript": line.text,
        "interrupted": line.interrupted or None,
    }
    yield {
        "type": "conversation-update",
        "messages": [spoken(each) for each in latest],
        "messagesOpenAIFormatted": [{"role": each.role, "content": each.text} for each in latest],
    }
