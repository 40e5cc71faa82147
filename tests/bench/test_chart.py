"""Charts: well-formed, in the frame, and honest about where a value lies."""

from xml.etree import ElementTree

import pytest

from bench.chart import HEIGHT, WIDTH, Axis, Scale, Series, line_chart

_SVG = "{http://www.w3.org/2000/svg}"


def _circles(svg: str) -> list[tuple[float, float]]:
    tree = ElementTree.fromstring(svg)
    return [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in tree.iter(f"{_SVG}circle")]


@pytest.mark.parametrize("scale", list(Scale))
def test_every_point_lies_in_the_frame(scale: Scale) -> None:
    points = ((1.0, 0.0), (40.0, 3.0), (2000.0, 99.9))
    svg = line_chart("<t>", Axis("x", scale), Axis("y & z", scale, limit=100), [Series("a", points)])
    places = _circles(svg)
    assert len(places) == len(points)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in places)
    assert sorted(places) == places
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)


def test_a_logarithmic_axis_spaces_decades_alike() -> None:
    points = ((1.0, 1.0), (10.0, 10.0), (100.0, 100.0))
    axis = Axis("x", Scale.LOG)
    (a, _), (b, _), (c, _) = _circles(line_chart("t", axis, axis, [Series("a", points)]))
    assert b - a == pytest.approx(c - b, abs=0.2)


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(ValueError, match="without points"):
        line_chart("t", Axis("x"), Axis("y"), [Series("a", ())])
