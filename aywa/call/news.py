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
from aywa.ports.artifacts import Artifact, ArtifactState
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, CallStatus, TimelineEntry, TranscriptLine

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

    def settled(self, row: CallRow, artifacts: Sequence[Artifact]) -> list[WebhookJob]:
        """Nothing that the call has left behind is on its way any more."""
        self._row = row
        told = [
            {"type": each.kind.value, "success": each.state is not ArtifactState.LOST} for each in artifacts
        ]
        return self._jobs(iter([{"type": "call.artifact.upload", "artifacts": told}]))

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


def news_of_artifacts(
    plan: NewsPlan, row: CallRow, artifacts: Sequence[Artifact], seq: int
) -> list[WebhookJob]:
    """What is told of a call whose artifacts are all settled. `seq`: of its last message."""
    return CallNews(plan, seq=seq).settled(row, artifacts)


def _status_messages(row: CallRow, view: CallView, lines: Sequence[TranscriptLine]) -> Iterator[Message]:
    reason = row.end_reason
    ended = None if reason is None else reason.code.value
    yield {"type": "status-update", "status": row.status.value, "endedReason": ended}
    if row.status is not CallStatus.ENDED:
        return
    call = view(row, lines)
    artifact = call.get("artifact")
    recording = artifact.get("recording") if isinstance(artifact, Mapping) else None
    yield {
        "type": "end-of-call-report",
        "endedReason": ended,
        "startedAt": None if row.started_at is None else iso_ms(row.started_at),
        "endedAt": None if row.ended_at is None else iso_ms(row.ended_at),
        "durationSeconds": _talked_s(row),
        "artifact": artifact,
        "analysis": {},
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
