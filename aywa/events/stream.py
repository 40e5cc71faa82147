"""The events of a node: what calls tell goes in, listeners take it out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

import trio

from aywa.events.event import CallEvent
from aywa.events.filter import EventFilter
from aywa.events.hub import KEPT, EventHub
from aywa.events.listener import Listener, Start, open_listener
from aywa.events.shared_log import SharedLog
from aywa.events.sharing import Sharing, SharingState
from aywa.events.subscription import CloseReason
from aywa.ports.store import TimelineEntry

FLUSH_S = 1.0  # for what other nodes have not got when this one ends
_MAX_CALLS = 20_000  # of which it is known who leads them


class EventStream:
    """Made by `open_events`."""

    def __init__(self, hub: EventHub, log: SharedLog | None, clock: Callable[[], int]) -> None:
        self.hub = hub
        self.sharing = None if log is None else Sharing(hub, log)
        self._log = log
        self._clock = clock
        self._leading: OrderedDict[str, str] = OrderedDict()  # assistants by call

    def publish_nowait(self, entry: TimelineEntry) -> None:
        """What a call's timeline has just got; never waits."""
        event = CallEvent(
            entry.org_id,
            entry.call_id,
            entry.seq,
            entry.at_ms,
            entry.kind,
            entry.data,
            self._clock(),
            self._leader(entry),
        )
        if self.sharing is None:
            self.hub.publish_alone((event,))
        else:
            self.sharing.put(event)

    def listen(self, wanted: EventFilter, start: Start) -> AbstractContextManager[Listener]:
        """A listener from this place on."""
        return open_listener(self.hub, self._log, wanted, start)

    @property
    def closed(self) -> bool:
        """Whether all streams have been ended."""
        return self.hub.closed

    def close(self, reason: CloseReason) -> None:
        """End all streams; those that begin later end at once."""
        self.hub.close(reason)

    def gauges(self) -> dict[str, float]:
        """Loads by metric name, without the prefix."""
        figures, sharing = self.hub.figures, self.sharing
        gauges = {
            "event_listeners": self.hub.listeners,
            "events_kept": len(self.hub.ring),
            "events_served": figures.served,
            "event_listeners_dropped": figures.dropped,
            "event_gaps": figures.gaps,
        }
        if sharing is not None:
            gauges |= {
                "events_apart": sharing.state is SharingState.APART,
                "events_unshared": sharing.waiting,
                "events_unshared_lost": sharing.figures.lost,
                "event_outages": sharing.figures.outages,
            }
        return {name: float(value) for name, value in gauges.items()}

    def _leader(self, entry: TimelineEntry) -> str | None:
        named = entry.data.get("assistant_id") if entry.kind == "call.created" else None
        if isinstance(named, str):
            self._leading[entry.call_id] = named
            if len(self._leading) > _MAX_CALLS:
                self._leading.popitem(last=False)
        return self._leading.get(entry.call_id)


@asynccontextmanager
async def open_events(
    node: str, log: SharedLog | None, clock: Callable[[], int], *, kept: int = KEPT
) -> AsyncIterator[EventStream]:
    """The stream of this node; `log` is what all nodes share. `clock`: milliseconds since 1970."""
    hub = EventHub(node, clock, kept=kept, shared=log is not None)
    stream = EventStream(hub, log, clock)
    async with trio.open_nursery() as nursery:
        if stream.sharing is not None:
            nursery.start_soon(stream.sharing.serve_writing, name="events-writing")
            nursery.start_soon(stream.sharing.serve_reading, name="events-reading")
        try:
            yield stream
        finally:
            stream.close(CloseReason.STOPPING)
            if stream.sharing is not None and stream.sharing.state is SharingState.SHARED:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + 2 * FLUSH_S):
                    await stream.sharing.flush(FLUSH_S)
            nursery.cancel_scope.cancel()
