"""Logs, voice pipeline, counters, targets and sums, as the API tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aywa.errors import EndCode, EndReason, EndSide
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.analysis import AnalysisResult
from aywa.ports.outbox import JobRecord, JobState
from aywa.ports.store import CallStatus, TimelineEntry
from aywa.store.analyses import PostgresAnalyses
from aywa.store.analytics import PostgresAnalytics
from aywa.store.calls import PostgresCallStore
from aywa_server.app import create_app
from aywa_server.parts import Parts
from aywa_server.slo import MAX_SAMPLES, WINDOW_S, SloWindow
from tests.kit.api_parts import AUTH, DictCallStore, DictWebhookLog, make_parts
from tests.kit.call_store_contract import OTHER_ORGANIZATION, T0, call_row
from tests.kit.postgres import open_clean_postgres, postgres_url

__all__ = ["postgres_url"]
ROW = call_row(status=CallStatus.ENDED, ended_at=T0 + timedelta(minutes=2), costs=None)
SAID: list[tuple[str, dict[str, object]]] = [
    ("call.created", {"from": "sip:+4930123456@x", "type": "inboundPhoneCall"}),
    ("call.answered", {"codec": "PCMU", "remote": "192.0.2.9:4000"}),
    ("turn.started", {"turn": 1, "trigger": "GREETING"}),
    ("llm.request", {"turn": 1}),
    ("tts.phrase", {"turn": 1, "text": "hello you"}),
    ("turn.truncated", {"turn": 1, "heard": "hello"}),
    ("stt.partial", {"text": "my card is 4111"}),
    ("stt.final", {"text": "my card is 4111 1111 1111 1111"}),
    ("turn.started", {"turn": 2, "trigger": "USER"}),
    ("tool.started", {"name": "book", "arguments": {"card": "4111"}}),
    ("turn.latency", {"total_ms": 700, "llm_ms": 200, "phrase_ms": 50, "tts_ms": 80, "vad_ms": 300}),
    ("stt.failed", {"detail": "refused key=hunter2", "retryable": True}),
    (
        "log.line",
        {"level": "warning", "component": "calls", "event": "slow", "data": {"took_ms": 5, "text": "x"}},
    ),
    ("turn.state", {"from": "SPEAKING", "to": "LISTENING"}),
    ("call.ended", {"code": "customer-ended-call"}),
]


def entries() -> list[TimelineEntry]:
    return [TimelineEntry(ROW.id, seq, seq * 10, kind, data) for seq, (kind, data) in enumerate(SAID, 1)]


def parts_with_call() -> Parts:
    return make_parts(DictCallStore({ROW.id: ROW}, entries=entries()))


async def get(parts: Parts, path: str, status: int = 200) -> Any:
    answer = await create_app(parts).test_client().get(path, headers=AUTH)
    told = await answer.get_json()
    assert answer.status_code == status, told
    return told


async def test_a_calls_log_is_what_happened_without_what_was_said() -> None:
    told = await get(parts_with_call(), f"/call/{ROW.id}/logs")
    assert [line["event"] for line in told["lines"]][:2] == ["call.created", "call.answered"]
    assert (told["total"], len(told["lines"])) == (len(SAID), len(SAID))
    for word in ("4111", "hello", "4930", "hunter2"):
        assert word not in str(told)
    noted = next(line for line in told["lines"] if line["event"] == "slow")
    assert (noted["component"], noted["level"], noted["fields"]["took_ms"]) == ("calls", "warning", 5)


async def test_a_log_by_level_and_by_number() -> None:
    told = await get(parts_with_call(), f"/call/{ROW.id}/logs?level=warning")
    assert [line["event"] for line in told["lines"]] == ["stt.failed", "slow"]
    told = await get(parts_with_call(), f"/call/{ROW.id}/logs?limit=1")
    assert ([line["event"] for line in told["lines"]], told["total"]) == (["call.ended"], len(SAID))
    for query in ("level=loud", "limit=0", "limit=1001", "cursor=1"):
        await get(parts_with_call(), f"/call/{ROW.id}/logs?{query}", 400)


async def test_the_voice_pipeline_of_a_call() -> None:
    told = await get(parts_with_call(), f"/call/{ROW.id}/voice-pipeline")
    assert told["state"] == "LISTENING"
    assert told["negotiated"]["codec"] == "PCMU"
    assert told["media"]["received"]["mos"] == 4.37
    assert told["recognition"] == {"partials": 1, "finals": 1, "failures": 1}
    assert told["generation"] == {"requests": 1, "failures": 0, "toolCalls": 1}
    assert told["synthesis"]["characters"] == len("hello you")
    first, second = told["turns"]
    assert (first["interrupted"], second["interrupted"], second["tools"]) == (True, False, 1)
    assert second["latency"]["turnLatency"] == 700
    assert second["latency"]["modelLatency"] == 250
    assert (told["latencyMs"], told["bargeIns"]) == ({"p50": 700, "p95": 700}, 1)
    assert told["audioWarnings"] == []
    for word in ("4111", "hello"):
        assert word not in str(told)


async def test_audio_that_somebody_would_complain_of_is_named() -> None:
    bad = {"loss_percent": 6.0, "jitter_ms": 50.0, "mos": 2.5}
    row = replace(ROW, media={**dict(ROW.media or {}), "sent": bad, "round_trip_ms": 400.0})
    parts = make_parts(DictCallStore({row.id: row}))
    told = await get(parts, f"/call/{row.id}/voice-pipeline")
    assert told["audioWarnings"] == ["sent.loss", "sent.jitter", "sent.mos", "round_trip"]


async def test_a_timeline_has_webhooks_and_counts_their_trouble() -> None:
    parts = parts_with_call()
    assert isinstance(parts.webhooks, DictWebhookLog)
    for number, (state, attempts) in enumerate(
        [(JobState.DELIVERED, 1), (JobState.DEAD, 12), (JobState.WAITING, 1)], 1
    ):
        parts.webhooks.jobs[f"msg_{number}"] = JobRecord(
            f"msg_{number}", ROW.id, number, "status-update", "account", "https://a", "{}",
            T0 + timedelta(seconds=2), state, attempts, attempts, None, None, 500, "no",
        )  # fmt: skip
    told = await get(parts, f"/call/{ROW.id}/timeline")
    assert [(item["id"], item["level"]) for item in told["webhooks"]] == [
        ("msg_1", "info"),
        ("msg_2", "error"),
        ("msg_3", "warning"),
    ]
    assert (told["warningCount"], told["errorCount"]) == (2, 2), "with those of the call's own"


async def test_counters_as_json() -> None:
    parts = make_parts()
    parts.metrics.observe(TimelineEntry("c", 1, 0, "call.ended", {"code": "customer-ended-call"}))
    told = await get(parts, "/metrics.json")
    assert told["metrics"]["aywa_calls_live"] == 3
    assert told["metrics"]["aywa_calls_ended_total"] == [
        {"labels": {"reason": "customer-ended-call"}, "value": 1}
    ]
    assert not [name for name in told["metrics"] if name.endswith("_bucket")]


async def test_targets_and_how_they_are_kept() -> None:
    parts = make_parts()
    told = await get(parts, "/slo")
    assert told["ok"]
    values = {each["name"]: each["value"] for each in told["objectives"]}
    assert values["voicePipelineP95"] is None
    for total_ms in (300, 400, 2000):
        parts.metrics.observe(TimelineEntry("c", 1, 0, "turn.latency", {"total_ms": total_ms}))
    bad = {"received": {"mos": 2.0, "loss_percent": 0.0, "jitter_ms": 1.0}, "sent": None}
    parts.metrics.observe(TimelineEntry("c", 1, 0, "media.stats", {"quality": bad}))
    parts.metrics.slo.observe_webhook(delivered=True)
    told = await get(parts, "/slo")
    found = {each["name"]: (each["value"], each["ok"]) for each in told["objectives"]}
    assert found["voicePipelineP95"] == (2000, False)
    assert found["webhookSuccessRate"] == (1.0, True)
    assert found["audioWarningRate"] == (1.0, False)
    assert not told["ok"]


def test_what_is_old_counts_no_more_and_memory_is_bounded() -> None:
    now = [0.0]
    window = SloWindow(lambda: now[0])
    for _ in range(2 * MAX_SAMPLES):
        window.observe_request(1.0)
    api = {each.name: each for each in window.snapshot(T0).objectives}["apiP95"]
    assert (api.value, api.samples, api.ok) == (1000.0, MAX_SAMPLES, False)
    now[0] = WINDOW_S + 1.0
    window.observe_request(0.01)
    api = {each.name: each for each in window.snapshot(T0).objectives}["apiP95"]
    assert (api.value, api.samples) == (10.0, 1)


@pytest.mark.live
async def test_sums_over_calls(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store, ended = PostgresCallStore(postgres), EndReason(EndCode.BUSY, EndSide.CALLER)
        day = datetime(2026, 5, 1, 12, tzinfo=UTC)

        def costs(total: float, *latencies: int) -> dict[str, object]:
            return {"total": total, "assistant_id": "a1", "turn_latencies_ms": list(latencies)}

        over = day + timedelta(minutes=2)
        calls = [
            replace(call_row(1), created_at=day, started_at=day, ended_at=over, costs=costs(0.5, 100, 300)),
            replace(call_row(2), created_at=day, started_at=None, end_reason=ended, costs=costs(0.25, 500)),
            replace(call_row(3), created_at=day + timedelta(days=1), started_at=None, costs=None),
            replace(call_row(4), created_at=day + timedelta(days=9), costs=None),
            replace(call_row(5), created_at=day, org_id=OTHER_ORGANIZATION, costs=costs(99)),
        ]  # fmt: skip
        await store.save_calls(calls)
        result = AnalysisResult(costs=[{"type": "analysis", "cost": 0.125}])
        await PostgresAnalyses(postgres).add(DEFAULT_ORGANIZATION, calls[0].id, result, day)
        parts = replace(make_parts(), analytics=PostgresAnalytics(postgres))
        path = "/analytics/summary?createdAtGe=2026-05-01&createdAtLt=2026-05-03"
        told = await get(parts, path)
        assert [(group["key"], group["calls"], group["cost"]) for group in told["groups"]] == [
            ("2026-05-01", 2, 0.875),
            ("2026-05-02", 1, 0),
        ]
        totals = told["totals"]
        assert (totals["calls"], totals["answered"], totals["minutes"], totals["cost"]) == (3, 1, 2.0, 0.875)
        assert (totals["answers"], totals["latencyP50Ms"], totals["latencyP95Ms"]) == (3, 300, 480)
        assert [group["key"] for group in (await get(parts, f"{path}&groupBy=assistant"))["groups"]] == [
            "",
            "a1",
        ]
        by_reason = (await get(parts, f"{path}&groupBy=endedReason"))["groups"]
        assert {group["key"]: group["calls"] for group in by_reason} == {"": 2, "customer-busy": 1}
        for query in (
            "groupBy=moon",
            "createdAtGe=2020-01-01",
            "createdAtGe=2027-01-01&createdAtLt=2026-01-01",
        ):
            await get(parts, f"/analytics/summary?{query}", 400)
        assert (await get(parts, "/analytics/summary?createdAtLt=2001-01-01"))["totals"]["calls"] == 0
