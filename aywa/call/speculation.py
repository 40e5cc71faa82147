"""Has answers made ahead, one at a time, and hands the one that turns out right to the turn.

The turn manager says when; here it is seen that the call's budget holds, that an answer is still one to this
very conversation when it is adopted, and what the others have cost.
"""

from __future__ import annotations

import trio

from aywa.call.ahead import AheadAnswer, estimated_prompt
from aywa.call.generation import GenerationParts
from aywa.ports.llm import ChatRequest, Role
from aywa.turn.events import DropSpeculation, Speculate, StartGeneration, Unused
from aywa.turn.same_words import same_words
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_budget import SpeculationBudget


class Speculations:
    """Of one conversation. No method waits; what is made runs in `nursery`."""

    def __init__(self, settings: TurnSettings, parts: GenerationParts, nursery: trio.Nursery) -> None:
        self._settings = settings
        self._bounds = settings.speculation
        self._parts = parts
        self._nursery = nursery
        self._budget = SpeculationBudget(settings.speculation)
        self._answer: AheadAnswer | None = None
        self._began_at = 0.0

    def change(self, parts: GenerationParts) -> None:
        """Answers are made with these from now on; one that others have begun is stale."""
        self._parts = parts
        if self._answer is not None:
            self._answer.foreign = True

    def do(self, action: Speculate | DropSpeculation) -> None:
        """Begin one, or drop the one there is."""
        if isinstance(action, Speculate):
            self._begin(action)
        elif self._answer is not None and self._answer.speculation == action.speculation:
            self._drop(self._answer, action.why)

    def adopt(self, start: StartGeneration) -> AheadAnswer | None:
        """The answer made ahead for this turn, which the caller's words already stand in the context for."""
        answer = self._answer
        if answer is None or start.speculation != answer.speculation:
            return None
        if answer.failure is not None:
            self._drop(answer, Unused.FAILED)
            return None
        if answer.foreign or not self._still_asked(answer.request):
            self._drop(answer, Unused.STALE)
            return None
        self._answer = None
        answer.adopt()
        self._parts.timeline.add(
            "speculation.adopted",
            id=answer.speculation,
            turn=start.turn,
            ahead_ms=_ms(trio.current_time() - self._began_at),
            first_token_ms=self._after(answer.first_token_at),
            first_audio_ms=self._after(answer.phrase.first_audio_at if answer.phrase else None),
        )
        return answer

    def _begin(self, action: Speculate) -> None:
        """Make an answer ahead, if it may be: when not there is none, and nobody is told."""
        assert self._answer is None, "one answer ahead at a time"
        parts = self._parts
        if parts.tools.running:
            return  # what the model would answer depends on them
        request = parts.context.request(parts.tools.box.specs(), then=action.text)
        estimate = estimated_prompt(request)
        if not self._budget.admits(estimate):
            parts.timeline.add(
                "speculation.refused",
                id=action.speculation,
                why="BUDGET",
                prompt_tokens=estimate,
                spent_tokens=self._budget.tokens,
                budget_tokens=self._bounds.budget_tokens,
            )
            return
        providers = (parts.model, parts.synthesizer)
        answer = AheadAnswer(action.speculation, request, providers, self._budget, self._settings)
        self._answer, self._began_at = answer, trio.current_time()
        parts.timeline.add("speculation.started", id=action.speculation, messages=len(request.messages))
        self._nursery.start_soon(answer.run, name=f"speculation {action.speculation}")

    def _still_asked(self, asked: ChatRequest) -> bool:
        """Whether the model would be asked the same now, but for the spelling of the caller's last words."""
        parts = self._parts
        now = parts.context.request(parts.tools.box.specs())
        if parts.tools.running or now.tools != asked.tools or now.messages[:-1] != asked.messages[:-1]:
            return False
        mine, theirs = now.messages[-1], asked.messages[-1]
        return mine.role is theirs.role is Role.USER and same_words(mine.text, theirs.text)

    def _drop(self, answer: AheadAnswer, why: Unused) -> None:
        self._answer = None
        answer.cancel()
        cost = answer.cost
        self._budget.dropped(cost)
        self._parts.timeline.add(
            "speculation.dropped",
            id=answer.speculation,
            why=why.name,
            ahead_ms=_ms(trio.current_time() - self._began_at),
            prompt_tokens=cost.prompt_tokens,
            completion_tokens=cost.completion_tokens,
            estimated=cost.estimated,
            characters=cost.characters,
            spent_tokens=self._budget.tokens,
            budget_tokens=self._bounds.budget_tokens,
            detail=answer.failure or "",
        )

    def _after(self, at: float | None) -> int | None:
        return None if at is None else _ms(at - self._began_at)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
