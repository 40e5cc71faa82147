"""The media engine's thread: everything it does happens without the GIL."""

from typing import Any, TypedDict

from aywa._native.leg import NativeLeg
from aywa._native.room import NativeMember, NativeRoom
from aywa._native.wire import NativeWire

class Figures(TypedDict):
    legs: int
    formats: int  # handed to the engine, their forerunners not freed yet
    busy_ratio: float
    ticks: int
    skipped: int
    lateness: list[int]
    waiting_s: float

class NativeEngine:
    """One wheel of slots a millisecond apart. All methods but `run` are for one thread."""

    def __init__(self, max_legs: int) -> None:
        """`max_legs`: 1..65536. Raises MemoryError when memory or descriptors are out."""
    def fileno(self) -> int:
        """The eventfd that is readable while `poll` has something."""
    def run(self) -> None:
        """The body of the engine's own thread: returns after `stop`."""
    def stop(self) -> None:
        """Make `run` return within a millisecond."""
    def start_manual(self, now: int) -> None:
        """Instead of `run`: tick 0 is due at `now` nanoseconds of any clock."""
    def step(self, due: int, now: int) -> None:
        """Instead of `run`: one tick that was due at `due` and begins at `now`, in nanoseconds."""
    def close(self) -> None:
        """Let go of the legs that are left, after `run` has returned. Raises RuntimeError before."""
    def add(self, leg: NativeLeg) -> int:
        """Put a leg on the wheel; returns its index. Raises BlockingIOError when the engine is full."""
    def remove(self, leg: NativeLeg) -> None:
        """Ask for the leg to be taken off; it is off, and its socket may be closed, when `poll` names its
        index.
        """
    def configure(self, leg: NativeLeg, wire: NativeWire) -> None:
        """From its next turn on the leg sends and takes what `wire` says; at once before it is added, never
        after `remove`. Raises ValueError for a wire of another rate, BlockingIOError when the engine stalls.
        """
    def add_room(self, room: NativeRoom) -> None:
        """Mix it every 10 ms from the next tick on. Raises ValueError for one in an engine, BlockingIOError
        when the engine stalls.
        """
    def remove_room(self, room: NativeRoom) -> None:
        """Ask for the room to be taken off with all its members; it is off once it is not `attached`."""
    def join(self, leg: NativeLeg, room: NativeRoom, member: NativeMember) -> int:
        """Seat the leg; returns the place, 0..7, that masks of the others name it by.

        Raises ValueError for a leg or room that is over, a leg that is in a room, a member made for another
        rate or seated, and for the ninth member; BlockingIOError when the engine stalls.
        """
    def leave(self, member: NativeMember) -> None:
        """Ask for the member to be taken out; it is once it is not `present`."""
    def poll(self) -> tuple[list[tuple[int, int, list[tuple[int, int, int, int]]]], list[int], float]:
        """What waits: (leg index, level flags, events) for each leg, indices let go of, and how long it
        waited in s.

        Flags: 1 PCM ready, 2 low water. Events: (kind, a, b, c) as legstate.pxd defines them.
        """
    def dispatch(
        self,
    ) -> tuple[list[Any], list[tuple[int, int, list[tuple[int, int, int, int]]]], list[int], float]:
        """`poll` for the dispatcher: first the waiters of legs that had nothing but PCM, which stands in
        their mailboxes now, to be rescheduled; then as `poll` for the other legs.
        """
    def figures(self) -> Figures:
        """Admission figures; `lateness` counts ticks by how late they began: below 10, 20, 40 ... us, then
        the rest.
        """
