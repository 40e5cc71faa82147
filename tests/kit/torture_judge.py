"""What RFC 4475 and RFC 5118 allow as an answer to each of their messages, and what was heard instead."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.kit.torture_wire import Heard, Torturer, header, status_of
from tests.kit.vectors.rfc4475 import INVALID, PARSED
from tests.kit.vectors.torture_answers import SILENCE, Allowed

TESTER = "127.44.75.1"  # an address of loopback where nobody else has port 5060
RFC4475 = {**PARSED, **{name: data for name, (data, _) in INVALID.items()}}
CONTROL_S = 0.2  # in which the control is to be answered
_NEEDED = {405: "Allow", 501: "Allow", 415: "Accept", 406: "Accept", 420: "Unsupported"}
_CUT_SHORT = ("clerr",)  # on a stream the rest is waited for
_TWO_MESSAGES = ("dblreq",)  # on a stream what follows a body is the next message: an INVITE without Contact
_UNREADABLE_TO = ("quotbal", "badaspec", "baddn")
_TAG = re.compile(rb";[ \t]*tag[ \t]*=")


async def ask(
    sender: Torturer, name: str, data: bytes, rule: Allowed, *, tcp: bool
) -> tuple[Heard, list[str]]:
    """Send one message and the control; what was heard, and what is wrong with it."""
    two = tcp and name in _TWO_MESSAGES
    answers = rule.tcp if tcp and rule.tcp is not None else rule.answers
    if tcp:
        expected = 0 if answers == {SILENCE} else 1 + two
        heard = await sender.over_tcp(data, ends=name in _CUT_SHORT, expected=expected)
    else:
        heard = await sender.over_udp(data)
    return heard, judge(name, heard, answers | {400} if two else answers)


def may_call(name: str, rule: Allowed, *, tcp: bool) -> bool:
    """Whether a call may be made of a message."""
    return rule.calls or (tcp and name in _TWO_MESSAGES)


def judge(name: str, heard: Heard, answers: frozenset[int]) -> list[str]:
    """What is wrong with the answers to one message."""
    wrong = [f"{name}: {status}" for status in heard.finals - answers]
    for response in heard.responses:
        needed = _NEEDED.get(status_of(response))
        if needed and not header(response, needed):
            wrong.append(f"{name}: {status_of(response)} without {needed}")
        to = header(response, "To")
        if status_of(response) > 100 and to and name not in _UNREADABLE_TO and not _TAG.search(to):
            wrong.append(f"{name}: To without a tag")
    if heard.control_cpu_s > CONTROL_S:
        wrong.append(f"{name}: the control took {heard.control_cpu_s:.3f} s of CPU")
    return wrong


def summary(heard: Mapping[str, Heard]) -> str:
    """How long the control behind each message took, by the clock on the wall."""
    worst = max(heard, key=lambda name: heard[name].control_s)
    times = sorted(each.control_s * 1e3 for each in heard.values())
    return (
        f"{len(heard)} messages; control OPTIONS answered after {times[len(times) // 2]:.1f} ms (median), "
        f"{times[-1]:.1f} ms (worst, behind {worst}); {CONTROL_S * 1e3:.0f} ms are allowed"
    )
