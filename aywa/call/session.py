"""One call's nursery: everything that happens while both sides can hear each other, in either direction."""

from __future__ import annotations

import trio

from aywa.answering.outcomes import Outcome
from aywa.call.answering import Answering, Opening
from aywa.call.budget import BudgetGuard
from aywa.call.caller_side import CallerSide
from aywa.call.context import Context
from aywa.call.dependencies import CallDependencies
from aywa.call.discretion import Opened
from aywa.call.end_sound import EndSound
from aywa.call.ending import GOODBYE_S, reason_for
from aywa.call.generation import GenerationParts
from aywa.call.handoff import Succession, advice_for, note_assistant
from aywa.call.hearing import Hearing
from aywa.call.judging import Judging
from aywa.call.keys import KeyPresses
from aywa.call.knowledge import knowing
from aywa.call.live import LiveCall
from aywa.call.media_port import LegPort
from aywa.call.plan import prompt_of
from aywa.call.playout import Playout
from aywa.call.receive import Receiver
from aywa.call.sip_port import SessionPort
from aywa.call.tools import ToolRunner
from aywa.call.verdict import Verdict
from aywa.errors import EndCode, EndReason, EndSide, RequestError
from aywa.turn.events import CallStarted, SayRequest
from aywa.turn.latency import LatencyClock

# The last sample has been sent; the far end's jitter buffer still holds it for a moment.
LAST_WORDS_S = 0.25


