"""A table of figures as an SVG heat map, without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

CELL_WIDTH, CELL_HEIGHT, LEFT, TOP = 104, 30, 190, 64


def colour(value: float, low: float, high: float) -> str:
    """From red at `low` over yellow to green at `high`."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return f"hsl({round(120 * share)} 62% 68%)"


def heat_map(
    title: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[float | None]]],
    low: float = 1.0,
    high: float = 4.5,
) -> str:
    """The SVG; a cell without a figure stays grey."""
    width, height = LEFT + CELL_WIDTH * len(columns) + 10, TOP + CELL_HEIGHT * len(rows) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="10" y="22" font-size="15">{escape(title)}</text>',
    ]
    for index, column in enumerate(columns):
        middle = LEFT + CELL_WIDTH * index + CELL_WIDTH // 2
        parts.append(f'<text x="{middle}" y="{TOP - 10}" text-anchor="middle">{escape(column)}</text>')
    for line, (name, values) in enumerate(rows):
        y = TOP + CELL_HEIGHT * line
        parts.append(f'<text x="{LEFT - 10}" y="{y + 20}" text-anchor="end">{escape(name)}</text>')
        for index, value in enumerate(values):
            x = LEFT + CELL_WIDTH * index
            fill = "#ddd" if value is None else colour(value, low, high)
            shown = "" if value is None else f"{value:.2f}"
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL_WIDTH - 2}" height="{CELL_HEIGHT - 2}" fill="{fill}"/>'
                f'<text x="{x + CELL_WIDTH // 2 - 1}" y="{y + 19}" text-anchor="middle">{shown}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"
