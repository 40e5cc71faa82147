"""Music on hold that a command names by URL: fetched or read, decoded, and kept for the next call."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import trio

from aywa.errors import MediaError, ParseError
from aywa.media.clip import Clip, clip_of, speech_of
from aywa.media.fetch import Fetched, FetchRules, check_url, fetch
from aywa.proto.sound_file import Sound, parse_sound

KEPT_S = 600.0  # then it is fetched anew: whoever replaced the file need not wait longer
MAX_KEPT_SECONDS = 1200.0  # of audio in all: 58 MB of memory at both rates
MAX_AT_A_TIME = 4  # fetches; each may take ten seconds and hold its file in memory
_NO_URLS, _NO_FILES = "no URLs are fetched here", "no files are read here"


@dataclass(slots=True)
class _Kept:
    """A clip, or somebody who is fetching it."""

    until: float
    done: trio.Event = field(default_factory=trio.Event)
    clip: Clip | None = None


class HoldAudio:
    """The clips of one process."""

    def __init__(self, rules: FetchRules | None, folder: str = "", *, loudest: float | None = None) -> None:
        """`rules` None: nothing is fetched. `folder`: where `file:` URLs may lead; empty: nowhere.

        `loudest`: as in `clip_of`.
        """
        self._loudest = loudest
        self._rules = rules
        self._folder = folder
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._fetching = trio.CapacityLimiter(MAX_AT_A_TIME)

    def check(self, url: str) -> None:
        """Raises MediaError where it is known beforehand that there will be no clip."""
        if _is_file(url):
            if not self._folder:
                raise MediaError(_NO_FILES)
        elif self._rules is None:
            raise MediaError(_NO_URLS)
        else:
            check_url(url, self._rules)

    async def get(self, url: str) -> Clip:
        """The clip; whoever asks while it is being fetched waits for the same one. Raises MediaError."""
        while True:
            known = self._kept.get(url)
            if known is None or (known.done.is_set() and trio.current_time() >= known.until):
                break
            await known.done.wait()
            if known.clip is not None:
                self._kept.move_to_end(url)
                return known.clip
        kept = self._kept[url] = _Kept(trio.current_time() + KEPT_S)
        try:
            async with self._fetching:
                clip = kept.clip = await self._make(url)
        finally:
            kept.done.set()
            if kept.clip is None:
                del self._kept[url]  # whoever waited tries for himself
        self._forget_the_oldest()
        return clip

    async def speech(self, url: str) -> bytes:
        """The sound as S16LE of 8 kHz, which is not kept here. Raises MediaError."""
        fetched = await self._fetched(url)
        return await trio.to_thread.run_sync(lambda: speech_of(_parsed(fetched)))

    async def _make(self, url: str) -> Clip:
        fetched = await self._fetched(url)
        return await trio.to_thread.run_sync(_decode, fetched, self._loudest)

    async def _fetched(self, url: str) -> Fetched:
        if _is_file(url):
            return await trio.to_thread.run_sync(self._read, url)
        if self._rules is None:
            raise MediaError(_NO_URLS)
        return await fetch(url, self._rules)

    def _read(self, url: str) -> Fetched:
        """In a worker thread."""
        if not self._folder:
            raise MediaError(_NO_FILES)
        folder = Path(self._folder).resolve()
        try:
            path = Path(unquote(urlsplit(url).path)).resolve()
        except ValueError as error:  # brackets without an end, or a NUL
            raise MediaError("the URL cannot be read") from error
        if not path.is_relative_to(folder):
            raise MediaError("the file is not in the folder for such files")
        limit = FetchRules().max_bytes if self._rules is None else self._rules.max_bytes
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise MediaError(f"the file cannot be read ({error.strerror})") from error
        if len(data) > limit:
            raise MediaError(f"the file is larger than {limit} bytes")
        return Fetched(data, "", path.name)

    def _forget_the_oldest(self) -> None:
        seconds = sum(kept.clip.seconds for kept in self._kept.values() if kept.clip is not None)
        for url, kept in list(self._kept.items()):
            if seconds <= MAX_KEPT_SECONDS:
                return
            if kept.clip is not None:
                seconds -= kept.clip.seconds
                del self._kept[url]


def _is_file(url: str) -> bool:
    return url[:5].lower() == "file:"


def _parsed(fetched: Fetched) -> Sound:
    """In a worker thread. Raises MediaError."""
    try:
        return parse_sound(fetched.data, fetched.media_type, fetched.path)
    except ParseError as error:
        raise MediaError(error.detail) from error


def _decode(fetched: Fetched, loudest: float | None) -> Clip:
    return clip_of(_parsed(fetched), fetched.path.rpartition("/")[2], loudest=loudest)
