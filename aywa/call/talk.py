"""What a call in either direction does around its answer: the ear before it, leg and session after it."""

from __future__ import annotations

import trio

from aywa.call.agreement import Agreement
from aywa.call.answering import Answering
from aywa.call.call_recording import RecordingView
from aywa.call.dependencies import CallDependencies
from aywa.call.ending import GOODBYE_S
from aywa.call.hearing import Hearing
from aywa.call.line import Line
from aywa.call.live import LiveCall
from aywa.call.media_port import LegPort
from aywa.call.record import Recorder
from aywa.call.session import CallSession
from aywa.call.sip_port import SessionPort
from aywa.call.takeover import Takeover
from aywa.errors import ProviderError
from aywa.media.negotiated import summary
from aywa.proto.sdp.audio import Accepted, LocalAudio

HEARING_BOUND_S = 10.0  # somebody listens to a ringing tone meanwhile, or waits to be called


class Talk:
    """One call. Open the hearing first; converse once, when it was answered."""

    def __init__(self, live: LiveCall, dependencies: CallDependencies, nursery: trio.Nursery) -> None:
        """`nursery` outlives the leg: running tools end there, and the recording gets its last samples."""
        self._live = live
        self._dependencies = dependencies
        self._nursery = nursery
        self._hearing = Hearing(dependencies.transcriber, live.timeline, live.conversation.transcribed)
        self._records = False
        self._answering: Answering | None = None

    async def open_hearing(self) -> None:
        """Before the answer: a call that cannot hear is better not answered, and not placed.

        Raises ProviderError.
        """
        self._nursery.start_soon(self._live.tools.look_around, name="tools of servers")
        if (outfit := self._dependencies.outfit) is not None:
            self._nursery.start_soon(outfit.warm, name="warm")
        with trio.move_on_after(HEARING_BOUND_S) as bound:
            await self._nursery.start(self._hearing.serve, name="transcribe")
            self._nursery.start_soon(self._hearing.tell_stops, name="transcribe pauses")
        if bound.cancelled_caught:
            raise ProviderError(
                "The recogniser did not open in time",
                provider=self._dependencies.transcriber.name,
                stage="stt",
                retryable=True,
            )

    def find_out(self, answering: Answering | None) -> None:
        """Who has answered, before the conversation begins."""
        self._answering = answering

    def record(self, leg: LegPort) -> None:
        """Record the leg from its first sample, if the call is recorded; once."""
        live, dependencies = self._live, self._dependencies
        recording = live.discretion.recording
        live.discretion.heard_on(leg)
        if recording.wanted and not self._records:
            self._records = True
            view = RecordingView(recording, leg)
            recorder = Recorder(leg, dependencies.recordings, live.timeline, dependencies.rounds, view)
            self._nursery.start_soon(recorder.serve, live.id, live.recording_at, name="record")

    async def converse(self, leg: LegPort, sip: SessionPort, local: LocalAudio, accepted: Accepted) -> None:
        """Talk until there is a reason to end, and hang up. Raises what broke the call."""
        live, dependencies = self._live, self._dependencies
        live.capture.follow(leg)
        live.overhearing.attach(leg)
        live.usage.heard_s = self._hearing.fed_s
        line = Line(sip)
        agreement = Agreement(live, leg, line, local, accepted, dependencies.rng)
        live.steering.agreement = agreement
        Takeover(live, line, agreement, dependencies, self._nursery)
        try:
            with agreement.follow():
                live.answered(
                    **summary(accepted),
                    remote=f"{accepted.remote[0]}:{accepted.remote[1]}",
                    local=f"{local.host}:{local.port}",
                )
                self.record(leg)
                session = CallSession(live, dependencies, self._hearing, self._nursery, self._answering)
                await session.converse(leg, line)
        finally:
            live.usage.heard_s = self._hearing.fed_s().copy  # nothing of the call hangs on its figures
            # Whoever has taken the first session's place is not left without a leg either.
            with trio.move_on_after(GOODBYE_S, shield=True):
                await line.hangup()
            line.close()
