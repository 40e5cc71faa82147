"""Tools from typed functions: the signature becomes a JSON schema, arguments are validated first."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model

from aywa.ports.llm import ToolCall, ToolSpec

ToolFunction = Callable[..., object]


class Tool:
    """One function as a tool. The docstring's first line is its description; every parameter needs a type."""

    def __init__(self, function: ToolFunction) -> None:
        self.name: str = function.__name__
        self._function = function
        hints = get_type_hints(function, include_extras=True)
        fields: dict[str, object] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in hints:
                raise TypeError(f"tool {self.name}: parameter {name} has no type")
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[name] = (hints[name], default)
        model = create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)  # type: ignore[call-overload]
        self._arguments: TypeAdapter[object] = TypeAdapter(model)
        self._names = tuple(fields)
        self.spec = ToolSpec(self.name, (inspect.getdoc(function) or "").split("\n")[0], self._schema())

    def _schema(self) -> Mapping[str, object]:
        schema = dict(self._arguments.json_schema())
        schema.pop("title", None)
        properties = schema.get("properties", {})
        return {**schema, "properties": {name: _untitled(value) for name, value in properties.items()}}

    async def __call__(self, arguments: Mapping[str, object]) -> object:
        """Validate and run, plain or async. Raises ValidationError on wrong arguments, or what it raises."""
        valid = self._arguments.validate_python(dict(arguments))
        result = self._function(**{name: getattr(valid, name) for name in self._names})
        return await result if inspect.isawaitable(result) else result


class FunctionTools:
    """The tools of one call: bound functions, and a mapping in which they note what has been settled."""

    def __init__(self, functions: Sequence[ToolFunction], slots: Mapping[str, object]) -> None:
        self._tools = {tool.name: tool for tool in map(Tool, functions)}
        self._slots = slots

    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as the model sees them."""
        return tuple(tool.spec for tool in self._tools.values())

    def slots(self) -> Mapping[str, object]:
        """A copy of what has been settled so far."""
        return dict(self._slots)

    async def invoke(self, call: ToolCall) -> str:
        """Run a tool; wrong arguments, an unknown name and a failing tool all answer `{"error": …}`."""
        tool = self._tools.get(call.name)
        if tool is None:
            return _error(f"there is no tool {call.name}")
        try:
            return json.dumps(await tool(call.arguments))
        except ValidationError as error:
            return _error("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
        except Exception as error:  # noqa: BLE001 - a tool is user code: its failure is an answer to the model
            return _error(f"the tool failed: {type(error).__name__}")


def choices(literal: object) -> tuple[str, ...]:
    """The strings of a `Literal[...]`, so that a script's values and a tool's schema share one list."""
    if get_origin(literal) is not Literal:
        raise TypeError("choices() wants a Literal")
    return tuple(str(value) for value in get_args(literal))


def _untitled(value: object) -> object:
    return {k: v for k, v in value.items() if k != "title"} if isinstance(value, dict) else value


def _error(text: str) -> str:
    return json.dumps({"error": text})
