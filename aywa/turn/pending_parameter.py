"""What the caller is asked for, by the tools: the parameter that a tool still lacks. Pure.

A tool's JSON schema says what its parameters are (name, type, format, pattern, enum, description: JSON
Schema 2020-12, validation vocabulary). Whichever the assistant's question names is asked for; a question that
names none asks for the next one that the tool in progress requires.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aywa.turn.expectation import Expectation, ValueKind, expected_of, kind_named
from aywa.turn.lexicon.pack import folded

_FORMATS = {
    "email": ValueKind.EMAIL,
    "idn-email": ValueKind.EMAIL,
    "phone": ValueKind.PHONE,
    "tel": ValueKind.PHONE,
    "date": ValueKind.DATE,
    "date-time": ValueKind.DATE,
}
# Words of a parameter's name. The order matters: "email_address" is an e-mail address.
_NAMED: tuple[tuple[ValueKind, frozenset[str]], ...] = (
    (ValueKind.EMAIL, frozenset({"email", "mail"})),
    (ValueKind.PHONE, frozenset({"phone", "telephone", "mobile", "cell", "cellphone", "callback", "fax"})),
    (ValueKind.DATE, frozenset({"date", "dob", "birthday", "birthdate"})),
    (ValueKind.ADDRESS, frozenset({"address", "street"})),
    (ValueKind.NUMBER, frozenset({"number", "code", "pin", "zip", "zipcode", "postcode", "iban", "id"})),
    (ValueKind.NAME, frozenset({"name", "surname", "firstname", "lastname", "fullname"})),
)
# "name" behind any other word is no person's: a product's, a file's.
_PERSON = "first last full family given middle your caller customer client guest patient contact user person"
_PERSONS = frozenset(_PERSON.split())
_DIGITS = re.compile(r"^\^?(?:\\d|\[0-9\])\{(\d+)\}\$?$")
_ONLY_DIGITS = re.compile(r"^\^?(?:\\d|\[0-9\])(?:[+*]|\{[\d,]+\})\$?$")
_WORD = re.compile(r"[^\W\d_]+")
_SMALLEST_CODE = 1000  # an integer that may be less counts something: "two" is all of it
_TELLING = 4  # letters of a word that names a parameter
_LIKE_SPEECH = (ValueKind.EMAIL, ValueKind.ADDRESS, ValueKind.NAME)  # any words may be a part of these
_NAMES_NOTHING = (
    "your caller customer value string optional required please which what would like this have with that "
    "number name"
)
_IDLE = frozenset(_NAMES_NOTHING.split())


@dataclass(frozen=True, slots=True)
class Parameter:
    """One required parameter. `digits`: of a number, if fixed; `phrases`: its values, if they are listed."""

    name: str
    kind: ValueKind = ValueKind.NONE
    digits: int | None = None
    phrases: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()  # that name it in a question, folded


@dataclass(frozen=True, slots=True)
class KnownTool:
    """A tool the model may call. `known`: parameters that it was called with, or that are settled."""

    schema: Mapping[str, object]
    known: frozenset[str] = frozenset()


def parameters_of(schema: Mapping[str, object]) -> tuple[Parameter, ...]:
    """The required parameters, in their order; what is no schema of an object has none."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, Mapping) or not isinstance(required, Sequence):
        return ()
    found = [(str(name), _resolved(properties.get(name), schema)) for name in required]
    return tuple(_parameter(name, entry) for name, entry in found if isinstance(entry, Mapping))


def asked_by_tools(tools: Sequence[KnownTool], assistant_text: str) -> Expectation:
    """What `assistant_text` asks for, as far as the tools know; of no kind if for nothing of theirs."""
    read = expected_of(assistant_text)
    if not read.question_open:
        return Expectation()
    pending = [
        [each for each in parameters_of(tool.schema) if each.name not in tool.known]
        for tool in sorted(tools, key=lambda tool: not tool.known)
    ]
    flat = [each for of_tool in pending for each in of_tool]
    named = next((each for each in flat if each.kind is read.kind), None)
    if read.kind is not ValueKind.NONE:
        return _expectation(named) if named is not None else Expectation()
    asked = _words(assistant_text[-_tail(assistant_text) :])
    overlaps = [(len(each.words & asked), each) for each in flat]
    best = max(overlaps, key=lambda pair: pair[0], default=(0, None))
    if best[1] is not None and best[0] > 0:
        return _expectation(best[1])
    begun = [tool for tool in tools if tool.known]
    following = next((each for each in pending[0]), None) if begun or len(tools) == 1 else None
    if following is None or following.kind in _LIKE_SPEECH:
        return Expectation()
    return _expectation(following)


