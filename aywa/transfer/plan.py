"""How a call shall be handed over: to whom, by which mode, with how much patience."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from aywa.transfer.outcome import Outcome


class Mode(Enum):
    """The way the caller gets to the colleague."""

    REFER = "refer"  # the caller's side is asked to call (RFC 3515): cold
    DIAL = "dial"  # we call and connect both: cold
    WARM = "warm"  # we call, tell the colleague about the call, and connect both
    ATTENDED = "attended"  # as WARM, but the caller's side connects both (RFC 3891)

    @property
    def warm(self) -> bool:
        """Somebody speaks with the colleague before the caller does."""
        return self in (Mode.WARM, Mode.ATTENDED)


class Briefing(Enum):
    """What the colleague of a warm transfer hears first."""

    MESSAGE = "message"  # one sentence
    SUMMARY = "summary"  # what was said in the call
    CONVERSATION = "conversation"  # the summary, and answers to what the colleague asks


@dataclass(frozen=True, slots=True)
class Destination:
    """Whom to hand over to: a telephone number, or a SIP URI with headers of its own."""

    number: str = ""
    sip_uri: str = ""
    extension: str = ""  # keys to press once it was answered
    caller_id: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    description: str = ""

    def __str__(self) -> str:
        return self.number or self.sip_uri


# What the caller hears when nobody was to be had and the assistant goes on.
BACK = {
    Outcome.BUSY: "I am sorry, my colleague is busy.",
    Outcome.NO_ANSWER: "I am sorry, my colleague does not answer.",
    Outcome.VOICEMAIL: "I am sorry, I only reached a mailbox.",
    Outcome.DECLINED: "I am sorry, my colleague cannot take the call at the moment.",
    Outcome.UNDECIDED: "I am sorry, my colleague cannot take the call at the moment.",
    Outcome.COLLEAGUE_HUNG_UP: "I am sorry, my colleague cannot take the call at the moment.",
    Outcome.MEDIA_LOST: "I am sorry, the line to my colleague broke.",
}
BACK_OTHERWISE = "I am sorry, I could not connect you."
GO_ON = "Is there anything else I can do for you?"


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """One transfer. Times in seconds.

    `announcement`: what the caller hears before; "" for nothing. `briefing_text`: what is said to the
    colleague; "" lets the driver write it. `needs_consent`: a warm transfer waits for the colleague's yes.
    `colleague_first`: the briefing waits until the colleague has spoken. `fallback_message`: said to the
    caller when it fails, None for a sentence by the outcome; `fallback_ends_call`: then hang up.
    """

    destination: Destination
    mode: Mode = Mode.REFER
    announcement: str = ""
    lets_finish: bool = False  # wait until the assistant has said what it is saying
    briefing: Briefing = Briefing.SUMMARY
    briefing_text: str = ""
    needs_consent: bool = True
    colleague_first: bool = False
    hold_audio: str = ""  # URL of what the caller hears meanwhile
    adds_summary: bool = False  # as the header X-Transfer-Summary
    fallback_message: str | None = None
    fallback_ends_call: bool = False
    announce_timeout_s: float = 15.0  # two long sentences; then the transfer goes on without waiting
    refer_timeout_s: float = 20.0  # for the answer to REFER: most of what a transaction allows
    dial_timeout_s: float = 60.0
    greeting_timeout_s: float = 60.0  # for the colleague's first word
    briefing_timeout_s: float = 120.0
    decision_timeout_s: float = 30.0
    release_timeout_s: float = 5.0  # for a BYE and its answer
    labels: tuple[str, ...] = field(default=())  # of whoever asked: kept in the record

    def message_for(self, outcome: Outcome) -> str:
        """What the caller hears when the transfer has failed so."""
        if self.fallback_message is not None:
            return self.fallback_message
        sentence = BACK.get(outcome, BACK_OTHERWISE)
        return sentence if self.fallback_ends_call else f"{sentence} {GO_ON}"
