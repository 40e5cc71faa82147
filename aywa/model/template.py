"""Liquid templates of somebody else's, filled in within bounds.

A template reads nothing but the values it is given: no files, no other templates. What it may cost is bounded
for each rendering: rounds of loops, characters written and kept, and the work of its filters, which are those
whose cost grows with their input and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import quote_plus, unquote
from zoneinfo import ZoneInfo

from liquid import Environment, StrictUndefined, Undefined
from liquid.exceptions import LiquidError
from liquid.filter import with_context

MAX_TEMPLATE = 65_536  # characters, likewise of what is written
MAX_MARKS = 1000  # `{{` and `{%`
MAX_VERBATIM = 20  # `raw` and `doc`: each that is not closed is looked for to the end
MAX_LOOPS = 500  # rounds, of loops inside loops together
MAX_WORK = 500_000  # characters and items that filters take in and give back
_MAX_INT_BITS = 512
_MAX_NUMBER = 40  # characters of a number that a filter reads
_MAX_ITEMS = 10_000
_MATHS = frozenset(
    {
        *("abs", "at_least", "at_most", "ceil", "divided_by", "floor", "minus", "modulo", "plus", "round"),
        *("times", "sum", "truncate", "truncatewords", "slice"),
    }
)
_TEXTS = frozenset(
    {
        *("append", "capitalize", "compact", "concat", "default", "downcase", "escape", "find", "first"),
        *("has", "join", "last", "lstrip", "map", "newline_to_br", "prepend", "remove", "remove_first"),
        *("remove_last", "replace", "replace_first", "replace_last", "reverse", "rstrip", "size", "sort"),
        *("sort_natural", "split", "squish", "strip", "strip_newlines", "uniq", "upcase", "url_decode"),
        *("url_encode", "where"),
    }
)
_VERBATIM = re.compile(r"%-?\s*(?:raw|doc)\b")
_TAGS = ("include", "render", "tablerow", "doc")  # what leads to other templates, or nobody needs
_DIRECTIVES = frozenset("aAwdbBmyYHIpMSfzZjUWcxXGuV%eklLsFTDRPhnt-")
_work: ContextVar[list[int]] = ContextVar("aywa_template_work")


class TemplateError(ValueError):
    """A template cannot be filled in; the message says why, without the values."""


def has_template(text: str) -> bool:
    """Whether there is anything to fill in."""
    return "{{" in text or "{%" in text


def render(text: str, values: Mapping[str, object], *, strict: bool = False, url: bool = False) -> str:
    """Fill it in. What is not known is "", or with `strict` a fault. Raises TemplateError.

    `url`: strings among the values are percent-encoded already, and `url_encode` leaves them so.
    """
    if not has_template(text):
        return text
    if len(text) > MAX_TEMPLATE:
        raise TemplateError(f"the template has more than {MAX_TEMPLATE} characters")
    opened = text.count("{{"), text.count("{%")
    if len(_VERBATIM.findall(text)) > MAX_VERBATIM:
        raise TemplateError("the template has too many verbatim parts")
    if sum(opened) > MAX_MARKS or opened[0] > text.count("}}") or opened[1] > text.count("%}"):
        raise TemplateError("the template has marks that are not closed, or too many")
    mark = _work.set([MAX_WORK])
    try:
        made: str = _compiled(text, strict, url).render(**values)
        return made
    except TemplateError:
        raise
    except LiquidError as error:
        raise TemplateError(f"the template cannot be filled in: {_words(error)}") from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise TemplateError(f"the template cannot be filled in: {type(error).__name__}") from None
    finally:
        _work.reset(mark)


def fill(value: object, values: Mapping[str, object], *, strict: bool = False) -> Any:
    """The same with every string inside filled in. Raises TemplateError."""
    if isinstance(value, str):
        return render(value, values, strict=strict)
    if isinstance(value, Mapping):
        return {name: fill(each, values, strict=strict) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [fill(each, values, strict=strict) for each in value]
    return value


def filled_or_same(text: str, values: Mapping[str, object]) -> str:
    """Filled in; the text itself where it is no template that can be: a call is not to fail for a brace."""
    try:
        return render(text, values)
    except TemplateError:
        return text


def _words(error: LiquidError) -> str:
    """What is wrong, without the names of classes."""
    return str(error.args[0] if error.args else "it is no Liquid").splitlines()[0][:200]


@lru_cache(maxsize=512)
def _compiled(text: str, strict: bool, url: bool) -> Any:
    return _environment(strict, url).from_string(text)


@lru_cache(maxsize=4)
def _environment(strict: bool, url: bool) -> Environment:
    environment = _Sandbox(undefined=StrictUndefined if strict else Undefined)
    known = dict(environment.filters)
    environment.filters.clear()
    for name in _MATHS | _TEXTS:
        environment.add_filter(name, _bounded(known[name], numbers=name in _MATHS, name=name))
    environment.add_filter("date", _date)
    if url:
        environment.add_filter("url_encode", _encoded)
    for tag in _TAGS:
        environment.tags.pop(tag, None)
    return environment


class _Sandbox(Environment):
    loop_iteration_limit = MAX_LOOPS
    output_stream_limit = MAX_TEMPLATE
    local_namespace_limit = MAX_TEMPLATE
    context_depth_limit = 20
    block_nesting_limit = 30


def _bounded(filter_: Callable[..., Any], *, numbers: bool, name: str) -> Callable[..., Any]:
    @wraps(filter_)
    def bounded(value: object, *given: object, **named: Any) -> object:
        inputs = (value, *given)
        _spend(10 + sum(_size(each, number=numbers) for each in inputs))
        if name == "join" and isinstance(value, list) and given:
            _spend(len(value) * len(str(given[0])))
        if name.startswith("replace") and given:
            _spend(str(value).count(str(given[0])) * len(str(given[1] if len(given) > 1 else "")))
        made: object = filter_(value, *given, **named)
        _spend(_size(made, number=False))
        return made

    return bounded


def _spend(work: int) -> None:
    left = _work.get()
    left[0] -= work
    if left[0] < 0:
        raise TemplateError("the template asks for too much")


def _size(value: object, *, number: bool) -> int:
    """What it costs to look at it. Raises TemplateError for what is not looked at."""
    if isinstance(value, str):
        if number and len(value) > _MAX_NUMBER and value.strip()[:1].isdigit():
            raise TemplateError("a number in the template is too long")
        if number and "e" in value.lower() and value.strip()[:1].isdigit():
            raise TemplateError("a number in the template has an exponent")
        return len(value)
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int):
        if value.bit_length() > _MAX_INT_BITS:
            raise TemplateError("a number in the template is too large")
        return 1
    if isinstance(value, range):
        if len(value) > _MAX_ITEMS:
            raise TemplateError("a range in the template is too long")
        return len(value)
    if isinstance(value, list | tuple | dict):
        if len(value) > _MAX_ITEMS:
            raise TemplateError("a list in the template is too long")
        items = value.values() if isinstance(value, dict) else value
        return len(value) + sum(len(each) for each in items if isinstance(each, str))
    return 1


@with_context
def _date(value: object, form: object = "%Y-%m-%d", zone: object = None, *, context: Any) -> str:
    """A time as `strftime` writes it, in `zone` (of the IANA database) if one is given."""
    if str(value) in ("now", "today"):
        value = context.resolve("now", default="")
    text = str(value)
    _spend(10 + len(text) + len(str(form)))
    at = _time(text)
    if at is None:
        return text
    if zone:
        try:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(str(zone)))
        except (KeyError, OSError, ValueError):
            raise TemplateError("the time zone is not known") from None
    pieces = str(form).replace("%-", "%").split("%")
    if len(str(form)) > 200 or any(piece[:1] not in _DIRECTIVES for piece in pieces[1:] if piece):
        raise TemplateError("the form of the date is not known")
    return at.strftime(str(form))


def _time(text: str) -> datetime | None:
    try:
        if text.isdigit() and len(text) <= 12:
            return datetime.fromtimestamp(int(text), UTC)
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None


def _encoded(value: object) -> str:
    text = str(value)
    _spend(10 + 3 * len(text))
    return quote_plus(unquote(text))
