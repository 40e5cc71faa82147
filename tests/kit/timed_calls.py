"""Two calls with Asterisk that stay up beyond a refresh of each side, in a thread beside the tests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import trio

from aywa.proto.sip.session_timer import SessionClock, State
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall
from tests.kit.asterisk import Asterisk, channel_to
from tests.kit.station import Station, Talk, open_station

INTERVAL_S = 90  # the shortest that RFC 4028 allows
_REFRESH_S = INTERVAL_S / 2 + 3


@dataclass(frozen=True, slots=True)
class Refreshed:
    """One call: who refreshes it, how often, and by how much its end has moved since it began, seconds."""

    role: State
    interval_s: int
    moved_s: float
    up: bool


@dataclass
class TimedCalls:
    """Started when made; `outcome` waits, `stop` gives up."""

    asterisk: Asterisk
    _refreshed: list[Refreshed] = field(default_factory=list)
    _failure: BaseException | None = None
    _scope: trio.CancelScope = field(default_factory=trio.CancelScope)

    def __post_init__(self) -> None:
        self._token: trio.lowlevel.TrioToken | None = None
        self._thread = threading.Thread(target=self._run, name="timed calls")
        self._thread.start()

    def outcome(self) -> list[Refreshed]:
        """The call that we placed and the one that Asterisk placed. Raises what went wrong."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._refreshed

    def stop(self) -> None:
        """End the calls, and the thread."""
        if self._thread.is_alive() and self._token is not None:
            self._token.run_sync_soon(self._scope.cancel)
        self._thread.join()

    def _run(self) -> None:
        try:
            trio.run(self._hold)
        except BaseException as failure:  # noqa: BLE001 - raised where it is waited for
            self._failure = failure

    async def _hold(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        taken: list[Talk] = []

        async def on_call(call: IncomingCall, station: Station) -> None:
            async with station.answer(call) as talk:
                taken.append(talk)
                await trio.sleep_forever()

        settings = SipSettings(host="127.0.0.1", port=0, session_interval_s=INTERVAL_S)
        with self._scope:
            async with open_station(settings, on_call) as station:
                echo = Uri("sip", "600", host="127.0.0.1", port=self.asterisk.ports.sip)
                async with station.dial(echo, "timers") as ours:
                    await ours.up()
                    await self.asterisk.originate(channel_to("timers", *station.agent.local), "600")
                    with trio.fail_after(10):
                        while not taken:  # noqa: ASYNC110
                            await trio.sleep(0.1)
                    await taken[0].up()
                    await trio.sleep(1)
                    clocks = [usage.clock for usage in station.agent.endpoint.core.sessions]
                    before = [_end(clock) for clock in clocks]
                    await trio.sleep(_REFRESH_S)
                    self._refreshed = [
                        Refreshed(
                            clock.state,
                            clock.interval_s,
                            _end(clock) - end,
                            talk.session is not None and talk.session.ended is None,
                        )
                        for clock, end, talk in zip(clocks, before, (ours, taken[0]), strict=True)
                    ]


def _end(clock: SessionClock) -> float:
    return 0.0 if clock.expire_at is None else clock.expire_at