class CallSession:
    """A call that talks: tasks receive, watch and hang-up, and one generation at a time."""

    def __init__(
        self,
        live: LiveCall,
        dependencies: CallDependencies,
        hearing: Hearing,
        outer: trio.Nursery,
        answering: Answering | None = None,
    ) -> None:
        """`outer` outlives the leg: running tools end there."""
        self._live = live
        self._dependencies = dependencies
        self._hearing = hearing
        self._outer = outer
        self._answering = answering  # finds out who has answered, before anything is said

    async def converse(self, leg: LegPort, sip: SessionPort) -> None:
        """Talk until there is a reason to end, then hang up. Raises what broke the call."""
        live = self._live
        judging = Judging(self._dependencies.turn_settings(), live.timeline, live.conversation.receive)
        try:
            with judging.open(self._dependencies.voice_judge):
                await self._converse(leg, sip, judging)
        finally:
            live.transfers.detach()
            live.steering.detach()
            live.interventions.detach()
            live.discretion.close()
            live.conversation.detach()

    async def _converse(self, leg: LegPort, sip: SessionPort, judging: Judging) -> None:
        live = self._live
        async with trio.open_nursery() as nursery:
            try:
                nursery.start_soon(_watch_hangup, sip, live, name="hang-up")
                opening = Opening()
                if self._answering is not None and self._answering.waits:
                    opening = await self._answering.serve(leg, live.conversation, self._hearing)
                if live.ending.reason is None:
                    self._begin(leg, sip, judging, nursery, opening)
                await live.ending.wait()
            finally:
                with trio.move_on_after(GOODBYE_S, shield=True):
                    reason = live.ending.reason
                    live.transfers.call_over("" if reason is None else reason.code.value)
                    live.machine.ending()
                    live.conversation.end()
                    if reason is not None and reason.side is not EndSide.CALLER:
                        await trio.sleep(LAST_WORDS_S)
                    await sip.hangup()
                live.measured(leg)
                nursery.cancel_scope.cancel()

    def _begin(
        self, leg: LegPort, sip: SessionPort, judging: Judging, nursery: trio.Nursery, opening: Opening
    ) -> None:
        live, dependencies, answering = self._live, self._dependencies, self._answering
        conversation, timeline = live.conversation, live.timeline
        context = Context(prompt_of(dependencies.assistant, dependencies.scenario.prompt))
        live.tools.attach(context)
        latency = LatencyClock()
        playout = Playout(leg, conversation.receive, conversation.first_audible)
        parts = GenerationParts(
            model=knowing(dependencies.model, live.servers),
            synthesizer=dependencies.synthesizer,
            tools=ToolRunner(live.tools, context, timeline, self._outer),
            context=context,
            hearing=self._hearing,
            playout=playout,
            timeline=timeline,
            latency=latency,
            receive=conversation.receive,
            rewind=conversation.rewind,
            speaking=conversation.manager.settings.speaking,
            disclose=live.discretion.disclosing.take,
            card_asked=live.discretion.card.asked,
        )
        conversation.attach(leg, parts, nursery)
        keys = KeyPresses(conversation, timeline)
        sip.on_key = keys.by_info
        sound = EndSound(dependencies.turn_sound, nursery, timeline, conversation.receive)
        receiver = Receiver(
            leg, conversation, self._hearing, playout, latency, judging, keys, tap=answering, sound=sound
        )
        conversation.advice = advice_for(dependencies, live, context)
        nursery.start_soon(receiver.serve, timeline, live.ending, name="receive")
        nursery.start_soon(conversation.watch, name="watch")
        side = CallerSide(
            leg,
            sip,
            conversation,
            receiver,
            context,
            live.ending,
            live.pauses,
            keys,
            music=dependencies.hold_music,
            ambience=dependencies.ambience,
        )
        live.steering.attach(side)
        succession = Succession(live, side, dependencies, self._hearing)
        live.interventions.attach(side, nursery, succession.take)
        nursery.start_soon(self._guard(succession).serve, name="budget")
        live.transfers.attach(side, nursery)
        live.discretion.open(Opened(side, self._hearing, nursery, self._machine_answered))
        leg.open_gate(leg.epoch)
        leg.play_background(dependencies.ambience)
        note_assistant(dependencies, live)
        self._speak_first(leg, context, nursery, opening)

    def _guard(self, succession: Succession) -> BudgetGuard:
        live = self._live
        return BudgetGuard(
            live.usage,
            self._dependencies.prices,
            live.timeline,
            live.conversation,
            lambda: succession.leading,
            succession.economise,
        )

    def _machine_answered(self) -> bool:
        """Whether it is known that no person has answered."""
        verdict = None if self._answering is None else self._answering.verdict
        return verdict is not None and verdict.outcome is not Outcome.HUMAN

    def _speak_first(self, leg: LegPort, context: Context, nursery: trio.Nursery, opening: Opening) -> None:
        """Begin as the plan says, or as whoever has answered makes it."""
        conversation, answering = self._live.conversation, self._answering
        if self._dependencies.verdict is not None and self._obey(self._dependencies.verdict):
            return
        if opening.heard:
            context.user_said(opening.heard)
        discretion = self._live.discretion
        announces = discretion.announces and not opening.message
        conversation.receive(CallStarted(greet=not (opening.text or announces)))
        if announces:
            discretion.announce(self._live.transfers, self._live.pauses, greets=not opening.text)
        if opening.text:
            conversation.receive(SayRequest(opening.text))
        if answering is not None and not answering.waits:
            answering.begin_beside(leg, conversation)
            nursery.start_soon(answering.accompany, leg, conversation, name="who answered")
        elif answering is not None and opening.message:
            nursery.start_soon(answering.attend, leg, conversation, name="message")

    def _obey(self, verdict: Verdict) -> bool:
        """Begin as a server has said; False when it has said nothing but who the assistant is."""
        live = self._live
        if not verdict.text and verdict.forward is None:
            return False
        live.conversation.receive(CallStarted(greet=False))
        if verdict.forward is None:
            live.conversation.receive(SayRequest(verdict.text, end_call=True, protected=True))
            return True
        try:
            live.transfers.start(verdict.forward)
        except RequestError as error:
            live.ending.end(reason_for(EndCode.TRANSFER_FAILED, detail=error.detail))
        return True


async def _watch_hangup(sip: SessionPort, live: LiveCall) -> None:
    """The far side hung up, or its session broke."""
    ended = await sip.wait_ended()
    ending = live.ending
    if ended.by_remote:
        usual = EndReason(EndCode.CUSTOMER_HANGUP, EndSide.CALLER, ended.sip_status, ended.reason)
        ending.end(live.transfers.hangup_reason() or usual)
    else:
        ending.end(reason_for(EndCode.SIP_ERROR, sip_status=ended.sip_status, detail=ended.reason))
