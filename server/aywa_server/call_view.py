"""Rows of the store as resources of the API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from aywa.artifacts.call_tracks import tracks_of
from aywa.call.news_plan import CallView
from aywa.errors import ParseError
from aywa.model.call import (
    Artifact,
    ArtifactItem,
    Call,
    Compliance,
    Customer,
    Media,
    Monitor,
    MonoRecording,
    PerformanceMetrics,
    Recording,
    Timeline,
    TimelineItem,
    TranscriptItem,
    TranscriptMessage,
    Transport,
    WebhookItem,
)
from aywa.ports.outbox import JobRecord, JobState
from aywa.ports.store import CallRow, CallStatus, CallType, TimelineEntry, TranscriptLine
from aywa.proto.sip.header import parse_name_addr
from aywa_server.analysis_view import analysis_of, structured_outputs_of
from aywa_server.call_tokens import CallTokens, Door, socket_url
from aywa_server.cost_view import cost_breakdown, cost_items, cost_of
from aywa_server.timeline_level import Level, level_of

_NUMBER = re.compile(r"\+?[0-9]{3,15}")  # E.164 and extensions


def call_resource(
    row: CallRow,
    base_url: str,
    lines: Sequence[TranscriptLine] | None = None,
    metrics: PerformanceMetrics | None = None,
    *,
    tokens: CallTokens | None = None,
) -> Call:
    """The call; with its transcript when `lines` are given, and how quickly it was answered.

    `tokens`: who is told may have its monitor URLs.
    """
    later = _later(row, base_url)
    if metrics is not None:
        later["performance_metrics"] = metrics
    reason = row.end_reason
    phone = row.type.by_phone
    other = row.to_uri if row.type is CallType.OUTBOUND else row.from_uri
    return Call(
        id=row.id,
        org_id=str(row.org_id),
        type=row.type.value,
        name=row.name or None,
        status=row.status.value,
        assistant_id=None if row.assistant_id is None else str(row.assistant_id),
        phone_number_id=None if row.phone_number_id is None else str(row.phone_number_id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_reason=reason.code.value if reason else None,
        ended_message=(reason.detail or None) if reason else None,
        ended_by=reason.side.value if reason else None,
        sip_status=reason.sip_status if reason else None,
        customer=_customer(other) if phone else _web_customer(other),
        to_uri=_customer(row.to_uri).sip_uri if phone else None,
        phone_call_transport="sip" if phone else None,
        phone_call_provider_id=row.sip_call_id if phone else None,
        transport=_transport(row, base_url, tokens),
        scenario=row.scenario,
        worker_id=row.worker_id,
        artifact=_artifact(row, _recording(row, base_url), lines).model_copy(update=later),
        cost=cost_of(row),
        costs=cost_items(row),
        cost_breakdown=cost_breakdown(row),
        analysis=analysis_of(row),
        compliance=Compliance.model_validate(dict(row.compliance)) if row.compliance is not None else None,
        media=Media.model_validate(dict(row.media)) if row.media is not None else None,
        monitor=_monitor(row, base_url, tokens),
    )


def call_view(base_url: str, tokens: CallTokens | None = None) -> CallView:
    """A call as servers are told of it: as the API shows it."""

    def view(row: CallRow, lines: Sequence[TranscriptLine] | None = None) -> dict[str, object]:
        return call_resource(row, base_url, lines, tokens=tokens).to_json()

    return view


def timeline_resource(
    row: CallRow,
    entries: Sequence[TimelineEntry],
    lines: Sequence[TranscriptLine],
    base_url: str,
    jobs: Sequence[JobRecord] = (),
) -> Timeline:
    """Decisions, speech and artifacts on one clock: `atMs`, milliseconds since the call was created."""
    offset_ms = _recording_offset_ms(row, entries)
    decisions = [
        TimelineItem(
            seq=entry.seq,
            time=_at(row, entry.at_ms),
            at_ms=entry.at_ms,
            kind=entry.kind,
            level=level_of(entry),
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
    webhooks = [_webhook(row, job) for job in sorted(jobs, key=lambda job: job.seq)]
    levels = [item.level for item in decisions] + [item.level for item in webhooks]
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
        webhooks=webhooks,
        warning_count=levels.count("warning"),
        error_count=levels.count("error"),
    )


def _webhook(row: CallRow, job: JobRecord) -> WebhookItem:
    """One that was given up is an error, one that had to be tried again a warning."""
    tried_again = job.attempts > 1 or (job.attempts == 1 and job.state is JobState.WAITING)
    level: Level = "error" if job.state is JobState.DEAD else "warning" if tried_again else "info"
    return WebhookItem(
        time=job.created_at,
        at_ms=round((job.created_at - row.created_at).total_seconds() * 1000),
        id=job.id,
        type=job.type,
        state=job.state.value,
        level=level,
        attempts=job.attempts,
        last_status=job.last_status,
        last_error=job.last_error or None,
        next_at=job.next_at,
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


def _web_customer(name_addr: str) -> Customer | None:
    """Who calls by websocket: what the order said of him, if anything."""
    found = _customer(name_addr)
    return Customer(number=found.number, name=found.name) if found.number or found.name else None


def _monitor(row: CallRow, base_url: str, tokens: CallTokens | None) -> Monitor | None:
    """The URLs of a live call: with tokens, but where the plan wants a key to be shown as well."""
    if row.status is CallStatus.ENDED:
        return None
    plan = row.monitor or {}
    listen = control = None
    if plan.get("control", True):
        opens = tokens is not None and tokens.steers and not plan.get("controlAuthentication", False)
        plain = f"{base_url}/call/{row.id}/control"
        control = tokens.url(base_url, row.id, Door.CONTROL) if tokens is not None and opens else plain
    if plan.get("listen", True):
        listen = f"{socket_url(base_url)}/call/{row.id}/listen"
        if tokens is not None and not plan.get("listenAuthentication", False):
            listen = tokens.url(base_url, row.id, Door.LISTEN)
    return Monitor(listen_url=listen, control_url=control) if listen or control else None


def _transport(row: CallRow, base_url: str, tokens: CallTokens | None) -> Transport | None:
    """The websocket of a call by websocket; nobody connects twice, and who only reads does not at all."""
    if row.transport is None:
        return None
    open_to = row.status is CallStatus.QUEUED and tokens is not None and tokens.steers
    url = tokens.url(base_url, row.id, Door.TRANSPORT) if tokens is not None and open_to else None
    return Transport.model_validate({**row.transport, "websocketCallUrl": url})


def _recording(row: CallRow, base_url: str) -> Recording | None:
    if row.recording_path is None:
        return None
    stereo_url = f"{base_url}/call/{row.id}/stereo-recording"
    names = [track.name for track in tracks_of(row)]
    mono = MonoRecording(
        combined_url=f"{base_url}/call/{row.id}/mono-recording",
        assistant_url=f"{base_url}/call/{row.id}/assistant-recording",
        customer_url=f"{base_url}/call/{row.id}/customer-recording",
    )
    if len(names) <= 2:
        return Recording(stereo_url=stereo_url, mono=mono)
    tracks_url = f"{base_url}/call/{row.id}/recording?tracks=all"
    return Recording(stereo_url=stereo_url, mono=mono, tracks_url=tracks_url, tracks=names)


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
    if row.status is CallStatus.ENDED:
        found["log_url"] = f"{base_url}/call/{row.id}/call-logs"
    if row.recording_path is not None:
        found["recording_url"] = f"{base_url}/call/{row.id}/mono-recording"
        found["stereo_recording_url"] = f"{base_url}/call/{row.id}/stereo-recording"
    if row.pcap_path is not None:
        found |= {"pcap_path": row.pcap_path, "pcap_url": f"{base_url}/call/{row.id}/pcap"}
    if outputs := structured_outputs_of(row):
        found["structured_outputs"] = outputs
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
