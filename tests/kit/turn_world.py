"""A caller, an engine and providers around a turn manager, on a clock made of numbers."""

from __future__ import annotations

from aywa.turn.decisions import DECISIONS, OPEN_ENDED
from aywa.turn.events import (
    AudioWritten,
    CallEnded,
    CallerSilence,
    CallerSpeech,
    CallStarted,
    CancelGeneration,
    Commit,
    Decided,
    DropSpeculation,
    EndTurn,
    FinalText,
    GateShut,
    Guard,
    HangUp,
    ModelDone,
    ModelToken,
    PartialText,
    PhraseWritten,
    PlayedTo,
    Resume,
    Speak,
    Speculate,
    StartGeneration,
    TurnAction,
    TurnInput,
    UserSaid,
)
from aywa.turn.manager import TurnManager
from aywa.turn.same_words import same_words
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State

SAMPLES_PER_S = 8000
NAMES = {decision.kind: decision.names for decision in DECISIONS}


class TurnWorld:
    """Plays what is written, obeys the gate, and watches the laws that every conversation keeps."""

    def __init__(self, settings: TurnSettings | None = None, *, gate: bool = True) -> None:
        self.settings = settings or TurnSettings()
        self.manager = TurnManager(self.settings)
        self.now = 100.0
        self.gate = gate  # the engine's policy
        self.epoch = 0
        self.opened = 0
        self.played = 0
        self.written = 0  # absolute, like `played`
        self.owner: list[tuple[int, int]] = []  # (turn, end position) of what lies in the ring
        self.alive: int | None = None
        self.cancelled: set[int] = set()
        self.ahead: Speculate | None = None  # the answer that is made ahead
        self.made_ahead: list[int] = []
        self.adopted: list[int] = []
        self.last_said = ""
        self.started: list[StartGeneration] = []
        self.speak: list[Speak] = []
        self.log: list[TurnAction] = []
        self.transitions: list[tuple[str, str, str]] = []
        self.hung_up: HangUp | None = None
        self.words_since_generation = 0
        self.guarded = False  # the engine's gate stays open
        self.heard: dict[int, int] = {}  # samples by turn
        self.step_s = 0.02  # in which audio is played

    @property
    def timeline(self) -> int:
        """The leg's sample counter."""
        return round((self.now - 100.0) * SAMPLES_PER_S)

    def send(self, event: TurnInput) -> list[TurnAction]:
        """One input, then all that follows from it."""
        if isinstance(event, FinalText | PartialText) and event.text.strip():
            self.words_since_generation += 1
        self.manager.receive(event, self.now)
        return self._drain()

    def start(self) -> list[TurnAction]:
        """Answer the call."""
        return self.send(CallStarted())

    def say(
        self, text: str, *, seconds: float = 1.0, final_after: float = 0.1, partial: bool = True
    ) -> list[TurnAction]:
        """The caller speaks for `seconds`, is transcribed, and then silent for as long as a turn takes."""
        actions = self.speech()
        actions += self.wait(seconds)
        if partial:
            actions += self.send(PartialText(text))
        actions += self.silence()
        actions += self.wait(final_after)
        actions += self.send(FinalText(text))
        return actions + self.wait(self.settings.wait_s)

    def speech(self) -> list[TurnAction]:
        """The engine's VAD confirms speech."""
        sample = self.timeline
        if not self.gate or self.guarded:
            return self.send(CallerSpeech(sample, self.epoch))
        self.epoch += 1
        actions = self.send(CallerSpeech(sample, self.epoch))
        return actions + self.send(GateShut(self.epoch, self.played, self.timeline))

    def silence(self) -> list[TurnAction]:
        """The engine's VAD sees the end of speech."""
        return self.send(CallerSilence(self.timeline))

    def answer(self, text: str, *, end_call: bool = False) -> list[TurnAction]:
        """The model gives a whole answer to the turn that is alive."""
        turn = self.manager.turn
        assert turn is not None
        return self.send(ModelToken(turn, text)) + self.send(ModelDone(turn, end_call))

    def synthesize(self, *, seconds: float = 1.0, phrases: int = 100) -> list[TurnAction]:
        """The synthesizer makes the phrases that wait, each of `seconds`."""
        actions: list[TurnAction] = []
        for _ in range(min(phrases, len(self.speak))):
            phrase = self.speak.pop(0)
            samples = round(seconds * SAMPLES_PER_S)
            if self.opened == self.epoch or not self.gate:
                self.written = max(self.written, self.played) + samples
                self.owner.append((phrase.turn, self.written))
                actions += self.send(AudioWritten(phrase.turn, phrase.phrase, samples))
                actions += self.send(PhraseWritten(phrase.turn, phrase.phrase))
            else:
                self.speak.insert(0, phrase)  # a stale epoch takes nothing
                break
        return actions

    def wait(self, seconds: float, *, marks: bool = True) -> list[TurnAction]:
        """Let time pass: timers fire at their deadlines, audio is played when the gate is open."""
        actions: list[TurnAction] = []
        until = self.now + seconds
        while self.now < until and self.manager.state is not State.ENDED:
            deadline = self.manager.deadline
            step = until if deadline is None else min(until, max(deadline[0], self.now))
            step = min(step, self.now + (self.step_s if self.written > self.played else 0.5))
            self._play(step - self.now)
            self.now = max(step, self.now)
            if marks:
                actions += self.send(PlayedTo(self.played, self.timeline))
            if deadline is not None and self.now >= deadline[0]:
                self.manager.handle_timers(self.now)
                actions += self._drain()
                after = self.manager.deadline
                assert after is None or after[0] > self.now, "a timer that does not move is a busy loop"
        return actions

    def end(self) -> list[TurnAction]:
        """The call ends."""
        return self.send(CallEnded())

    def state_is(self, state: State) -> bool:
        """Whether the manager is in this state."""
        return self.manager.state is state

    def of(self, kind: type[TurnAction]) -> list[TurnAction]:
        """All actions of a kind so far."""
        return [action for action in self.log if isinstance(action, kind)]

    def context(self) -> list[tuple[str, str]]:
        """What both sides have said, as a model would read it."""
        lines: list[tuple[str, str]] = []
        for action in self.log:
            if isinstance(action, UserSaid) and action.counts:
                lines.append(("user", action.text))
            elif isinstance(action, EndTurn) and action.heard:
                lines.append(("assistant", action.heard))
        return lines

    def _play(self, seconds: float) -> None:
        if self.gate and self.opened != self.epoch:
            return
        before = start = self.played
        self.played = min(max(self.written, self.played), self.played + round(seconds * SAMPLES_PER_S))
        for turn, end in self.owner:
            if end > before and start < self.played:
                assert turn not in self.cancelled, "audio of a cancelled turn was played"
                self.heard[turn] = self.heard.get(turn, 0) + min(end, self.played) - start
            start = max(start, end)
        self.owner = [entry for entry in self.owner if entry[1] > self.played]

    def _drain(self) -> list[TurnAction]:
        actions = self.manager.actions()
        for action in actions:
            self._obey(action)
        self.log += actions
        return actions

    def _obey(self, action: TurnAction) -> None:
        match action:
            case Speculate(speculation, text):
                assert self.alive is None
                assert self.ahead is None, "two answers at once"
                assert self.hung_up is None
                assert text.strip()
                self.ahead = action
                self.made_ahead.append(speculation)
            case DropSpeculation(speculation):
                assert self.ahead is not None
                assert self.ahead.speculation == speculation
                self.ahead = None
            case StartGeneration(turn, speculation=speculation):
                assert self.alive is None, "two generations at once"
                assert (None if self.ahead is None else self.ahead.speculation) == speculation
                if self.ahead is not None:
                    assert same_words(self.ahead.text, self.last_said)
                    self.adopted.append(self.ahead.speculation)
                    self.ahead = None
                assert self.hung_up is None
                self.alive = turn
                self.started.append(action)
            case CancelGeneration(turn):
                assert self.alive == turn
                self.alive = None
                self.cancelled.add(turn)
                self.speak = [phrase for phrase in self.speak if phrase.turn != turn]
            case EndTurn(turn):
                self.alive = None
            case Speak():
                assert action.turn == self.alive
                self.speak.append(action)
            case Commit(epoch):
                self.written = self.played
                self.owner = []
                self.opened = epoch
            case Resume(epoch):
                self.opened = epoch
            case UserSaid(text):
                self.last_said = text
            case Guard(on):
                self.guarded = on
            case HangUp():
                assert self.hung_up is None
                self.hung_up = action
            case Decided(kind, data):
                assert kind in OPEN_ENDED or set(data) <= NAMES[kind], f"{kind}: {set(data) - NAMES[kind]}"
                if kind == "turn.state":
                    self.transitions.append((str(data["from"]), str(data["cause"]), str(data["to"])))
            case _:
                pass


def greeted(settings: TurnSettings | None = None, *, gate: bool = True) -> TurnWorld:
    """A call in which the greeting was heard and it is the caller's turn."""
    world = TurnWorld(settings, gate=gate)
    world.start()
    world.answer("Good morning.")
    world.synthesize()
    world.wait(1.5)
    assert world.state_is(State.LISTENING)
    return world


def speaking(text: str = "We have a room.", seconds: float = 4.0) -> TurnWorld:
    """A call in which an answer is being heard, one second of it."""
    world = greeted()
    world.say("a room please")
    world.answer(text)
    world.synthesize(seconds=seconds)
    world.wait(1.0)
    assert world.state_is(State.SPEAKING)
    return world
