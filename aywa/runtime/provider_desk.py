"""From an assistant to the providers of one call: routes, accounts, and what is made of both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import trio
from pydantic import BaseModel

from aywa.call.equipment import CallScope, Equipment, Outfit
from aywa.errors import ProviderError, RequestError
from aywa.log import get_logger
from aywa.model.assistant import Assistant
from aywa.model.price_table import Stage
from aywa.model.secret_parts import part
from aywa.providers.absent import AbsentModel, AbsentSynthesizer, AbsentTranscriber
from aywa.providers.custom_voice import CustomVoice
from aywa.providers.registry import Adapter, Registry
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.runtime.accounts import Account, Accounts
from aywa.runtime.chains import Chains, NamedRoute
from aywa.runtime.providers import Providers
from aywa.runtime.route_choice import Choice, Choices, choices_of
from aywa.settings.vendors import BY_NAME, CUSTOM_VOICE, EMBEDDED, SCRIPTED

T = TypeVar("T")
Warm: TypeAlias = Callable[[], Awaitable[None]]
MAX_ADAPTERS = 2000  # plans and accounts together
_log = get_logger("runtime.provider_desk")


@dataclass(frozen=True, slots=True)
class _Stage(Generic[T]):
    """What the routes of one stage are made with. `own`: what comes with the runtime, by its name."""

    stage: Stage
    adapters: Mapping[str, Adapter[T]]
    own: Mapping[str, T]
    absent: Callable[[str], T]

    @property
    def known(self) -> list[str]:
        custom = [CUSTOM_VOICE] if self.stage is Stage.TTS else []
        return sorted({*self.adapters, *self.own, *custom})


class ProviderDesk:
    """Of one worker."""

    def __init__(
        self,
        door: ProviderDoor,
        registry: Registry,
        accounts: Accounts,
        own: Providers,
        chains: Chains,
        usual: Choices,
    ) -> None:
        """`usual`: what calls take whose assistant names nobody."""
        self.accounts = accounts
        self._usual = usual
        self._made: OrderedDict[tuple[object, ...], Any] = OrderedDict()
        self._door = door
        self._chains = chains
        self._stt = _Stage(Stage.STT, registry.transcribers, {EMBEDDED: own.transcriber}, AbsentTranscriber)
        self._llm = _Stage(Stage.LLM, registry.chat_models, {SCRIPTED: own.model}, AbsentModel)
        self._tts = _Stage(Stage.TTS, registry.synthesizers, {EMBEDDED: own.synthesizer}, AbsentSynthesizer)

    def forget(self) -> None:
        """Something was changed here."""
        self.accounts.forget()

    async def outfit(self, org_id: UUID, assistant: Assistant | None, *, lenient: bool = False) -> Outfit:
        """What a call of this organisation is equipped with that the assistant leads; None: by the settings.

        Raises `RequestError` (400) naming the field of a route that has no account, and the rule. `lenient`:
        such routes are left out, and a call that then lacks a stage is not answered.
        """
        choices = choices_of(assistant).over(self._usual)
        outfit = await self._outfit(org_id, choices, lenient=lenient)
        budget = None if assistant is None else assistant.budget_plan
        if budget is None or budget.cheaper is None:
            return outfit
        cheaper = replace(choices_of(budget.cheaper, "budgetPlan.cheaper."), credentials=choices.credentials)
        less = await self._outfit(org_id, cheaper.over(choices), lenient=lenient)
        return replace(outfit, cheaper=less.equip)

    async def _outfit(self, org_id: UUID, choices: Choices, *, lenient: bool) -> Outfit:
        warmed: list[Warm] = []
        faults: list[RequestError] = []
        hearing = await self._routes(org_id, self._stt, choices.stt, choices, faults, warmed)
        thinking = await self._routes(org_id, self._llm, choices.llm, choices, faults, warmed)
        speaking = await self._routes(org_id, self._tts, choices.tts, choices, faults, warmed)
        if faults and not lenient:
            raise faults[0]
        for fault in faults:
            _log.warning("a provider's route is left out", detail=fault.detail)
        lacks = "" if hearing and thinking and speaking else faults[0].detail

        def equip(scope: CallScope) -> Equipment:
            return Equipment(
                AbsentTranscriber(lacks) if lacks else self._chains.transcriber(hearing, scope),
                AbsentModel(lacks) if lacks else self._chains.model(thinking, scope),
                AbsentSynthesizer(lacks) if lacks else self._chains.synthesizer(speaking, scope),
            )

        return Outfit(equip, partial(_warm, tuple(warmed)))

    async def _routes(
        self,
        org_id: UUID,
        stage: _Stage[T],
        named: Sequence[Choice],
        choices: Choices,
        faults: list[RequestError],
        warmed: list[Warm],
    ) -> list[NamedRoute[T]]:
        found: list[NamedRoute[T]] = []
        for choice in named:
            try:
                found.append(await self._route(org_id, stage, choice, choices, warmed if not found else None))
            except RequestError as error:
                faults.append(error)
        return found

    async def _route(
        self,
        org_id: UUID,
        stage: _Stage[T],
        choice: Choice,
        choices: Choices,
        warmed: list[Warm] | None,
    ) -> NamedRoute[T]:
        """Raises `RequestError`."""
        provider, plan = choice.provider, choice.plan
        if (own := stage.own.get(provider)) is not None:
            if isinstance(own, AbsentTranscriber | AbsentSynthesizer):
                raise _fault(choice, own.detail)
            return NamedRoute(str(getattr(own, "name", provider)), lambda scope: own, kept=True)
        if provider == CUSTOM_VOICE and stage.stage is Stage.TTS:
            server = getattr(plan, "server", None)
            speak: Any = lambda scope: CustomVoice(partial(scope.ask_voice, whom=server))  # noqa: E731
            return NamedRoute(CUSTOM_VOICE, speak)
        adapter = stage.adapters.get(provider)
        if adapter is None:
            raise _fault(choice, f"must be one of {', '.join(stage.known)}", ".provider")
        account = await self.accounts.find(org_id, provider, choices.credentials)
        if account is None:
            if not adapter.keyless:
                raise _fault(choice, _no_account(provider, stage.known), ".provider")
            account = Account(provider, "", "", "none")
        access = account.access(adapter.address(plan), _usual_url(provider))
        if not access.base_url:
            raise _fault(
                choice, f"needs an address: apiUrl of the credential, or {_variable(provider)}_BASE_URL"
            )
        try:
            made = self._adapted(stage.stage, adapter, access, choice, org_id)
        except ProviderError as error:
            raise _fault(choice, error.detail) from error
        if warmed is not None and stage.stage is not Stage.STT:
            # A recogniser's connection is opened before the answer anyway.
            ready = partial(self._door.warm, access, stage=stage.stage.value)
            warmed.append(getattr(made, "warm", ready))
        name = _priced(str(getattr(made, "name", provider)), plan)
        return NamedRoute(name, lambda scope: made, key=f"{name} {account.source}")

    def _adapted(self, stage: Stage, adapter: Adapter[T], access: Access, choice: Choice, org_id: UUID) -> T:
        """The adapter, the same for all calls of a plan and an account: so are its connections."""
        key = (stage, org_id, choice.provider, access.base_url, access.key, _document(choice.plan))
        made: T | None = self._made.get(key)
        if made is None:
            made = adapter.make(self._door, access, choice.plan)
            self._made[key] = made
        self._made.move_to_end(key)
        if len(self._made) > MAX_ADAPTERS:
            self._made.popitem(last=False)  # its connections end when calls leave them
        return made


async def _warm(ready: Sequence[Warm]) -> None:
    """All of them side by side."""
    async with trio.open_nursery() as nursery:
        for each in ready:
            nursery.start_soon(each)


def _priced(name: str, plan: Any) -> str:
    """As prices have it: with the model, where the plan says one."""
    model = getattr(plan, "model", None)
    return f"{name}/{model}" if model and "/" not in name else name


def _document(plan: Any) -> str:
    """What tells plans apart, secrets among it."""
    return repr(part(plan)) if isinstance(plan, BaseModel) else repr(plan)


def _usual_url(provider: str) -> str:
    vendor = BY_NAME.get(provider)
    return "" if vendor is None else vendor.base_url


def _variable(provider: str) -> str:
    vendor = BY_NAME.get(provider)
    return provider.upper().replace("-", "_") if vendor is None else vendor.variable


def _no_account(provider: str, known: Sequence[str]) -> str:
    return (
        f"{provider} needs a credential: make one with this provider, or set {_variable(provider)}_API_KEY; "
        f"the providers are {', '.join(known)}"
    )


def _fault(choice: Choice, rule: str, below: str = "") -> RequestError:
    field = choice.field if choice.field.startswith("RUNTIME_") else choice.field + below
    return RequestError(f"{field}: {rule}", code="invalid-field", field=field)
