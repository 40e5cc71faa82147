"""What a call tells its servers: messages made from its record, numbered, and written together with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aywa.call.journal import Journal
from aywa.call.news_events import EventNews, Message, spoken
from aywa.call.news_plan import Listener, NewsPlan
from aywa.call.news_status import began_ms, report_message, status_messages, transcript_of
from aywa.ids import new_token
from aywa.ports.artifacts import Artifact, ArtifactState
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, CallStatus, TimelineEntry, TranscriptLine

MESSAGES_KEPT = 200  # lines that a conversation-update holds; the report at the end holds all


class CallNews:
    """One call's messages, in their order. Its methods are told of everything before it is written."""

    def __init__(self, plan: NewsPlan, *, seqs: Mapping[str, int] | None = None) -> None:
        """`seqs`: of the last message that each source was sent already."""
        self._plan = plan
        self._seqs = dict(seqs or {})
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
        return self._jobs(status_messages(row, self._plan.view, self._lines))

    def entry(self, entry: TimelineEntry) -> list[WebhookJob]:
        """Something happened."""
        return self._jobs(map(self._with_words, self._events.take(entry)))

    def line(self, line: TranscriptLine) -> list[WebhookJob]:
        """Something was said and heard."""
        self._lines.append(line)
        return self._jobs(_line_messages(line, self._lines[-MESSAGES_KEPT:]))

    def said(self, lines: Sequence[TranscriptLine]) -> None:
        """What was said before this object was there."""
        self._lines = list(lines)

    def later(self, row: CallRow, messages: Iterable[Message]) -> list[WebhookJob]:
        """Something else, of a call that is over."""
        self._row = row
        return self._jobs(messages)

    def _with_words(self, message: Message) -> Message:
        """Whoever takes a call over reads what was said in it."""
        if message.get("status") != "forwarding" or self._row is None:
            return message
        since_ms, lines = began_ms(self._row), self._lines[-MESSAGES_KEPT:]
        said = {"messages": [spoken(line, since_ms) for line in lines], "transcript": transcript_of(lines)}
        return message | said

    def _jobs(self, messages: Iterable[Message]) -> list[WebhookJob]:
        return [
            self._job(message, listener)
            for message in messages
            for listener in self._plan.listeners
            if listener.wants(message)
        ]

    def _job(self, message: Message, listener: Listener) -> WebhookJob:
        plan, row, source = self._plan, self._row, listener.source
        assert row is not None, "a call has a row before anything happens to it"
        seq = self._seqs[source] = self._seqs.get(source, 0) + 1
        job_id = f"msg_{new_token(plan.rng, 24)}"
        told = plan.whole(message, row, id=job_id, sequence=seq)
        return WebhookJob(
            id=job_id,
            call_id=row.id,
            seq=seq,
            type=str(message["type"]),
            source=source,
            endpoint=listener.endpoint,
            body=body_of(told),
            created_at=plan.clock(),
            org_id=row.org_id,
        )


class NewsJournal:
    """The journal of a call whose servers are told."""

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


def body_of(message: Mapping[str, object]) -> str:
    """As it is signed and sent."""
    body = json.dumps({"message": dict(message)}, ensure_ascii=False, default=str, separators=(",", ":"))
    return body.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def news_of_the_lost(
    plan: NewsPlan, row: CallRow, lines: Sequence[TranscriptLine], seqs: Mapping[str, int]
) -> list[WebhookJob]:
    """What is told of a call whose process is gone: that it is over, and how. `plan`: for what every call
    has; whom it told is kept with it. `seqs`: of the last messages.
    """
    news = CallNews(plan.kept_with(row), seqs=seqs)
    news.said(lines)
    return news.row(row)


def report_of(
    plan: NewsPlan, row: CallRow, lines: Sequence[TranscriptLine], seqs: Mapping[str, int]
) -> list[WebhookJob]:
    """The end-of-call report of a call that was analysed; as above."""
    kept = plan.kept_with(row)
    return CallNews(kept, seqs=seqs).later(row, [report_message(row, kept.view, lines)])


def later_news(
    plan: NewsPlan, messages: Sequence[Message], row: CallRow, seqs: Mapping[str, int]
) -> list[WebhookJob]:
    """What is told of a call that was over before this happened; as above."""
    return CallNews(plan.kept_with(row), seqs=seqs).later(row, messages)


def news_of_artifacts(
    plan: NewsPlan, row: CallRow, artifacts: Sequence[Artifact], seqs: Mapping[str, int]
) -> list[WebhookJob]:
    """What is told of a call of whose artifacts none is on its way any more; as above."""
    told = [{"type": each.kind.value, "success": each.state is not ArtifactState.LOST} for each in artifacts]
    return later_news(plan, [{"type": "call.artifact.upload", "artifacts": told}], row, seqs)


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
