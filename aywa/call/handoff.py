"""Another assistant goes on with the conversation: its prompt, thresholds, sounds and providers."""

from __future__ import annotations

from aywa.call.caller_side import CallerSide
from aywa.call.context import Context
from aywa.call.control import HandOff, Kept
from aywa.call.dependencies import CallDependencies
from aywa.call.endpointing_advice import EndpointingAdvice
from aywa.call.hearing import Hearing
from aywa.call.knowledge import knowing
from aywa.call.live import LiveCall
from aywa.call.plan import equipped, led_by, prompt_of
from aywa.call.routed import routed
from aywa.call.speaking_plan import seeded
from aywa.model.assistant import Assistant
from aywa.turn.barge_in_settings import BargeInMode
from aywa.turn.events import Respond, SettingsChanged


class Succession:
    """Who leads one call, one after the other, and what hears, thinks and speaks meanwhile."""

    def __init__(
        self, live: LiveCall, side: CallerSide, dependencies: CallDependencies, hearing: Hearing
    ) -> None:
        self._hearing = hearing
        self._live = live
        self._side = side
        self._dependencies = dependencies

    def take(self, command: HandOff) -> None:
        """From the next sentence on; what is being said is said to its end. No checkpoint."""
        side, conversation = self._side, self._side.conversation
        before = self._dependencies
        variables, tools = self._live.variables, self._live.tools
        after = led_by(command.plan, before)
        variables.give(after.variables)
        after = self._dependencies = variables.assistant(after)
        tools.lead(after.servers)
        heard = self._live.discretion.disclosing.heard
        settings = seeded(after.turn_settings(ai_told=heard), after.rng)
        match command.kept:
            case Kept.NONE:
                side.context.forget(last=0)
            case Kept.LAST:
                side.context.forget(last=command.last)
            case Kept.SPOKEN:
                side.context.forget(spoken_only=True)
            case Kept.ALL:
                pass
        self._equip(after)
        side.context.lead(prompt_of(after.assistant, after.scenario.prompt))
        conversation.receive(SettingsChanged(settings))
        conversation.speak_as(settings.speaking)
        conversation.advice = advice_for(after, self._live, side.context)
        side.leg.set_barge_in(settings.barge_mode is not BargeInMode.OFF)
        if side.ambience is not after.ambience:
            side.change_ambience(after.ambience)
        name = "" if before.assistant is None else before.assistant.name
        self._live.timeline.add(
            "assistant.handed_off",
            **{"from": name, "to": command.plan.name},
            kept=command.kept.value,
        )
        note_assistant(after, self._live)
        self._live.led_by(after)
        if settings.greet and command.greets:
            conversation.receive(Respond(first_message=True))

    @property
    def leading(self) -> Assistant | None:
        """The assistant of the moment."""
        return self._dependencies.assistant

    def economise(self) -> bool:
        """Go on with the cheaper providers of the assistant that leads now; False when there are none."""
        before = self._dependencies
        cheaper = None if before.outfit is None else before.outfit.cheaper
        if cheaper is None:
            return False
        self._dependencies = equipped(before, cheaper)
        self._equip(self._dependencies)
        return True

    def _equip(self, after: CallDependencies) -> None:
        """What is being said is said to its end by whoever says it."""
        live = self._live
        if after.scope is not live.scope:
            after = routed(after, live)
        live.servers.servers = after.servers
        live.equip(after)
        self._side.conversation.think_with(knowing(after.model, live.servers), after.synthesizer)
        self._hearing.change(after.transcriber)


def note_assistant(dependencies: CallDependencies, live: LiveCall) -> None:
    """Who leads from now on."""
    if dependencies.assistant is not None:
        made = {"assistant_id": dependencies.assistant_id} if dependencies.assistant_id else {}
        live.timeline.add("assistant.started", name=dependencies.assistant.name, **made)


def advice_for(dependencies: CallDependencies, live: LiveCall, context: Context) -> EndpointingAdvice | None:
    """Whom the assistant's plan asks how long to wait for the caller."""
    advisor = dependencies.advisor
    if advisor is None:
        return None
    timeout_s = dependencies.turn_settings().endpointing.advice_timeout_s
    receive = live.conversation.receive
    whole = live.servers.whole
    return EndpointingAdvice(advisor, whole, context, live.timeline, timeout_s=timeout_s, receive=receive)
