"""Makes of one call what was asked for: every part on its own, side by side, each within its own time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import trio

from aywa.analysis.asking import Answer, Came, ask
from aywa.analysis.prompts import RUBRICS, CallMatter, ask_data, ask_success, ask_summary
from aywa.analysis.schema import Unfit, parse_answer
from aywa.log import get_logger
from aywa.model.analysis_plan import AnalysisPlan, PlanMessage, Rubric, StructuredDataPlan
from aywa.model.costs import CostItem, price_analysis
from aywa.model.linear_regex import PatternError, compile_pattern
from aywa.model.price_table import DEFAULT_PRICES, PriceTable
from aywa.ports.analysis import AnalysisResult, OutputSpec
from aywa.ports.llm import ChatModel

OUTPUT_TIMEOUT_S = 20.0  # of a structured output, which has none of its own
MAX_SUMMARY = 5_000  # characters
_log = get_logger("analysis")


@dataclass(slots=True)
class _Found:
    """What came of the parts so far."""

    analysis: dict[str, object] = field(default_factory=dict)
    multi: dict[int, dict[str, object]] = field(default_factory=dict)
    outputs: dict[str, dict[str, object]] = field(default_factory=dict)
    costs: list[CostItem] = field(default_factory=list)


class Analyst:
    """Asks one model. `counts`: by part, a point, and what came of it; `summary.answered` and the like."""

    def __init__(self, model: ChatModel, prices: PriceTable = DEFAULT_PRICES) -> None:
        self._model = model
        self._prices = prices
        self.counts: Counter[str] = Counter()

    async def analyse(
        self, matter: CallMatter, plan: AnalysisPlan | None, outputs: Sequence[OutputSpec] = ()
    ) -> AnalysisResult:
        """Never raises for what a model does; parts that did not come are left out."""
        found = _Found()
        if plan is not None and len(matter.lines) < plan.min_messages_threshold:
            return AnalysisResult()
        async with trio.open_nursery() as nursery:
            for part in (*self._planned(matter, plan, found), *self._wanted(matter, outputs, found)):
                nursery.start_soon(part)
        if found.multi:
            found.analysis["structuredDataMulti"] = [found.multi[index] for index in sorted(found.multi)]
        return AnalysisResult(found.analysis, found.outputs, found.costs)

    def _planned(
        self, matter: CallMatter, plan: AnalysisPlan | None, found: _Found
    ) -> list[Callable[[], Awaitable[None]]]:
        if plan is None:
            return []
        parts: list[Callable[[], Awaitable[None]]] = []
        if plan.summary_plan.enabled:
            parts.append(partial(self._summary, matter, plan, found))
        if plan.success_evaluation_plan.enabled:
            parts.append(partial(self._success, matter, plan, found))
        if plan.structured_data_plan.enabled:
            keep = partial(_keep, found.analysis, "structuredData")
            parts.append(partial(self._data, matter, plan.structured_data_plan, found, keep))
        for index, keyed in enumerate(plan.structured_data_multi_plan):
            if keyed.plan.enabled:
                keep = partial(_keep_keyed, found.multi, index, keyed.key)
                parts.append(partial(self._data, matter, keyed.plan, found, keep))
        return parts

    def _wanted(
        self, matter: CallMatter, outputs: Sequence[OutputSpec], found: _Found
    ) -> list[Callable[[], Awaitable[None]]]:
        return [partial(self._output, matter, spec, found) for spec in outputs]

    async def _summary(self, matter: CallMatter, plan: AnalysisPlan, found: _Found) -> None:
        asked = ask_summary(matter, plan.summary_plan.messages)
        answer = await ask(self._model, asked, _text, plan.summary_plan.timeout_seconds)
        self._count("summary", answer, found)
        if answer.came is Came.ANSWERED:
            found.analysis["summary"] = answer.value

    async def _success(self, matter: CallMatter, plan: AnalysisPlan, found: _Found) -> None:
        wanted = plan.success_evaluation_plan
        asked = ask_success(matter, wanted.rubric, wanted.messages)
        answer = await ask(self._model, asked, partial(_verdict, wanted.rubric), wanted.timeout_seconds)
        self._count("successEvaluation", answer, found)
        if answer.came is Came.ANSWERED:
            found.analysis["successEvaluation"] = answer.value

    async def _data(
        self, matter: CallMatter, plan: StructuredDataPlan, found: _Found, keep: Callable[[object], None]
    ) -> None:
        if plan.schema_ is None:
            self.counts["structuredData.bad_schema"] += 1
            return
        answer = await self._extract(matter, plan.schema_, plan.messages, "", plan.timeout_seconds)
        self._count("structuredData", answer, found)
        if answer.came is Came.ANSWERED:
            keep(answer.value)

    async def _output(self, matter: CallMatter, spec: OutputSpec, found: _Found) -> None:
        if spec.pattern:
            answer = _look_for(spec, matter)
        else:
            answer = await self._extract(matter, spec.schema, (), spec.description, OUTPUT_TIMEOUT_S)
        self._count("structuredOutput", answer, found)
        if answer.came is Came.ANSWERED:
            found.outputs[spec.id] = {"name": spec.name, "result": answer.value}

    async def _extract(
        self,
        matter: CallMatter,
        schema: Mapping[str, object],
        messages: Sequence[PlanMessage],
        description: str,
        bound_s: float,
    ) -> Answer:
        asked = ask_data(matter, schema, messages, description)
        return await ask(self._model, asked, partial(parse_answer, schema=schema), bound_s)

    def _count(self, part: str, answer: Answer, found: _Found) -> None:
        self.counts[f"{part}.{answer.came.value}"] += 1
        if answer.came is not Came.ANSWERED:
            _log.warning("analysis.missing", part=part, came=answer.came.value)
        if answer.tokens.prompt or answer.tokens.completion:
            found.costs.append(price_analysis(part, self._model.name, answer.tokens, self._prices))


def _keep(into: dict[str, object], name: str, value: object) -> None:
    into[name] = value


def _keep_keyed(into: dict[int, dict[str, object]], index: int, key: str, value: object) -> None:
    into[index] = {"key": key, "result": value}


def _text(text: str) -> str:
    text = text.strip()
    if not text:
        raise Unfit("it is empty")
    return text[:MAX_SUMMARY]


def _verdict(rubric: Rubric, text: str) -> str:
    text, pattern = _text(text), RUBRICS[rubric][1]
    if pattern is None:
        return text
    found = re.fullmatch(pattern, text.rstrip("."), re.IGNORECASE)
    if found is None:
        raise Unfit(f"it must be {RUBRICS[rubric][0]}")
    return found.group(0)


def _look_for(spec: OutputSpec, matter: CallMatter) -> Answer:
    """By an expression: whether a line has it, the first such line, or all of them, by the schema's type."""
    try:
        pattern = compile_pattern(spec.pattern)
    except PatternError:
        return Answer(Came.BAD_SCHEMA)
    lines = [line.text for line in matter.lines if pattern.matches(line.text)]
    match spec.schema.get("type"):
        case "boolean":
            return Answer(Came.ANSWERED, bool(lines))
        case "array":
            return Answer(Came.ANSWERED, lines)
        case _:
            return Answer(Came.ANSWERED, lines[0] if lines else None)
