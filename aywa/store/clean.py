"""What PostgreSQL's text and JSON can hold of what comes from outside."""

from __future__ import annotations


def clean_text(text: str) -> str:
    """PostgreSQL's text cannot hold NUL or lone surrogates; a hostile From must not cost us the row."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def clean_json(value: object) -> object:
    """JSON with clean texts; what JSON cannot say (an enum, a path, NaN) becomes text."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case str():
            return clean_text(value)
        case dict():
            return {clean_text(str(key)): clean_json(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [clean_json(item) for item in value]
        case _:
            return clean_text(str(value))
