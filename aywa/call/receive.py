"""What the engine reports of a leg, into the conversation."""

from __future__ import annotations

from typing import Protocol

import trio

from aywa.call.conversation import Conversation
from aywa.call.ending import Ending, reason_for
from aywa.call.hearing import Hearing
from aywa.call.judging import Judging
from aywa.call.keys import KeyPresses, KeyWay
from aywa.call.media_port import LegPort
from aywa.call.pauses import Why
from aywa.call.playout import SAMPLE_RATE_HZ, Playout
from aywa.call.timeline import Timeline
from aywa.errors import EndCode
from aywa.media.events import (
    Digit,
    DigitSent,
    Drained,
    FirstPacket,
    GateClosed,
    LegEvent,
    LowWater,
    Mark,
    MediaTimeout,
    PcmReady,
    SourceLearned,
    SpeechStarted,
    SpeechStopped,
)
from aywa.turn.events import CallerSilence, CallerSpeech, GateShut, PlayedTo
from aywa.turn.latency import LatencyClock


class UplinkTap(Protocol):
    """Who else hears the caller. Samples are of the timeline (8 kHz), audio is 16 kHz S16LE mono."""

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Audio up to this sample."""

    def speech_started(self, sample: int) -> None:
        """Speech began there."""

    def speech_stopped(self, sample: int) -> None:
        """Speech ended there."""


def note(event: LegEvent, timeline: Timeline, ending: Ending) -> bool:
    """Keep what a leg tells of the line itself; True when the event was that."""
    match event:
        case FirstPacket(sample):
            timeline.add("media.first_packet", timeline=sample)
        case MediaTimeout(silent_s):
            timeline.add("media.timeout", silent_s=silent_s)
            ending.end(reason_for(EndCode.MEDIA_TIMEOUT))
        case SourceLearned(host, port, sample):
            timeline.add("media.source_learned", remote=f"{host}:{port}", timeline=sample)
        case DigitSent(digit):
            timeline.add("media.digit_sent", digit=digit)
        case _:
            return False
    return True


class Receiver:
    """The call's `receive` task."""

    def __init__(
        self,
        leg: LegPort,
        conversation: Conversation,
        hearing: Hearing,
        playout: Playout,
        latency: LatencyClock,
        judging: Judging,
        keys: KeyPresses,
        *,
        tap: UplinkTap | None = None,
        sound: UplinkTap | None = None,
    ) -> None:
        self._leg = leg
        self._conversation = conversation
        self._hearing = hearing
        self._playout = playout
        self._latency = latency
        self._judging = judging
        self._keys = keys
        self._taps = tuple(each for each in (tap, sound) if each is not None)
        self._deaf_for: set[Why] = set()
        self.aside = False  # while deaf, the recogniser hears all the same, for somebody else
        self._speaking = False
        self._unheard_began = False

    def deaf(self, deaf: bool, why: Why = Why.TRANSFER) -> None:
        """Nothing that this side says or presses reaches the conversation, until nobody wants that any more.

        The gate is kept open: nobody is interrupted by whom he does not hear.
        """
        if deaf and not self._deaf_for:
            self._hear()
            if self._speaking:  # the rest of the sentence is not for us
                self._stopped(self._leg.timeline)
                self._unheard_began = True
        (self._deaf_for.add if deaf else self._deaf_for.discard)(why)
        self._keys.muted = bool(self._deaf_for)

    async def serve(self, timeline: Timeline, ending: Ending) -> None:
        """Pass events on until cancelled."""
        while True:
            event = await self._leg.next_event()
            if isinstance(event, Digit):
                self._keys.pressed(event.digit, event.duration_ms, KeyWay.RTP)
            elif note(event, timeline, ending):
                continue
            elif self._deaf_for:
                self._unheard(event)
            else:
                self._speech(event)

    def _speech(self, event: LegEvent) -> None:
        """The caller's speech and our own."""
        receive = self._conversation.receive
        match event:
            case PcmReady():
                self._hear()
            case SpeechStarted(sample, epoch):
                self._hear()  # what was said must not come after the news of it
                self._speaking = True
                self._hearing.speech_started(sample)
                self._judging.speech_started(sample)
                for tap in self._taps:
                    tap.speech_started(sample)
                receive(CallerSpeech(sample, epoch))
            case SpeechStopped() if self._unheard_began:
                self._unheard_began = False  # the sentence began when nobody listened
            case SpeechStopped(sample):
                self._hear()
                self._stopped(sample)
            case GateClosed(epoch, played, timeline):
                receive(GateShut(epoch, played, timeline))
            case Mark(mark_id, played, timeline):
                self._playout.mark_reached(mark_id, played, timeline)
            case Drained(played, timeline):
                self._playout.wake()
                receive(PlayedTo(played, timeline))
            case LowWater():
                self._playout.wake()

    def _stopped(self, sample: int) -> None:
        leg = self._leg
        self._speaking = False
        silent_s = max(0, leg.timeline - sample) / SAMPLE_RATE_HZ
        self._hearing.speech_stopped(sample, silent_s)
        self._judging.speech_stopped(sample)
        self._latency.speech_stopped(sample, leg.timeline, trio.current_time())
        self._conversation.receive(CallerSilence(sample, silent_s))
        for tap in self._taps:
            tap.speech_stopped(sample)

    def _unheard(self, event: LegEvent) -> None:
        """Only our own speech goes on as ever; what was heard is thrown away."""
        leg = self._leg
        match event:
            case PcmReady():
                while pcm := leg.read_uplink():
                    if self.aside:
                        self._hearing.feed(pcm, leg.uplink_end)
            case SpeechStarted(sample, epoch) | GateClosed(epoch, sample, _):
                if isinstance(event, SpeechStarted):
                    self._unheard_began = True
                    if self.aside:
                        self._hearing.speech_started(sample)
                leg.resume(epoch)
                self._playout.gate_opened(epoch, flushed=False)
            case SpeechStopped(sample):
                self._unheard_began = False
                if self.aside:
                    self._hearing.speech_stopped(sample, max(0, leg.timeline - sample) / SAMPLE_RATE_HZ)
            case Mark() | Drained() | LowWater():
                self._speech(event)

    def _hear(self) -> None:
        """Pass on all that was heard, piece by piece: time may be missing between two of them."""
        while pcm := self._leg.read_uplink():
            self._hearing.feed(pcm, self._leg.uplink_end)
            self._judging.feed(pcm, self._leg.uplink_end)
            for tap in self._taps:
                tap.feed(pcm, self._leg.uplink_end)
