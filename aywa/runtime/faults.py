"""Gathers the faults of several settings, so that all are told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from aywa.errors import ConfigError, Gap
from aywa.runtime.assistant import VARIABLE, load_assistant
from aywa.settings import Settings

_Value = TypeVar("_Value")
_Given = ParamSpec("_Given")


class Faults:
    """Of one start."""

    def __init__(self) -> None:
        self._gaps: list[Gap] = []

    def of(
        self, read: Callable[_Given, _Value], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> _Value | None:
        """What `read` gives for these, None for a fault."""
        try:
            return read(*args, **kwargs)
        except ConfigError as error:
            self._gaps += error.gaps
            return None

    def tell(self) -> None:
        """Raises `ConfigError` if there were any."""
        if self._gaps:
            raise ConfigError(self._gaps)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings, with the assistant's file looked at beside them. Blocks.

    Raises `ConfigError` with every fault of the variables and of the file.
    """
    faults = Faults()
    settings = faults.of(Settings.from_env, environ)
    faults.of(load_assistant, environ.get(VARIABLE, "").strip())
    faults.tell()
    assert settings is not None
    return settings
