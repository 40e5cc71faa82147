"""Capture files, read by tcpdump; and a writer that is killed."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.rtp import pack_header
from aywa.artifacts.pcap import PcapFiles, datagram, encode_pcap
from aywa.ports.capture import CapturedPacket
from tests.kit.tcpdump import read_pcap

LOCAL, REMOTE = ("192.0.2.10", 16384), ("198.51.100.7", 40000)
DAY = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
OFFSET_NS = 1_700_000_000_000_000_000


def rtp(
    number: int, *, sent: bool = False, payload: bytes = b"\x55" * 160, keep: int = 224
) -> CapturedPacket:
    data = pack_header(0, number == 0, number, 160 * number, 0xABCD) + payload
    return CapturedPacket(number * 20_000_001, sent, LOCAL, REMOTE, len(data), data[:keep])


def test_tcpdump_reads_times_addresses_and_rtp(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    packets = [rtp(number, sent=number % 2 == 1) for number in range(6)]
    path.write_bytes(encode_pcap(packets[::-1], OFFSET_NS))
    lines = read_pcap(path, "-T", "rtp", "-tt", "--time-stamp-precision=nano")
    assert len(lines) == 6
    for number, line in enumerate(lines):
        from_, to = ("192.0.2.10.16384", "198.51.100.7.40000")[:: 1 if number % 2 else -1]
        at_ns = OFFSET_NS + number * 20_000_001
        assert line.startswith(f"{at_ns // 10**9}.{at_ns % 10**9:09} IP {from_} > {to}: udp/rtp 160")
        assert re.search(rf" {number} {160 * number}\b", line), line


def test_tcpdump_finds_every_checksum_right(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(encode_pcap([rtp(1), rtp(2, sent=True, payload=b"odd"), rtp(3, payload=b"")], 0))
    told = "\n".join(read_pcap(path, "-vvv", "-x"))
    assert told.count("[udp sum ok]") == 3
    assert "bad" not in told


def test_a_packet_that_was_cut_keeps_its_length(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(encode_pcap([rtp(1, payload=bytes(480), keep=12)], 0))
    told = "\n".join(read_pcap(path, "-vvv"))
    assert "length 520" in told  # of the IP packet
    assert "[no cksum]" in told
    record = path.read_bytes()[24:]
    assert struct.unpack("<II", record[8:16]) == (40, 520)


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 65535)), min_size=2, max_size=2),
    st.binary(max_size=224),
    st.booleans(),
)
def test_sums_come_out_as_all_ones(ends: list[tuple[int, int]], data: bytes, sent: bool) -> None:
    """RFC 1071: summed over with their checksum, header and pseudo header give 0xFFFF."""
    local, remote = ((str(IPv4Address(host)), port) for host, port in ends)
    made = datagram(CapturedPacket(0, sent, local, remote, len(data), data))
    assert ones_sum(made[:20]) == 0xFFFF
    assert made[26:28] != b"\0\0"
    assert ones_sum(made[12:20] + struct.pack(">HH", 17, len(data) + 8) + made[20:]) == 0xFFFF


def ones_sum(data: bytes) -> int:
    """Ones' complement sum, the slow way."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        if total > 0xFFFF:
            total -= 0xFFFF
    return total


def test_tcpdump_reads_sip_over_both_families_and_reports(tmp_path: Path) -> None:
    invite = b"INVITE sip:1@192.0.2.10 SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"
    report = b"\x80\xc9\x00\x01\x00\x00\x12\x34"
    path = tmp_path / "a.pcap"
    here, there = ("2001:db8::10", 5060), ("2001:db8::7", 5060)
    packets = [
        CapturedPacket(1, False, ("192.0.2.10", 5060), ("198.51.100.7", 5060), len(invite), invite),
        CapturedPacket(2, True, here, there, len(invite), invite),
        CapturedPacket(3, True, here, there, len(invite) + 9, invite),
        CapturedPacket(4, False, ("192.0.2.10", 16385), ("198.51.100.7", 40001), len(report), report),
    ]
    path.write_bytes(encode_pcap(packets, OFFSET_NS))
    told = read_pcap(path, "-vvv")
    lines = "\n".join(told)
    assert lines.count("INVITE sip:1@192.0.2.10 SIP/2.0") == 3
    assert lines.count("[udp sum ok]") == 3
    assert "bad" not in lines
    first = [line for line in read_pcap(path) if ".5060" in line]
    assert "IP 198.51.100.7.5060 > 192.0.2.10.5060: SIP: INVITE" in first[0]
    assert "IP6 2001:db8::10.5060 > 2001:db8::7.5060: SIP: INVITE" in first[1]
    assert any("rr" in line for line in read_pcap(path, "-T", "rtcp", "udp", "port", "16385"))


def test_an_empty_capture_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(encode_pcap([], 0))
    assert read_pcap(path) == []


def files(tmp_path: Path) -> PcapFiles:
    return PcapFiles(str(tmp_path), wall=lambda: DAY, offset_ns=lambda: OFFSET_NS)


def test_the_file_lies_where_recordings_do(tmp_path: Path) -> None:
    path = Path(files(tmp_path).write("a-call", [rtp(1)]))
    assert path == tmp_path / "2026/03/01/a-call.pcap"
    assert path.read_bytes() == encode_pcap([rtp(1)], OFFSET_NS)
    assert path.stat().st_mode & 0o007 == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["a-call.pcap"]
    assert Path(files(tmp_path).write("../../x", [])).parent == path.parent


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        files(tmp_path).write("a-call", [rtp(1)])
    assert list((tmp_path / "2026/03/01").iterdir()) == []


_KILLED = """
import os, signal, sys
from aywa.artifacts import pcap
from tests.artifacts.test_pcap import files, rtp
from pathlib import Path

write = os.write
def half(file, data):
    write(file, bytes(data[: len(data) // 2]))
    os.kill(os.getpid(), signal.SIGKILL)

os.{call} = half if "{call}" == "write" else lambda file: os.kill(os.getpid(), signal.SIGKILL)
files(Path(sys.argv[1])).write("a-call", [rtp(number) for number in range(100)])
"""


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_killed_writer_leaves_no_half_file(tmp_path: Path, call: str) -> None:
    program: Sequence[str] = [sys.executable, "-c", _KILLED.format(call=call), str(tmp_path)]
    assert subprocess.run(program, check=False).returncode == -signal.SIGKILL
    assert list(tmp_path.rglob("*.pcap")) == []
    assert [entry.name for entry in tmp_path.rglob(".*")] == [".a-call.pcap.part"]
    whole = files(tmp_path).write("a-call", [rtp(1)])
    assert len(read_pcap(Path(whole))) == 1
    assert list(tmp_path.rglob(".*")) == []