def _tail(text: str) -> int:
    """Letters of the last question."""
    body = text.rstrip(" ?.!")
    return len(text) - max(body.rfind(mark) for mark in ".!?") - 1


def _expectation(parameter: Parameter) -> Expectation:
    return Expectation(parameter.kind, parameter.digits, True, phrases=parameter.phrases)


def _parameter(name: str, entry: Mapping[str, object]) -> Parameter:
    description = str(entry.get("description", ""))
    said = " ".join(_WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)))
    phrases = _values(entry)
    words = _words(f"{said} {description}") | _words(" ".join(phrases))
    if phrases or entry.get("type") == "boolean":
        return Parameter(name, phrases=phrases, words=words)
    digits = _digits_of(entry)
    kind = _kind(said.casefold().split(), description, entry)
    if kind is ValueKind.NONE and (digits is not None or _ONLY_DIGITS.match(str(entry.get("pattern", "")))):
        kind = ValueKind.NUMBER
    if kind is ValueKind.NUMBER and _counts(entry):
        kind = ValueKind.NONE
    return Parameter(name, kind, digits if kind in (ValueKind.NUMBER, ValueKind.PHONE) else None, (), words)


def _kind(name: Sequence[str], description: str, entry: Mapping[str, object]) -> ValueKind:
    """By its format, else by the words of its name, else by its description."""
    form = _FORMATS.get(str(entry.get("format", "")))
    if form is not None:
        return form
    by_description = kind_named(description)
    if by_description is ValueKind.SPELLED:
        return by_description
    for kind, words in _NAMED:
        if words.intersection(name):
            foreign = kind is ValueKind.NAME and len(name) > 1 and not _PERSONS.intersection(name)
            return ValueKind.NONE if foreign else kind
    by_name = kind_named(" ".join(name))
    return by_name if by_name is not ValueKind.NONE else by_description


def _counts(entry: Mapping[str, object]) -> bool:
    """Whether a number says how many there are of something, and not which one it is."""
    largest = entry.get("maximum", entry.get("exclusiveMaximum"))
    return isinstance(largest, int | float) and largest < _SMALLEST_CODE


def _digits_of(entry: Mapping[str, object]) -> int | None:
    """How many digits it must have, if the schema fixes that."""
    pattern = str(entry.get("pattern", ""))
    exact = _DIGITS.match(pattern)
    if exact is not None:
        return int(exact[1])
    shortest, longest = entry.get("minLength"), entry.get("maxLength")
    if _ONLY_DIGITS.match(pattern) and isinstance(longest, int) and shortest == longest:
        return longest
    low, high = entry.get("minimum"), entry.get("maximum")
    if isinstance(low, int) and isinstance(high, int) and low >= _SMALLEST_CODE:
        return len(str(low)) if len(str(low)) == len(str(high)) else None
    return None


def _values(entry: Mapping[str, object]) -> tuple[str, ...]:
    """The strings it may be, as they are said."""
    listed = entry.get("enum", [entry["const"]] if "const" in entry else [])
    values = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else []
    return tuple(value.replace("_", " ") for value in values if isinstance(value, str))


def _resolved(entry: object, schema: Mapping[str, object]) -> object:
    """Without a `$ref` into the same schema, and without "or null"."""
    if not isinstance(entry, Mapping):
        return entry
    reference = str(entry.get("$ref", ""))
    definitions = schema.get("$defs")
    if reference.startswith("#/$defs/") and isinstance(definitions, Mapping):
        found = definitions.get(reference.removeprefix("#/$defs/"))
        return {**found, **entry} if isinstance(found, Mapping) else entry
    for key in ("anyOf", "oneOf", "allOf"):
        choices = entry.get(key)
        if isinstance(choices, Sequence) and not isinstance(choices, str):
            kinds = [each for each in choices if isinstance(each, Mapping) and each.get("type") != "null"]
            if len(kinds) == 1 and "$ref" not in kinds[0]:
                return {**kinds[0], **entry}
            if len(kinds) == 1:
                return _resolved({**entry, "$ref": kinds[0]["$ref"], key: ()}, schema)
    return entry


def _words(text: str) -> frozenset[str]:
    """The telling words of a text by their first letters: "nights" and "night" name the same."""
    plain = _WORD.findall(folded(text))
    return frozenset(word[:5] for word in plain if len(word) >= _TELLING and word not in _IDLE)
