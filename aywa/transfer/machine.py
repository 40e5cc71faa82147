"""The transfer machine: one input -> drain `actions()` -> wait until `deadline` or the next input.

Two things are true in every state and shown by random orders of everything: the caller is with somebody (the
assistant, music, the colleague) or gone, and a leg to the colleague that was begun is let go exactly once
before the machine is over. What comes too late or twice changes nothing.
"""

from __future__ import annotations

from aywa.transfer.course import Course, Line
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
    MediaLost,
    Refer,
    ReferAnswered,
    ReferProgress,
    ReleaseColleague,
    Requested,
    ReturnCaller,
    TellCaller,
    TransferInput,
    VoicemailSuspected,
)
from aywa.transfer.outcome import Outcome, outcome_of_status
from aywa.transfer.plan import Mode
from aywa.transfer.states import Cause, State, Wakeup

_CALLING = (State.DIALLING, State.RINGING)
_CONSULTING = (State.GREETING, State.BRIEFING, State.DECIDING)
_WITH_COLLEAGUE = (*_CALLING, *_CONSULTING, State.REPLACING, State.BRIDGED)


class TransferMachine(Course):
    """One transfer. `now` is monotonic seconds and must not go back."""

    def receive(self, event: TransferInput, now: float) -> None:
        """Take one input; one that means nothing in this state is passed over."""
        if self.over:
            if isinstance(event, ColleagueAnswered):
                self._act(DropColleague())  # it crossed our giving up
            return
        match event:
            case Requested() if self.state is State.REQUESTED:
                self._begin(now)
            case CallerTold():
                self._told(Cause.TOLD, now)
            case ReferAnswered():
                self._refer_answered(event, now)
            case ReferProgress():
                self._refer_progress(event, now)
            case CallerHungUp():
                self._call_over(Cause.CALLER_HUNG_UP, now, "")
            case CallOver(detail):
                self._call_over(Cause.CALL_OVER, now, detail)
            case Broken(detail) if self.state in (*_WITH_COLLEAGUE, State.REFERRING, State.REFERRED):
                self._fail(Outcome.ERROR, Cause.BROKEN, now, detail=detail)
            case _:
                self._colleague(event, now)

    def handle_timers(self, now: float) -> None:
        """Do what is due at `now`."""
        if self.deadline is None or now < self.deadline[0]:
            return
        match self.deadline[1]:
            case Wakeup.ANNOUNCE:
                self._told(Cause.TIMEOUT, now)
            case Wakeup.REFER if self.state is State.REPLACING:
                self._connect_after_all(Cause.TIMEOUT, now)
            case Wakeup.REFER:
                taken = self.state is State.REFERRED
                self._fail(Outcome.REFER_FAILED if taken else Outcome.REFER_REJECTED, Cause.TIMEOUT, now)
            case Wakeup.DIAL | Wakeup.GREETING:
                self._fail(Outcome.NO_ANSWER, Cause.TIMEOUT, now)
            case Wakeup.BRIEFING | Wakeup.DECISION:
                self._fail(Outcome.UNDECIDED, Cause.TIMEOUT, now)
            case Wakeup.RELEASE:
                self._act(DropColleague())
                self._gone(Cause.TIMEOUT)

    # --- the caller ---------------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        if self.plan.announcement or self.plan.lets_finish:
            self._enter(State.ANNOUNCING, Cause.ANNOUNCE)
            self._act(TellCaller(self.plan.announcement))
            self._wait(Wakeup.ANNOUNCE, now + self.plan.announce_timeout_s)
        else:
            self._set_out(Cause.NOTHING_TO_TELL, now)

    def _told(self, cause: Cause, now: float) -> None:
        if self.state is State.ANNOUNCING:
            self._set_out(cause, now)
        elif self.state is State.FAREWELL:
            assert self.outcome is not None, "a farewell follows a failure"
            self._act(EndCall(self.outcome))
            self._let_go(cause, now, State.LETTING_GO, State.ENDED)

    def _set_out(self, cause: Cause, now: float) -> None:
        plan = self.plan
        if plan.mode is Mode.REFER:
            self._enter(State.REFERRING, cause)
            self._act(Refer())
            self._wait(Wakeup.REFER, now + plan.refer_timeout_s)
            return
        self._enter(State.DIALLING, cause)
        self.line = Line.CALLING
        self._act(HoldCaller())
        self._act(Dial())
        self._wait(Wakeup.DIAL, now + plan.dial_timeout_s)

    def _call_over(self, cause: Cause, now: float, detail: str) -> None:
        """The caller's leg is going or gone."""
        if self.state is State.LETTING_GO:
            return
        if self.outcome is None:
            # The caller's side hangs up on us when it has connected both; not every one says so first.
            let_go = self._taken and (self.sip_status or 100) in (100, 200, 202)
            if cause is Cause.CALLER_HUNG_UP and let_go:
                self.outcome = Outcome.COMPLETED
            else:
                hung_up = cause is Cause.CALLER_HUNG_UP
                self.outcome = Outcome.CALLER_HUNG_UP if hung_up else Outcome.CANCELLED
        self._let_go(cause, now, State.LETTING_GO, State.ENDED, detail=detail)

    # --- the caller's side, by REFER ------------------------------------------------------------------------

    def _refer_answered(self, answer: ReferAnswered, now: float) -> None:
        if self.state not in (State.REFERRING, State.REPLACING) or self._taken:
            return
        self.sip_status = answer.sip_status
        if answer.sip_status is None or answer.sip_status // 100 != 2:
            if self.state is State.REPLACING:
                self._connect_after_all(Cause.REFER_REJECTED, now)
            else:
                self._fail(Outcome.REFER_REJECTED, Cause.REFER_REJECTED, now)
            return
        self._taken = True
        replacing = self.state is State.REPLACING
        self._enter(State.REPLACING if replacing else State.REFERRED, Cause.REFER_TAKEN)
        self._wait(Wakeup.REFER, now + self.plan.dial_timeout_s)
        if not answer.reports:  # RFC 4488: nobody will say how it went; what was taken counts as done
            self._refer_done(now)

    def _refer_progress(self, progress: ReferProgress, now: float) -> None:
        """A NOTIFY may come before the REFER's own response."""
        if self.state not in (State.REFERRING, State.REFERRED, State.REPLACING):
            return
        self.sip_status = progress.sip_status
        self._act(Decided("transfer.progress", {"sip_status": progress.sip_status}))
        if progress.sip_status < 200:
            return
        if progress.sip_status < 300:
            self._refer_done(now)
        elif self.state is State.REPLACING:
            self._connect_after_all(Cause.REFER_FAILED, now)
        else:
            if self.state is State.REFERRING:
                self._enter(State.REFERRED, Cause.REFER_TAKEN)
            outcome = outcome_of_status(progress.sip_status)
            self._fail(
                Outcome.REFER_FAILED if outcome is Outcome.UNREACHABLE else outcome, Cause.REFER_FAILED, now
            )

    def _refer_done(self, now: float) -> None:
        self.outcome = Outcome.COMPLETED
        self._act(EndCall(Outcome.COMPLETED))
        self._let_go(Cause.REFER_DONE, now, State.LETTING_GO, State.ENDED)

    def _connect_after_all(self, cause: Cause, now: float) -> None:
        """The caller's side does not connect them. Both legs are ours still, if the colleague is there."""
        if self.line is Line.UP:
            self._bridge(cause)
        else:
            self._fail(Outcome.REFER_FAILED, cause, now)

    # --- the colleague --------------------------------------------------------------------------------------

    def _colleague(self, event: TransferInput, now: float) -> None:
        state = self.state
        match event:
            case ColleagueRings() if state in _CALLING:
                self._enter(State.RINGING, Cause.RINGING, keep_time=True)
            case ColleagueAnswered():
                self._answered(now)
            case DialFailed(outcome, status):
                self.sip_status = status
                self._leg_ended(outcome, Cause.DIAL_FAILED, now)
            case ColleagueHungUp():
                self._leg_ended(Outcome.COLLEAGUE_HUNG_UP, Cause.COLLEAGUE_HUNG_UP, now)
            case ColleagueGone():
                self._leg_ended(Outcome.ERROR, Cause.COLLEAGUE_GONE, now)
            case ColleagueSpoke() if state is State.GREETING:
                self._brief(Cause.SPOKE, now)
            case Accepted(how) if state in _CONSULTING:
                self._act(Decided("transfer.accepted", {"by": how.value}))
                self._take(Cause.ACCEPTED, now)
            case Declined(how) if state in _CONSULTING:
                self._act(Decided("transfer.declined", {"by": how.value}))
                self._fail(Outcome.DECLINED, Cause.DECLINED, now)
            case Briefed() if state is State.BRIEFING:
                if self.plan.needs_consent:
                    self._enter(State.DECIDING, Cause.BRIEFED)
                    self._wait(Wakeup.DECISION, now + self.plan.decision_timeout_s)
                else:
                    self._take(Cause.BRIEFED, now)
            case VoicemailSuspected() if state in _CONSULTING:
                self._fail(Outcome.VOICEMAIL, Cause.VOICEMAIL, now)
            case MediaLost() if state in (*_CONSULTING, State.REPLACING, State.BRIDGED):
                self._fail(Outcome.MEDIA_LOST, Cause.MEDIA_LOST, now)
            case _:
                pass

    def _answered(self, now: float) -> None:
        if self.state not in _CALLING or self.line is not Line.CALLING:
            if self.line is not Line.UP:  # it crossed our giving up
                self._act(ReleaseColleague("given up"))
            return
        self.line = Line.UP
        if not self.plan.mode.warm:
            self._bridge(Cause.ANSWERED)
        elif self.plan.colleague_first:
            self._enter(State.GREETING, Cause.ANSWERED)
            self._wait(Wakeup.GREETING, now + self.plan.greeting_timeout_s)
        else:
            self._brief(Cause.ANSWERED, now)

    def _brief(self, cause: Cause, now: float) -> None:
        self._enter(State.BRIEFING, cause)
        self._act(BriefColleague())
        self._wait(Wakeup.BRIEFING, now + self.plan.briefing_timeout_s)

    def _take(self, cause: Cause, now: float) -> None:
        """The colleague has the call."""
        if self.plan.mode is not Mode.ATTENDED:
            self._bridge(cause)
            return
        self._enter(State.REPLACING, cause)
        self._act(Refer(replacing=True))
        self._wait(Wakeup.REFER, now + self.plan.refer_timeout_s)

    def _bridge(self, cause: Cause) -> None:
        self.outcome = Outcome.CONNECTED
        self._enter(State.BRIDGED, cause)
        self._act(Connect())

    def _leg_ended(self, outcome: Outcome, cause: Cause, now: float) -> None:
        """Whichever side has ended it, no leg to the colleague is left."""
        self.line = Line.NONE
        match self.state:
            case State.BRIDGED if cause is not Cause.DIAL_FAILED:
                self._act(EndCall(Outcome.CONNECTED))
                self._enter(State.ENDED, cause)
            case State.REPLACING if cause is not Cause.DIAL_FAILED:
                self._enter(State.REPLACING, cause, keep_time=True)
            case State.RETURNING | State.LETTING_GO:
                self._gone(Cause.COLLEAGUE_GONE)
            case state if state in _CALLING:
                calling_on = cause is Cause.COLLEAGUE_HUNG_UP
                self._fail(outcome, Cause.COLLEAGUE_GONE if calling_on else cause, now)
            case state if state in _CONSULTING and cause is not Cause.DIAL_FAILED:
                self._fail(outcome, cause, now)
            case _:
                pass  # a farewell goes on without it

    # --- the end --------------------------------------------------------------------------------------------

    def _fail(self, outcome: Outcome, cause: Cause, now: float, *, detail: str = "") -> None:
        """The caller gets no human: back to the assistant, or a last sentence."""
        self.outcome = outcome
        text = self.plan.message_for(outcome)
        if not self.plan.fallback_ends_call:
            self._act(ReturnCaller(outcome, text))
            self._let_go(cause, now, State.RETURNING, State.RETURNED, detail=detail)
            return
        self._release(cause)
        self._enter(State.FAREWELL, cause, detail=detail)
        self._act(ReturnCaller(outcome, ""))
        self._act(TellCaller(text))
        self._wait(Wakeup.ANNOUNCE, now + self.plan.announce_timeout_s)
