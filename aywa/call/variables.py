"""What a call knows by name: for its prompts, its first message and its tools.

Values come from three hands, and only the operator's own may decide where a request goes:

* the operator: `variableValues`, and what the runtime knows of itself (`now`, `date`, `call.id`, …)
* the caller: `customer.*`
* servers: what was extracted from their answers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from aywa.call.dependencies import CallDependencies
from aywa.model.assistant import Assistant
from aywa.model.extraction import MAX_VARIABLES
from aywa.model.template import filled_or_same, has_template

_SPOKEN = ("first_message", "voicemail_message", "end_call_message")


class Variables:
    """Of one call."""

    def __init__(
        self, given: Mapping[str, object], facts: Mapping[str, object], clock: Callable[[], datetime]
    ) -> None:
        """`given`: the operator's; `facts`: of call and customer."""
        self._given = dict(given)
        self._facts = dict(facts)
        self._clock = clock
        self._extracted: dict[str, object] = {}

    @property
    def extracted(self) -> Mapping[str, object]:
        """What servers have answered."""
        return dict(self._extracted)

    def give(self, more: Mapping[str, object]) -> None:
        """The operator says more: the next assistant's `variableValues`."""
        self._given |= more

    def keep(self, found: Mapping[str, object]) -> None:
        """What was extracted from an answer; a name the operator has given stays his."""
        for name, value in found.items():
            if name not in self._given and (name in self._extracted or len(self._extracted) < MAX_VARIABLES):
                self._extracted[name] = value

    def operator(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """What neither caller, model nor server has chosen, beside these arguments of a tool."""
        facts = {name: value for name, value in self._facts.items() if name != "customer"}
        chosen = {*arguments, *self._extracted}
        times = {name: value for name, value in self._times().items() if name not in chosen}
        return {**times, **facts, **self._given}

    def all(self, arguments: Mapping[str, object] | None = None) -> dict[str, object]:
        """Everything. `arguments`: of a tool that is called; what the operator gave stands before them."""
        return {
            **self._times(),
            **self._extracted,
            **(arguments or {}),
            **self._facts,
            **self._given,
        }

    def text(self, text: str) -> str:
        """A text of the assistant's, filled in."""
        return filled_or_same(text, self.all()) if has_template(text) else text

    def assistant(self, dependencies: CallDependencies) -> CallDependencies:
        """With what the assistant says filled in."""
        spoken = None if dependencies.assistant is None else self._filled(dependencies.assistant)
        return dependencies if spoken is dependencies.assistant else replace(dependencies, assistant=spoken)

    def _filled(self, assistant: Assistant) -> Assistant:
        update: dict[str, object] = {}
        for name in _SPOKEN:
            said = getattr(assistant, name, None)
            if isinstance(said, str) and has_template(said):
                update[name] = self.text(said)
        model = getattr(assistant, "model", None)  # of an assistant that the API keeps
        if model is not None:
            messages = tuple(
                each.model_copy(update={"content": self.text(each.content)})
                if has_template(each.content)
                else each
                for each in model.messages
            )
            if messages != model.messages:
                update["model"] = model.model_copy(update={"messages": messages})
        return assistant.model_copy(update=update) if update else assistant

    def _times(self) -> dict[str, object]:
        now = self._clock().astimezone(UTC)
        return {
            "now": now.isoformat(timespec="seconds"),
            "date": now.strftime("%Y-%m-%d"),
            "time": now.strftime("%H:%M"),
            "year": now.strftime("%Y"),
            "month": now.strftime("%B"),
            "day": now.strftime("%A"),
        }


def number_of(uri: str) -> str:
    """The number or name that an address of SIP has: what stands before its `@`."""
    inner = uri.partition("<")[2].partition(">")[0] or uri
    scheme, _, rest = inner.partition(":")
    return (rest if scheme.lower() in ("sip", "sips", "tel") else inner).partition("@")[0].partition(";")[0]
