"""Server-sent events: by table, and against the slow twin however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.providers.web.sse import SseEvent, SseParser
from tests.kit.oracles.sse import events_of


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: one\n\n", [("message", "one", "")]),
        (b"data:one\r\n\r\n", [("message", "one", "")]),
        (b"data: one\r\r", [("message", "one", "")]),
        (b"data: one\ndata: two\n\n", [("message", "one\ntwo", "")]),
        (b"event: ping\ndata: {}\n\ndata: x\n\n", [("ping", "{}", ""), ("message", "x", "")]),
        (b"id: 7\ndata: a\n\ndata: b\n\n", [("message", "a", "7"), ("message", "b", "7")]),
        (b"id: 7\x00\ndata: a\n\n", [("message", "a", "")]),
        (b": keep-alive\n\n\ndata\n\ndata:\n\n", [("message", "", ""), ("message", "", "")]),
        (b"event: lost\n\ndata: x\n\n", [("message", "x", "")]),
        (b"retry: 3000\nother: 1\ndata:  two spaces\n\n", [("message", " two spaces", "")]),
        (b"\xef\xbb\xbfdata: after the mark\n\n", [("message", "after the mark", "")]),
        ("data: größer\n\n".encode(), [("message", "größer", "")]),
        (b"data: \xff\n\n", [("message", "�", "")]),
        (b"data: not over", []),
        (b"data: not over\n", []),
    ],
)
def test_by_table(stream: bytes, expected: list[tuple[str, str, str]]) -> None:
    assert SseParser().feed(stream) == expected
    assert events_of(stream) == expected


_BITS = st.sampled_from(
    [
        *(b"\r", b"\n", b"\r\n", b"\n\n", b"data", b"data:", b"data: ", b"event: a", b"id: 1", b"id", b":"),
        *(
            b" ",
            b"x",
            "ä".encode(),
            "\ufffd".encode(),
            b"\x00",
            b"\xef\xbb\xbf",
            b"\xe2",
            b"\x82\xac",
            b"retry: 1",
        ),
    ]
)


@given(st.lists(_BITS | st.binary(max_size=6), max_size=40), st.lists(st.integers(1, 9), max_size=40))
@example([b"data: x\r", b"\ndata: y\r", b"\n\r\n"], [8, 10])
@settings(max_examples=300, deadline=None)
def test_it_makes_no_difference_where_the_bytes_are_cut(bits: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(bits)
    parser, events, at = SseParser(), list[SseEvent](), 0
    for cut in [*cuts, len(stream)]:
        events += parser.feed(stream[at : at + cut])
        at += cut
    assert events == events_of(stream)


def test_the_last_event_may_lack_its_blank_line() -> None:
    for left in (b"data: [DONE]", b"data: [DONE]\n", b"data: [DONE]\n\n"):
        parser = SseParser()
        assert [*parser.feed(left), *parser.finish()] == [("message", "[DONE]", "")]
        assert parser.finish() == []


@pytest.mark.parametrize("piece", [b"x", b"data: x\n", b"data: xxxxxxxx", b"data:\n"])
def test_an_event_is_bounded(piece: bytes) -> None:
    parser = SseParser(max_event=100)

    def feed() -> None:
        for _ in range(101):
            parser.feed(piece)

    with pytest.raises(ParseError):
        feed()


def test_many_events_are_not_one() -> None:
    parser = SseParser(max_event=100)
    assert sum(len(parser.feed(b"data: 0123456789\n\n: comment\n")) for _ in range(1000)) == 1000


@pytest.mark.parametrize("line", [b'{"error": 1}\n', b"\xff\xfe: x\n", b"<html>\n"])
def test_what_is_no_field_can_be_an_error(line: bytes) -> None:
    assert SseParser().feed(line) == []
    with pytest.raises(ParseError):
        SseParser(strict=True).feed(line)
    assert SseParser(strict=True).feed(b": comment\nother: 1\nretry: 2\ndata: x\n\n") == [
        ("message", "x", "")
    ]
