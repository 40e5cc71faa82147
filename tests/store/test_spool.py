"""The file in which records wait: order, what a kill leaves, and its largest size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import EndCode, EndReason, EndSide, ParseError
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallBatch, TimelineEntry, TranscriptLine
from aywa.store.batch_codec import encode_batch, parse_batch
from aywa.store.spool import Spool, SpoolFullError, left_behind
from tests.kit.call_store_contract import call_row

ROOM = 1 << 20


def drain(spool: Spool) -> list[bytes]:
    found = []
    while (record := spool.first()) is not None:
        found.append(record)
        spool.drop_first()
    return found


@given(st.lists(st.binary(max_size=200), max_size=8), st.integers(0, 400))
def test_whatever_was_appended_comes_back_in_order_wherever_the_last_write_was_cut(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes], cut: int
) -> None:
    path = tmp_path_factory.mktemp("spool") / "a.journal"
    spool = Spool(path, ROOM)
    for record in records:
        spool.append(record)
    whole = path.stat().st_size
    spool.append(b"in the making" * 20)
    os.truncate(path, min(whole + cut, path.stat().st_size - 1))
    os.close(spool._file)  # as a kill does it
    again = Spool(path, ROOM)
    assert drain(again) == records
    again.append(b"next")
    assert drain(again) == [b"next"]
    again.close()
    assert not path.exists()


def test_a_record_that_was_changed_ends_the_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.journal", ROOM)
    for record in (b"one", b"two", b"three"):
        spool.append(record)
    os.pwrite(spool._file, b"X", 8 + 3 + 8)  # the first letter of "two"
    os.close(spool._file)
    again = Spool(tmp_path / "a.journal", ROOM)
    assert drain(again) == [b"one"]
    assert again.torn == 8 + 3 + 8 + 5


def test_it_is_bounded_and_has_room_again_once_it_is_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.journal", 64)
    spool.append(b"x" * 40)
    with pytest.raises(SpoolFullError):
        spool.append(b"y" * 40)
    assert drain(spool) == [b"x" * 40]
    spool.append(b"y" * 40)
    assert drain(spool) == [b"y" * 40]


def test_who_has_it_open_has_it_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.journal", ROOM)
    assert left_behind(tmp_path) == [spool.path]
    with pytest.raises(BlockingIOError):
        Spool(spool.path, ROOM)
    spool.append(b"waits")
    spool.close()
    assert drain(Spool(spool.path, ROOM)) == [b"waits"]


def test_a_batch_is_the_same_after_the_disk() -> None:
    row = call_row(3)
    job = WebhookJob("msg_1", row.id, 1, "hang", "account", "https://a.example", '{"ü": 1}', row.created_at)
    batch = CallBatch(
        [row, call_row(4)],
        [TimelineEntry(row.id, 1, 5, "a.b", {"deep": {"list": [1, 2.5, None, True, "ü"]}}, row.org_id)],
        [TranscriptLine(row.id, 1, "user", "guten Tag\0", 0, 900, interrupted=True)],
        [job],
    )
    assert parse_batch(encode_batch(batch)) == batch


def test_what_json_cannot_say_becomes_text() -> None:
    data = {
        "reason": EndReason(EndCode.BUSY, EndSide.CALLER, 486),
        "nan": float("nan"),
        "half": "\ud800",
        1: {2},
    }
    batch = CallBatch(entries=[TimelineEntry("c", 1, 0, "k", data)])  # type: ignore[dict-item]
    found = parse_batch(encode_batch(batch)).entries[0].data
    assert found["reason"] == {"code": "customer-busy", "side": "caller", "sip_status": 486, "detail": ""}
    assert (found["nan"], found["half"], found["1"]) == ("nan", "?", [2])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"rows": [{}]}', b"[" * 100_000])
def test_what_is_no_batch_is_a_parse_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_batch(data)
