"""Legs that hear one another: rooms of up to eight, mixed by the engine every 10 ms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

import trio

from aywa._native.engine import NativeEngine
from aywa._native.room import NativeMember, NativeRoom
from aywa.errors import MediaError, OverloadedError
from aywa.media.leg import Leg
from aywa.media.routing import Plan, Role, masks

_RELEASE_S = 2.0  # the engine lets go within a tick; longer means that its thread is stuck
_RELEASE_POLL_S = 0.001


class Seat:
    """A leg's place in a room. At first it hears nobody, and nobody hears it."""

    def __init__(self, leg: Leg, native: NativeMember, place: int) -> None:
        self.leg = leg
        self.place = place
        self._native = native
        self._voices = 0
        self._assistants = 0

    def hear(self, *, voices: Iterable[Seat] = (), assistants: Iterable[Seat] = ()) -> None:
        """Hear the voices of these seats, and what the assistant says to those: these and no others, within
        10 ms. Its own seat among them counts for nothing.
        """
        self.hear_places(
            sum(1 << place for place in {seat.place for seat in voices}),
            sum(1 << place for place in {seat.place for seat in assistants}),
        )

    def hear_places(self, voices: int, assistants: int) -> None:
        """`hear` by places: bit i stands for place i."""
        self._voices, self._assistants = voices, assistants
        self._native.hear(voices, assistants)

    def silence(self, silenced: bool) -> None:
        """Nobody in the room hears it; it goes on hearing, and its own call too."""
        self._native.silence(silenced)

    def forget(self, place: int) -> None:
        """Whoever sits on that place next is somebody else."""
        self.hear_places(self._voices & ~(1 << place), self._assistants & ~(1 << place))


class Room:
    """Made by `MediaEngine.open_room`."""

    def __init__(self, engine: NativeEngine, native: NativeRoom) -> None:
        self._engine = engine
        self._native = native
        self._seats: list[Seat] = []

    @asynccontextmanager
    async def seat(self, leg: Leg) -> AsyncIterator[Seat]:
        """The leg's place for as long as the block runs; the others go on without it.

        Raises MediaError for a leg that is over or sits in a room, and for the ninth; OverloadedError when
        the engine takes no commands.
        """
        native = NativeMember(leg.rate_hz)
        try:
            place = self._engine.join(leg.native, self._native, native)
        except ValueError as error:
            raise MediaError(str(error)) from error
        except BlockingIOError as error:
            raise OverloadedError(str(error)) from error
        seat = Seat(leg, native, place)
        self._seats.append(seat)
        try:
            yield seat
        finally:
            self._seats.remove(seat)
            for other in self._seats:
                other.forget(place)
            await _release(lambda: self._engine.leave(native), lambda: native.present)

    def arrange(self, plan: Plan, seats: Mapping[Role, Seat]) -> None:
        """Let these seats hear one another as the plan says, and nobody else."""
        for role, (voices, assistants) in masks(
            plan, {role: seat.place for role, seat in seats.items()}
        ).items():
            seats[role].hear_places(voices, assistants)


async def _release(ask: Callable[[], None], held: Callable[[], bool]) -> None:
    """Ask the engine to let go and wait until it has. Raises MediaError when it does not."""
    with trio.CancelScope(shield=True, deadline=trio.current_time() + _RELEASE_S):
        while held():
            with suppress(BlockingIOError):  # no room for the command: once more, when it has taken some
                ask()
            await trio.sleep(_RELEASE_POLL_S)
    if held():
        raise MediaError("the media engine does not let go of a room: its thread is stuck")


@asynccontextmanager
async def open_room(engine: NativeEngine, rate_hz: int) -> AsyncIterator[Room]:
    """A room in this engine, mixed at 8000 or 16000 Hz; leaving it empties it.

    Raises OverloadedError when the engine takes no commands and MediaError for another rate.
    """
    try:
        native = NativeRoom(rate_hz)
        engine.add_room(native)
    except ValueError as error:
        raise MediaError(str(error)) from error
    except BlockingIOError as error:
        raise OverloadedError(str(error)) from error
    try:
        yield Room(engine, native)
    finally:
        await _release(lambda: engine.remove_room(native), lambda: native.attached)
