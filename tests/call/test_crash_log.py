"""How a crash is logged: by its places, and never by what its message quotes."""

from __future__ import annotations

from aywa.log import PLACES_PER_ERROR, places


def _deep(depth: int) -> None:
    if depth:
        _deep(depth - 1)
    raise KeyError("my number is 555 0100")


def _caught(depth: int) -> KeyError:
    try:
        _deep(depth)
    except KeyError as error:
        return error
    raise AssertionError


def test_a_crash_is_its_type_and_its_innermost_places() -> None:
    (place,) = places(_caught(10))
    assert place.startswith("KeyError at ")
    assert place.count(":") == PLACES_PER_ERROR
    assert "test_crash_log.py" in place
    assert place.endswith("_deep")
    assert "555" not in place


def test_every_error_of_a_group_has_its_places() -> None:
    group = ExceptionGroup("said my number", [_caught(0), ExceptionGroup("again", [_caught(1)])])
    assert len(places(group)) == 2
    assert "number" not in "".join(places(group))


def test_an_error_that_was_never_raised_is_its_type() -> None:
    assert places(ValueError("my name")) == ["ValueError"]
