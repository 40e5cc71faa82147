"""The artifact store: a bucket that speaks S3, or a directory, both by obstore."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from aywa.ports.artifacts import ArtifactStoreError, StoredObject
from aywa.settings import ArtifactSettings, S3Settings

_CHUNK_BYTES = 8 << 20  # of an upload in parts; S3 takes none below 5 MiB, and 10,000 of them: 80 GB
_PARTS_AT_ONCE = 2  # calls need the link more
_CONNECT_S = 5
_WRITE_S = 120  # for a part: 70 kB/s
_READ_S = 10  # for what is read at a time
_PIECE_BYTES = 1 << 20
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9.]{1,64})</Code>")


class ObjectStore:
    """Implements `ports.artifacts.ArtifactStore`."""

    def __init__(self, name: str, writer: Any, reader: Any, *, signs: bool, typed: bool) -> None:
        """`signs`: URLs can be had. `typed`: objects have a content type."""
        self.name = name
        self._writer = writer
        self._reader = reader
        self._signs = signs
        self._typed = typed

    def put(self, key: str, pieces: Iterable[bytes], content_type: str) -> None:
        """See the protocol."""
        source = _Pieces(pieces)
        first = source.take(
            _CHUNK_BYTES
        )  # a small object is one request, not the three of an upload in parts
        whole = len(first) < _CHUNK_BYTES
        try:
            with _verdicts():
                obstore.put(
                    self._writer,
                    key,
                    first if whole else chain([first], source),
                    attributes={"Content-Type": content_type} if self._typed else None,
                    use_multipart=not whole,
                    chunk_size=_CHUNK_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
        except (ArtifactStoreError, OSError):
            if source.error is not None:
                raise source.error from None  # it was our own file that failed
            raise

    def read(self, key: str) -> Iterator[bytes]:
        """See the protocol."""
        with _verdicts():
            size = obstore.head(self._reader, key)["size"]
        for begin in range(0, size, _PIECE_BYTES):
            yield self.read_range(key, begin, min(begin + _PIECE_BYTES, size))

    def read_range(self, key: str, begin: int, end: int) -> bytes:
        """See the protocol."""
        if begin >= end:
            return b""
        with _verdicts():
            return bytes(obstore.get_range(self._reader, key, start=begin, end=end))

    def list(self, prefix: str) -> list[StoredObject]:
        """See the protocol."""
        with _verdicts():
            return [
                StoredObject(found["path"], found["size"], found["last_modified"])
                for page in obstore.list(self._reader, prefix)
                for found in page
            ]

    def delete(self, keys: Sequence[str]) -> None:
        """See the protocol."""
        for key in keys:
            with _verdicts():
                try:
                    obstore.delete(self._writer, key)
                except FileNotFoundError:
                    continue

    def sign(self, key: str, expires_s: float) -> str | None:
        """See the protocol."""
        if not self._signs:
            return None
        with _verdicts():
            return obstore.sign(self._reader, "GET", key, timedelta(seconds=expires_s))

    def check(self) -> None:
        """See the protocol."""
        with _verdicts():
            next(iter(obstore.list(self._reader, "00000000-check", chunk_size=1)), None)


class _Pieces:
    """An iterator that keeps what it was ended by."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.error: Exception | None = None

    def take(self, least: int) -> bytes:
        """At least so many bytes from the beginning, or all there are."""
        taken, size = [], 0
        for piece in self._pieces:
            taken.append(piece)
            size += len(piece)
            if size >= least:
                break
        return b"".join(taken)

    def __iter__(self) -> _Pieces:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            raise
        except Exception as error:
            self.error = error
            raise


@contextmanager
def _verdicts() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise ArtifactStoreError("there is no such bucket", retryable=True) from None
        raise FileNotFoundError("no such object") from None
    except BaseError as error:
        raise ArtifactStoreError(_why(str(error)), retryable=True) from None
    except PermissionError:
        raise ArtifactStoreError("it refuses access", retryable=True) from None
    except OSError as error:
        raise ArtifactStoreError(
            f"it failed ({error.strerror or type(error).__name__})", retryable=True
        ) from None


def _why(told: str) -> str:
    """The status and S3's code: what else an answer says may quote keys."""
    status, code = _STATUS.search(told), _CODE.search(told)
    if status is not None:
        return f"it answers {status[1]}" + (f" {code[1]}" if code else "")
    return "it does not answer in time" if "timed out" in told else "it cannot be reached"


def open_store(settings: ArtifactSettings) -> ObjectStore | None:
    """What the settings name; None: artifacts stay where they were written. Nothing is asked for yet.

    Raises ArtifactStoreError for a directory that cannot be made.
    """
    if settings.s3 is not None:
        writer, reader = (_bucket(settings.s3, seconds) for seconds in (_WRITE_S, _READ_S))
        return ObjectStore(f"s3://{settings.s3.bucket}", writer, reader, signs=True, typed=True)
    if settings.store_dir:
        directory = Path(settings.store_dir).absolute()
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArtifactStoreError(f"{directory} cannot be made ({error.strerror})") from error
        local = LocalStore(directory, automatic_cleanup=True)
        return ObjectStore(str(directory), local, local, signs=False, typed=False)
    return None


def _bucket(s3: S3Settings, seconds: int) -> S3Store:
    given: dict[str, Any] = {
        "endpoint": s3.endpoint,
        "access_key_id": s3.access_key_id,
        "secret_access_key": s3.secret_access_key,
    }
    return S3Store(
        s3.bucket,
        prefix=s3.prefix or None,
        region=s3.region,
        virtual_hosted_style_request=not s3.path_style,
        checksum_algorithm="SHA256",  # of each request: the store refuses what the way has changed
        client_options={
            "allow_http": s3.endpoint.startswith("http://"),
            "connect_timeout": f"{_CONNECT_S}s",
            "timeout": f"{seconds}s",
        },
        # The spool tries again in its own time; a download says at once that the store is away.
        retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=seconds)},
        **{name: value for name, value in given.items() if value},
    )
