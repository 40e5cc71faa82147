"""Reading calls: the list, one call, its timeline, its recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aywa.artifacts.wav import write_stereo
from aywa.errors import EndCode, EndReason, EndSide
from aywa.ports.store import CallStatus, CallWindow, TimelineEntry, TranscriptLine
from aywa_server.app import create_app
from aywa_server.call_tokens import CallTokens, Door
from tests.kit.api_parts import AUTH, DictCallStore, make_parts
from tests.kit.call_store_contract import T0, call_row

ENDED = call_row(
    1,
    status=CallStatus.ENDED,
    from_uri='"Alice" <sip:+4930123456@192.0.2.1:5060>;tag=a1',
    ended_at=T0 + timedelta(seconds=62),
    end_reason=EndReason(EndCode.CUSTOMER_HANGUP, EndSide.CALLER, 200),
)


def client_for(store: DictCallStore) -> Any:
    return create_app(make_parts(store)).test_client()


async def get(client: Any, path: str) -> Any:
    answer = await client.get(path, headers=AUTH)
    assert answer.status_code == 200, await answer.get_data()
    return await answer.get_json()


async def problem(client: Any, path: str, status: int) -> Any:
    answer = await client.get(path, headers=AUTH)
    assert answer.status_code == status
    return await answer.get_json()


async def test_the_list_is_a_bare_array_newest_first() -> None:
    store = DictCallStore({row.id: row for row in (ENDED, call_row(2, monitor=None))})
    calls = await get(client_for(store), "/call")
    assert [call["phoneCallProviderId"] for call in calls] == ["2@pbx", "1@pbx"]
    live, ended = calls
    assert live["status"] == "in-progress"
    tokens = CallTokens(b"t" * 32)
    assert live["monitor"] == {
        "listenUrl": f"ws://localhost/call/{live['id']}/listen?token={tokens.token(live['id'], Door.LISTEN)}",
        "controlUrl": f"http://localhost/call/{live['id']}/control?token="
        + tokens.token(live["id"], Door.CONTROL),
    }
    assert "endedAt" not in live
    assert ended["endedReason"] == "customer-ended-call"
    assert ended["createdAt"] == "2026-03-01T12:00:01.123Z"
    assert ended["customer"] == {
        "number": "+4930123456",
        "name": "Alice",
        "sipUri": "sip:+4930123456@192.0.2.1:5060",
    }
    assert live["customer"] == {"sipUri": "sip:alice@192.0.2.1"}
    assert ended["media"] == {
        "codec": "PCMU",
        "received": {"lossPercent": 0.5, "jitterMs": 1.25, "mos": 4.37},
        "roundTripMs": 35.5,
        "echo": {"delayMs": 172.5, "returnLossDb": 21.4},
    }
    assert ended["costBreakdown"] == {
        "llmPromptTokens": 1200,
        "llmCompletionTokens": 90,
        "ttsCharacters": 700,
        "speculation": {
            "adopted": 4,
            "dropped": 1,
            "promptTokens": 200,
            "completionTokens": 12,
            "characters": 30,
        },
    }
    assert ended["artifact"]["variableValues"] == {"day": "friday", "nights": 3}
    assert "monitor" not in ended


async def test_the_query_reaches_the_store() -> None:
    store = DictCallStore()
    await get(
        client_for(store),
        "/call?limit=1000&createdAtLt=2026-03-01T12:00:00.000Z&createdAtGe=2026-03-01T13:00:00%2B02:00"
        "&updatedAtGt=2026-03-01",
    )
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert store.asked == [
        {
            "limit": 1001,
            "before": noon,
            "window": CallWindow(
                created_at_ge=noon - timedelta(hours=1), updated_at_gt=noon - timedelta(hours=12)
            ),
        }
    ]


async def test_an_id_narrows_the_list_to_one() -> None:
    client = client_for(DictCallStore({ENDED.id: ENDED}))
    assert len(await get(client, f"/call?id={ENDED.id}")) == 1
    assert await get(client, "/call?id=other") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=-1", "limit"),
        ("assistantId=x", "assistantId"),
        ("phoneNumberId=1", "phoneNumberId"),
        ("cursor=x", "cursor"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=%D9%A1", "limit"),
        ("createdAtLt=yesterday", "createdAtLt"),
        ("createdAtLt=", "createdAtLt"),
        ("updatedAtGe=9999-12-31T23:59:59-12:00", "updatedAtGe"),
        ("status=ended", "status"),
    ],
)
async def test_a_wrong_query_names_its_parameter(query: str, field: str) -> None:
    assert (await problem(client_for(DictCallStore()), f"/call?{query}", 400))["field"] == field


@pytest.mark.parametrize("call_id", ["unknown", "..%2f..", "%00", "a" * 5000])
@pytest.mark.parametrize("rest", ["", "/timeline", "/stereo-recording"])
async def test_an_unknown_call_is_404(call_id: str, rest: str) -> None:
    body = await problem(client_for(DictCallStore()), f"/call/{call_id}{rest}", 404)
    assert body["code"] in ("call-not-found", "not-found")


async def test_one_call_carries_its_transcript() -> None:
    lines = [
        TranscriptLine(ENDED.id, 1, "assistant", "For which day?", 400, 1500, interrupted=True),
        TranscriptLine(ENDED.id, 2, "user", "Friday", 1400, 2000),
    ]
    call = await get(client_for(DictCallStore({ENDED.id: ENDED}, [], lines)), f"/call/{ENDED.id}")
    artifact = call["artifact"]
    assert artifact["transcript"] == "AI: For which day?\nUser: Friday\n"
    first, second = artifact["messages"]
    assert (first["role"], first["interrupted"]) == ("bot", True)
    assert (second["role"], second["secondsFromStart"], second["duration"]) == ("user", 1.4, 600)
    assert second["time"] == int(ENDED.started_at.timestamp() * 1000) + 1400  # type: ignore[union-attr]


async def test_one_call_tells_how_quickly_it_was_answered() -> None:
    """The newest summary counts; the parts of each answer come in the names that clients know."""
    parts = {"total": 800, "vad": 200, "stt": 100, "endpointing": 50, "llm": 250, "phrase": 40, "tts": 100}
    summary: dict[str, object] = {
        "turns": 2,
        "percentiles_ms": {"total": {"p50": 800, "p95": 900, "p99": 900}},
        "latencies_ms": [
            {"turn": 2, **parts, "playout": 60},
            {"turn": 3, **parts, "total": 900, "playout": 160},
        ],
        "assistant_interrupted": 3,
        "caller_interrupted": 1,
    }
    entries = [
        TimelineEntry(ENDED.id, 7, 50_000, "turn.summary", {"latencies_ms": []}),
        TimelineEntry(ENDED.id, 8, 60_000, "turn.summary", summary),
    ]
    call = await get(client_for(DictCallStore({ENDED.id: ENDED}, entries=entries)), f"/call/{ENDED.id}")
    turn = {"modelLatency": 290.0, "voiceLatency": 100.0, "transcriberLatency": 100.0}
    assert call["artifact"]["performanceMetrics"] == {
        "turnLatencies": [
            {**turn, "endpointingLatency": 250.0, "turnLatency": 800.0},
            {**turn, "endpointingLatency": 250.0, "turnLatency": 900.0},
        ],
        "modelLatencyAverage": 290.0,
        "voiceLatencyAverage": 100.0,
        "transcriberLatencyAverage": 100.0,
        "endpointingLatencyAverage": 250.0,
        "turnLatencyAverage": 850.0,
        "toTransportLatencyAverage": 110.0,
        "percentiles": {"total": {"p50": 800.0, "p95": 900.0, "p99": 900.0}},
        "numUserInterrupted": 1,
        "numAssistantInterrupted": 3,
    }


async def test_a_call_in_which_nothing_was_answered_has_no_such_figures() -> None:
    entries = [TimelineEntry(ENDED.id, 7, 50_000, "turn.summary", {"latencies_ms": []})]
    call = await get(client_for(DictCallStore({ENDED.id: ENDED}, entries=entries)), f"/call/{ENDED.id}")
    assert "performanceMetrics" not in call["artifact"]


async def test_the_timeline_puts_everything_on_one_clock_and_counts_trouble() -> None:
    kinds = (
        "call.created",
        "call.answered",
        "turn.overdue",
        "stt.failed",
        "media.record_failed",
        "call.ended",
    )
    entries = [
        TimelineEntry(ENDED.id, seq, seq * 100, kind, {"code": "pipeline-error"})
        for seq, kind in enumerate(kinds, 1)
    ]
    lines = [TranscriptLine(ENDED.id, 1, "user", "Friday", 50, 900)]
    store = DictCallStore({ENDED.id: ENDED}, entries, lines)
    timeline = await get(client_for(store), f"/call/{ENDED.id}/timeline")
    assert [(item["kind"], item["level"]) for item in timeline["timeline"]] == [
        ("call.created", "info"),
        ("call.answered", "info"),
        ("turn.overdue", "warning"),
        ("stt.failed", "error"),
        ("media.record_failed", "error"),
        ("call.ended", "error"),
    ]
    assert (timeline["warningCount"], timeline["errorCount"]) == (1, 3)
    assert timeline["transcript"][0]["atMs"] == 250
    assert timeline["transcript"][0]["time"] == "2026-03-01T12:00:01.373Z"
    assert timeline["artifacts"][0]["url"].endswith(f"/call/{ENDED.id}/stereo-recording")


async def test_the_recording_is_downloaded_whole_or_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_stereo(path, bytes(range(200)) * 4)
    row = replace(ENDED, recording_path=str(path))
    client = client_for(DictCallStore({row.id: row}))
    url = f"/call/{row.id}/stereo-recording"
    whole = await client.get(url, headers=AUTH)
    assert whole.status_code == 200
    assert whole.headers["Content-Type"] == "audio/wav"
    assert await whole.get_data() == path.read_bytes()
    part = await client.get(url, headers=AUTH | {"Range": "bytes=0-43"})
    assert part.status_code == 206
    assert await part.get_data() == path.read_bytes()[:44]
    path.unlink()
    assert (await problem(client, url, 404))["code"] == "recording-not-found"
