"""What hears, thinks and speaks for the calls of a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.embedded_stt import open_embedded_transcriber
from aywa.providers.embedded_tts import open_embedded_synthesizer
from aywa.providers.phrase_cache import PhraseCache, open_phrase_cache
from aywa.providers.scripted import ScriptedModel
from aywa.scenarios.registry import ScriptedScenario
from aywa.settings import ProviderSettings


@dataclass(frozen=True, slots=True)
class Providers:
    """What hears, thinks and speaks for every call of a worker."""

    transcriber: Transcriber
    model: ChatModel
    synthesizer: Synthesizer
    phrases: PhraseCache | None = None  # `synthesizer`, once it remembers what is fixed

    @property
    def names(self) -> tuple[str, str, str]:
        """Of all three, in that order."""
        return self.transcriber.name, self.model.name, self.synthesizer.name


@asynccontextmanager
async def open_providers(
    settings: ProviderSettings, scenario: ScriptedScenario, given: Providers | None, fixed: tuple[str, ...]
) -> AsyncIterator[Providers]:
    """What was given, else what the settings name, with a memory for the `fixed` phrases.

    Raises `ConfigError` and `ProviderError`.
    """
    if given is not None:
        yield given
        return
    async with _open_named(settings, scenario) as named:
        if not fixed:
            yield named
            return
        async with open_phrase_cache(named.synthesizer, fixed) as phrases:
            yield replace(named, synthesizer=phrases, phrases=phrases)


@asynccontextmanager
async def _open_named(settings: ProviderSettings, scenario: ScriptedScenario) -> AsyncIterator[Providers]:
    """Each name has one implementation so far."""
    script = scenario.script
    async with (
        open_embedded_transcriber(
            settings.stt_workers, vocabulary=script.vocabulary(), pronunciations=script.pronunciations
        ) as transcriber,
        open_embedded_synthesizer() as synthesizer,
    ):
        yield Providers(transcriber, ScriptedModel(script), synthesizer)
