"""One recogniser session of a chain: opened, given what was said before, and then what comes."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.errors import ProviderError
from aywa.ports.routes import Stage
from aywa.ports.stt import (
    LivelySession,
    SettlingTranscriber,
    Transcriber,
    TranscriberSession,
    TranscriptEvent,
)
from aywa.providers.failover.attempts import ended, late
from aywa.providers.failover.replay import Replay
from aywa.providers.failover.route import Route
from aywa.providers.failover.wall import Wall


class ChainLine:
    """Runs in a task of its own; `told` and `lost` hear what comes of it. `beside`: another still hears."""

    def __init__(self, route: Route[Transcriber], replay: Replay, *, beside: bool = False) -> None:
        self.route = route
        self.began = trio.current_time()
        self.beside = beside
        self.session: TranscriberSession | None = None
        self.opened = trio.Event()
        self.live_bytes = self.extra_bytes = 0
        self.proved = False  # it has given words
        self._replay = replay
        self._scope = trio.CancelScope()
        self._given_up = False
        self._event_at = self.began

    @property
    def signed_at(self) -> float:
        """The last sign of life."""
        session = self.session
        return max(self._event_at, session.sign_at) if isinstance(session, LivelySession) else self._event_at

    @property
    def streams(self) -> bool:
        """Whether it says something while speech goes on."""
        return not isinstance(self.route.provider, SettlingTranscriber)

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Audio; before the session is open the replay has it."""
        if self.session is not None:
            self.session.feed_nowait(pcm, end_sample)
            if self.beside:
                self.extra_bytes += len(pcm)
            else:
                self.live_bytes += len(pcm)

    def stop(self) -> None:
        """Close it."""
        self._given_up = True
        self._scope.cancel()

    async def run(
        self,
        expected: Callable[[], tuple[str, ...]],
        told: Callable[[ChainLine, TranscriptEvent], None],
        lost: Callable[[ChainLine, ProviderError], None],
    ) -> None:
        """Until it is lost or stopped."""
        name = self.route.name
        failure = ended(name, Stage.HEARING)
        self._scope.deadline = trio.current_time() + self.route.deadlines.open_s
        with Wall(name, Stage.HEARING) as wall:
            with self._scope:
                async with self.route.provider.open() as session:
                    self._scope.deadline = float("inf")
                    self._event_at = trio.current_time()
                    if phrases := expected():
                        session.expect(phrases)
                    self.extra_bytes += self._replay.give(session)
                    self.session = session
                    self.opened.set()
                    async for event in session.events():
                        self._event_at = trio.current_time()
                        told(self, event)
            if self._scope.cancelled_caught:
                failure = late(name, Stage.HEARING, "The recogniser does not open")
        self.session = None
        if not self._given_up:
            lost(self, wall.failure or failure)
