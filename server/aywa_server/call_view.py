"""Rows of the store as resources of the API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from aywa.artifacts.call_tracks import tracks_of
from aywa.call.news import CallView
from aywa.errors import ParseError
from aywa.model.call import (
    Artifact,
    ArtifactItem,
    Call,
    CostBreakdown,
    Customer,
    Media,
    Monitor,
    PerformanceMetrics,
    Recording,
    Timeline,
    TimelineItem,
    TranscriptItem,
    TranscriptMessage,
)
from aywa.ports.store import CallRow, CallStatus, CallType, TimelineEntry, TranscriptLine
from aywa.proto.sip.header import parse_name_addr

_NUMBER = re.compile(r"\+?[0-9]{3,15}")  # E.164 and extensions
_WARNINGS = frozenset(
    {"timeout", "overdue", "nothing", "limit", "reprompt", "cannot_speak", "say_refused", "model_silent"}
)
_ERRORS = frozenset({"failed", "crashed", "lost"})


def call_resource(
    row: CallRow,
    base_url: str,
    lines: Sequence[TranscriptLine] | None = None,
    metrics: PerformanceMetrics | None = None,
) -> Call:
    """The call; with its transcript when `lines` are given, and how quickly it was answered."""
    later = _later(row, base_url)
    if metrics is not None:
        later["performance_metrics"] = metrics
    reason = row.end_reason
    other = row.from_uri if row.type is CallType.INBOUND else row.to_uri
    return Call(
        id=row.id,
        org_id=str(row.org_id),
        type=row.type.value,
        status=row.status.value,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_reason=reason.code.value if reason else None,
        ended_message=(reason.detail or None) if reason else None,
        ended_by=reason.side.value if reason else None,
        sip_status=reason.sip_status if reason else None,
        customer=_customer(other),
        to_uri=_customer(row.to_uri).sip_uri,
        phone_call_provider_id=row.sip_call_id,
        scenario=row.scenario,
        worker_id=row.worker_id,
        artifact=_artifact(row, _recording(row, base_url), lines).model_copy(update=later),
        cost_breakdown=CostBreakdown.model_validate(dict(row.costs)) if row.costs is not None else None,
        media=Media.model_validate(dict(row.media)) if row.media is not None else None,
        monitor=None
        if row.status is CallStatus.ENDED
        else Monitor(control_url=f"{base_url}/call/{row.id}/control"),
    )


def call_view(base_url: str) -> CallView:
    """A call as servers are told of it: as the API shows it."""

    def view(row: CallRow, lines: Sequence[TranscriptLine] | None = None) -> dict[str, object]:
        return call_resource(row, base_url, lines).to_json()

    return view


def timeline_resource(
    row: CallRow, entries: Sequence[TimelineEntry], lines: Sequence[TranscriptLine], base_url: str
) -> Timeline:
    """Decisions, speech and artifacts on one clock: `atMs`, milliseconds since the call was created."""
    offset_ms = _recording_offset_ms(row, entries)
    decisions = [
        TimelineItem(
            seq=entry.seq,
            time=_at(row, entry.at_ms),
            at_ms=entry.at_ms,
            kind=entry.kind,
            level=_level(entry),
            data=dict(entry.data),
        )
        for entry in entries
    ]
    artifacts: list[ArtifactItem] = []
    recording = _recording(row, base_url)
    if recording is not None:
        at, url, tracks_url = _at(row, offset_ms), recording.stereo_url, recording.tracks_url
        artifacts.append(ArtifactItem(time=at, at_ms=offset_ms, kind="stereo-recording", url=url))
        if tracks_url is not None:
            artifacts.append(ArtifactItem(time=at, at_ms=offset_ms, kind="tracks-recording", url=tracks_url))
    return Timeline(
        call_id=row.id,
        status=row.status.value,
        ended_reason=row.end_reason.code.value if row.end_reason else None,
        timeline=decisions,
        transcript=[
            TranscriptItem(
                seq=line.seq,
                time=_at(row, offset_ms + line.start_ms),
                at_ms=offset_ms + line.start_ms,
                role=line.role,
                text=line.text,
                start_ms=line.start_ms,
                end_ms=line.end_ms,
                interrupted=line.interrupted,
            )
            for line in lines
        ],
        artifacts=artifacts,
        warning_count=sum(item.level == "warning" for item in decisions),
        error_count=sum(item.level == "error" for item in decisions),
    )


def _customer(name_addr: str) -> Customer:
    """A party from its From or To header; what cannot be read is shown as it stands."""
    try:
        address = parse_name_addr(name_addr)
    except ParseError:
        return Customer(sip_uri=name_addr)
    user = address.uri.user or ""
    return Customer(
        number=user if _NUMBER.fullmatch(user) else None,
        name=address.display or None,
        sip_uri=str(address.uri),
    )


def _recording(row: CallRow, base_url: str) -> Recording | None:
    if row.recording_path is None:
        return None
    stereo_url = f"{base_url}/call/{row.id}/stereo-recording"
    names = [track.name for track in tracks_of(row)]
    if len(names) <= 2:
        return Recording(stereo_url=stereo_url)
    tracks_url = f"{base_url}/call/{row.id}/recording?tracks=all"
    return Recording(stereo_url=stereo_url, tracks_url=tracks_url, tracks=names)


def _artifact(row: CallRow, recording: Recording | None, lines: Sequence[TranscriptLine] | None) -> Artifact:
    settled = dict(row.slots)
    if lines is None:
        return Artifact(variable_values=settled, recording_path=row.recording_path, recording=recording)
    began = row.started_at or row.created_at
    began_ms = int(began.timestamp() * 1000)
    messages = [
        TranscriptMessage(
            role="bot" if line.role == "assistant" else "user",
            message=line.text,
            time=began_ms + line.start_ms,
            end_time=began_ms + line.end_ms,
            seconds_from_start=line.start_ms / 1000,
            duration=line.end_ms - line.start_ms,
            interrupted=line.interrupted or None,
        )
        for line in lines
    ]
    transcript = "".join(f"{'AI' if line.role == 'assistant' else 'User'}: {line.text}\n" for line in lines)
    return Artifact(
        variable_values=settled,
        recording_path=row.recording_path,
        transcript=transcript,
        messages=messages,
        recording=recording,
    )


def _later(row: CallRow, base_url: str) -> dict[str, object]:
    """What not every call has."""
    found: dict[str, object] = {}
    if row.pcap_path is not None:
        found |= {"pcap_path": row.pcap_path, "pcap_url": f"{base_url}/call/{row.id}/pcap"}
    if row.transfers:
        found["transfers"] = [dict(transfer) for transfer in row.transfers]
    return found


def _recording_offset_ms(row: CallRow, entries: Sequence[TimelineEntry]) -> int:
    """When the recording began, in milliseconds since the call was created: when it was first heard."""
    for entry in entries:
        if entry.kind in ("dial.early_media", "call.answered"):
            return entry.at_ms
    return round((row.started_at - row.created_at).total_seconds() * 1000) if row.started_at else 0


def _at(row: CallRow, at_ms: int) -> datetime:
    return row.created_at + timedelta(milliseconds=at_ms)


def _level(entry: TimelineEntry) -> Literal["info", "warning", "error"]:
    """Trouble by the last word of the kind, or by the reason a call ended with."""
    if entry.kind == "call.ended":
        return "error" if "error" in str(entry.data.get("code", "")) else "info"
    last = entry.kind.rpartition(".")[2]
    if last in _ERRORS or last.endswith("_failed"):
        return "error"
    return "warning" if last in _WARNINGS else "info"
