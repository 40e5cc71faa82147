"""What a call does when no provider of a stage works: it says so, and is handed over or ended."""

from __future__ import annotations

from dataclasses import replace

from aywa.call.consent import in_language
from aywa.call.dependencies import CallDependencies
from aywa.call.ending import reason_for
from aywa.call.live import LiveCall
from aywa.call.state import CallState
from aywa.call.transfer_order import plan_for
from aywa.errors import EndCode, RequestError
from aywa.model.outage_plan import OutagePlan
from aywa.ports.routes import Stage
from aywa.transfer.plan import TransferPlan
from aywa.turn.events import EndTurn, SayRequest, Trigger

APOLOGY = {
    "en": "I am sorry, we have a technical problem and I cannot go on. Please call again later. Goodbye.",
    "de": "Es tut mir leid, wir haben eine technische Störung. Bitte rufen Sie später noch einmal an.",
    "es": "Lo siento, tenemos un problema técnico. Por favor, vuelva a llamar más tarde. Adiós.",
    "fr": "Je suis désolé, nous avons un problème technique. Veuillez rappeler plus tard. Au revoir.",
    "it": "Mi dispiace, abbiamo un problema tecnico. La prego di richiamare più tardi. Arrivederci.",
    "pt": "Lamento, temos um problema técnico. Por favor, ligue mais tarde. Até logo.",
    "ru": "Извините, у нас технические неполадки. Пожалуйста, перезвоните позже. До свидания.",
}
HANDING_OVER = {
    "en": "I am sorry, we have a technical problem. I will connect you with a colleague.",
    "de": "Es tut mir leid, wir haben eine technische Störung. Ich verbinde Sie mit einem Kollegen.",
    "es": "Lo siento, tenemos un problema técnico. Le paso con un compañero.",
    "fr": "Je suis désolé, nous avons un problème technique. Je vous passe un collègue.",
    "it": "Mi dispiace, abbiamo un problema tecnico. La passo a un collega.",
    "pt": "Lamento, temos um problema técnico. Vou passar a chamada a um colega.",
    "ru": "Извините, у нас технические неполадки. Соединяю вас с коллегой.",
}


class Outage:
    """Of one call; it happens once. No method waits."""

    def __init__(self, live: LiveCall, dependencies: CallDependencies) -> None:
        settings = dependencies.turn_settings()
        self._live = live
        self._plan = getattr(dependencies.assistant, "provider_outage_plan", None) or OutagePlan()
        self._language = settings.endpointing.language or settings.speaking.language
        self._began = False

    def begin(self, stage: Stage) -> None:
        """No route of this stage works."""
        if self._began or self._live.ending.reason is not None:
            return
        self._began = True
        live, plan = self._live, self._plan
        live.timeline.add("provider.outage", stage=stage.value, action=plan.action)
        if live.state is not CallState.TALKING or not live.conversation.attached:
            live.ending.end(reason_for(EndCode.PROVIDER_ERROR, detail=f"No {stage.value} provider works"))
            return
        transfer = self._transfer()
        if transfer is None:
            text = plan.message or in_language(APOLOGY, self._language)
            live.conversation.receive(
                SayRequest(
                    text, interrupt=True, end_call=True, protected=True, end_code=EndCode.PROVIDER_ERROR
                )
            )
            return
        text = plan.message or in_language(HANDING_OVER, self._language)
        live.conversation.turn_over.append(lambda turn: self._said(turn, transfer))
        live.conversation.receive(SayRequest(text, interrupt=True, protected=True))

    def _transfer(self) -> TransferPlan | None:
        """Whom to hand over to; None where the plan names nobody, or nobody who can be."""
        destination = self._plan.destination
        if destination is None:
            return None
        try:
            plan = plan_for(destination.to_json(), "")
        except RequestError as error:
            self._live.timeline.add("provider.outage_transfer_failed", detail=error.detail)
            return None
        # Nobody is there to come back to.
        farewell = in_language(APOLOGY, self._language)
        return replace(plan, fallback_message=plan.fallback_message or farewell, fallback_ends_call=True)

    def _said(self, turn: EndTurn, transfer: TransferPlan) -> None:
        """The apology was heard, or could not be said."""
        if turn.trigger is not Trigger.OPERATOR or self._live.transfers.active:
            return
        try:
            self._live.transfers.start(transfer)
        except RequestError as error:
            self._live.timeline.add("provider.outage_transfer_failed", detail=error.detail)
            self._live.ending.end(reason_for(EndCode.PROVIDER_ERROR, detail=error.detail))
