"""Random orders of everything: no leg is left, nobody is connected to nobody, and it always ends."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
    TransferInput,
    VoicemailSuspected,
)
from aywa.transfer.machine import TransferMachine
from aywa.transfer.outcome import Outcome
from aywa.transfer.plan import Destination, Mode, TransferPlan
from aywa.transfer.states import State

# What comes of itself, whatever there is: the leg's own events are made by the model below.
ANYTHING: tuple[TransferInput, ...] = (
    Requested(),
    CallerTold(),
    ColleagueSpoke(),
    VoicemailSuspected(),
    Accepted(How.KEY),
    Accepted(How.VOICE),
    Declined(How.KEY),
    Briefed(),
    MediaLost(),
    ReferAnswered(202),
    ReferAnswered(200, reports=False),
    ReferAnswered(603),
    ReferAnswered(None),
    ReferProgress(100),
    ReferProgress(180),
    ReferProgress(200),
    ReferProgress(486),
    Broken("OSError"),
)
_LIVE = ("calling", "up", "closing")


class World(RuleBasedStateMachine):
    """The machine and a model of the two legs that it steers."""

    @initialize(
        mode=st.sampled_from(Mode),
        announcement=st.sampled_from(("", "One moment.")),
        consent=st.booleans(),
        first=st.booleans(),
        ends=st.booleans(),
    )
    def begin(self, mode: Mode, announcement: str, consent: bool, first: bool, ends: bool) -> None:
        plan = TransferPlan(Destination(number="1"), mode, announcement)
        plan = replace(plan, needs_consent=consent, colleague_first=first, fallback_ends_call=ends)
        self.machine = TransferMachine(plan)
        self.now = 0.0
        self.leg = "none"
        self.caller = "assistant"
        self.dials = 0
        self.give(Requested())

    def give(self, event: TransferInput) -> None:
        self.machine.receive(event, self.now)
        self.drain()

    def drain(self) -> None:
        for action in self.machine.actions():
            match action:
                case Dial():
                    assert self.leg == "none"
                    self.leg, self.dials = "calling", self.dials + 1
                case ReleaseColleague():
                    assert self.leg in _LIVE, "a leg that is not there is hung up"
                    self.leg = "closing"
                case DropColleague():
                    self.leg = "none"
                case BriefColleague():
                    assert self.leg == "up"
                case HoldCaller():
                    self.caller = "music"
                case Connect():
                    assert self.leg == "up", "the caller is connected to nobody"
                    self.caller = "colleague"
                case ReturnCaller():
                    assert self.caller != "gone"
                    self.caller = "assistant"
                case EndCall():
                    self.caller = "gone"

    @rule(event=st.sampled_from(ANYTHING))
    def anything(self, event: TransferInput) -> None:
        self.give(event)

    @rule(seconds=st.sampled_from((0.0, 1.0, 30.0, 200.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.machine.handle_timers(self.now)
        self.drain()

    @precondition(lambda self: self.leg == "calling")
    @rule()
    def rings(self) -> None:
        self.give(ColleagueRings())

    @precondition(lambda self: self.leg in ("calling", "closing"))
    @rule()
    def answers(self) -> None:
        self.leg = "up"
        self.give(ColleagueAnswered())

    @precondition(lambda self: self.leg == "calling")
    @rule(outcome=st.sampled_from((Outcome.BUSY, Outcome.NO_ANSWER, Outcome.UNREACHABLE)))
    def fails(self, outcome: Outcome) -> None:
        self.leg = "none"
        self.give(DialFailed(outcome))

    @precondition(lambda self: self.leg == "up")
    @rule()
    def hangs_up(self) -> None:
        self.leg = "none"
        self.give(ColleagueHungUp())

    @precondition(lambda self: self.leg == "closing")
    @rule()
    def closes(self) -> None:
        self.leg = "none"
        self.give(ColleagueGone())

    @rule()
    def caller_hangs_up(self) -> None:
        if self.caller != "gone" and not self.machine.over:
            self.caller = "gone"
            self.give(CallerHungUp())

    @rule()
    def the_call_ends(self) -> None:
        if self.caller != "gone" and not self.machine.over:
            self.caller = "gone"
            self.give(CallOver())

    @invariant()
    def no_orphan(self) -> None:
        machine = self.machine
        if machine.over:
            assert self.leg == "none", "a leg is left"
            assert machine.deadline is None
            assert machine.outcome is not None
        if self.caller == "gone":
            assert machine.state in (State.LETTING_GO, State.ENDED)
        if machine.state is State.BRIDGED:
            assert (self.leg, self.caller) == ("up", "colleague")
        if machine.state is State.RETURNED:
            assert self.caller == "assistant"
        if self.leg == "closing":
            assert machine.state in (State.RETURNING, State.LETTING_GO, State.FAREWELL)
        assert self.dials <= 1

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        """Everything but talk itself has an end that is known."""
        if self.machine.state is not State.BRIDGED and not self.machine.over:
            assert self.machine.deadline is not None

    def teardown(self) -> None:
        """Whatever has happened, the end of the call and some time end it."""
        if not hasattr(self, "machine"):
            return
        self.give(CallOver())
        for _ in range(3):
            if self.machine.deadline is not None:
                self.now = self.machine.deadline[0]
                self.machine.handle_timers(self.now)
                self.drain()
        assert self.machine.over
        assert self.leg == "none"


World.TestCase.settings = settings(max_examples=300, stateful_step_count=25, deadline=None)
TestWorld = World.TestCase
