"""What providers cost: an operator's matter, since only he knows his contracts.

`DEFAULT_PRICES` has what is certain (what runs on the operator's own machines costs nothing by itself) and
one list price as an example of the shape. A file of the operator's own stands before it, entry by entry; what
no entry is for is not priced, and a call's costs say so instead of calling it free.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field, ValidationError

from aywa.errors import Gap
from aywa.model.base import Plan

_MISTAKES = 20


class Stage(StrEnum):
    """What is paid for."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"
    TRANSPORT = "transport"
    STORAGE = "storage"


class Price(Plan):
    """One provider's price, of one `model` or of all that have no entry of their own.

    `provider` of the stage transport is the name of a trunk. Amounts are in the table's currency.
    """

    stage: Stage
    provider: str = Field(min_length=1, max_length=100)
    model: str = Field(default="", max_length=200)
    per_minute: float | None = Field(default=None, ge=0)  # stt, transport
    per_minute_outbound: float | None = Field(default=None, ge=0)  # transport; unset: as `per_minute`
    per_million_prompt_tokens: float | None = Field(default=None, ge=0)
    per_million_cached_prompt_tokens: float | None = Field(
        default=None, ge=0
    )  # unset: as other prompt tokens
    per_million_completion_tokens: float | None = Field(default=None, ge=0)
    per_million_characters: float | None = Field(default=None, ge=0)
    per_gigabyte_month: float | None = Field(default=None, ge=0)
    as_of: date | None = None
    source: str = Field(default="", max_length=1000)


class PriceTable(Plan):
    """Prices in one currency."""

    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    prices: tuple[Price, ...] = Field(default=(), max_length=2000)

    def find(self, stage: Stage, provider: str, model: str = "") -> Price | None:
        """The entry of this model, else the provider's own."""
        of_provider = None
        for price in self.prices:
            if price.stage is stage and price.provider == provider:
                if price.model == model:
                    return price
                if not price.model and of_provider is None:
                    of_provider = price
        return of_provider

    def over(self, other: PriceTable) -> PriceTable:
        """This table's entries before the other's; of another currency those are left out."""
        behind = other.prices if other.currency == self.currency else ()
        return PriceTable(currency=self.currency, prices=(*self.prices, *behind))


_OWN = "runs on the operator's own machines"
DEFAULT_PRICES = PriceTable(
    prices=(
        Price(stage=Stage.STT, provider="embedded", per_minute=0, source=_OWN),
        Price(
            stage=Stage.LLM,
            provider="scripted",
            per_million_prompt_tokens=0,
            per_million_completion_tokens=0,
            source=_OWN,
        ),
        Price(stage=Stage.TTS, provider="embedded", per_million_characters=0, source=_OWN),
        Price(stage=Stage.STORAGE, provider="disk", per_gigabyte_month=0, source=_OWN),
        Price(
            stage=Stage.LLM,
            provider="openai",
            model="gpt-4o-mini",
            per_million_prompt_tokens=0.15,
            per_million_cached_prompt_tokens=0.075,
            per_million_completion_tokens=0.6,
            as_of=date(2026, 6, 20),
            source="the provider's public list price; yours may differ",
        ),
    )
)


def parse_prices(text: str | bytes, where: str) -> tuple[PriceTable | None, list[Gap]]:
    """The table of a JSON text, or its faults; `where` stands before each field's name."""
    try:
        return PriceTable.model_validate_json(text), []
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [
            Gap(".".join([where, *(str(part) for part in fault["loc"])]), fault["msg"])
            for fault in faults[:_MISTAKES]
        ]
