"""Whether this process keeps its targets: of the last hour, bounded in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

from aywa.model.observing import Objective, SloSnapshot
from aywa.ports.store import TimelineEntry

WINDOW_S = 3600
MAX_SAMPLES = 20_000  # of each sort; of more the newest
VOICE_P95_MS = 1200.0  # from the caller's last sample to the first of the answer
API_P95_MS = 200.0
WEBHOOK_SUCCESS = 0.99
AUDIO_WARNINGS = 0.05  # of calls
_BAD_LOSS_PERCENT, _BAD_MOS = 5.0, 3.6


class _Samples:
    """Values and when they came."""

    def __init__(self) -> None:
        self._values: deque[tuple[float, float]] = deque(maxlen=MAX_SAMPLES)

    def add(self, at: float, value: float) -> None:
        """One more."""
        self._values.append((at, value))

    def since(self, at: float) -> list[float]:
        """Those that came later, sorted; older ones are forgotten."""
        while self._values and self._values[0][0] < at:
            self._values.popleft()
        return sorted(value for _, value in self._values)


class SloWindow:
    """Observes timelines, requests and attempts to send webhooks. `now`: monotonic seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._voice = _Samples()
        self._api = _Samples()
        self._audio = _Samples()  # 1: a call to complain of
        self._webhooks = _Samples()  # 1: delivered

    def observe(self, entry: TimelineEntry) -> None:
        """One timeline entry; what it does not know it passes over."""
        if entry.kind == "turn.latency" and isinstance(total := entry.data.get("total_ms"), int | float):
            self._voice.add(self._now(), total)
        elif entry.kind == "media.stats":
            self._audio.add(self._now(), float(_is_bad(entry.data.get("quality"))))

    def observe_request(self, seconds: float) -> None:
        """One request to the API."""
        self._api.add(self._now(), seconds * 1000)

    def observe_webhook(self, delivered: bool) -> None:
        """One attempt."""
        self._webhooks.add(self._now(), float(delivered))

    def snapshot(self, at: datetime) -> SloSnapshot:
        """How the targets are kept; one that nothing was measured of is kept."""
        since = self._now() - WINDOW_S
        objectives = [
            _percentile("voicePipelineP95", VOICE_P95_MS, self._voice.since(since)),
            _share("webhookSuccessRate", WEBHOOK_SUCCESS, self._webhooks.since(since), most=False),
            _percentile("apiP95", API_P95_MS, self._api.since(since)),
            _share("audioWarningRate", AUDIO_WARNINGS, self._audio.since(since), most=True),
        ]
        ok = all(each.ok for each in objectives)
        return SloSnapshot(at=at, window_seconds=WINDOW_S, ok=ok, objectives=objectives)


def _percentile(name: str, target: float, values: list[float]) -> Objective:
    value = round(values[min(len(values) - 1, int(0.95 * len(values)))], 1) if values else None
    ok = value is None or value <= target
    return Objective(name=name, unit="ms", target=target, value=value, ok=ok, samples=len(values))


def _share(name: str, target: float, values: list[float], *, most: bool) -> Objective:
    value = round(sum(values) / len(values), 4) if values else None
    ok = value is None or (value <= target if most else value >= target)
    return Objective(name=name, unit="ratio", target=target, value=value, ok=ok, samples=len(values))


def _is_bad(quality: object) -> bool:
    if not isinstance(quality, Mapping):
        return False
    for direction in ("received", "sent"):
        figures = quality.get(direction)
        if isinstance(figures, Mapping) and (
            float(figures["mos"]) < _BAD_MOS or float(figures["loss_percent"]) > _BAD_LOSS_PERCENT
        ):
            return True
    return False
