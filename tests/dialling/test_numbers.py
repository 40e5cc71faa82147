"""Numbers as people write them, and as fraudsters do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.dialling.destination import Emergency, SipUser, parse_destination
from aywa.dialling.numbers import BadNumber, Number, country_of, parse_number


@pytest.mark.parametrize(
    ("text", "home", "e164"),
    [
        ("+493012345678", "", "+493012345678"),
        ("+49 (30) 1234-5678", "", "+493012345678"),
        ("+49.30/12345678", "", "+493012345678"),
        ("004930 12345678", "49", "+493012345678"),
        ("030 12345678", "49", "+493012345678"),
        ("(030) 12345678", "49", "+493012345678"),
        ("0039 06 12345678", "49", "+390612345678"),
        ("06 12345678", "39", "+390612345678"),  # Italy keeps its zero
        ("+390612345678", "", "+390612345678"),
        ("0044 20 7946 0123", "49", "+442079460123"),
        ("(212) 555-0123", "1", "+12125550123"),
        ("1-212-555-0123", "1", "+12125550123"),
        ("011 49 30 12345678", "1", "+493012345678"),
    ],
)
def test_what_people_write(text: str, home: str, e164: str) -> None:
    assert str(parse_number(text, home)) == e164


@pytest.mark.parametrize("home", ["", "49", "1"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "112",
        "+112",
        "+49112",
        "+49 (0)30 12345678",  # dialled with the zero, or without?
        "+49 ( 0 ) 30 12345678",
        "+49+3012345678",
        "49+3012345678",
        "++493012345678",
        "00+493012345678",
        "+49030 12345678",  # a zero that an exchange may take for an access code
        "+4900900123456",  # likewise: 00 900 ... dialled in Germany is a call abroad
        "+00493012345678",
        "+0493012345678",
        "+１２１２５５５０１２３",  # digits, but not ASCII
        "+49301234567８",
        "٠٠٤٩٣٠١٢٣٤٥٦٧",
        "+4930123456789012345",
        "+49-30-12345678;phone-context=+882",
        "+49301234567,,900",
        "+49301234567p900",
        "+4930123#4567",
        "*72+493012345678",
        "+49301234567\n",
        "+49301234567\r\nX: y",
        "+49 30 1234567%0d",
        "+1911555012",
        "+19115550123",  # 911 is no area code
        "+10125550123",
        "+1212555012345",
        " " * 50 + "+493012345678",
    ],
)
def test_what_is_no_number_or_two(text: str, home: str) -> None:
    with pytest.raises(BadNumber) as refused:
        parse_number(text, home)
    assert not re.search(r"[0-9]{5}", refused.value.detail)  # rules, and no number


@given(st.text(max_size=45), st.sampled_from(["", "49", "1", "39", "44"]))
def test_any_text_is_a_number_in_e164_or_refused(text: str, home: str) -> None:
    try:
        number = parse_number(text, home)
    except BadNumber:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", str(number))
    assert parse_number(str(number)) == number  # what is dialled reads as what was checked


@given(st.from_regex(r"\A[+0(]{0,3}[0-9 ()+./-]{5,20}\Z"), st.sampled_from(["", "49", "1", "39"]))
def test_punctuation_moves_no_digit(text: str, home: str) -> None:
    """An independent reading: all but the digits taken out, what is dialled is the rest, but for a prefix."""
    try:
        number = parse_number(text, home)
    except BadNumber:
        return
    digits = re.sub("[^0-9]", "", text)
    assert number.digits in (digits, digits[2:], digits[3:], home + digits[1:], home + digits)


@pytest.mark.parametrize(("digits", "country"), [("12125550123", "1"), ("4930", "49"), ("35212", "352")])
def test_country_codes_have_one_to_three_digits(digits: str, country: str) -> None:
    assert country_of(digits) == country


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("+493012345678", Number("493012345678")),
        ("tel:+49-30-12345678", Number("493012345678")),
        ("112", Emergency("112")),
        ("911", Emergency("911")),
        ("sip:210@pbx", SipUser("210", "pbx")),
        ("sip:front-desk@PBX.example;transport=TCP", SipUser("front-desk", "pbx.example", None, "tcp")),
        (
            "sip:+493012345678@192.0.2.9:5070;user=phone",
            SipUser("+493012345678", "192.0.2.9", 5070, None, Number("493012345678")),
        ),
        ("sip:%2B493012345678@pbx", SipUser("+493012345678", "pbx", None, None, Number("493012345678"))),
    ],
)
def test_destinations(text: str, read: object) -> None:
    assert parse_destination(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "tel:030123456",
        "tel:030123456;phone-context=+49",
        "tel:+4930123456;ext=900",
        "tel:112",
        "sips:210@pbx",
        "sip:pbx",
        "sip:210:secret@pbx",
        "sip:210@pbx?X-Forward=+882",
        "sip:210@pbx?Route=%3Csip:evil%3E",
        "sip:210@pbx;maddr=198.51.100.1",
        "sip:210;phone-context=+882@pbx",
        "sip:+49301234567;ext=1@pbx",
        "sip:*72900@pbx",
        "sip:210%00@pbx",
        "sip:210%0d%0a@pbx",
        "sip:2%2310@pbx",
        "sip:210@pbx;transport=ws",
        "sip:２１０@pbx",
        "http://pbx/210",
        "urn:service:sos",
        "<sip:210@pbx>",
        "sip:210@pbx, sip:900@carrier",
    ],
)
def test_destinations_that_could_mean_something_else(text: str) -> None:
    with pytest.raises(BadNumber):
        parse_destination(text, "49")


@given(st.text(max_size=60))
def test_any_text_is_a_destination_or_refused(text: str) -> None:
    for form in (text, f"sip:{text}@pbx", f"tel:{text}"):
        try:
            parse_destination(form, "49")
        except BadNumber:
            continue
