"""What pydantic found wrong, as a field and its rule."""

from __future__ import annotations

from collections.abc import Collection

from pydantic_core import ErrorDetails

from aywa.settings.vendors import VENDORS

_ROUTES = frozenset({"transcriber", "model", "voice"})
_OWN = {"usual", "named", "embedded", "scripted", "custom-voice", "custom-transcriber"}
_TAGS = _OWN | {vendor.name for vendor in VENDORS}


def rule_of(fault: ErrorDetails) -> str:
    """The rule that was broken, as it follows the field's name."""
    if fault["type"] == "extra_forbidden":
        return "is not a field that is known"
    if fault["type"] == "missing":
        return "is required"
    if fault["type"] == "string_pattern_mismatch" and _pattern(fault).startswith("^https?:"):
        return "must be an http or https URL without credentials"
    return rule_of_message(fault["msg"])


def rule_of_message(message: str) -> str:
    """The same from pydantic's sentence."""
    for begin in ("Input should be ", "Value error, "):
        if message.startswith(begin):
            rest = message.removeprefix(begin)
            return rest if begin.startswith("Value") else f"must be {rest}"
    return message[:1].lower() + message[1:]


def without_tags(path: list[str]) -> list[str]:
    """A path without the names of providers that pydantic puts behind the field it has chosen one for."""
    kept: list[str] = []
    for part in path:
        if part in _TAGS and kept and (kept[-1] in _ROUTES or kept[-1].isdigit()):
            continue
        kept.append(part)
    return kept


def field_of(fault: ErrorDetails, tags: Collection[str] = ()) -> str:
    """The field's path with dots; `tags`: names of the outermost union's members, which are no fields."""
    path = [str(part) for part in fault["loc"]]
    if path and path[0] in tags:
        path = path[1:]
    return ".".join(without_tags(path))


def _pattern(fault: ErrorDetails) -> str:
    return str(fault.get("ctx", {}).get("pattern", ""))
