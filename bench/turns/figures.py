"""Figures of a mode from the outcomes of its dialogues, and the tables they are shown in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from aywa.caller.measure import percentile
from bench.chart import Axis, Series, line_chart
from bench.turns.outcome import Outcome

_SOUNDS = ("backchannel", "cough", "tone", "babble", "echo")
_BUCKETS_MS = (200, 400, 700, 1000, 1500)


@dataclass(frozen=True, slots=True)
class Run:
    """A mode's outcomes, or a peer's. `failed`: dialogues that were not carried out."""

    name: str
    what: str
    outcomes: Sequence[Outcome]
    dialogues: int
    failed: Sequence[str] = ()
    latest_ms: float = 0.0
    left_out: int = 0  # acts during which the machine stood still

    def of(self, *what: str) -> list[Outcome]:
        """Outcomes of these kinds; of all without any."""
        return [each for each in self.outcomes if not what or each.what in what]

    @property
    def responses(self) -> list[float]:
        """Delays of all answers."""
        return [each.response_ms for each in self.outcomes if each.response_ms is not None]

    @property
    def cut_ins(self) -> list[bool]:
        """For every pause whether it was cut into."""
        return [pause.cut_in for each in self.outcomes for pause in each.pauses]

    @property
    def yields(self) -> list[float]:
        """Times to yield, echo apart."""
        return [each.yield_ms for each in self.of("interruption") if each.yield_ms is not None]


def _pair(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return " / ".join(f"{percentile(list(values), at):.0f}" for at in (0.5, 0.95))


def _share(values: Iterable[bool]) -> str:
    flags = list(values)
    return f"{100 * sum(flags) / len(flags):.1f} % of {len(flags)}" if flags else "-"


Row = tuple[str, Callable[[Run], str]]


def _present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _resumed(run: Run) -> list[Outcome]:
    return [each for each in run.of(*_SOUNDS) if each.cut and each.resumed_after_ms is not None]


ROWS: tuple[Row, ...] = (
    ("dialogues, acts judged", lambda run: f"{run.dialogues}, {len(run.outcomes)}"),
    ("response delay p50 / p95 ms", lambda run: _pair(run.responses)),
    ("false cut-ins in pauses of 200-1500 ms", lambda run: _share(run.cut_ins)),
    ("spoke over words elsewhere", lambda run: _share(o.spoke_over for o in run.of("turn", "interruption"))),
    ("no answer", lambda run: _share(not o.answered for o in run.of("turn", "interruption"))),
    (
        "answered without all the words",
        lambda run: _share(
            not o.complete for o in run.of("turn", "interruption") if o.response_ms is not None
        ),
    ),
    ("time to yield p50 / p95 ms", lambda run: _pair(run.yields)),
    (
        "the same, without echo",
        lambda run: _pair(_present(o.yield_ms for o in run.of("interruption") if not o.echoed)),
    ),
    ("interruptions missed", lambda run: _share(o.missed for o in run.of("interruption"))),
    ("interruptions taken back", lambda run: _share(o.taken_back for o in run.of("interruption"))),
    ("answers stopped by a sound", lambda run: _share(o.cut for o in run.of(*_SOUNDS))),
    (
        "resumed at the exact sample, of those",
        lambda run: _share(o.jump == 0 for o in run.of(*_SOUNDS) if o.cut),
    ),
    (
        "gap on resume after the sound p50 / p95 ms",
        lambda run: _pair(_present(o.resumed_after_ms for o in _resumed(run))),
    ),
    ("false interruptions that stay", lambda run: _share(o.stays for o in run.of(*_SOUNDS))),
    ("said into idle noise", lambda run: _share(o.said for o in run.of("idle"))),
    (
        "heard text off by words p50 / p95",
        lambda run: _pair(_present(o.heard_error for o in run.of("interruption"))),
    ),
    ("interruptions with stale audio", lambda run: _share(o.stale > 0 for o in run.of("interruption"))),
    (
        "decision to model request p50 / p95 ms",
        lambda run: _pair(_present(o.request_ms for o in run.outcomes)),
    ),
    (
        "first TTS byte to first sample p50 / p95 ms",
        lambda run: _pair(_present(o.out_ms for o in run.outcomes)),
    ),
    (
        "both together p50 / p95 ms",
        lambda run: _pair(
            [
                o.request_ms + o.out_ms
                for o in run.outcomes
                if o.request_ms is not None and o.out_ms is not None
            ]
        ),
    ),
)


def table(runs: Sequence[Run]) -> str:
    """The modes side by side."""
    lines = ["| | " + " | ".join(run.name for run in runs) + " |", "|---|" + "--:|" * len(runs)]
    lines += [f"| {name} | " + " | ".join(of(run) for run in runs) + " |" for name, of in ROWS]
    return "\n".join(lines)


def languages_table(runs: Sequence[Run]) -> str:
    """Response delay and cut-ins, and the interruptions that stay, by language."""
    names = sorted({each.language for run in runs for each in run.outcomes})
    lines = ["| mode | language | response p50 / p95 ms | false cut-ins | yield p50 / p95 ms | that stay |"]
    lines.append("|---|---|--:|--:|--:|--:|")
    for run in runs:
        for name in names:
            part = Run(run.name, "", [each for each in run.outcomes if each.language == name], 0)
            lines.append(
                f"| {run.name} | {name} | {_pair(part.responses)} | {_share(part.cut_ins)} "
                f"| {_pair(part.yields)} | {_share(o.stays for o in part.of(*_SOUNDS))} |"
            )
    return "\n".join(lines)


def sounds_table(runs: Sequence[Run]) -> str:
    """What each kind of sound did to the answer, and each length of pause."""
    lines = ["| | " + " | ".join(run.name for run in runs) + " |", "|---|" + "--:|" * len(runs)]
    for kind in _SOUNDS:
        for what, flag in (("stopped by", "cut"), ("and stays so after", "stays")):
            cells = [_share(getattr(o, flag) for o in run.of(kind)) for run in runs]
            lines.append(f"| {what} {kind} | " + " | ".join(cells) + " |")
    for low, high in pairwise(_BUCKETS_MS):
        cells = [
            _share(p.cut_in for o in run.outcomes for p in o.pauses if low <= p.ms < high) for run in runs
        ]
        lines.append(f"| cut into pauses of {low} to {high} ms | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def curve(runs: Sequence[Run]) -> str:
    """False cut-ins against response delay: a point for the median and one for the 95th percentile."""
    series = []
    for run in runs:
        if run.responses and run.cut_ins:
            share = 100 * sum(run.cut_ins) / len(run.cut_ins)
            points = tuple((percentile(run.responses, at) or 0.0, share) for at in (0.5, 0.95))
            series.append(Series(run.name, points))
    return line_chart(
        "False cut-ins against response delay (median to 95th percentile)",
        Axis("response delay, ms"),
        Axis("pauses of 200 to 1,500 ms cut into, %", limit=20.0),
        series,
    )


def failures(run: Run) -> str:
    """What went wrong, how often."""
    counts: dict[str, int] = {}
    for each in run.outcomes:
        for name in each.failures:
            counts[name] = counts.get(name, 0) + 1
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda kv: -kv[1]))
    notes = (
        f"; not carried out: {len(run.failed)} ({', '.join(sorted(set(run.failed)))})" if run.failed else ""
    )
    late = f"; frames late by {run.latest_ms:.0f} ms at most, {run.left_out} acts left out for that"
    return f"* {run.name} ({run.what}): {told or 'nothing failed'}{notes}{late}"
