"""What an emulated recogniser hears: when somebody speaks, judged by loudness, and what of a script it is."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

_FRAME_S = 0.02
_LOUD = 300  # mean of the samples' absolute values
_WORD_S = 0.25  # words of a script are understood at this pace


class MomentKind(Enum):
    """What happened in the audio."""

    BEGAN = "somebody began to speak"
    WORDS = "words are understood, a quarter of a second of speech after the last ones"
    STOPPED = "somebody stopped speaking"


@dataclass(frozen=True, slots=True)
class Moment:
    """One event; times in seconds of the session's audio. `text`: what is understood so far."""

    kind: MomentKind
    at_s: float
    begin_s: float
    text: str = ""


@dataclass(slots=True)
class Script:
    """What will have been said, one utterance after the other; "" is a noise without words.

    With `shared` all sessions go through it together, so that one that takes over from another goes on where
    that was; else each begins at the front. After the end nothing is understood, or it begins again: `again`.
    """

    utterances: Sequence[str] = ()
    shared: bool = True
    again: bool = False
    given: list[str] = field(default_factory=list)  # as final, in order
    audio: list[bytearray] = field(default_factory=list)  # all that came, by session, S16LE mono
    _next: int = 0

    def at(self, index: int) -> str:
        """The utterance of this number."""
        if self.again and self.utterances:
            index %= len(self.utterances)
        return self.utterances[index] if index < len(self.utterances) else ""


class ScriptedEar:
    """One session's hearing. Audio is S16LE mono at `rate` Hz, or mu-law (ITU-T G.711) with `mulaw`."""

    def __init__(
        self, script: Script, rate: int = 16_000, *, mulaw: bool = False, silence_s: float = 0.3
    ) -> None:
        self._script = script
        self._rate = rate
        self._mulaw = mulaw
        self._silence_s = silence_s
        self._mine = 0
        self._rest = b""
        self._record = bytearray()
        script.audio.append(self._record)
        self._heard = 0  # frames
        self._loud = self._quiet = 0
        self._begin: float | None = None
        self._told = 0

    @property
    def heard_s(self) -> float:
        """Seconds of audio so far."""
        return self._heard * _FRAME_S

    @property
    def speaking(self) -> bool:
        """Whether somebody is speaking."""
        return self._begin is not None

    @property
    def begin_s(self) -> float:
        """Where the speech that goes on began; the present if nobody speaks."""
        return self.heard_s if self._begin is None else self._begin

    def words(self) -> str:
        """What is understood of the speech that goes on."""
        if self._begin is None:
            return ""
        count = 1 + int((self.heard_s - self._begin) / _WORD_S)
        return " ".join(self._text().split()[:count])

    def hear(self, audio: bytes) -> list[Moment]:
        """Take audio."""
        pcm = _linear(audio) if self._mulaw else audio
        self._record += pcm
        data = self._rest + pcm
        size = int(self._rate * _FRAME_S) * 2
        whole = len(data) // size * size
        self._rest = data[whole:]
        moments: list[Moment] = []
        for at in range(0, whole, size):
            frame = array("h", data[at : at + size])[::16]  # that is enough to judge loudness by
            self._frame(sum(map(abs, frame)) / len(frame) >= _LOUD, moments)
        return moments

    def finish(self) -> Moment | None:
        """The speech that goes on is over: all of its words; None where nobody was speaking."""
        if self._begin is None:
            return None
        begin, self._begin = self._begin, None
        text = self._text()
        self._mine += 1
        if self._script.shared:
            self._script._next += 1
        self._script.given.append(text)
        end = max(self.heard_s - self._quiet * _FRAME_S, begin)
        return Moment(MomentKind.STOPPED, end, begin, text)

    def _frame(self, loud: bool, moments: list[Moment]) -> None:
        self._heard += 1
        self._loud = self._loud + 1 if loud else 0
        self._quiet = 0 if loud else self._quiet + 1
        if self._begin is None:
            if self._loud * _FRAME_S >= 0.06:
                self._begin = self.heard_s - self._loud * _FRAME_S
                self._told = self._heard - self._loud
                moments.append(Moment(MomentKind.BEGAN, self.heard_s, self._begin))
            return
        if self._quiet * _FRAME_S >= self._silence_s:
            moment = self.finish()
            assert moment is not None, "somebody was speaking"
            moments.append(moment)
            return
        if self._heard - self._told >= _WORD_S / _FRAME_S:
            self._told = self._heard
            moments.append(Moment(MomentKind.WORDS, self.heard_s, self._begin, self.words()))

    def _text(self) -> str:
        return self._script.at(self._script._next if self._script.shared else self._mine)


def timed_words(text: str, begin_s: float, end_s: float) -> list[tuple[str, float, float]]:
    """Words with their times, spread evenly."""
    words = text.split()
    step = (end_s - begin_s) / len(words) if words else 0.0
    return [(word, begin_s + i * step, begin_s + (i + 1) * step) for i, word in enumerate(words)]


def _linear(mulaw: bytes) -> bytes:
    return b"".join(_TABLE[code] for code in mulaw)


def _expanded(code: int) -> int:
    """ITU-T G.711 table 2a."""
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -size if code & 0x80 else size


_TABLE = [_expanded(code).to_bytes(2, "little", signed=True) for code in range(256)]
