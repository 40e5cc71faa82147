"""What can be known to fail before anything is started: each fault with the setting to change."""

from __future__ import annotations

import socket
from contextlib import closing

from aywa.artifacts.wav import RecordingError, WavRecordings
from aywa.errors import ConfigError, Gap
from aywa.settings import MediaSettings, RecordCalls, Settings, SipSettings


def check_host(settings: Settings) -> None:
    """Raises `ConfigError` with every port that is taken and every directory that is closed. Blocks."""
    gaps = [*_sip_gaps(settings.sip), *_rtp_gaps(settings.media), *_directory_gaps(settings)]
    if gaps:
        raise ConfigError(gaps)


def _sip_gaps(sip: SipSettings) -> list[Gap]:
    problem = _cannot_bind(sip.host, sip.port)
    if problem is None:
        return []
    rule = f"UDP {sip.host}:{sip.port} cannot be used ({problem}): stop what holds it or choose another"
    return [Gap(_blame(problem, "RUNTIME_SIP_PORT", "RUNTIME_SIP_HOST"), rule, str(sip.port + 1))]


def _rtp_gaps(media: MediaSettings) -> list[Gap]:
    problem: str | None = "the range holds no even port with its odd neighbour"
    for port in range(media.rtp_port_min + media.rtp_port_min % 2, media.rtp_port_max, 2):
        problem = _cannot_bind(media.host, port) or _cannot_bind(media.host, port + 1)
        if problem is None:
            return []
        if "assign" in problem:
            break  # the address is not this host's: no port of it will do
    where = f"UDP {media.host}:{media.rtp_port_min}-{media.rtp_port_max}"
    rule = f"{where} has no free pair for RTP ({problem}): stop what holds it or choose another range"
    return [Gap(_blame(problem or "", "RUNTIME_RTP_PORT_MIN", "RUNTIME_MEDIA_HOST"), rule, "16384")]


def _blame(problem: str, port_variable: str, host_variable: str) -> str:
    return host_variable if "assign" in problem else port_variable  # "Cannot assign requested address"


def _cannot_bind(host: str, port: int) -> str | None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror
    return None


def _directory_gaps(settings: Settings) -> list[Gap]:
    if settings.call.record is RecordCalls.NONE:
        return []
    try:
        WavRecordings(settings.artifacts.directory).check_writable()
    except RecordingError as error:
        name = "RUNTIME_RECORDING_DIR"
        if settings.artifacts.directory == settings.store.data_dir.rstrip("/") + "/recordings":
            name = "RUNTIME_DATA_DIR"
        return [Gap(name, str(error.strerror), "/var/lib/aywa")]
    return []
