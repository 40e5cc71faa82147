"""Tries accounts at vendors with the smallest real request: what works, how fast, and what to mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import trio

from aywa.errors import ProviderError, ProviderFault, RequestError
from aywa.model.price_table import Stage
from aywa.model.route_plans import parse_route
from aywa.ports.llm import ChatModel, ChatRequest, Message, Role
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.registry import Registry
from aywa.providers.web.door import ProviderDoor
from aywa.runtime.accounts import Account
from aywa.settings.vendors import BY_NAME

BOUND_S = 8.0  # of one try
HEARING_S = 1.0  # a recogniser that has not refused by then takes audio
_SILENCE = bytes(16_000)  # half a second of 16 kHz
_FIX = {
    ProviderFault.UNAUTHORISED: "the key is not taken: put a valid one into {source}",
    ProviderFault.FUNDS: "the account is empty or over its quota: top it up at the vendor's",
    ProviderFault.RATE_LIMITED: "the account has reached its rate: ask the vendor for a higher one",
    ProviderFault.UNAVAILABLE: "it is away: look at its status, and at this host's way out",
    ProviderFault.TIMEOUT: "it answers too slowly: look at its status, and at this host's way out",
    ProviderFault.REFUSED: "its address is not public: list the host in RUNTIME_OUTBOUND_PRIVATE",
    ProviderFault.BAD_REQUEST: "it does not take the request: name a model or voice that the account has",
}
# What is asked for where nothing says which model or voice: something small that every account has.
SMALLEST: Mapping[tuple[Stage, str], Mapping[str, str]] = {
    (Stage.LLM, "openai"): {"model": "gpt-4o-mini"},
    (Stage.LLM, "anthropic"): {"model": "claude-3-5-haiku-latest"},
    (Stage.LLM, "google"): {"model": "gemini-2.0-flash"},
    (Stage.LLM, "groq"): {"model": "llama-3.1-8b-instant"},
    (Stage.LLM, "cerebras"): {"model": "llama3.1-8b"},
    (Stage.LLM, "deep-seek"): {"model": "deepseek-chat"},
    (Stage.LLM, "mistral"): {"model": "ministral-3b-latest"},
    (Stage.LLM, "openrouter"): {"model": "openai/gpt-4o-mini"},
    (Stage.LLM, "xai"): {"model": "grok-3-mini"},
    (Stage.TTS, "11labs"): {"voiceId": "21m00Tcm4TlvDq8ikWAM"},
    (Stage.TTS, "cartesia"): {"voiceId": "694f9389-aac1-45b6-b726-9d9369183238"},
    (Stage.TTS, "deepgram"): {"voiceId": "thalia"},
    (Stage.TTS, "openai"): {"voiceId": "alloy"},
    (Stage.TTS, "azure"): {"voiceId": "en-US-JennyNeural"},
    (Stage.TTS, "rime-ai"): {"voiceId": "cove"},
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One account at one stage. `fix`: "" when it works; `took_ms`: to the first sign of the wanted thing."""

    provider: str
    stage: Stage
    source: str
    ok: bool
    took_ms: int
    detail: str
    fix: str = ""

    def __str__(self) -> str:
        """One line."""
        verdict = "ok" if self.ok else "FAILS"
        said = f"{self.provider:<18} {self.stage.value:<4} {verdict:<6} {self.took_ms:>6} ms"
        return f"{said}  {self.source}" + (f": {self.detail}; {self.fix}" if self.fix else "")


async def try_accounts(
    door: ProviderDoor,
    registry: Registry,
    accounts: Iterable[Account],
    wanted: Mapping[tuple[Stage, str], Mapping[str, str]] = SMALLEST,
) -> list[Tried]:
    """Each account at every stage that it has an adapter for, side by side; told in their order."""
    tasks: list[tuple[Account, Stage, Any]] = []
    for account in accounts:
        for stage, adapters in (
            (Stage.STT, registry.transcribers),
            (Stage.LLM, registry.chat_models),
            (Stage.TTS, registry.synthesizers),
        ):
            if account.provider in adapters:
                tasks.append((account, stage, adapters[account.provider]))
    found: dict[int, Tried] = {}

    async def one(number: int, account: Account, stage: Stage, adapter: Any) -> None:
        document = {"provider": account.provider, **wanted.get((stage, account.provider), {})}
        found[number] = await _try(door, adapter, account, stage, document)

    async with trio.open_nursery() as nursery:
        for number, task in enumerate(tasks):
            nursery.start_soon(one, number, *task)
    return [found[number] for number in sorted(found)]


async def _try(
    door: ProviderDoor, adapter: Any, account: Account, stage: Stage, document: Mapping[str, str]
) -> Tried:
    began = trio.current_time()
    error: ProviderError | None = None
    try:
        plan = parse_route(stage, document)
        vendor = BY_NAME.get(account.provider)
        made = adapter.make(
            door, account.access(adapter.address(plan), vendor.base_url if vendor else ""), plan
        )
        with trio.fail_after(BOUND_S):
            await _ask(stage, made)
    except RequestError as refused:
        fix = "name a model or a voice for it, in an assistant or in RUNTIME_STT, _LLM or _TTS"
        return Tried(account.provider, stage, account.source, False, 0, refused.detail, fix)
    except ProviderError as failed:
        error = failed
    except trio.TooSlowError:
        error = ProviderError(
            "nothing came in time",
            provider=account.provider,
            stage=stage.value,
            fault=ProviderFault.TIMEOUT,
        )
    took_ms = round((trio.current_time() - began) * 1000)
    if error is None:
        return Tried(account.provider, stage, account.source, True, took_ms, "works")
    usual = "look at the vendor's status, and at the newest release"
    fix = _FIX[error.fault].format(source=account.source) if error.fault in _FIX else usual
    return Tried(account.provider, stage, account.source, False, took_ms, error.detail, fix)


async def _ask(stage: Stage, made: Transcriber | ChatModel | Synthesizer) -> None:
    """Until the first sign of what is wanted. Raises ProviderError."""
    if stage is Stage.STT:
        assert hasattr(made, "open")
        async with made.open() as ear:
            ear.feed_nowait(_SILENCE, 4000)
            with trio.move_on_after(HEARING_S):
                async for _ in ear.events():
                    return
    elif stage is Stage.LLM:
        request = ChatRequest((Message(Role.SYSTEM, "Answer with one word."), Message(Role.USER, "Say OK.")))
        assert hasattr(made, "stream")
        async with made.stream(request) as events:
            async for _ in events:
                return
    else:
        assert hasattr(made, "synthesize")
        async with made.synthesize("OK.") as speech:
            async for _ in speech:
                return
