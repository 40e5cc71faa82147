"""What is asked for, by the schemas of the tools: which parameter, of what kind, with how many digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.expectation import Expectation, ValueKind, expected_of
from aywa.turn.pending_parameter import KnownTool, asked_by_tools, parameters_of


def schema(**properties: object) -> dict[str, object]:
    """An object whose properties are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("name", "entry", "kind", "digits"),
    [
        ("email", {"type": "string"}, ValueKind.EMAIL, None),
        ("email_address", {"type": "string"}, ValueKind.EMAIL, None),
        ("contact", {"type": "string", "format": "email"}, ValueKind.EMAIL, None),
        ("callbackNumber", {"type": "string"}, ValueKind.PHONE, None),
        ("phone", {"type": "string", "pattern": r"^\d{10}$"}, ValueKind.PHONE, 10),
        ("reach", {"type": "string", "description": "Telephone number of the caller"}, ValueKind.PHONE, None),
        ("day", {"type": "string", "format": "date"}, ValueKind.DATE, None),
        ("date_of_birth", {"type": "string"}, ValueKind.DATE, None),
        ("delivery_address", {"type": "string"}, ValueKind.ADDRESS, None),
        ("name", {"type": "string"}, ValueKind.NAME, None),
        ("customer_name", {"type": "string"}, ValueKind.NAME, None),
        ("productName", {"type": "string"}, ValueKind.NONE, None),
        ("surname", {"type": "string", "description": "Let the caller spell it"}, ValueKind.SPELLED, None),
        ("order_number", {"type": "string"}, ValueKind.NUMBER, None),
        ("pin", {"type": "string", "pattern": "^[0-9]{4}$"}, ValueKind.NUMBER, 4),
        ("pin", {"type": "integer", "minimum": 1000, "maximum": 9999}, ValueKind.NUMBER, 4),
        (
            "meter",
            {"type": "string", "pattern": r"^\d+$", "minLength": 8, "maxLength": 8},
            ValueKind.NUMBER,
            8,
        ),
        ("meter", {"type": "string", "pattern": r"\d{4,8}"}, ValueKind.NUMBER, None),
        ("number_of_guests", {"type": "integer", "maximum": 12}, ValueKind.NONE, None),
        ("nights", {"type": "integer"}, ValueKind.NONE, None),
        ("codigo", {"type": "string", "description": "Código de la reserva"}, ValueKind.NUMBER, None),
        ("breakfast", {"type": "boolean", "description": "with an address?"}, ValueKind.NONE, None),
        (
            "email",
            {"anyOf": [{"type": "string", "format": "email"}, {"type": "null"}]},
            ValueKind.EMAIL,
            None,
        ),
    ],
)
def test_the_kind_of_a_parameter(
    name: str, entry: dict[str, object], kind: ValueKind, digits: int | None
) -> None:
    (parameter,) = parameters_of(schema(**{name: entry}))
    assert (parameter.kind, parameter.digits) == (kind, digits)


def test_what_is_listed_are_its_phrases() -> None:
    entry = {"type": "string", "enum": ["double_room", "suite"]}
    (parameter,) = parameters_of(schema(room=entry))
    assert (parameter.kind, parameter.phrases) == (ValueKind.NONE, ("double room", "suite"))
    referred = {**schema(room={"$ref": "#/$defs/Room"}), "$defs": {"Room": entry}}
    assert parameters_of(referred)[0].phrases == ("double room", "suite")
    optional = {
        **schema(room={"anyOf": [{"$ref": "#/$defs/Room"}, {"type": "null"}]}),
        "$defs": {"Room": entry},
    }
    assert parameters_of(optional)[0].phrases == ("double room", "suite")


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"properties": 3, "required": ["a"]},
        {"properties": {"a": 1}, "required": ["a"]},
        {"required": "a"},
    ],
)
def test_what_is_no_schema_has_no_parameters(entry: dict[str, object]) -> None:
    assert parameters_of(entry) == ()


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_json_is_taken(entry: object) -> None:
    asked = asked_by_tools([KnownTool(schema(a=entry, order_number=entry))], "What is the order number?")
    assert asked.kind in (ValueKind.NUMBER, ValueKind.NONE)


METER = schema(
    customer_name={"type": "string"},
    meter={"type": "string", "pattern": r"^\d{6}$", "description": "What the meter reads"},
    tariff={"type": "string", "enum": ["day", "night"]},
)


@pytest.mark.parametrize(
    ("known", "said", "kind", "digits", "phrases"),
    [
        ((), "What does the meter read?", ValueKind.NUMBER, 6, ()),
        ((), "May I have your full name?", ValueKind.NAME, None, ()),
        ((), "Which tariff is it?", ValueKind.NONE, None, ("day", "night")),
        # No parameter is named: the next one of the tool in progress.
        (("customer_name",), "And what do you see there?", ValueKind.NUMBER, 6, ()),
        (("customer_name", "meter"), "And the last one?", ValueKind.NONE, None, ("day", "night")),
        # The name is next, but any words might be one: only a question for a name asks for it.
        ((), "How may I help you?", ValueKind.NONE, None, ()),
        # Settled, or not asked.
        (("customer_name", "meter", "tariff"), "Which tariff is it?", ValueKind.NONE, None, ()),
        ((), "I have noted the meter.", ValueKind.NONE, None, ()),
    ],
)
def test_the_parameter_asked_for(
    known: tuple[str, ...], said: str, kind: ValueKind, digits: int | None, phrases: tuple[str, ...]
) -> None:
    asked = asked_by_tools([KnownTool(METER, frozenset(known))], said)
    assert (asked.kind, asked.digits, asked.phrases) == (kind, digits, phrases)


def test_the_tool_in_progress_goes_before_others() -> None:
    other = schema(ticket={"type": "string", "pattern": r"^\d{9}$"})
    tools = [KnownTool(other), KnownTool(METER, frozenset({"customer_name"}))]
    assert asked_by_tools(tools, "And what do you see there?").digits == 6
    nothing_begun = [KnownTool(other), KnownTool(METER)]
    assert asked_by_tools(nothing_begun, "And what do you see there?") == Expectation()


def test_digits_go_with_the_kind_that_the_words_ask_for() -> None:
    """The question is in Spanish, the schema in English: the kind is what they share."""
    tools = [KnownTool(schema(order={"type": "string", "pattern": r"^\d{5}$"}))]
    asked = asked_by_tools(tools, "¿Cuál es su número de pedido?")
    assert (asked.kind, asked.digits) == (ValueKind.NUMBER, 5)
    assert asked_by_tools(tools, "¿Cuál es su dirección?") == Expectation()


@pytest.mark.parametrize("said", ["What is your opinion?", "Are you shopping today?", "Is it decoded?"])
def test_a_word_is_not_found_inside_another(said: str) -> None:
    assert expected_of(said).kind is ValueKind.NONE


@pytest.mark.parametrize("said", ["What is the PIN?", "Quelle est l'adresse ?", "Назовите код."])
def test_a_word_is_found_beside_marks(said: str) -> None:
    assert expected_of(said).kind is not ValueKind.NONE
