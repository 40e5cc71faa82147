"""What lies on the disk of each call, found by its names: below `directory/YYYY/MM/DD/`.

| name | what |
|---|---|
| `<call id>.wav`, `<call id>.opus.wav` | the recording; the second is to become Opus |
| `<call id>-colleague-<n>.wav` | that of a colleague it was transferred to |
| `<call id>.<kind>.opus` | an artifact made of it |
| `<call id>.pcap` | packets |
| `.<name>.<...>.new`, `.<name>.part` | what a process that was killed did not finish |
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aywa.artifacts.wav import NEW_SUFFIX
from aywa.ports.artifacts import ArtifactFormat, ArtifactKind

_CALL_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BECOMES_OPUS = f".{ArtifactFormat.OPUS.value}.wav"
_COLLEAGUE = "-colleague-"
_STALE_S = 3600.0  # nobody takes so long to begin a file or to encode one


@dataclass(slots=True)
class CallFiles:
    """Those of one call."""

    call_id: str
    recordings: list[Path] = field(default_factory=list)  # its own first
    pcap: Path | None = None
    made: dict[ArtifactKind, Path] = field(default_factory=dict)
    size: int = 0  # bytes of all of them
    begun_at: float = 0.0  # of the oldest: its last change, in seconds since 1970

    @property
    def recording(self) -> Path | None:
        """The call's own recording."""
        return next((path for path in self.recordings if _COLLEAGUE not in path.name), None)

    @property
    def format(self) -> ArtifactFormat:
        """What the recording is to become."""
        own = self.recording
        opus = own is not None and own.name.endswith(_BECOMES_OPUS)
        return ArtifactFormat.OPUS if opus else ArtifactFormat.WAV

    def made_path(self, kind: ArtifactKind) -> Path:
        """Where an artifact in Opus is made."""
        assert self.recording is not None
        return self.recording.with_name(f"{self.call_id}.{kind.value}.{ArtifactFormat.OPUS.value}")

    @property
    def colleagues(self) -> list[Path]:
        """The recordings of those it was transferred to."""
        return [path for path in self.recordings if _COLLEAGUE in path.name]

    def sources(self) -> list[Path]:
        """What artifacts are made of, the recording last: as long as it is there, they can be made again."""
        found = [*self.colleagues, *([self.pcap] if self.pcap else [])]
        return found if self.recording is None else [*found, self.recording]


@dataclass(slots=True)
class Survey:
    """What lies below a directory."""

    calls: dict[str, CallFiles] = field(default_factory=dict)
    size: int = 0  # bytes of all calls


def survey(directory: Path, now: float, *, tidy: bool = True) -> Survey:
    """Look at all of it. `now`: seconds since 1970. With `tidy`, what nobody will finish is deleted.

    What disappears meanwhile is passed over. Raises OSError for a directory that cannot be read.
    """
    found = Survey()
    for entry in _files(directory, depth=3):
        try:
            status = entry.stat()
        except FileNotFoundError:
            continue
        if entry.name.startswith("."):
            if tidy and now - status.st_mtime > _STALE_S and entry.name.endswith((NEW_SUFFIX, ".part")):
                with suppress(OSError):
                    os.unlink(entry.path)
            continue
        match = _CALL_ID.match(entry.name)
        if match is None:
            continue
        files = found.calls.setdefault(match[0], CallFiles(match[0]))
        if _place(files, Path(entry.path), entry.name[match.end() :]):
            files.size += status.st_size
            files.begun_at = min(files.begun_at or status.st_mtime, status.st_mtime)
            found.size += status.st_size
    found.calls = {call_id: files for call_id, files in found.calls.items() if files.size or files.recordings}
    return found


def files_of(directory: Path, call_id: str) -> CallFiles | None:
    """Those of one call, wherever they lie; None when there are none."""
    files = CallFiles(call_id)
    for path in sorted(directory.glob(f"*/*/*/{call_id}*")):
        with suppress(FileNotFoundError):
            status = path.stat()
            if _place(files, path, path.name.removeprefix(call_id)):
                files.size += status.st_size
                files.begun_at = min(files.begun_at or status.st_mtime, status.st_mtime)
    return files if files.recordings or files.pcap or files.made else None


def _place(files: CallFiles, path: Path, rest: str) -> bool:
    """Whether the name, without the call's id, is one of ours."""
    if rest.endswith(".wav"):
        files.recordings.append(path)
        files.recordings.sort(key=lambda each: (_COLLEAGUE in each.name, len(each.name), each.name))
    elif rest == ".pcap":
        files.pcap = path
    elif rest.endswith(f".{ArtifactFormat.OPUS.value}"):
        kind = rest.removesuffix(f".{ArtifactFormat.OPUS.value}").removeprefix(".")
        if kind not in {each.value for each in ArtifactKind}:
            return False
        files.made[ArtifactKind(kind)] = path
    else:
        return False
    return True


def _files(directory: Path | str, depth: int) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if depth and entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, depth - 1)
        elif not depth and entry.is_file(follow_symlinks=False):
            yield entry
