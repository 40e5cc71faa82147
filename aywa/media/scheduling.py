"""What the engine thread may have of the machine, and what its operator could give it.

A tick of the engine is due every millisecond. Among ordinary threads it waits for whoever runs, up to about
4 ms beside a busy interpreter; with a short slice up to about 2 ms; as SCHED_FIFO not at all.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from aywa._native.scheduling import make_fifo, short_slice

_PRIORITY = 20  # above anything that is not hard real time itself
_SLICE_NS = 100_000  # the least the kernel takes; a tick of 200 legs lasts about as long
_CAP_SYS_NICE = 23


class Scheduling(Enum):
    """How the engine thread is scheduled."""

    FIFO = "SCHED_FIFO: due ticks run at once"
    SHORT_SLICE = "ordinary, with a slice of 0.1 ms"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Host:
    """What the kernel allows: CPUs this process may use, CPUs its control group may use on average (None: no
    bound), the highest realtime priority, the capability to do without that, and the share of a period that
    realtime threads of its group may use (None: unknown).
    """

    cpus: int
    cpu_quota: float | None
    rtprio_limit: int
    has_nice_capability: bool
    realtime_share: float | None


@dataclass(frozen=True, slots=True)
class SchedulingReport:
    """What was got, why no more, and what would help; empty where there is nothing to say."""

    scheduling: Scheduling
    reason: str
    advice: tuple[str, ...]


def take_best(
    wanted: bool,
    host: Host,
    *,
    fifo: Callable[[int], int] = make_fifo,
    slice_of: Callable[[int], int] = short_slice,
) -> SchedulingReport:
    """Schedule the calling thread as well as the kernel lets it; `wanted` False: leave it as it is."""
    advice = []
    if host.cpu_quota is not None and host.cpu_quota < host.cpus:
        # A group that has used its share is stopped whole for the rest of the period, up to 100 ms.
        advice.append(
            f"the control group's CPU quota of {host.cpu_quota:.2g} stops audio when it is used up: lift it"
        )
    if host.cpus == 1:
        advice.append("one CPU serves audio and everything else: give the process two")
    if not wanted:
        return SchedulingReport(Scheduling.ORDINARY, "switched off in the settings", tuple(advice))
    error = fifo(_PRIORITY)
    if error == 0:
        return SchedulingReport(Scheduling.FIFO, "", tuple(advice))
    advice.insert(0, _how_to_get_fifo(host))
    reason = f"SCHED_FIFO was refused: {os.strerror(error)}"
    if slice_of(_SLICE_NS) == 0:
        return SchedulingReport(Scheduling.SHORT_SLICE, reason, tuple(advice))
    return SchedulingReport(Scheduling.ORDINARY, reason, tuple(advice))


def _how_to_get_fifo(host: Host) -> str:
    allowed = host.has_nice_capability or host.rtprio_limit >= _PRIORITY
    if allowed and host.realtime_share == 0:
        return "the control group has no realtime share: raise its cpu.rt_runtime_us"
    return (
        f"allow realtime: LimitRTPRIO={_PRIORITY} in its systemd unit, ulimit -r {_PRIORITY} or CAP_SYS_NICE"
    )


def look_at_host(root: Path = Path("/")) -> Host:
    """What the kernel says of this process; what it does not say is taken as allowed. Reads a few files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    return Host(
        cpus=len(os.sched_getaffinity(0)),
        cpu_quota=_cpu_quota(root),
        rtprio_limit=99 if soft == resource.RLIM_INFINITY else soft,
        has_nice_capability=_has_nice_capability(root),
        realtime_share=_realtime_share(root),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _groups(root: Path) -> list[Path]:
    """The control groups that bound this process's CPU: its own first, then those around it."""
    top, path = root / "sys/fs/cgroup", ""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, found = [*line.split(":", 2), "", ""][:3]
        if controllers == "" or "cpu" in controllers.split(","):
            path = found.strip("/")
            if controllers:
                top /= "cpu"
                break
    own = top / path
    return [own, *(parent for parent in own.parents if top == parent or top in parent.parents)]


def _ratio(words: list[str]) -> float | None:
    """None for "max", -1, no such file, or what nobody can divide by."""
    if len(words) != 2 or not all(word.isdigit() for word in words) or int(words[1]) == 0:
        return None
    return int(words[0]) / int(words[1])


def _cpu_quota(root: Path) -> float | None:
    """The smallest of the groups' quotas: version 2 has it in one file, version 1 in two."""
    quotas = []
    for group in _groups(root):
        first = _ratio(_read(group / "cpu.max").split())
        second = _ratio([_read(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")])
        quotas += [quota for quota in (first, second) if quota is not None]
    return min(quotas, default=None)


def _realtime_share(root: Path) -> float | None:
    """Of the process's own group; only version 1 has one."""
    group = _groups(root)[0]
    return _ratio([_read(group / f"cpu.rt_{name}_us").strip() for name in ("runtime", "period")])


def _has_nice_capability(root: Path) -> bool:
    for line in _read(root / "proc/self/status").splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value.strip() or "0", 16) >> _CAP_SYS_NICE & 1)
    return False
