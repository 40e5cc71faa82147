"""What a call may cost: from where on cheaper providers do, and when it ends."""

from __future__ import annotations

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.chat_models import ChatModelPlan
from aywa.model.route_plans import AnyVoice
from aywa.model.transcribers.plan import TranscriberPlan


class CheaperPlan(Plan):
    """Who hears, thinks and speaks once most is spent; what is not said stays."""

    transcriber: TranscriberPlan | None = None
    model: ChatModelPlan | None = None
    voice: AnyVoice | None = None


class BudgetPlan(Plan):
    """Limits of one call. Costs are in the price table's currency, tokens are of the model, both kinds.

    From `cheaperAt` (a share of whichever limit is nearest) on the `cheaper` providers go on with the call;
    at a limit itself `endMessage` is said and the call ends.
    """

    max_cost_per_call: float | None = Field(None, gt=0, le=10_000)
    max_tokens_per_call: int | None = Field(None, ge=100, le=100_000_000)
    cheaper_at: float = Field(0.8, ge=0, le=1)
    cheaper: CheaperPlan | None = None
    end_message: str = Field("I am sorry, this call has to end now. Goodbye.", min_length=1, max_length=1000)
