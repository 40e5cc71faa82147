"""What an operator tells a live call, done: each command by the part of the call that it is for."""

from __future__ import annotations

from typing import Protocol

import trio

from aywa.call.capture import CallCapture
from aywa.call.control import (
    MAX_SAY_CHARACTERS,
    Command,
    EndCall,
    Say,
    StartCapture,
    SteerLine,
    TransferCall,
)
from aywa.call.conversation import Conversation
from aywa.call.discretion import CARD_ACTIONS, RECORDING_ACTIONS, Discretion
from aywa.call.ending import Ending, reason_for
from aywa.call.intervention import Interventions
from aywa.call.state import CallState
from aywa.call.steering import Steering
from aywa.call.timeline import Timeline
from aywa.call.transfers import Transfers
from aywa.errors import EndCode, RequestError
from aywa.transfer.plan import TransferPlan
from aywa.turn.events import SayRequest
from aywa.turn.states import State

_SAYS_NOTHING = (State.CREATED, State.CLOSING)  # who has answered is not known yet, or it is goodbye
END_BOUND_S = 5.0  # how long `EndCall` waits for the call to be over


class OperatedCall(Protocol):
    """What commands are for; `LiveCall` is one."""

    timeline: Timeline
    conversation: Conversation
    discretion: Discretion
    steering: Steering
    capture: CallCapture
    transfers: Transfers
    interventions: Interventions
    ending: Ending
    over: trio.Event

    @property
    def state(self) -> CallState:
        """Where the call is."""


async def obey(call: OperatedCall, command: Command) -> None:
    """Do it; returns when a sentence is accepted, or when the call is over.

    Raises RequestError (409) when the call is in no state for it, (400) when the text cannot be said.
    """
    match command:
        case Say():
            _say(call, command)
        case SteerLine():
            _steer(call, command)
        case StartCapture(mode):
            _need_up(call)
            call.capture.start(mode)
            return
        case TransferCall(plan):
            _transfer(call, plan)
        case EndCall():
            await _end(call)
            return
        case _:
            _need_talk(call)
            call.interventions.do(command, transferring=call.transfers.active)
    await trio.lowlevel.checkpoint()


def _say(call: OperatedCall, command: Say) -> None:
    text = command.text.strip()
    if not text or len(command.text) > MAX_SAY_CHARACTERS:
        raise RequestError(f"The text must have 1 to {MAX_SAY_CHARACTERS} characters", field="content")
    _need_talk(call, "The call cannot say anything now")
    interrupt, end_call, protected = command.interrupt, command.end_call, command.protected
    call.timeline.add(
        "control.say", text=command.text, interrupt=interrupt, end_call=end_call, protected=protected
    )
    call.conversation.receive(SayRequest(text, interrupt, end_call, protected))


def _steer(call: OperatedCall, command: SteerLine) -> None:
    if command.action in RECORDING_ACTIONS | CARD_ACTIONS:
        _need_up(call)
        call.discretion.obey(command.action)
    else:
        _need_talk(call)
        call.steering.do(command.action, transferring=call.transfers.active)


def _transfer(call: OperatedCall, plan: TransferPlan) -> None:
    _need_up(call)
    call.timeline.add("control.transfer", destination=str(plan.destination), mode=plan.mode.value)
    call.transfers.start(plan)


async def _end(call: OperatedCall) -> None:
    if call.state is CallState.ENDED:
        raise RequestError("The call is over", http_status=409, code="call-not-live")
    call.timeline.add("control.end_call")
    call.ending.end(reason_for(EndCode.CONTROL))
    with trio.move_on_after(END_BOUND_S):
        await call.over.wait()


def _need_up(call: OperatedCall) -> None:
    if call.state is not CallState.TALKING:
        raise RequestError("The call is not up", http_status=409, code="call-not-live")


def _need_talk(call: OperatedCall, otherwise: str = "The call does not talk now") -> None:
    if call.state is not CallState.TALKING or call.conversation.manager.state in _SAYS_NOTHING:
        raise RequestError(otherwise, http_status=409, code="call-not-live")
