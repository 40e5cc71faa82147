"""Small line charts as SVG, for the results: no dependency, readable on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 196, 40, 52
# Told apart also by those who do not see red or green as others do (after Okabe and Ito).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a", "#6a3d9a")
_DASHES = ("", "7 4", "2 3")
_INK, _GRID = "#666", "#8884"


class Scale(Enum):
    """How an axis counts."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its words and its scale. `limit`: a value to mark with a line across."""

    label: str
    scale: Scale = Scale.LINEAR
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line: points (x, y) in the order of x."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Ruler:
    """Values of an axis to positions between 0 and 1, and where its ticks are."""

    low: float
    high: float
    ticks: tuple[float, ...]
    scale: Scale

    def at(self, value: float) -> float:
        if self.scale is Scale.LOG:
            low, high = log10(self.low), log10(self.high)
            return (log10(max(value, self.low)) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)


def line_chart(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """The chart as an SVG document. Raises ValueError when there is no point to draw."""
    points = [point for line in series for point in line.points]
    if not points:
        raise ValueError("a chart without points")
    across = _ruler(x, [point[0] for point in points])
    up = _ruler(y, [point[1] for point in points] + ([y.limit] if y.limit is not None else []))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="12" fill="{_INK}">',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(title)}</text>',
        *_grid(across, up, x, y),
    ]
    for number, line in enumerate(series):
        parts += _line(number, line, across, up)
    return "\n".join([*parts, "</svg>", ""])


def _ruler(axis: Axis, values: list[float]) -> _Ruler:
    if axis.scale is Scale.LOG:
        positive = [value for value in values if value > 0] or [1.0]
        low, high = floor(log10(min(positive))), ceil(log10(max(positive)))
        if low == high:
            high += 1
        return _Ruler(10.0**low, 10.0**high, tuple(10.0**n for n in range(low, high + 1)), axis.scale)
    step = _step(max(values))
    count = max(1, ceil(max(values) / step))
    return _Ruler(0.0, count * step, tuple(step * n for n in range(count + 1)), axis.scale)


def _step(highest: float) -> float:
    """A round distance of ticks that gives about six of them."""
    if highest <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(highest / 6))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= highest / 6)


def _place(across: _Ruler, up: _Ruler, point: tuple[float, float]) -> tuple[float, float]:
    return (
        round(_LEFT + across.at(point[0]) * (WIDTH - _LEFT - _RIGHT), 1),
        round(HEIGHT - _BOTTOM - up.at(point[1]) * (HEIGHT - _TOP - _BOTTOM), 1),
    )


def _grid(across: _Ruler, up: _Ruler, x: Axis, y: Axis) -> Iterator[str]:
    right, floor_y = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    for tick in across.ticks:
        at, _ = _place(across, up, (tick, up.low))
        yield f'<path d="M{at} {_TOP}V{floor_y}" stroke="{_GRID}"/>'
        yield f'<text x="{at}" y="{floor_y + 18}" text-anchor="middle">{tick:g}</text>'
    for tick in up.ticks:
        _, at = _place(across, up, (across.low, tick))
        yield f'<path d="M{_LEFT} {at}H{right}" stroke="{_GRID}"/>'
        yield f'<text x="{_LEFT - 8}" y="{at + 4}" text-anchor="end">{tick:g}</text>'
    if y.limit is not None:
        _, at = _place(across, up, (across.low, y.limit))
        yield f'<path d="M{_LEFT} {at}H{right}" stroke="{_INK}" stroke-dasharray="1 3"/>'
    yield f'<text x="{(_LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x.label)}</text>'
    middle = (_TOP + floor_y) / 2
    yield (
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">'
        f"{escape(y.label)}</text>"
    )


def _line(number: int, line: Series, across: _Ruler, up: _Ruler) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    dash = _DASHES[number // len(_COLOURS) % len(_DASHES)]
    places = [_place(across, up, point) for point in line.points]
    path = "M" + "L".join(f"{x} {y}" for x, y in places)
    yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    for (x, y), (calls, value) in zip(places, line.points, strict=True):
        label = escape(f"{line.name}: {calls:g}, {value:.4g}")
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"><title>{label}</title></circle>'
    key = _TOP + 10 + 20 * number
    left = WIDTH - _RIGHT + 16
    yield (
        f'<path d="M{left} {key}h22" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        f'<text x="{left + 30}" y="{key + 4}">{escape(line.name)}</text>'
    )
