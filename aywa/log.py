"""Structured logs: one JSON line an event, personal data wrapped in `Pii` and printed redacted."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TextIO, cast

import structlog


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
