"""What the caller is expected to say next: the kind of value a question asks for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from aywa.turn.lexicon.pack import folded


class ValueKind(Enum):
    """A value that is said in pieces."""

    NONE = "nothing in particular"
    NUMBER = "a number of digits"
    PHONE = "a telephone number"
    NAME = "a name"
    SPELLED = "a word letter by letter"
    ADDRESS = "a postal address"
    EMAIL = "an e-mail address"
    DATE = "a date"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is asked. `digits`: how many a number must have, if known; `phrases`: the answers there are."""

    kind: ValueKind = ValueKind.NONE
    digits: int | None = None
    question_open: bool = False
    assistant_text: str = ""
    phrases: tuple[str, ...] = ()

    def over(self, read: Expectation) -> Expectation:
        """What was said explicitly, over what is read from the assistant's words."""
        if self.kind is ValueKind.NONE:
            kind, digits = read.kind, read.digits
        else:
            kind, digits = self.kind, self.digits
        asked = self.question_open or read.question_open
        return Expectation(kind, digits, asked, read.assistant_text, self.phrases)


# Looked for in what the assistant said last, in the order written: "spell your name" asks for letters.
_ASKED: tuple[tuple[ValueKind, tuple[str, ...]], ...] = (
    (
        ValueKind.SPELLED,
        (
            "spell",
            "letter by letter",
            "deletre",
            "letra por letra",
            "epele",
            "epeler",
            "lettre par lettre",
            "compiti",
            "lettera per lettera",
            "по буквам",
            "buchstabier",
            "soletr",
        ),
    ),
    (
        ValueKind.EMAIL,
        (
            "e-mail",
            "email",
            "mail address",
            "correo electronico",
            "adresse electronique",
            "courriel",
            "posta elettronica",
            "электронн",
            "e mail",
        ),
    ),
    (
        ValueKind.PHONE,
        (
            "phone number",
            "telephone number",
            "mobile number",
            "callback number",
            "number we can reach",
            "cell number",
            "numero de telefono",
            "numero de movil",
            "numero de celular",
            "numero de telephone",
            "numero de portable",
            "numero di telefono",
            "numero di cellulare",
            "номер телефона",
            "telefonnummer",
            "handynummer",
            "rufnummer",
            "mobilnummer",
            "numero de telefone",
            "numero do telefone",
            "numero de celular",
            "telemovel",
        ),
    ),
    (
        ValueKind.DATE,
        (
            "date of birth",
            "birth date",
            "birthday",
            "what date",
            "which date",
            "fecha de nacimiento",
            "que fecha",
            "date de naissance",
            "quelle date",
            "data di nascita",
            "che data",
            "quale data",
            "дата рождения",
            "дату рождения",
            "какую дату",
            "на какое число",
            "geburtsdatum",
            "welches datum",
            "welchem datum",
            "data de nascimento",
            "qual data",
            "que data",
        ),
    ),
    (
        ValueKind.ADDRESS,
        (
            "address",
            "direccion",
            "domicilio",
            "adresse",
            "indirizzo",
            "адрес",
            "anschrift",
            "endereco",
            "morada",
        ),
    ),
    (
        ValueKind.NUMBER,
        (
            "account number",
            "order number",
            "card number",
            "customer number",
            "reference number",
            "booking number",
            "pin",
            "zip code",
            "postal code",
            "post code",
            "code",
            "numero de cuenta",
            "numero de pedido",
            "numero de cliente",
            "numero de tarjeta",
            "codigo",
            "numero de compte",
            "numero de commande",
            "numero de client",
            "numero de carte",
            "numero cliente",
            "numero di ordine",
            "numero d'ordine",
            "numero di conto",
            "codice",
            "номер счета",
            "номер заказа",
            "номер договора",
            "номер карты",
            "код",
            "kundennummer",
            "bestellnummer",
            "kontonummer",
            "postleitzahl",
            "kartennummer",
            "numero do pedido",
            "numero da conta",
            "numero do cliente",
        ),
    ),
    (
        ValueKind.NAME,
        (
            "your name",
            "full name",
            "last name",
            "first name",
            "surname",
            "su nombre",
            "tu nombre",
            "apellido",
            "votre nom",
            "ton nom",
            "prenom",
            "suo nome",
            "tuo nome",
            "cognome",
            "nome e cognome",
            "ваше имя",
            "вашу фамилию",
            "вас зовут",
            "фамилия",
            "ihr name",
            "ihren namen",
            "nachname",
            "vorname",
            "seu nome",
            "sobrenome",
            "apelido",
        ),
    ),
)
_ASKS = (
    "?",
    "？",
    "please",
    "tell me",
    "give me",
    "enter",
    "say your",
    "por favor",
    "digame",
    "dime",
    "veuillez",
    "dites",
    "donnez",
    "indiquez",
    "mi dica",
    "dica",
    "per favore",
    "прошу",
    "назовите",
    "скажите",
    "укажите",
    "продиктуйте",
    "пожалуйста",
    "bitte",
    "nennen sie",
    "sagen sie",
    "diga",
    "informe",
    "qual e",
)
_TAIL = 240  # the question stands at the end
_SHORT = 4


def expected_of(assistant_text: str) -> Expectation:
    """What the assistant's last words ask for, by the phrases of seven languages."""
    plain = folded(assistant_text)[-_TAIL:]
    sentences = [part for part in plain.replace("!", ".").replace("?", "?.").split(".") if part.strip()]
    last = " ".join(sentences[-2:])
    question = plain.rstrip().endswith(("?", "？"))
    if not any(sign in last for sign in _ASKS):
        return Expectation(assistant_text=assistant_text)
    kind = kind_named(last)
    return Expectation(kind, None, question or kind is not ValueKind.NONE, assistant_text)


def kind_named(text: str) -> ValueKind:
    """The kind of value whose name stands in a text, in any of the languages."""
    padded = _spaced(text)
    for kind, names in _NAMES:
        if any(name in padded for name in names):
            return kind
    return ValueKind.NONE


def _spaced(text: str) -> str:
    """Words only, each with a space before and behind."""
    return " " + " ".join(re.findall(r"[^\W_]+", folded(text))) + " "


# Found where a word begins; so that "pin" is not in "ping", short ones are whole words.
_NAMES = tuple(
    (
        kind,
        tuple(
            _spaced(name) if name.isascii() and len(name) <= _SHORT else _spaced(name)[:-1] for name in names
        ),
    )
    for kind, names in _ASKED
)
