"""What RFC 4475 and RFC 5118 allow a user agent that is no registrar to answer to each of their messages.

A set of final statuses; `SILENCE` is in it where nothing may be said, or need not be. Where the RFC leaves a
choice, all of it is here, not what this stack has chosen. "Process it normally" is spelt out: an OPTIONS gets
200, or 404 where nobody of that name is; an INVITE what callers get; a REGISTER is not taken (405 or 501), or
is refused like one of a stranger.
"""

from __future__ import annotations

from dataclasses import dataclass

SILENCE = 0
_CALLED = frozenset((200, 404, 480, 486, 488, 603, 606))
_ABLE = frozenset((200, 404))
_NO_REGISTRAR = frozenset((405, 501, 403))
_UNKNOWN_METHOD = frozenset((501, 405))
_BAD = frozenset((400,))
_NOTHING = frozenset((SILENCE,))


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may come back, the section that says so, and whether a call may come of it."""

    section: str
    answers: frozenset[int]
    calls: bool = False
    tcp: frozenset[int] | None = None  # where a stream makes another thing of the same bytes


ANSWERS: dict[str, Allowed] = {
    # RFC 4475 §3.1.1: valid
    "wsinv": Allowed("3.1.1.1", frozenset((481, *_CALLED))),  # its To has a tag: of no dialog here
    "intmeth": Allowed("3.1.1.2", _UNKNOWN_METHOD),
    "esc01": Allowed("3.1.1.3", _CALLED, calls=True),
    "escnull": Allowed("3.1.1.4", _NO_REGISTRAR),
    "esc02": Allowed("3.1.1.5", _UNKNOWN_METHOD),  # no REGISTER, whatever it looks like unescaped
    "lwsdisp": Allowed("3.1.1.6", _ABLE),
    "longreq": Allowed("3.1.1.7", _CALLED, calls=True),
    "dblreq": Allowed("3.1.1.8", _NO_REGISTRAR, calls=False),  # on a stream: two messages
    "semiuri": Allowed("3.1.1.9", _ABLE),
    "transports": Allowed("3.1.1.10", _ABLE),
    "mpart01": Allowed("3.1.1.11", frozenset((405, 501, 415))),
    "unreason": Allowed("3.1.1.12", _NOTHING),
    "noreason": Allowed("3.1.1.13", _NOTHING),
    # §3.1.2: invalid
    "badinv01": Allowed("3.1.2.1", _BAD),
    "clerr": Allowed("3.1.2.2", _BAD, tcp=frozenset((400, SILENCE))),  # a stream is waited on, then closed
    "ncl": Allowed("3.1.2.3", _BAD),
    "scalar02": Allowed("3.1.2.4", _BAD),
    "scalarlg": Allowed("3.1.2.5", _NOTHING),
    "quotbal": Allowed("3.1.2.6", _BAD),
    "ltgtruri": Allowed("3.1.2.7", _BAD),
    "lwsruri": Allowed("3.1.2.8", _BAD),
    "lwsstart": Allowed("3.1.2.9", _BAD),
    "trws": Allowed("3.1.2.10", _BAD | _ABLE),  # "may accept it"
    "escruri": Allowed("3.1.2.11", _BAD | _CALLED),  # "may ignore the headers"
    "baddate": Allowed("3.1.2.12", _BAD | _CALLED),  # "may ignore the Date"
    "regbadct": Allowed("3.1.2.13", _BAD),
    "badaspec": Allowed("3.1.2.14", _BAD | _ABLE),
    "baddn": Allowed("3.1.2.15", _BAD | _ABLE),
    "badvers": Allowed("3.1.2.16", frozenset((505,))),
    "mismatch01": Allowed("3.1.2.17", _BAD),
    "mismatch02": Allowed("3.1.2.18", frozenset((400, 501))),
    "bigcode": Allowed("3.1.2.19", _NOTHING),
    # §3.2: transaction layer
    "badbranch": Allowed("3.2.1", _BAD | _ABLE),  # "400, or as a request of RFC 2543"
    # §3.3: application layer
    "insuf": Allowed("3.3.1", _BAD),
    "unkscm": Allowed("3.3.2", frozenset((416,))),
    "novelsc": Allowed("3.3.3", frozenset((416,))),
    "unksm2": Allowed("3.3.4", _NO_REGISTRAR | {400, 416}),
    "bext01": Allowed("3.3.5", frozenset((420,))),
    "invut": Allowed("3.3.6", frozenset((415,))),
    "regaut01": Allowed("3.3.7", _NO_REGISTRAR | {401}),
    "multi01": Allowed("3.3.8", _BAD),
    "mcl01": Allowed("3.3.9", _BAD),
    "bcast": Allowed("3.3.10", _NOTHING),
    "zeromf": Allowed("3.3.11", frozenset((200, 404, 483))),
    "cparam01": Allowed("3.3.12", _NO_REGISTRAR),
    "cparam02": Allowed("3.3.13", _NO_REGISTRAR),
    "regescrt": Allowed("3.3.14", _NO_REGISTRAR),
    "sdp01": Allowed("3.3.15", frozenset((406, 400))),
    # §3.4: backward compatibility
    "inv2543": Allowed("3.4.1", _CALLED, calls=True, tcp=_CALLED | _BAD),  # a stream needs Content-Length
}

ANSWERS_IPV6: dict[str, Allowed] = {
    "4.1": Allowed("4.1", _NO_REGISTRAR),
    "4.2": Allowed("4.2", _BAD),
    "4.3": Allowed("4.3", _NO_REGISTRAR),
    "4.4": Allowed("4.4", _NO_REGISTRAR),
    "4.5 delimited": Allowed("4.5", frozenset((481,))),
    "4.5 bare": Allowed("4.5", _ABLE),
    "4.6": Allowed("4.6", _CALLED, calls=True),
    "4.7": Allowed("4.7", frozenset((481,))),
    "4.8": Allowed("4.8", _CALLED, calls=True),
    "4.9": Allowed("4.9", _CALLED, calls=True),
    "4.10 three colons": Allowed("4.10", _ABLE),
    "4.10 two colons": Allowed("4.10", _ABLE),
}
