"""Structured logs: one JSON line an event, personal data wrapped in `Pii` and printed redacted."""

from __future__ import annotations

import logging
import sys
import traceback
from dataclasses import dataclass
from typing import TextIO, cast

import structlog

PLACES_PER_ERROR = 3  # frames, the innermost last: enough to find the line, few enough for a log line


@dataclass(frozen=True, slots=True)
class Pii:
    """Wraps a phone number, a transcript or a name so that no log line can print it."""

    value: object

    def __repr__(self) -> str:
        return "<redacted>"

    __str__ = __repr__


def configure_logging(*, level: str = "INFO", human: bool = False, stream: TextIO | None = None) -> None:
    """Set the process's log format: JSON lines, or aligned text for a terminal when `human`."""
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False)
        if human
        else structlog.processors.JSONRenderer(default=str)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger bound to a component's name."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(component=name))


def places(error: BaseException) -> list[str]:
    """Where an error came from, as `Type at file:line function, …`, one entry for each error of a group.

    This is how a crash is logged: an exception's message may quote what a caller said, and its type and its
    places cannot.
    """
    if isinstance(error, BaseExceptionGroup):
        return [place for child in error.exceptions for place in places(child)]
    frames = list(traceback.walk_tb(error.__traceback__))[-PLACES_PER_ERROR:]
    where = ", ".join(f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in frames)
    name = type(error).__name__
    return [f"{name} at {where}" if where else name]
