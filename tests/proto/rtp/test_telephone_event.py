"""Names of the DTMF events."""

from __future__ import annotations

import pytest

from aywa.proto.rtp.telephone_event import DIGITS, digit_of, event_of


def test_every_key_has_its_code_of_rfc_4733() -> None:
    assert [event_of(digit) for digit in DIGITS] == list(range(16))
    assert "".join(map(digit_of, range(16))) == DIGITS
    assert (event_of("*"), event_of("#"), event_of("A"), event_of("d")) == (10, 11, 12, 15)


@pytest.mark.parametrize("digit", ["", "E", "12", " "])
def test_other_keys_are_refused(digit: str) -> None:
    with pytest.raises(ValueError, match="DTMF key"):
        event_of(digit)


@pytest.mark.parametrize("event", [-1, 16])
def test_other_codes_are_refused(event: int) -> None:
    with pytest.raises(ValueError, match="event code"):
        digit_of(event)
