"""Labels over the whole registry: closed lists, however many words others make up."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from aywa.call.dial_outcome import DialOutcome
from aywa.errors import EndCode
from aywa.outbox.figures import WorkerFigures
from aywa.ports.store import TimelineEntry
from aywa.transfer.outcome import Outcome
from aywa.transfer.plan import Mode
from aywa_server.app import create_app
from aywa_server.labels import MAX_TRUNKS, OTHER
from aywa_server.metrics import Metrics
from tests.kit.api_parts import AUTH, make_parts

HOSTILE = 2_000  # different words for each label
KINDS = (
    ("call.ended", ("code",)),
    ("transfer.ended", ("mode", "outcome")),
    ("dial.answered", ("trunk",)),
    ("dial.failed", ("trunk", "outcome")),
    ("speculation.dropped", ("why",)),
    ("media.stats", ("quality",)),
    ("turn.latency", ("total_ms",)),
)
# The most values that a label may have, whatever happens.
LABELS = {
    "reason": len(EndCode) + 20,  # of calls, and of what SIP and dialling refuse
    "mode": len(Mode) + 1,
    "outcome": len(Outcome) + len(DialOutcome) + 12,
    "trunk": MAX_TRUNKS + 2,
    "registration": MAX_TRUNKS,
    "unit": 3,
    "part": 7,
    "direction": 2,
    "state": 4,
    "method": 8,
    "route": 150,
    "status": 70,
    "le": 60,
}


def all_metrics() -> Metrics:
    """With everything that is ever registered."""
    metrics = Metrics(lambda: {"calls_live": 1.0})
    metrics.use_tick_lateness(lambda: [(0.001, 5), (float("inf"), 1)])
    metrics.use_registrations(lambda: {"pbx": True})
    metrics.use_sip(lambda: {"banned": 1.0}, lambda: {"granted": 1.0}, lambda: {"rate": 1.0})
    metrics.use_dialling(lambda: {"limit": 1.0})
    metrics.use_streams(lambda: {"accepted": 1.0})
    metrics.use_outbox(WorkerFigures())
    return metrics


async def test_no_label_takes_what_it_is_given() -> None:
    metrics = all_metrics()
    for number in range(HOSTILE):
        for kind, names in KINDS:
            data = dict.fromkeys(names, f"+4930{number:08}" if number % 2 else f"word-{number}")
            metrics.observe(TimelineEntry("c", 1, 0, kind, data))
        metrics.observe_request(f"M{number}", "/call/<call_id>", 200 + number, 0.01)
    for code in EndCode:
        metrics.observe(TimelineEntry("c", 1, 0, "call.ended", {"code": code.value}))
    values: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            for label, value in sample.labels.items():
                values.setdefault(label, set()).add(value)
    assert set(values) <= set(LABELS), "a new label needs its bound here"
    for label, found in values.items():
        assert len(found) <= LABELS[label], label
        assert not [value for value in found if re.search(r"\d{6}", value)], label
    assert values["reason"] >= {OTHER, *(code.value for code in EndCode)}
    assert len(values["trunk"]) == MAX_TRUNKS + 1


async def test_routes_are_rules_and_not_paths() -> None:
    parts = make_parts()
    client = create_app(parts).test_client()
    for number in range(50):
        await client.get(f"/call/{number:08}", headers=AUTH)
        await client.get(f"/nowhere/{number:08}?x={number}", headers=AUTH)
    text = parts.metrics.render().decode()
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert routes == {"/call/<call_id>", "unknown"}
    rules = {rule.rule for rule in create_app(parts).url_map.iter_rules()}
    assert len(rules) < LABELS["route"]
