"""What hears, thinks and speaks without anybody's help: what comes with the runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec

from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.absent import AbsentSynthesizer, AbsentTranscriber
from aywa.providers.embedded_stt import open_embedded_transcriber
from aywa.providers.embedded_tts import open_embedded_synthesizer
from aywa.providers.phrase_cache import PhraseCache, open_phrase_cache
from aywa.providers.recorded import RecordedPhrases
from aywa.providers.scripted import ScriptedModel
from aywa.scenarios.registry import ScriptedScenario
from aywa.settings import ProviderSettings, RouteName
from aywa.settings.vendors import EMBEDDED


@dataclass(frozen=True, slots=True)
class Providers:
    """What comes with the runtime; each stands where no other provider was chosen."""

    transcriber: Transcriber
    model: ChatModel
    synthesizer: Synthesizer
    phrases: PhraseCache | None = None  # `synthesizer`, once it remembers what is fixed

    @property
    def names(self) -> tuple[str, str, str]:
        """Of all three, in that order."""
        return self.transcriber.name, self.model.name, self.synthesizer.name


@dataclass(frozen=True, slots=True)
class Speech:
    """What is known of all that is said: phrases that are the same in every call, recordings (S16LE of 8 kHz)
    by the text that they are played for, and the voice's speed (1: the usual one).
    """

    fixed: tuple[str, ...] = ()
    recorded: Mapping[str, bytes] = field(default_factory=dict)
    speed: float = 1.0


@asynccontextmanager
async def open_providers(
    settings: ProviderSettings, scenario: ScriptedScenario, given: Providers | None, speech: Speech
) -> AsyncIterator[Providers]:
    """What was given, else what the settings name, with a memory for the fixed phrases.

    Raises `ConfigError` and `ProviderError`.
    """
    if given is not None:
        yield _with_recordings(given, speech)
        return
    async with _open_named(settings, scenario, speech.speed) as named:
        if not speech.fixed:
            yield _with_recordings(named, speech)
            return
        async with open_phrase_cache(named.synthesizer, speech.fixed) as phrases:
            yield _with_recordings(replace(named, synthesizer=phrases, phrases=phrases), speech)


def _with_recordings(providers: Providers, speech: Speech) -> Providers:
    if not speech.recorded:
        return providers
    return replace(providers, synthesizer=RecordedPhrases(providers.synthesizer, speech.recorded))


@asynccontextmanager
async def _open_named(
    settings: ProviderSettings, scenario: ScriptedScenario, speed: float
) -> AsyncIterator[Providers]:
    """What the settings do not name is opened where it costs nothing and is installed: the voice."""
    script = scenario.script
    async with AsyncExitStack() as stack:
        transcriber: Transcriber = AbsentTranscriber("the embedded recogniser is off: name it in RUNTIME_STT")
        if _named(settings.stt):
            transcriber = await stack.enter_async_context(
                open_embedded_transcriber(
                    settings.stt_workers, vocabulary=script.vocabulary(), pronunciations=script.pronunciations
                )
            )
        synthesizer: Synthesizer = AbsentSynthesizer("the embedded voice is not installed: aywa[embedded]")
        if _named(settings.tts) or find_spec("espeakng_loader") is not None:
            synthesizer = await stack.enter_async_context(open_embedded_synthesizer(speed=speed))
        yield Providers(transcriber, ScriptedModel(script), synthesizer)


def _named(routes: tuple[RouteName, ...]) -> bool:
    return any(route.provider == EMBEDDED for route in routes)
