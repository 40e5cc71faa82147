"""The artifact store, as a bucket of a real S3 server and as a directory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import trio

from aywa.artifacts.objects import ObjectStore, open_store
from aywa.errors import StoreError
from aywa.settings import ArtifactSettings
from tests.kit.s3_server import FaultyLine, Line, bucket_settings, make_bucket, open_line, s3

__all__ = ["s3"]
pytestmark = [pytest.mark.live, pytest.mark.beside]
KEY = "00000000-0000-0000-0000-000000000001/call/stereo-recording.wav"


@pytest.fixture(params=["bucket", "directory"])
def store(request: pytest.FixtureRequest, s3: str, tmp_path: Path) -> ObjectStore:
    if request.param == "directory":
        settings = ArtifactSettings(store_dir=str(tmp_path / "a" / "store"))
    else:
        settings = ArtifactSettings(s3=bucket_settings(s3, make_bucket(s3), "voice/eu"))
    opened = open_store(settings)
    assert opened is not None
    return opened


def test_nothing_is_stored_anywhere_else_without_a_setting() -> None:
    assert open_store(ArtifactSettings()) is None


@pytest.mark.parametrize("size", [0, 5, 9_000_001])
def test_what_is_put_is_read(store: ObjectStore, size: int) -> None:
    data = hashlib.shake_128(b"seed").digest(size)
    pieces = (data[begin : begin + 1_000_000] for begin in range(0, size, 1_000_000))
    store.put(KEY, pieces, "audio/wav")
    assert b"".join(store.read(KEY)) == data
    if size:
        assert store.read_range(KEY, 2, 5) == data[2:5]
    assert [(found.key, found.size) for found in store.list(KEY.split("/")[0])] == [(KEY, size)]


def test_deleting_passes_over_what_is_not_there(store: ObjectStore) -> None:
    store.put(KEY, [b"x"], "audio/wav")
    store.delete([KEY.replace("stereo", "mono"), KEY])
    store.delete([KEY])
    assert store.list(KEY.split("/")[0]) == []
    with pytest.raises(FileNotFoundError):
        b"".join(store.read(KEY))
    with pytest.raises(FileNotFoundError):
        store.read_range(KEY, 0, 1)


def test_a_file_that_fails_leaves_no_object(store: ObjectStore) -> None:
    def failing() -> Iterator[bytes]:
        yield b"x" * 9_000_000
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        store.put(KEY, failing(), "audio/wav")
    assert store.list(KEY.split("/")[0]) == []


def test_a_signed_url_opens_one_object_and_carries_its_type(s3: str) -> None:
    store = open_store(ArtifactSettings(s3=bucket_settings(s3, make_bucket(s3))))
    assert store is not None
    store.put(KEY, [b"abc"], "audio/wav")
    url = store.sign(KEY, 60)
    assert url is not None
    answer = httpx.get(url)
    assert (answer.content, answer.headers["Content-Type"]) == (b"abc", "audio/wav")
    assert "X-Amz-Expires=60" in url
    assert "a-secret" not in url


def test_a_directory_signs_nothing(tmp_path: Path) -> None:
    store = open_store(ArtifactSettings(store_dir=str(tmp_path)))
    assert store is not None
    assert store.sign(KEY, 60) is None


def test_a_bucket_that_is_not_there_is_named_as_the_fault(s3: str) -> None:
    store = open_store(ArtifactSettings(s3=bucket_settings(s3, "none-such")))
    assert store is not None
    with pytest.raises(StoreError, match=r"[Bb]ucket") as fault:
        store.put(KEY, [b"x"], "audio/wav")
    assert fault.value.retryable
    with pytest.raises(StoreError):
        store.check()


@pytest.mark.parametrize(
    ("line", "says"),
    [(Line.BUSY, "it answers 503"), (Line.RESETS, "it cannot be reached")],
    ids=["busy", "resets"],
)
async def test_what_keeps_the_store_from_answering_is_said(s3: str, line: Line, says: str) -> None:
    async with open_line(s3) as proxy:
        store = _through(proxy, s3)
        proxy.turn(line)
        for work in _every_method(store):
            with pytest.raises(StoreError, match=says) as fault:
                await trio.to_thread.run_sync(work)
            assert fault.value.retryable
            assert "a-secret" not in str(fault.value)
            assert "an-id" not in str(fault.value)
        proxy.turn(Line.SLOW)
        await trio.to_thread.run_sync(store.put, KEY, [b"x" * 100_000], "audio/wav")
        proxy.turn(Line.PASSES)
        assert await trio.to_thread.run_sync(store.read_range, KEY, 99_998, 100_000) == b"xx"


def _through(proxy: FaultyLine, s3: str) -> ObjectStore:
    store = open_store(ArtifactSettings(s3=bucket_settings(proxy.origin, make_bucket(s3))))
    assert store is not None
    return store


def _every_method(store: ObjectStore) -> list[Callable[[], object]]:
    return [
        lambda: store.put(KEY, [b"x"], "audio/wav"),
        lambda: b"".join(store.read(KEY)),
        lambda: store.read_range(KEY, 0, 1),
        lambda: store.list("x"),
        lambda: store.delete([KEY]),
        store.check,
    ]
