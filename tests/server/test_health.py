"""Liveness, readiness, metrics: what is public, and what each says."""

from __future__ import annotations

import pytest

from aywa.model.readiness import Check
from aywa.ports.store import TimelineEntry
from aywa_server.app import create_app
from aywa_server.metrics import Metrics
from tests.kit.api_parts import AUTH, FixedReadiness, make_parts


@pytest.mark.parametrize("path", ["/health", "/healthz"])
async def test_liveness_is_public(path: str) -> None:
    answer = await create_app(make_parts()).test_client().get(path)
    assert answer.status_code == 200
    assert (await answer.get_json())["status"] == "ok"


async def test_readiness_is_200_only_when_every_dependency_is_there() -> None:
    parts = make_parts()
    client = create_app(parts).test_client()
    ready = await client.get("/readyz")
    assert (ready.status_code, (await ready.get_json())["status"]) == (200, "ready")

    assert isinstance(parts.readiness, FixedReadiness)
    parts.readiness.checks = [
        Check(name="database", ok=False, detail="not reachable"),
        Check(name="sip", ok=True),
    ]
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    body = await answer.get_json()
    assert body["status"] == "not-ready"
    assert body["checks"] == [
        {"name": "database", "ok": False, "detail": "not reachable"},
        {"name": "sip", "ok": True, "detail": ""},
    ]


HEARD = {
    "received": {"loss_percent": 0.8, "jitter_ms": 4.0, "mos": 4.25},
    "sent": None,
    "round_trip_ms": 60.0,
}


async def test_metrics_count_calls_reasons_and_latency() -> None:
    parts = make_parts()
    for seq, (kind, data) in enumerate(
        [
            ("call.created", {}),
            ("turn.latency", {"total_ms": 640.0, "llm_ms": 250}),
            ("turn.latency", {"total_ms": None}),
            ("turn.truncated", {}),
            ("speculation.adopted", {"id": 1}),
            ("speculation.refused", {"id": 2}),
            ("speculation.dropped", {"why": "OTHER_WORDS", "prompt_tokens": 100, "characters": 12}),
            ("speculation.dropped", {"why": "OTHER_WORDS", "prompt_tokens": 20, "completion_tokens": 3}),
            ("media.stats", {"quality": HEARD}),
            ("media.stats", {"quality": {"received": None, "sent": None, "round_trip_ms": None}}),
            ("media.stats", {"recording_lost_ms": 2500.0}),
            ("media.record_failed", {"error": "No space left on device"}),
            ("call.ended", {"code": "customer-ended-call"}),
            ("something.else", {}),
        ],
        1,
    ):
        parts.metrics.observe(TimelineEntry("a", seq, 0, kind, data))
    client = create_app(parts).test_client()
    assert (await client.get("/metrics")).status_code == 401
    text = (await (await client.get("/metrics", headers=AUTH)).get_data()).decode()
    for line in (
        "aywa_calls_started_total 1.0",
        'aywa_calls_ended_total{reason="customer-ended-call"} 1.0',
        'aywa_turn_latency_seconds_bucket{le="0.8"} 1.0',
        "aywa_turn_latency_seconds_count 1.0",
        'aywa_turn_latency_part_seconds_bucket{le="0.3",part="llm"} 1.0',
        'aywa_turn_latency_part_seconds_sum{part="llm"} 0.25',
        "aywa_barge_ins_total 1.0",
        'aywa_speculations_total{outcome="adopted"} 1.0',
        'aywa_speculations_total{outcome="refused"} 1.0',
        'aywa_speculations_total{outcome="other_words"} 2.0',
        'aywa_speculation_dropped_total{unit="prompt_tokens"} 120.0',
        'aywa_speculation_dropped_total{unit="completion_tokens"} 3.0',
        'aywa_speculation_dropped_total{unit="characters"} 12.0',
        'aywa_call_mos_bucket{direction="received",le="4.3"} 1.0',
        'aywa_call_mos_bucket{direction="received",le="4.2"} 0.0',
        'aywa_call_mos_count{direction="received"} 1.0',
        'aywa_call_loss_ratio_bucket{direction="received",le="0.01"} 1.0',
        'aywa_call_loss_ratio_sum{direction="received"} 0.008',
        'aywa_call_jitter_seconds_sum{direction="received"} 0.004',
        "aywa_call_round_trip_seconds_sum 0.06",
        "aywa_call_round_trip_seconds_count 1.0",
        "aywa_recording_lost_seconds_total 2.5",
        "aywa_recordings_failed_total 1.0",
        "aywa_calls_live 3.0",
        'aywa_http_request_seconds_count{method="GET",route="/metrics",status="401"} 1.0',
    ):
        assert line in text.splitlines()


def test_late_ticks_of_the_engine_are_a_histogram() -> None:
    metrics = Metrics(lambda: {"engine_legs": 3.0})
    metrics.use_tick_lateness(lambda: [(1e-05, 90), (2e-05, 7), (float("inf"), 3)])
    text = metrics.render().decode()
    for line in (
        "# TYPE aywa_engine_tick_lateness_seconds histogram",
        'aywa_engine_tick_lateness_seconds_bucket{le="1e-05"} 90.0',
        'aywa_engine_tick_lateness_seconds_bucket{le="2e-05"} 97.0',
        'aywa_engine_tick_lateness_seconds_bucket{le="+Inf"} 100.0',
        "aywa_engine_legs 3.0",
    ):
        assert line in text.splitlines()


def test_refusals_and_credentials_are_counters_read_at_the_scrape() -> None:
    metrics, refused = Metrics(), {"scanner": 2.0, "banned": 0.0}
    metrics.use_sip(lambda: refused, lambda: {"granted": 7.0}, lambda: {"rate": 5.0})
    metrics.use_streams(lambda: {"accepted": 3.0})
    refused["banned"] = 1.0
    lines = metrics.render().decode().splitlines()
    assert "# TYPE aywa_sip_refused_total counter" in lines
    assert 'aywa_sip_refused_total{reason="scanner"} 2.0' in lines
    assert 'aywa_sip_refused_total{reason="banned"} 1.0' in lines
    assert 'aywa_stream_connections_total{outcome="accepted"} 3.0' in lines
    assert 'aywa_sip_authentication_total{outcome="granted"} 7.0' in lines
    assert 'aywa_sip_dropped_total{reason="rate"} 5.0' in lines


def test_registrations_are_a_gauge_by_trunk() -> None:
    metrics = Metrics()
    metrics.use_registrations(lambda: {"pbx": True, "carrier": False})
    lines = metrics.render().decode().splitlines()
    assert 'aywa_sip_registered{registration="pbx"} 1.0' in lines
    assert 'aywa_sip_registered{registration="carrier"} 0.0' in lines
