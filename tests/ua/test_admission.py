"""Who is listened to before a byte is parsed; scanners; and what the log says of a flood."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from aywa.log import get_logger
from aywa.settings import StrangerPolicy
from aywa.ua.admission import Admission, Entry, Welcome
from aywa.ua.rates import BAN_AFTER, RateLimits
from aywa.ua.scanners import NAMES, TOOLS, is_scanner
from aywa.ua.sparing import LINES, WINDOW_S, Level, SparingLog
from tests.kit.sip_messages import request
from tests.kit.vectors.peers import PEERS
from tests.kit.vectors.rfc4475 import INVALID, PARSED

TRUNK, EVIL = "192.0.2.1", "198.51.100.66"
LIMITS = RateLimits(trunk_per_s=100.0, stranger_per_s=10.0, ban_s=300.0)


def door(policy: StrangerPolicy = StrangerPolicy.SILENT) -> Admission:
    return Admission(lambda host: host == TRUNK, policy, LIMITS)


def asked(method: str = "OPTIONS", *headers: tuple[str, str]) -> bytes:
    return request(method, headers=headers).encode()


@pytest.mark.parametrize(
    ("policy", "entry", "welcome"),
    [
        (StrangerPolicy.SILENT, Entry.DROPPED, Welcome.CLOSED),
        (StrangerPolicy.FORBIDDEN, Entry.FORBIDDEN, Welcome.BRIEF),
    ],
)
def test_strangers_get_what_the_policy_says(policy: StrangerPolicy, entry: Entry, welcome: Welcome) -> None:
    admission = door(policy)
    assert admission.admit(asked(), TRUNK, 0.0, awaits=False) is Entry.TAKEN
    assert admission.connect(TRUNK, 0.0) is Welcome.OPEN
    assert admission.admit(asked(), EVIL, 0.0, awaits=False) is entry
    assert admission.connect(EVIL, 0.0) is welcome


@pytest.mark.parametrize("policy", StrangerPolicy)
def test_a_flood_from_a_stranger_ends_in_silence_whatever_the_policy(policy: StrangerPolicy) -> None:
    admission = door(policy)
    entries = [admission.admit(asked(), EVIL, 0.0, awaits=False) for _ in range(1000)]
    assert set(entries[20:]) == {Entry.DROPPED}
    assert admission.connect(EVIL, 0.0) is Welcome.CLOSED
    counters = admission.counters
    assert (counters.unknown_peers, counters.limited, counters.bans) == (20, BAN_AFTER, 1)
    assert counters.banned == 1000 - 20 - BAN_AFTER + 1
    assert admission.admit(asked(), EVIL, 301.0, awaits=False) is entries[0]


def test_responses_are_taken_from_elsewhere_only_while_one_is_awaited_and_within_the_rate() -> None:
    admission = door()
    answer = b"SIP/2.0 200 OK\r\n\r\n"
    assert admission.admit(answer, EVIL, 0.0, awaits=False) is Entry.DROPPED
    taken = [admission.admit(answer, EVIL, 0.0, awaits=True) for _ in range(1000)]
    assert taken.count(Entry.TAKEN) == 19


def test_keepalives_count_but_are_not_answered() -> None:
    admission = door()
    assert admission.admit(b"\r\n\r\n", TRUNK, 0.0, awaits=False) is Entry.DROPPED
    assert admission.counters.keepalives == 1


@pytest.mark.parametrize("policy", StrangerPolicy)
@pytest.mark.parametrize("host", [TRUNK, EVIL])
@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS"])
def test_scanners_are_dropped_wherever_they_come_from(policy: StrangerPolicy, host: str, method: str) -> None:
    admission = door(policy)
    scan = asked(method, ("User-Agent", "friendly-scanner"))
    assert admission.admit(scan, host, 0.0, awaits=False) is Entry.DROPPED
    assert admission.counters.scanners == 1


@pytest.mark.parametrize("word", TOOLS)
def test_every_tool_is_known_in_any_case(word: bytes) -> None:
    assert is_scanner(asked("OPTIONS", ("User-Agent", f"x {word.decode().upper()}/1.0")))
    assert is_scanner(asked("OPTIONS", ("Server", word.decode())))
    assert not is_scanner(asked("OPTIONS", ("Subject", word.decode())))


@pytest.mark.parametrize("word", NAMES)
def test_every_name_is_known(word: bytes) -> None:
    text = word.decode() if b":" in word or word.startswith(b'"') else f"sip:100{word.decode()}"
    for name in ("From", "f", "To", "t", "Contact", "m"):
        assert is_scanner(f"OPTIONS sip:x SIP/2.0\r\n{name}: {text}\r\n\r\n".encode())


def test_no_peer_and_no_torture_message_is_a_scanner() -> None:
    known = (*PEERS.values(), *PARSED.values(), *(data for data, _ in INVALID.values()))
    assert not any(is_scanner(data) for data in known)


def test_only_the_head_is_searched() -> None:
    assert not is_scanner(asked() + b"x" * 5000 + b"\r\nUser-Agent: sipvicious\r\n")


def test_the_log_is_sparing_and_says_what_it_left_out() -> None:
    sparing = SparingLog(get_logger("sip"))
    with capture_logs() as logs:
        for number in range(1000):
            sparing.say("sip.unknown_peer", 0.0, peer=f"10.0.0.{number}")
        sparing.say("sip.fault", 0.0, Level.ERROR, places=[])  # another kind is not silenced by it
        sparing.say("sip.unknown_peer", WINDOW_S, peer="10.0.0.1")
        sparing.say("sip.unknown_peer", WINDOW_S, peer="10.0.0.1")
    assert len(logs) == LINES + 2
    assert logs[LINES - 1]["more_left_out_for_s"] == WINDOW_S
    assert (logs[LINES]["event"], logs[LINES]["log_level"]) == ("sip.fault", "error")
    assert logs[-1]["left_out_before"] == 1000 - LINES


def test_a_flood_is_three_lines_of_log() -> None:
    admission = door()
    with capture_logs() as logs:
        for number in range(100_000):
            admission.admit(b"OPTIONS", EVIL, number / 10_000, awaits=False)
            admission.admit(b"OPTIONS", TRUNK, number / 10_000, awaits=False)
    assert {log["event"] for log in logs} == {"sip.unknown_peer", "sip.banned", "sip.rate_limited"}
    assert len(logs) == 3


def test_what_a_trunk_sends_over_a_connection_is_never_dropped_but_owed_for() -> None:
    admission = door()
    taken = [admission.admit(asked(), TRUNK, 0.0, awaits=False, by_stream=True) for _ in range(350)]
    assert set(taken) == {Entry.TAKEN}
    assert admission.pause_s(TRUNK, 0.0) == pytest.approx(1.5)  # 350 less 200 in hand, at 100 a second
    assert admission.pause_s(TRUNK, 1.0) == pytest.approx(0.5)
    assert admission.pause_s(TRUNK, 1.5) == 0.0
    assert admission.admit(asked(), TRUNK, 0.0, awaits=False) is Entry.TAKEN  # datagrams have their own
    counters = admission.counters
    assert (counters.limited, counters.pauses) == (0, 2)


@pytest.mark.parametrize("policy", StrangerPolicy)
def test_a_stranger_above_its_rate_has_its_connection_closed(policy: StrangerPolicy) -> None:
    admission = door(policy)
    for _ in range(20):
        admission.admit(asked(), EVIL, 0.0, awaits=False, by_stream=True)
    assert admission.pause_s(EVIL, 0.0) == 0.0
    assert admission.admit(asked(), EVIL, 0.0, awaits=False, by_stream=True) is Entry.DROPPED
    assert admission.pause_s(EVIL, 0.0) is None
    assert admission.counters.limited == 1
