"""A connection to Asterisk as a call needs it, whatever is spoken on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from aywa.transports.coding import StreamCoding


@dataclass(frozen=True, slots=True)
class Audio:
    """What the caller said: whole ticks of a coding, which may be another than before."""

    data: bytes
    coding: StreamCoding


@dataclass(frozen=True, slots=True)
class Key:
    """The caller pressed a key: 0-9, *, #, A-D."""

    key: str


@dataclass(frozen=True, slots=True)
class Held:
    """What Asterisk still has to play, in milliseconds."""

    held_ms: float


@dataclass(frozen=True, slots=True)
class Overfull:
    """Asterisk takes no more audio."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The last event. `by_remote`: the far side hung up; otherwise the connection broke, or its rules
    were.
    """

    by_remote: bool
    reason: str = ""


LinkEvent: TypeAlias = Audio | Key | Held | Overfull | Gone


@dataclass(frozen=True, slots=True)
class Origin:
    """Who calls: `call_id` as the far side knows the call; `from_uri`, `to_uri` SIP URIs; `facts` what else
    it says, by `X-` names.
    """

    call_id: str
    from_uri: str
    to_uri: str
    facts: tuple[tuple[str, str], ...] = ()


def gone_after(error: Exception) -> Gone:
    """What a stream's error says: who closes while we send resets, and his last words are lost with that."""
    reset = isinstance(error.__cause__, ConnectionError)
    return Gone(reset, "the connection was reset" if reset else "the connection broke")


class Link(Protocol):
    """One connection, after its first words. Only `send_audio` may be waited in for long.

    Methods that send raise `trio.BrokenResourceError` or `trio.ClosedResourceError` when that cannot be.
    """

    cushion_ms: float  # what the far side should hold of what is sent
    limit_ms: float  # and what it may hold at most

    @property
    def coding(self) -> StreamCoding:
        """How audio stands in it at first."""

    @property
    def origin(self) -> Origin:
        """Who calls."""

    async def receive(self) -> list[LinkEvent]:
        """What came, at least one event; `Gone` once, as the last of all."""

    async def answer(self) -> None:
        """The call is taken."""

    async def send_audio(self, packets: Sequence[bytes], coding: StreamCoding) -> None:
        """Send audio, 20 ms each as a rule."""

    async def ask(self) -> None:
        """Ask for `Held`, where the far side can be asked; now and then."""

    async def flush(self) -> None:
        """Have the far side throw away what it has not played, where it can."""

    async def hang_up(self) -> None:
        """Tell the far side that the call is over."""

    async def aclose(self) -> None:
        """End the connection at once."""
