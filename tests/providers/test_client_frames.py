"""Frames of a websocket's client, read back by another implementation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, TextMessage

from aywa.providers.web.client_frames import client_frame


def read(data: bytes) -> str | bytes:
    server = Connection(ConnectionType.SERVER)
    server.receive_data(data)
    events = list(server.events())
    assert all(isinstance(event, TextMessage | BytesMessage) for event in events)
    assert events[-1].message_finished  # type: ignore[union-attr]
    parts = [event.data for event in events]  # type: ignore[union-attr]
    return "".join(parts) if isinstance(parts[0], str) else b"".join(map(bytes, parts))


@settings(max_examples=60, deadline=None)
@given(
    message=st.one_of(st.binary(max_size=300), st.text(max_size=200)), key=st.binary(min_size=4, max_size=4)
)
def test_a_frame_is_read_as_it_was_written(message: str | bytes, key: bytes) -> None:
    assert read(client_frame(message, key)) == message


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 100_001])
def test_every_form_of_length(size: int) -> None:
    message = bytes(n % 251 for n in range(size))
    assert read(client_frame(message, b"\x01\x80\xff\x00")) == message
