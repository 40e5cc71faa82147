"""What the engine thread asks for, what it falls back to, and what it tells its operator."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aywa._native.scheduling import short_slice, slice_ns
from aywa.media.scheduling import Host, Scheduling, look_at_host, take_best

PLAIN = Host(cpus=2, cpu_quota=None, rtprio_limit=0, has_nice_capability=False, realtime_share=None)


def granted(_: int) -> int:
    return 0


def refused(_: int) -> int:
    return errno.EPERM


def test_with_permission_it_is_realtime_and_there_is_nothing_to_say() -> None:
    report = take_best(True, PLAIN, fifo=granted, slice_of=refused)
    assert (report.scheduling, report.reason, report.advice) == (Scheduling.FIFO, "", ())


@pytest.mark.parametrize(
    ("slices", "expected"), [(granted, Scheduling.SHORT_SLICE), (refused, Scheduling.ORDINARY)]
)
def test_without_it_the_operator_hears_how_to_give_it(slices: object, expected: Scheduling) -> None:
    report = take_best(True, PLAIN, fifo=refused, slice_of=slices)  # type: ignore[arg-type]
    assert report.scheduling is expected
    assert report.reason == "SCHED_FIFO was refused: Operation not permitted"
    assert report.advice[0].startswith("allow realtime: LimitRTPRIO=20 in its systemd unit")


def test_a_group_without_a_realtime_share_is_named() -> None:
    host = Host(2, None, 99, has_nice_capability=False, realtime_share=0.0)
    report = take_best(True, host, fifo=refused, slice_of=granted)
    assert report.advice == ("the control group has no realtime share: raise its cpu.rt_runtime_us",)


def test_a_quota_and_a_single_cpu_are_warned_of_whatever_was_granted() -> None:
    report = take_best(True, Host(1, 0.5, 99, False, None), fifo=granted, slice_of=granted)
    assert report.scheduling is Scheduling.FIFO
    assert len(report.advice) == 2
    assert "quota of 0.5" in report.advice[0]


def test_unwanted_it_asks_for_nothing() -> None:
    def never(_: int) -> int:
        raise AssertionError("nobody asked for it")

    report = take_best(False, PLAIN, fifo=never, slice_of=never)
    assert (report.scheduling, report.reason) == (Scheduling.ORDINARY, "switched off in the settings")


def test_the_kernel_gives_the_slice_or_says_that_it_cannot() -> None:
    verdicts: list[tuple[int, int]] = []

    def ask() -> None:
        verdicts.append((short_slice(100_000), slice_ns()))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert verdicts[0] in ((0, 100_000), (errno.ENOSYS, 0)) or verdicts[0][0] in (errno.EPERM, errno.EINVAL)


@pytest.mark.parametrize(
    ("files", "quota", "share"),
    [
        ({}, None, None),
        ({"sys/fs/cgroup/cpu.max": "max 100000\n"}, None, None),
        ({"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5, None),
        (
            {
                "proc/self/cgroup": "0::/system.slice/aywa.service\n",
                "sys/fs/cgroup/system.slice/aywa.service/cpu.max": "max 100000\n",
                "sys/fs/cgroup/system.slice/cpu.max": "80000 100000\n",
            },
            0.8,
            None,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/box\n0::/\n",
                "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu/box/cpu.rt_runtime_us": "0\n",
                "sys/fs/cgroup/cpu/box/cpu.rt_period_us": "1000000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            2.0,
            0.0,
        ),
        ({"sys/fs/cgroup/cpu.max": "1 0\n"}, None, None),
    ],
    ids=["nothing", "no bound", "a bound", "the group around", "version 1", "nonsense"],
)
def test_what_the_kernel_says_is_read(
    tmp_path: Path, files: dict[str, str], quota: float | None, share: float | None
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    host = look_at_host(tmp_path)
    assert (host.cpu_quota, host.realtime_share) == (quota, share)


@pytest.mark.parametrize(("mask", "has"), [("0000000000800000", True), ("0000000000000000", False)])
def test_the_capability_is_bit_23(tmp_path: Path, mask: str, has: bool) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/status").write_text(f"Name:\tx\nCapEff:\t{mask}\n")
    assert look_at_host(tmp_path).has_nice_capability is has


# Modules and codecs are read before the rights are given up: the checkout may be root's alone.
_UNPRIVILEGED = """
import ctypes, json, os, resource, sys
import _webrtcvad  # before the rights go: an ordinary user may not see where the tests lie
import trio
from structlog.testing import capture_logs
from random import Random
from aywa.media.engine import open_media_engine
from aywa.media.leg import LegParameters
from aywa.media.scheduling import look_at_host
from aywa.settings import MediaSettings
from tests.kit.formats import g711_format
from tests.kit.ports import free_udp_range

class Capabilities(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("e0", "p0", "i0", "e1", "p1", "i1")]

look_at_host()
keep = sys.argv[1] == "nice"
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(8, 1, 0, 0, 0) == 0  # PR_SET_KEEPCAPS
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
mask = 1 << 23 if keep else 0
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
assert libc.capset(header, ctypes.byref(Capabilities(mask, mask, 0, 0, 0, 0))) == 0, ctypes.get_errno()

async def main():
    first = free_udp_range(16)
    settings = MediaSettings(rtp_port_min=first, rtp_port_max=first + 15)
    async with open_media_engine(settings, rng=Random(1)) as engine:
        pair = engine.reserve_port()
        parameters = LegParameters(("127.0.0.1", 9), g711_format(0), 1)
        async with engine.open_leg(parameters, ports=pair) as leg:
            with trio.fail_after(10):
                while leg.stats().sent < 10:
                    await trio.sleep(0.01)
        return engine.load().scheduling.name

with capture_logs() as log:
    got = trio.run(main)
print(json.dumps({"got": got, "uid": os.getuid(), "log": log}))
"""


@pytest.mark.parametrize("right", ["none", "nice"])
def test_as_an_ordinary_user_the_engine_runs_and_says_once_what_it_lacks(right: str) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become an ordinary user with one right")
    command = [sys.executable, "-c", _UNPRIVILEGED, right]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    told = json.loads(done.stdout)
    assert told["uid"] == 65534
    (line,) = [line for line in told["log"] if "scheduling" in line]
    if right == "nice":
        assert (told["got"], line["log_level"]) == ("FIFO", "info")
    else:
        assert told["got"] in ("SHORT_SLICE", "ORDINARY")
        assert line["log_level"] == "warning"
        assert "CAP_SYS_NICE" in line["advice"][0]
