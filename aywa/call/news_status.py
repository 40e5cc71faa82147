"""What a server is told when a call's status changes, and the report at its end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aywa.call.news_events import Message, spoken
from aywa.call.news_plan import CallView
from aywa.model.base import iso_ms
from aywa.ports.store import CallRow, CallStatus, TranscriptLine

REPORT = "end-of-call-report"
_WHO = {"assistant": "AI"}
# Of the call as the API shows it; those that it does not have are left out.
_REPORTED = ("cost", "costs", "costBreakdown", "compliance", "destination", "endedMessage")


def status_messages(row: CallRow, view: CallView, lines: Sequence[TranscriptLine]) -> Iterator[Message]:
    """Of a new status; of the last one with the report."""
    reason = row.end_reason
    ended = None if reason is None else reason.code.value
    message: Message = {"type": "status-update", "status": row.status.value, "endedReason": ended}
    if ended is not None and reason is not None and ended.startswith("assistant-request-"):
        message["inboundPhoneCallDebuggingArtifacts"] = {"assistantRequestError": reason.detail}
    yield message
    if row.status is CallStatus.ENDED and (row.order is None or not row.order.report):
        yield report_message(row, view, lines)


def report_message(row: CallRow, view: CallView, lines: Sequence[TranscriptLine]) -> Message:
    """The end-of-call report; of a call that is analysed it is told when that is done."""
    ended = None if row.end_reason is None else row.end_reason.code.value
    return _report(row, view(row, lines), ended, lines)


def transcript_of(lines: Sequence[TranscriptLine]) -> str:
    """As one text."""
    return "".join(f"{_WHO.get(line.role, 'User')}: {line.text}\n" for line in lines)


def began_ms(row: CallRow) -> int:
    """Unix milliseconds."""
    return int((row.started_at or row.created_at).timestamp() * 1000)


def _report(
    row: CallRow, call: Mapping[str, object], ended: str | None, lines: Sequence[TranscriptLine]
) -> Message:
    artifact, analysis = call.get("artifact"), call.get("analysis")
    found = artifact if isinstance(artifact, Mapping) else {}
    return {
        "type": REPORT,
        "endedReason": ended,
        "startedAt": None if row.started_at is None else iso_ms(row.started_at),
        "endedAt": None if row.ended_at is None else iso_ms(row.ended_at),
        "durationSeconds": _talked_s(row),
        "artifact": artifact,
        "analysis": analysis if isinstance(analysis, Mapping) else {},
        **{name: call.get(name) for name in _REPORTED},
        # as older receivers read it
        "transcript": transcript_of(lines),
        "messages": [spoken(line, began_ms(row)) for line in lines],
        "summary": analysis.get("summary") if isinstance(analysis, Mapping) else None,
        "recordingUrl": found.get("recordingUrl"),
        "stereoRecordingUrl": found.get("stereoRecordingUrl"),
    }


def _talked_s(row: CallRow) -> float | None:
    if row.ended_at is None or row.started_at is None:
        return None
    return (row.ended_at - row.started_at).total_seconds()
