"""Structured logs: one JSON line an event, with personal data and secrets taken out.

Every line goes through `redaction`, whoever wrote it: this runtime through structlog, and what others write
through the standard library's `logging`. Of theirs the words are printed and not what was put into them,
which nobody here has looked at. An error is printed by its places and never by its message, also one that
ends the process or a thread.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO, TypeAlias, cast

import structlog

from aywa.redaction import redact, redact_text

PLACES_PER_ERROR = 3  # frames, the innermost last: enough to find the line, few enough for a log line
_OURS = frozenset(
    {"event", "level", "timestamp", "component", "request_id", "call_id", "places", "exception"}
)
_LOUDEST_OTHERS = logging.WARNING  # others' news are not ours
Line: TypeAlias = Mapping[str, object]
_listener: ContextVar[Callable[[Line], None] | None] = ContextVar("log_listener", default=None)


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
            _without_messages,
            _without_private,
            _tell_listener,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Others)]:
        root.removeHandler(handler)
    root.addHandler(_Others(stream or sys.stderr, renderer))
    root.setLevel(max(_LOUDEST_OTHERS, logging.getLevelNamesMapping()[level]))
    logging.captureWarnings(capture=True)


def install_crash_log() -> None:
    """What ends the process or a thread is logged by its places, and not printed with its message."""

    def crashed(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        get_logger("process").critical("crashed", places=places(error))

    def thread_crashed(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            crashed(args.exc_type, args.exc_value, None)

    def not_raised(args: Any) -> None:
        if args.exc_value is not None:
            get_logger("process").error("an error could not be raised", places=places(args.exc_value))

    sys.excepthook = crashed
    threading.excepthook = thread_crashed
    sys.unraisablehook = not_raised


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger bound to a component's name."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(component=name))


@contextmanager
def log_of_call(call_id: str, listener: Callable[[Line], None]) -> Iterator[None]:
    """Lines that are written in this context name the call, and `listener` gets them as they are printed."""
    token = _listener.set(listener)
    try:
        with structlog.contextvars.bound_contextvars(call_id=call_id):
            yield
    finally:
        _listener.reset(token)


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


def _without_messages(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Any:
    """An exception becomes its places."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["exception"] = places(error)
    line.pop("stack_info", None)
    return line


def _without_private(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Any:
    for name, value in line.items():
        if isinstance(value, str) and name in _OURS:
            line[name] = value if name == "timestamp" else redact_text(value)
        elif name not in _OURS:
            line[name] = redact(value, name)
    return line


def _tell_listener(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Any:
    listener = _listener.get()
    if listener is not None:
        token = _listener.set(None)  # what it logs itself does not come back
        try:
            listener(dict(line))
        finally:
            _listener.reset(token)
    return line


class _Others(logging.Handler):
    """Lines of `logging`, in our format: the words as they are in the source, without their arguments."""

    def __init__(self, stream: TextIO, renderer: Callable[..., str | bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._renderer = renderer

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; never raises."""
        try:
            line: dict[str, Any] = {
                "component": record.name,
                "event": str(record.msg) if isinstance(record.msg, str) else type(record.msg).__name__,
                "level": record.levelname.lower(),
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
                "exc_info": record.exc_info,
            }
            text = self._renderer(None, "", _without_private(None, "", _without_messages(None, "", line)))
            self._stream.write(f"{text if isinstance(text, str) else text.decode()}\n")
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads the log any more
            pass
