"""Several voices as one: another goes on with a phrase that broke off, from the first unheard word."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace

import trio

from aywa.errors import ProviderError
from aywa.ports.routes import RouteReport, RouteUsed, Stage
from aywa.ports.tts import SpeechChunk, Synthesizer
from aywa.providers.failover.attempts import Journey, ended
from aywa.providers.failover.phrase_seam import USUAL_SAMPLES, PhraseSeam
from aywa.providers.failover.race import Attempt, Race, Rules
from aywa.providers.failover.route import Health, Route
from aywa.providers.failover.wall import open_ungrouped_nursery

_STAGE = Stage.SPEAKING
_NEW_SHARE = 0.3  # of what a phrase tells about a voice's pace


class VoiceChain:
    """Implements `ports.tts.Synthesizer`. Made once for many calls: each has its view by `of_call`.

    `last_resort` speaks when no route does: what a call still has to say before it ends.
    """

    def __init__(
        self,
        journey: Journey[Synthesizer],
        last_resort: Synthesizer | None = None,
    ) -> None:
        self.name = journey.routes[0].name
        self._journey = journey
        self._last_resort = last_resort
        self._out = False

    def of_call(self, report: RouteReport) -> VoiceChain:
        """The same for one call, whose listener hears what happens."""
        journey = Journey(_STAGE, self._journey.routes, self._journey.health, report)
        return VoiceChain(journey, self._last_resort)

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See the port. Raises `ProviderError`, not retryable, when no route is left for this phrase."""
        if self._out and self._last_resort is not None:
            async with self._last_resort.synthesize(text) as speech:
                yield speech
            return
        async with open_ungrouped_nursery() as nursery:
            phrase = _Phrase(self._journey, text, nursery, self._last_resort)
            try:
                async with aclosing(phrase.chunks()) as chunks:
                    yield chunks
            finally:
                self._out = self._out or phrase.out
                phrase.race.close()


class _Phrase:
    """One phrase on its way through the routes."""

    def __init__(
        self,
        journey: Journey[Synthesizer],
        text: str,
        nursery: trio.Nursery,
        last_resort: Synthesizer | None,
    ) -> None:
        rules: Rules[Synthesizer, SpeechChunk] = Rules(
            late_first="The voice gives no sound",
            late_next="The voice stopped in the middle of a phrase",
            is_sign=lambda chunk: not chunk.pcm and not chunk.words,
            used=self._used,
        )
        self.race = Race(journey, rules, nursery)
        self.out = False  # no route is left
        self._journey = journey
        self._last_resort = last_resort
        self._paces = journey.health.paces
        self._rest = text  # what no voice has given yet
        self._paid = False  # the first route has begun to speak it
        self._seams = len(journey.routes) > 1  # to hold words back for nobody would only cost time

    async def chunks(self) -> AsyncGenerator[SpeechChunk, None]:
        """The phrase's sound, by whoever gives it."""
        base = 0
        while True:
            try:
                attempt = await self.race.first(self._open)
            except ProviderError:
                self.out = True
                if self._last_resort is None:
                    raise
                async with self._last_resort.synthesize(self._rest) as speech:
                    async for made in speech:
                        yield _moved(made, base)
                return
            name = attempt.route.name
            seam = PhraseSeam(self._rest, self._paces.get(name, USUAL_SAMPLES))
            try:
                while (chunk := await self.race.next(attempt)) is not None:
                    ready = seam.feed(chunk)
                    if ready is None and not self._seams:
                        ready = seam.finish()
                    if ready is not None:
                        yield _moved(ready, base)
                if not seam.received and any(map(str.isalnum, self._rest)):
                    raise ended(name, _STAGE)
            except ProviderError as error:
                self.race.lose(attempt, error)
                base += seam.given
                self._rest = seam.rest()
                if not self._rest.strip():
                    return
                continue
            self.race.finish(attempt)
            self._finished(attempt.route, seam)
            if (ready := seam.finish()) is not None:
                yield _moved(ready, base)
            return

    def _open(self, route: Route[Synthesizer]) -> AbstractAsyncContextManager[AsyncIterator[SpeechChunk]]:
        return route.provider.synthesize(self._rest)

    def _finished(self, route: Route[Synthesizer], seam: PhraseSeam) -> None:
        if (pace := seam.pace()) is not None:
            known = self._paces.get(route.name, pace)
            self._paces[route.name] = known + _NEW_SHARE * (pace - known)
        if route is not self._journey.routes[0]:
            count = len(self._rest)
            self._journey.report(RouteUsed(_STAGE, route.name, instead=not self._paid, characters=count))

    def _used(self, attempt: Attempt[Synthesizer, SpeechChunk]) -> RouteUsed:
        """The first route's characters are counted as those of the phrase."""
        first = attempt.route is self._journey.routes[0]
        self._paid = self._paid or first
        return RouteUsed(_STAGE, attempt.route.name, characters=0 if first else len(self._rest))


def _moved(chunk: SpeechChunk, by: int) -> SpeechChunk:
    """The same, with its words where they are in the whole phrase."""
    if not by or not chunk.words:
        return chunk
    return SpeechChunk(chunk.pcm, tuple(replace(word, at_sample=word.at_sample + by) for word in chunk.words))


def synthesizer_chain(
    routes: Sequence[Route[Synthesizer]], health: Health, last_resort: Synthesizer | None = None
) -> VoiceChain:
    """Voices as one, the preferred one first; `last_resort` says goodbye when none works."""
    return VoiceChain(Journey(_STAGE, routes, health), last_resort)
