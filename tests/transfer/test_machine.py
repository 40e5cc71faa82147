"""The transfer machine by its table: each way a hand-over can go, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from aywa.transfer.course import Line
from aywa.transfer.events import (
    Accepted,
    BriefColleague,
    Briefed,
    Broken,
    CallerHungUp,
    CallerTold,
    CallOver,
    ColleagueAnswered,
    ColleagueGone,
    ColleagueHungUp,
    ColleagueRings,
    ColleagueSpoke,
    Connect,
    Decided,
    Declined,
    Dial,
    DialFailed,
    DropColleague,
    EndCall,
    HoldCaller,
    How,
    MediaLost,
    ReferAnswered,
    ReferProgress,
    ReleaseColleague,
    Requested,
    ReturnCaller,
    TellCaller,
    TransferAction,
    TransferInput,
    VoicemailSuspected,
)
from aywa.transfer.machine import TransferMachine
from aywa.transfer.outcome import Outcome, outcome_of_status
from aywa.transfer.plan import BACK, GO_ON, Destination, Mode, TransferPlan
from aywa.transfer.states import State, Wakeup

HUMAN = Destination(number="+4930123456")
WARM = TransferPlan(HUMAN, Mode.WARM)
COLD = TransferPlan(HUMAN, Mode.DIAL)
REFERRED = TransferPlan(HUMAN, Mode.REFER)
ATTENDED = TransferPlan(HUMAN, Mode.ATTENDED)
UP = (Requested(), ColleagueRings(), ColleagueAnswered())
BRIEFED = (*UP, Briefed())
TAKEN = (*BRIEFED, Accepted(How.KEY))


class Late:
    """The next deadline passes."""

    def __repr__(self) -> str:
        return "Late"


LATE = Late()


class Desk:
    """A machine on a clock of whole seconds, and all that it asked for."""

    def __init__(self, plan: TransferPlan) -> None:
        self.machine = TransferMachine(plan)
        self.done: list[TransferAction] = []
        self.now = 100.0

    def run(self, *events: TransferInput | Late) -> Desk:
        for event in events:
            self.now += 1
            if isinstance(event, Late):
                assert self.machine.deadline is not None, "nothing is waited for"
                self.now = self.machine.deadline[0]
                self.machine.handle_timers(self.now)
            else:
                self.machine.receive(event, self.now)
            self.done += self.machine.actions()
        return self

    def asked(self, kind: type) -> list[TransferAction]:
        return [action for action in self.done if isinstance(action, kind)]

    @property
    def released(self) -> bool:
        return bool(self.asked(ReleaseColleague))


@dataclass(frozen=True)
class Case:
    """`back`: the assistant goes on with the caller; otherwise the call ends."""

    plan: TransferPlan
    events: tuple[TransferInput | Late, ...]
    state: State
    outcome: Outcome
    status: str
    released: bool = False
    back: bool = True


CASES = {
    "human busy": Case(
        WARM,
        (Requested(), ColleagueRings(), DialFailed(Outcome.BUSY, 486)),
        State.RETURNED,
        Outcome.BUSY,
        "busy",
    ),
    "no answer": Case(
        WARM,
        (Requested(), ColleagueRings(), DialFailed(Outcome.NO_ANSWER, 408)),
        State.RETURNED,
        Outcome.NO_ANSWER,
        "no-answer",
    ),
    "no answer that anybody tells": Case(
        WARM,
        (Requested(), ColleagueRings(), LATE, ColleagueGone()),
        State.RETURNED,
        Outcome.NO_ANSWER,
        "no-answer",
        released=True,
    ),
    "voicemail answers": Case(
        WARM,
        (*UP, VoicemailSuspected(), ColleagueGone()),
        State.RETURNED,
        Outcome.VOICEMAIL,
        "voicemail",
        released=True,
    ),
    "declines by key": Case(
        WARM,
        (*BRIEFED, Declined(How.KEY), ColleagueGone()),
        State.RETURNED,
        Outcome.DECLINED,
        "failed",
        released=True,
    ),
    "declines by voice while being briefed": Case(
        WARM,
        (*UP, Declined(How.VOICE), ColleagueGone()),
        State.RETURNED,
        Outcome.DECLINED,
        "failed",
        released=True,
    ),
    "hangs up while being briefed": Case(
        WARM, (*UP, ColleagueHungUp()), State.RETURNED, Outcome.COLLEAGUE_HUNG_UP, "failed"
    ),
    "caller hangs up while it rings": Case(
        WARM,
        (Requested(), ColleagueRings(), CallerHungUp(), ColleagueGone()),
        State.ENDED,
        Outcome.CALLER_HUNG_UP,
        "cancelled",
        released=True,
        back=False,
    ),
    "caller hangs up while the human is briefed": Case(
        WARM,
        (*UP, CallerHungUp(), ColleagueGone()),
        State.ENDED,
        Outcome.CALLER_HUNG_UP,
        "cancelled",
        released=True,
        back=False,
    ),
    "nobody decides": Case(
        WARM,
        (*BRIEFED, LATE, ColleagueGone()),
        State.RETURNED,
        Outcome.UNDECIDED,
        "failed",
        released=True,
    ),
    "the briefing does not end": Case(
        WARM, (*UP, LATE, ColleagueGone()), State.RETURNED, Outcome.UNDECIDED, "failed", released=True
    ),
    "the human never speaks": Case(
        replace(WARM, colleague_first=True),
        (*UP, LATE, ColleagueGone()),
        State.RETURNED,
        Outcome.NO_ANSWER,
        "no-answer",
        released=True,
    ),
    "REFER rejected": Case(
        REFERRED,
        (Requested(), ReferAnswered(603)),
        State.RETURNED,
        Outcome.REFER_REJECTED,
        "failed",
    ),
    "REFER not answered": Case(
        REFERRED, (Requested(), ReferAnswered(None)), State.RETURNED, Outcome.REFER_REJECTED, "failed"
    ),
    "REFER taken, target busy": Case(
        REFERRED,
        (Requested(), ReferAnswered(202), ReferProgress(180), ReferProgress(486)),
        State.RETURNED,
        Outcome.BUSY,
        "busy",
    ),
    "REFER taken, and no more is heard": Case(
        REFERRED, (Requested(), ReferAnswered(202), LATE), State.RETURNED, Outcome.REFER_FAILED, "failed"
    ),
    "REFER taken, target answers": Case(
        REFERRED,
        (Requested(), ReferAnswered(202), ReferProgress(100), ReferProgress(200)),
        State.ENDED,
        Outcome.COMPLETED,
        "completed",
        back=False,
    ),
    "NOTIFY before the answer to REFER": Case(
        REFERRED,
        (Requested(), ReferProgress(200), ReferAnswered(202)),
        State.ENDED,
        Outcome.COMPLETED,
        "completed",
        back=False,
    ),
    "REFER taken without reports": Case(
        REFERRED,
        (Requested(), ReferAnswered(200, reports=False)),
        State.ENDED,
        Outcome.COMPLETED,
        "completed",
        back=False,
    ),
    "REFER taken and the caller's side lets us go": Case(
        REFERRED,
        (Requested(), ReferAnswered(202), ReferProgress(100), CallerHungUp()),
        State.ENDED,
        Outcome.COMPLETED,
        "completed",
        back=False,
    ),
    "REFER taken and the caller hangs up while it rings": Case(
        REFERRED,
        (Requested(), ReferAnswered(202), ReferProgress(180), CallerHungUp()),
        State.ENDED,
        Outcome.CALLER_HUNG_UP,
        "cancelled",
        back=False,
    ),
    "network lost on the human's leg while consulting": Case(
        WARM,
        (*UP, MediaLost(), ColleagueGone()),
        State.RETURNED,
        Outcome.MEDIA_LOST,
        "failed",
        released=True,
    ),
    "network lost on the human's leg while they talk": Case(
        WARM,
        (*TAKEN, MediaLost(), ColleagueGone()),
        State.RETURNED,
        Outcome.MEDIA_LOST,
        "failed",
        released=True,
    ),
    "network lost on the caller's leg": Case(
        WARM,
        (*UP, CallOver("media"), ColleagueGone()),
        State.ENDED,
        Outcome.CANCELLED,
        "cancelled",
        released=True,
        back=False,
    ),
    "shutdown while it rings": Case(
        WARM,
        (Requested(), ColleagueRings(), CallOver("shutdown"), LATE),
        State.ENDED,
        Outcome.CANCELLED,
        "cancelled",
        released=True,
        back=False,
    ),
    "accept by key": Case(
        WARM, (*TAKEN, ColleagueHungUp()), State.ENDED, Outcome.CONNECTED, "connected", back=False
    ),
    "accept by voice while being briefed": Case(
        WARM,
        (*UP, Accepted(How.VOICE), CallerHungUp(), ColleagueGone()),
        State.ENDED,
        Outcome.CONNECTED,
        "connected",
        released=True,
        back=False,
    ),
    "connected without being asked": Case(
        replace(WARM, needs_consent=False),
        (*BRIEFED, ColleagueHungUp()),
        State.ENDED,
        Outcome.CONNECTED,
        "connected",
        back=False,
    ),
    "cold, connected at the answer": Case(
        COLD, (*UP, ColleagueHungUp()), State.ENDED, Outcome.CONNECTED, "connected", back=False
    ),
    "attended": Case(
        ATTENDED,
        (*TAKEN, ReferAnswered(202), ColleagueHungUp(), ReferProgress(200)),
        State.ENDED,
        Outcome.COMPLETED,
        "completed",
        back=False,
    ),
    "attended, REFER rejected: connected by us": Case(
        ATTENDED,
        (*TAKEN, ReferAnswered(405), ColleagueHungUp()),
        State.ENDED,
        Outcome.CONNECTED,
        "connected",
        back=False,
    ),
    "attended, and it fails after the human was let go": Case(
        ATTENDED,
        (*TAKEN, ReferAnswered(202), ColleagueHungUp(), ReferProgress(503)),
        State.RETURNED,
        Outcome.REFER_FAILED,
        "failed",
    ),
    "something of ours fails": Case(
        WARM,
        (*UP, Broken("MediaError"), ColleagueGone()),
        State.RETURNED,
        Outcome.ERROR,
        "failed",
        released=True,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_ends_as_it_should(case: Case) -> None:
    desk = Desk(case.plan).run(*case.events)
    machine = desk.machine
    assert (machine.state, machine.outcome) == (case.state, case.outcome)
    assert machine.outcome is not None
    assert machine.outcome.status == case.status
    assert machine.line is Line.NONE
    assert machine.deadline is None
    assert desk.released == case.released
    assert bool(desk.asked(ReturnCaller)) == case.back
    if case.back:
        assert desk.asked(ReturnCaller) == [ReturnCaller(case.outcome, case.plan.message_for(case.outcome))]
    dialled, bridged = desk.asked(Dial), desk.asked(Connect)
    assert len(dialled) == (case.plan.mode is not Mode.REFER)
    assert len(bridged) <= 1


def test_a_warm_transfer_step_by_step() -> None:
    plan = replace(WARM, announcement="I am connecting you.")
    desk = Desk(plan).run(Requested())
    assert desk.asked(TellCaller) == [TellCaller("I am connecting you.")]
    assert not desk.asked(HoldCaller)
    desk.run(CallerTold(), ColleagueRings(), ColleagueAnswered())
    assert [type(action) for action in desk.done if not isinstance(action, Decided)] == [
        TellCaller,
        HoldCaller,
        Dial,
        BriefColleague,
    ]
    assert desk.machine.deadline == (desk.now + plan.briefing_timeout_s, Wakeup.BRIEFING)
    desk.run(Briefed())
    assert desk.machine.deadline == (desk.now + plan.decision_timeout_s, Wakeup.DECISION)
    assert not desk.asked(Connect)
    desk.run(Accepted(How.KEY))
    assert desk.asked(Connect) == [Connect()]
    assert desk.machine.deadline is None
    assert not desk.machine.over
    desk.run(ColleagueHungUp())
    assert desk.asked(EndCall) == [EndCall(Outcome.CONNECTED)]


def test_an_announcement_that_is_never_heard_holds_nothing_up() -> None:
    desk = Desk(replace(COLD, announcement="One moment.")).run(Requested(), LATE)
    assert desk.asked(Dial)


def test_waiting_for_the_human_to_speak() -> None:
    desk = Desk(replace(WARM, colleague_first=True)).run(*UP)
    assert not desk.asked(BriefColleague)
    desk.run(ColleagueSpoke())
    assert desk.asked(BriefColleague)


def test_a_farewell_when_nobody_is_to_be_had() -> None:
    plan = replace(WARM, fallback_message="We call you back.", fallback_ends_call=True)
    desk = Desk(plan).run(*UP, Declined(How.KEY))
    assert desk.machine.state is State.FAREWELL
    assert desk.asked(ReturnCaller) == [ReturnCaller(Outcome.DECLINED, "")]  # no music under the last words
    assert desk.asked(TellCaller) == [TellCaller("We call you back.")]
    assert not desk.asked(EndCall)
    desk.run(CallerTold())
    assert desk.asked(EndCall) == [EndCall(Outcome.DECLINED)]
    assert desk.machine.state is State.LETTING_GO
    assert desk.run(ColleagueGone()).machine.state is State.ENDED


def test_a_farewell_outlives_the_leg() -> None:
    plan = replace(WARM, fallback_ends_call=True)
    desk = Desk(plan).run(*UP, Declined(How.KEY), ColleagueGone(), LATE)
    assert desk.machine.state is State.ENDED
    assert desk.asked(EndCall) == [EndCall(Outcome.DECLINED)]


def test_a_leg_that_does_not_close_is_dropped() -> None:
    desk = Desk(WARM).run(*UP, CallerHungUp(), LATE)
    assert desk.asked(DropColleague) == [DropColleague()]
    assert desk.machine.state is State.ENDED


def test_an_answer_that_crosses_our_giving_up_is_hung_up() -> None:
    desk = Desk(WARM).run(Requested(), CallerHungUp(), ColleagueAnswered())
    assert len(desk.asked(ReleaseColleague)) == 2
    desk.run(LATE, ColleagueAnswered())
    assert desk.asked(DropColleague) == [DropColleague(), DropColleague()]


def test_what_the_caller_hears() -> None:
    assert WARM.message_for(Outcome.BUSY) == f"{BACK[Outcome.BUSY]} {GO_ON}"
    assert replace(WARM, fallback_ends_call=True).message_for(Outcome.BUSY) == BACK[Outcome.BUSY]
    assert replace(WARM, fallback_message="").message_for(Outcome.BUSY) == ""


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, Outcome.BUSY),
        (600, Outcome.BUSY),
        (408, Outcome.NO_ANSWER),
        (480, Outcome.NO_ANSWER),
        (603, Outcome.DECLINED),
        (404, Outcome.UNREACHABLE),
        (503, Outcome.UNREACHABLE),
    ],
)
def test_statuses(status: int, outcome: Outcome) -> None:
    assert outcome_of_status(status) is outcome


def test_every_step_is_told_with_its_cause() -> None:
    desk = Desk(WARM).run(*UP, Briefed(), Declined(How.VOICE), ColleagueGone())
    told = [dict(action.data) for action in desk.asked(Decided) if isinstance(action, Decided)]
    steps = [(entry["to"], entry["cause"]) for entry in told if "to" in entry]
    assert steps == [
        ("DIALLING", "NOTHING_TO_TELL"),
        ("RINGING", "RINGING"),
        ("BRIEFING", "ANSWERED"),
        ("DECIDING", "BRIEFED"),
        ("RETURNING", "DECLINED"),
        ("RETURNED", "COLLEAGUE_GONE"),
    ]
    assert {"by": "voice"} in told
