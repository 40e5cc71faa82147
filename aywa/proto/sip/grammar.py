"""The basic rules of RFC 3261 §25.1 that every header shares: tokens, quoted strings, lists, parameters.

All functions on network text raise `ParseError` and nothing else. The patterns use possessive quantifiers,
so no input can make them backtrack.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aywa.errors import LocalProtocolError, ParseError

# A parameter without a value (`;lr`) maps to None, one with an empty value (`;tag=`) to "".
Parameters = Mapping[str, str | None]

TOKEN_CHARACTERS = r"A-Za-z0-9\-.!%*_+`'~"
LWS = r"[ \t]*+"  # lines are unfolded before any of these rules see them
QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'

_TOKEN = re.compile(f"[{TOKEN_CHARACTERS}]+")
_ITEM = re.compile(rf'(?>(?:[^",<]++|{QUOTED}|<[^<>]*+>)+)', re.DOTALL)
_PARAMETER = re.compile(
    rf'{LWS};{LWS}([{TOKEN_CHARACTERS}]++){LWS}(?>(?:={LWS}({QUOTED}|[^ \t;,"<>]*+){LWS})?)', re.DOTALL
)
_PARAMETER_VALUE = re.compile(rf'{QUOTED}|[^\x00-\x20;,"<>\x7f]*+', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_NOT_PRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NEEDS_ESCAPE = re.compile(r'["\\]')


def is_token(text: str) -> bool:
    """True if `text` is a token (§25.1): a method, a header name, a parameter name, a tag."""
    return _TOKEN.fullmatch(text) is not None


def unquote(text: str) -> str:
    """The content of a quoted string without its quotes and escapes; any other text comes back as it is.

    A control character (legal behind a backslash) and a byte that is not UTF-8 become U+FFFD: what comes out
    is shown, logged and stored, and none of those takes a NUL or half a character.
    """
    if len(text) >= 2 and text[0] == '"' == text[-1]:
        text = text[1:-1]
        if "\\" in text:
            text = _QUOTED_PAIR.sub(r"\1", text)
    return text if text.isprintable() else _NOT_PRINTABLE.sub("\ufffd", text)


def quote(text: str) -> str:
    """`text` as a quoted string. CR and LF raise LocalProtocolError: no escape can carry them (§25.1)."""
    check_line(text, "quoted string")
    return '"' + _NEEDS_ESCAPE.sub(r"\\\g<0>", text) + '"'


def check_line(text: str, where: str) -> str:
    """`text` itself, or LocalProtocolError if it has a CR or LF: it could add header lines of its own."""
    if "\r" in text or "\n" in text:
        raise LocalProtocolError(f"A line break in the {where}")
    return text


def split_list(value: str, where: str) -> list[str]:
    """The items of a comma-separated header value, stripped; commas in quotes and in <> do not separate.

    An unclosed quote or bracket raises ParseError. Empty items are kept: whether they are an error is
    for the header to say.
    """
    if "," not in value:
        return [value.strip(" \t")]
    items: list[str] = []
    position, end = 0, len(value)
    while True:
        match = _ITEM.match(value, position)
        if match is None:
            items.append("")
        else:
            items.append(match.group().strip(" \t"))
            position = match.end()
        if position == end:
            return items
        if value[position] != ",":
            raise ParseError("Unbalanced quotes or brackets", where=where)
        position += 1


def parse_parameters(text: str, where: str) -> dict[str, str | None]:
    """`;name=value;flag` as a dictionary with lower-case names; values keep their quotes and case.

    A parameter given twice with two meanings raises ParseError (§7.3.1: any name at most once); the same one
    repeated word for word is taken once.
    """
    parameters: dict[str, str | None] = {}
    position, end = 0, len(text)
    while position < end:
        match = _PARAMETER.match(text, position)
        if match is None:
            raise ParseError("Malformed parameter", where=where)
        name, value = match.groups()
        name = name.lower()
        if name in parameters and parameters[name] != value:
            raise ParseError("A parameter is given twice", where=where)
        parameters[name] = value
        position = match.end()
    return parameters


def format_parameters(parameters: Parameters, where: str) -> str:
    """The parameters as text; LocalProtocolError if a name or value would read back as something else."""
    text = ""
    for name, value in parameters.items():
        if not is_token(name):
            raise LocalProtocolError(f"A parameter name in the {where} is not a token")
        if value is None:
            text += f";{name}"
        elif _PARAMETER_VALUE.fullmatch(value) and "\r" not in value and "\n" not in value:
            text += f";{name}={value}"
        else:
            raise LocalProtocolError(f"A parameter value in the {where} must be quoted")
    return text


def parse_number(text: str, where: str, *, maximum: int) -> int:
    """A decimal number from 0 to `maximum`; leading zeros are legal (RFC 4475 §3.1.1.1)."""
    # 32 digits are more than any field has and keep int() cheap.
    if not (text.isascii() and text.isdigit()) or len(text) > 32 or int(text) > maximum:
        raise ParseError(f"Not a number from 0 to {maximum}", where=where)
    return int(text)
