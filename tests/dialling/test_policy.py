"""Prefixes: the longest decides, nothing said means no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.dialling.numbers import BadNumber, Number, parse_number
from aywa.dialling.policy import NumberPolicy
from aywa.dialling.ranges import EXPENSIVE
from aywa.settings import DialSettings


def permits(number: str, *allow: str, deny: tuple[str, ...] = ()) -> bool:
    """Whether a list lets a number through."""
    return NumberPolicy(DialSettings(allow=allow, deny=deny)).permits(Number(number.removeprefix("+")))


@pytest.mark.parametrize(
    ("number", "allow", "permitted"),
    [
        ("+493012345678", (), False),
        ("+493012345678", ("+49",), True),
        ("+493012345678", ("+43",), False),
        ("+493012345678", ("+4930",), True),
        ("+498912345678", ("+4930",), False),
        ("+49900123456", ("+49",), False),
        ("+49900123456", ("+49", "+49900"), True),
        ("+49137123456", ("+49",), False),
        ("+12125550123", ("+1",), True),
        ("+19005550123", ("+1",), False),
        ("+18095550123", ("+1",), False),  # the Dominican Republic is no neighbour
        ("+18095550123", ("+1809",), True),
        ("+8816123456789", ("+8",), False),  # a prefix that is shorter than a range opens none
        ("+870773111111", ("+870",), True),
        ("+447012345678", ("+44",), False),
    ],
)
def test_the_general_list(number: str, allow: tuple[str, ...], permitted: bool) -> None:
    assert permits(number, *allow) is permitted


def test_what_is_denied_wins_at_the_same_length() -> None:
    assert not permits("+493012345678", "+49", deny=("+4930",))
    assert not permits("+493012345678", "+4930", deny=("+4930",))
    assert permits("+493012345678", "+493012", deny=("+4930",))
    assert permits("+498912345678", "+49", deny=("+4930",))


def test_a_trunk_narrows_and_never_widens() -> None:
    policy = NumberPolicy(DialSettings(allow=("+49",)))
    number = Number("493012345678")
    assert policy.permits_through(number, ())
    assert policy.permits_through(number, ("+4930",))
    assert not policy.permits_through(number, ("+4989",))
    assert not policy.permits_through(Number("4312345678"), ("+43",))
    assert not policy.permits_through(Number("49900123456"), ("+49900",))


@given(st.sampled_from(sorted(EXPENSIVE)), st.text("0123456789", min_size=5, max_size=9), st.data())
def test_no_short_prefix_opens_an_expensive_range(prefix: str, rest: str, data: st.DataObject) -> None:
    shorter = "+" + prefix[: data.draw(st.integers(1, len(prefix) - 1))]
    try:
        number = parse_number(f"+{prefix}{rest}")
    except BadNumber:
        return
    assert not NumberPolicy(DialSettings(allow=(shorter,))).permits(number)
