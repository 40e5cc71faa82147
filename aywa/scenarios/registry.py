"""Scenarios by name: those that ship, a dotted module, or a file of the operator's own."""

from __future__ import annotations

import importlib
import importlib.util
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Protocol

from aywa.errors import ConfigError, Gap
from aywa.model.script import Script
from aywa.ports.tools import ToolBox

SHIPPED = ("hotel_booking", "pizza_order", "support_triage")
_SETTING = "RUNTIME_SCENARIO"


class ToolsFactory(Protocol):
    """Makes the tools of one call."""

    def __call__(self) -> ToolBox: ...


@dataclass(frozen=True, slots=True)
class ScriptedScenario:
    """A scenario: a prompt for a real model, a script for the scripted one, and the tools both call."""

    name: str
    prompt: str
    script: Script
    tools: ToolsFactory
    end_call_phrases: tuple[str, ...] = field(default=("goodbye",))

    def open_tools(self) -> ToolBox:
        """Fresh tools for one call."""
        return self.tools()


def load_scenario(name: str) -> ScriptedScenario:
    """The scenario of this name: a shipped one, a dotted module, or a path ending in `.py`.

    The module must hold `SCENARIO`. Raises `ConfigError` that lists the shipped names.
    """
    scenario = getattr(_module(name), "SCENARIO", None)
    if not isinstance(scenario, ScriptedScenario):
        raise _config_error(f"{name!r} holds no SCENARIO of type ScriptedScenario")
    return scenario


def _module(name: str) -> ModuleType:
    if name in SHIPPED:
        return importlib.import_module(f"aywa.scenarios.{name}")
    try:
        if name.endswith(".py"):
            return _module_from_file(Path(name))
        if "." in name and re.fullmatch(r"[A-Za-z_][\w.]*\w", name):
            return importlib.import_module(name)
    except (ImportError, OSError, SyntaxError) as error:
        raise _config_error(f"{name!r} cannot be loaded ({type(error).__name__}: {error})") from error
    raise _config_error(f"there is no scenario {name!r}")


def _module_from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"aywa_scenario_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _config_error(fault: str) -> ConfigError:
    rule = f"{fault}; use one of {', '.join(SHIPPED)}, a dotted module or the path of a .py file"
    return ConfigError([Gap(_SETTING, rule, SHIPPED[0])])
