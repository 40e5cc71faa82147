"""Payload types in mid-call: a number keeps its meaning for the session (RFC 3264 section 8.3.2)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sdp.audio import LocalAudio
from aywa.proto.sdp.formats import (
    CODECS,
    FIRST_DYNAMIC,
    G722,
    LAST_DYNAMIC,
    OPUS,
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    AudioFormat,
    formats_for,
)
from aywa.proto.sdp.numbers import continued, remembered, renumbered
from aywa.proto.sdp.offer_answer import accept_offer, make_offer, offer_again

LOCAL = LocalAudio("192.0.2.1", 16384, formats_for(CODECS))


def test_known_numbers_are_used_and_not_used_otherwise() -> None:
    known = (
        replace(OPUS, payload_type=111),
        AudioFormat(101, "iLBC", 8000),
        AudioFormat(96, "speex", 8000),
    )
    given = renumbered((PCMU, OPUS, TELEPHONE_EVENT, G722), known)
    assert [(audio.payload_type, audio.name) for audio in given] == [
        (0, "PCMU"),
        (111, "opus"),
        (97, "telephone-event"),
        (9, "G722"),
    ]


def test_what_has_no_number_left_is_not_offered() -> None:
    known = [AudioFormat(number, f"x{number}", 8000) for number in range(FIRST_DYNAMIC, LAST_DYNAMIC + 1)]
    assert renumbered((OPUS, PCMA, TELEPHONE_EVENT), known) == (PCMA,)


DYNAMIC = st.lists(
    st.builds(
        AudioFormat,
        st.integers(FIRST_DYNAMIC, LAST_DYNAMIC),
        st.sampled_from(["opus", "L16", "telephone-event", "speex", "G722"]),
        st.sampled_from([8000, 16000, 48000]),
        st.sampled_from([1, 2]),
    ),
    unique_by=lambda audio: audio.payload_type,
    max_size=32,
)


@given(DYNAMIC)
def test_no_number_gets_another_meaning_and_none_is_given_twice(known: list[AudioFormat]) -> None:
    given = renumbered(LOCAL.formats, known)
    numbers = [audio.payload_type for audio in given]
    assert len(set(numbers)) == len(numbers)
    meanings = {audio.payload_type: audio for audio in known}
    for audio in given:
        assert meanings.get(audio.payload_type, audio).matches(audio)


def test_the_present_codec_is_offered_first_with_all_that_was_agreed_on() -> None:
    peer = replace(LOCAL, formats=(replace(OPUS, payload_type=111), G722), ptime_ms=40, rtcp_mux=True)
    first = accept_offer(make_offer(peer, 1, 1), replace(LOCAL, formats=(OPUS, *LOCAL.formats)))
    assert first.payload_type == 111
    again = offer_again(first.answer, continued(LOCAL, first, remembered((), first)))
    (medium,) = again.media
    assert medium.formats[:3] == ("111", "0", "8")
    assert ("ptime", "40") in medium.attributes
    assert ("rtcp-mux", None) in medium.attributes


def test_the_first_meaning_stays() -> None:
    first = accept_offer(make_offer(replace(LOCAL, formats=(OPUS, PCMU)), 1, 1), LOCAL)
    other = replace(LOCAL, formats=(replace(TELEPHONE_EVENT, payload_type=96), PCMU))
    second = accept_offer(make_offer(other, 1, 2), LOCAL)
    known = remembered(remembered((), first), second)
    assert [(audio.payload_type, audio.name) for audio in known] == [(96, "opus")]
