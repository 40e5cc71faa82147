"""What the engine thread asks for, what it falls back to, and what it tells its operator."""

from __future__ import annotations

import errno
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
