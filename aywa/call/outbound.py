"""A call that the assistant makes, from the leave it was given to its session."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import trio

from aywa.answering.plan import AnsweringPlan
from aywa.call.answering import Answering
from aywa.call.dependencies import CallDependencies
from aywa.call.dial import Dialled, DialRequest, dial
from aywa.call.dial_gate import Admission
from aywa.call.early import EarlyAudio, ignore
from aywa.call.live import LiveCall
from aywa.call.media_port import LegPort
from aywa.call.plan import CallPlan
from aywa.call.talk import Talk
from aywa.errors import EndReason
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.capture import CaptureMode
from aywa.proto.sip.name_addr import NameAddr

EXTENSION_AFTER_S = 1.0  # exchanges begin to listen a moment after they answer
KEY_EVERY_S = 0.3  # a press of 160 ms and the pause after it


@dataclass(frozen=True, slots=True)
class CallOrder:
    """What the API asks for. `name`: whose number it is; `extension`: keys pressed after the answer."""

    request: DialRequest
    name: str = ""
    extension: str = ""
    answering: AnsweringPlan | None = None  # None: whoever answers is talked to at once
    plan: CallPlan | None = None  # None: led by what the settings name
    org_id: UUID = DEFAULT_ORGANIZATION  # whose call it is
    title: str = ""  # the call's name


class Outbound:
    """One call out."""

    def __init__(
        self, order: CallOrder, admission: Admission, live: LiveCall, dependencies: CallDependencies
    ) -> None:
        self._order = order
        self._admission = admission
        self._live = live
        self._dependencies = dependencies
        self._calling = trio.CancelScope()  # what an operator ends until it is answered
        self._unanswered = trio.CancelScope()  # the task that watches for him
        self._early = trio.CancelScope()  # the task that hears what comes before the answer

    async def run(self) -> None:
        """Call, converse, hang up. Raises what prevented it: every error has its EndReason."""
        with self._admission:
            async with trio.open_nursery() as nursery:
                try:
                    with self._calling:
                        nursery.start_soon(self._watch_operator, name="operator")
                        await self._run(Talk(self._live, self._dependencies, nursery), nursery)
                finally:
                    # Not left to the nursery: what it cancels for an error keeps that error in a cycle.
                    nursery.cancel_scope.cancel()

    async def refuse(self, reason: EndReason) -> None:
        """Nobody waits for an answer of ours: an INVITE that was out has been cancelled."""

    async def _run(self, talk: Talk, nursery: trio.Nursery) -> None:
        plan, live = self._order.answering, self._live
        answering = None if plan is None else Answering(plan, live.timeline, live.ending, live.pauses)

        def hear_early(leg: LegPort) -> None:
            talk.record(leg)
            nursery.start_soon(self._hear_early, leg, answering, name="early media")

        live.capture.begin(CaptureMode(self._dependencies.media.pcap))
        await talk.open_hearing()
        self._live.admitted()
        async with dial(
            self._order.request,
            self._dependencies,
            admission=self._admission,
            timeline=self._live.timeline,
            capture=self._live.capture,
            on_early_media=hear_early,
        ) as dialled:
            self._unanswered.cancel()
            await self._press(dialled)
            self._early.cancel()
            live.dialled(dialled.sip.sip_call_id)
            talk.find_out(answering)
            await talk.converse(dialled.leg, dialled.sip, dialled.local, dialled.accepted)

    async def _watch_operator(self) -> None:
        with self._unanswered:
            await self._live.ending.wait()
            self._calling.cancel()

    async def _hear_early(self, leg: LegPort, answering: Answering | None) -> None:
        heard = ignore if answering is None else answering.hear_early
        with self._early:
            await EarlyAudio(leg, self._live.timeline, heard).serve()

    async def _press(self, dialled: Dialled) -> None:
        """The extension, before anything is said."""
        if self._order.extension:
            await trio.sleep(EXTENSION_AFTER_S)
        for key in self._order.extension:
            dialled.leg.send_digit(key)
            await trio.sleep(KEY_EVERY_S)


def parties_of(order: CallOrder, admission: Admission) -> tuple[str, str, str]:
    """From, to and Call-ID as they stand in the row; there is no Call-ID before somebody answers."""
    route = admission.routes[0]
    return str(NameAddr("", route.from_uri)), str(NameAddr(order.name, route.target)), ""
