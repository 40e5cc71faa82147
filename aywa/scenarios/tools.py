"""Tools from typed functions: the signature becomes a JSON schema, arguments are validated first."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args, get_origin, get_type_hints
from weakref import WeakKeyDictionary

from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model

from aywa.ports.llm import ToolCall, ToolSpec

ToolFunction = Callable[..., object]


_Described = tuple[TypeAdapter[object], tuple[str, ...], ToolSpec]
_methods: WeakKeyDictionary[object, _Described] = WeakKeyDictionary()  # by what is behind the bound methods


class Tool:
    """One function as a tool. The docstring's first line is its description; every parameter needs a type."""

    def __init__(self, function: ToolFunction) -> None:
        self.name: str = function.__name__
        self._function = function
        self._arguments, self._names, self.spec = _described(function)

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


def _described(function: ToolFunction) -> _Described:
    """How to call it. A method is described once, not for every call's object: a model is a class with
    its schema, and classes are cycles that stay until the collector runs.
    """
    if not inspect.ismethod(function):
        return _describe(function)
    known = _methods.get(function.__func__)
    if known is None:
        known = _methods[function.__func__] = _describe(function)
    return known


def _describe(function: ToolFunction) -> _Described:
    name = function.__name__
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, object] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in hints:
            raise TypeError(f"tool {name}: parameter {parameter.name} has no type")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)  # type: ignore[call-overload]
    arguments: TypeAdapter[object] = TypeAdapter(model)
    first_line = (inspect.getdoc(function) or "").split("\n")[0]
    return arguments, tuple(fields), ToolSpec(name, first_line, _schema(arguments))


def _schema(arguments: TypeAdapter[object]) -> Mapping[str, object]:
    schema = dict(arguments.json_schema())
    schema.pop("title", None)
    properties = schema.get("properties", {})
    return {**schema, "properties": {name: _untitled(value) for name, value in properties.items()}}


def choices(literal: object) -> tuple[str, ...]:
    """The strings of a `Literal[...]`, so that a script's values and a tool's schema share one list."""
    if get_origin(literal) is not Literal:
        raise TypeError("choices() wants a Literal")
    return tuple(str(value) for value in get_args(literal))


def _untitled(value: object) -> object:
    return {k: v for k, v in value.items() if k != "title"} if isinstance(value, dict) else value


def _error(text: str) -> str:
    return json.dumps({"error": text})
