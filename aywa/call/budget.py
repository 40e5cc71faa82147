"""Keeps a call within what its assistant allows it: first cheaper providers, then a goodbye."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.conversation import Conversation
from aywa.call.timeline import Timeline
from aywa.call.usage import Usage
from aywa.model.assistant import Assistant
from aywa.model.budget_plan import BudgetPlan
from aywa.model.costs import price_call, total
from aywa.model.price_table import PriceTable
from aywa.turn.events import SayRequest


class BudgetGuard:
    """Of one call. `leads`: the assistant of the moment; `economise`: have cheaper providers go on."""

    def __init__(
        self,
        usage: Usage,
        prices: PriceTable,
        timeline: Timeline,
        conversation: Conversation,
        leads: Callable[[], Assistant | None],
        economise: Callable[[], bool],
    ) -> None:
        self._usage = usage
        self._prices = prices
        self._timeline = timeline
        self._conversation = conversation
        self._leads = leads
        self._economise = economise
        self._used = trio.Event()
        self._cheaper_for: BudgetPlan | None = None

    async def serve(self) -> None:
        """Look whenever something was used, until the limit is reached. Not where it is used: to change
        providers is no part of an answer.
        """
        self._usage.changed = self._wake
        try:
            while not self._look():
                await self._used.wait()
                self._used = trio.Event()
        finally:
            self._usage.changed = None

    def _wake(self) -> None:
        self._used.set()

    def _look(self) -> bool:
        """Whether the call has come to its end."""
        assistant = self._leads()
        plan = None if assistant is None else assistant.budget_plan
        if plan is None:
            return False
        used = self._usage.usage()
        cost = total(price_call(used, self._prices))
        tokens = used.tokens.prompt + used.tokens.completion
        share = spent_share(plan, cost, tokens)
        facts = {"cost": cost, "tokens": tokens, "share": round(share, 3)}
        if share >= 1:
            self._timeline.add("budget.reached", **facts)
            self._conversation.receive(SayRequest(plan.end_message, end_call=True, protected=True))
            return True
        if share >= plan.cheaper_at and self._cheaper_for is not plan:
            self._cheaper_for = plan
            self._timeline.add("budget.cheaper", **facts, changed=self._economise())
        return False


def spent_share(plan: BudgetPlan, cost: float, tokens: int) -> float:
    """Of the limit that is nearest; 0 without one."""
    of_cost = cost / plan.max_cost_per_call if plan.max_cost_per_call else 0.0
    of_tokens = tokens / plan.max_tokens_per_call if plan.max_tokens_per_call else 0.0
    return max(of_cost, of_tokens)
