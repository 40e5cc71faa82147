"""Where recordings are written, and where they go when a call is over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aywa.errors import Gap
from aywa.settings.reader import EnvironmentReader, parse_origin

BUCKET = "RUNTIME_ARTIFACT_S3_BUCKET"
DOWNLOADS = ("stream", "redirect")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class S3Settings:
    """A bucket that speaks S3. Without keys of its own: those of the environment, or of the host."""

    bucket: str
    endpoint: str = ""  # an origin; empty: Amazon's of the region
    region: str = "us-east-1"
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    prefix: str = ""  # what every key begins with, without a slash at its end
    path_style: bool = True  # the bucket in the path, not in the host name


@dataclass(frozen=True, slots=True)
class ArtifactSettings:
    """`directory`: where recordings are written. With neither `s3` nor `store_dir` they stay there."""

    directory: str = "var/recordings"
    store_dir: str = ""  # another directory that finished artifacts go to, such as a network file system
    s3: S3Settings | None = None
    spool_max_bytes: int = 20 * _GIB  # 186 h of stereo at 8 kHz; 0: any number
    spool_max_age_s: float = 72 * 3600.0  # a weekend of a store that is away; 0: any age
    downloads: str = "stream"
    url_expires_s: float = 3600.0

    @property
    def stays(self) -> bool:
        """Whether artifacts stay where they were written."""
        return self.s3 is None and not self.store_dir


_DEFAULTS = ArtifactSettings()


def read_artifacts(env: EnvironmentReader, data_dir: str) -> ArtifactSettings:
    """The settings of this slice; faults go to the reader."""
    return ArtifactSettings(
        directory=env.text("RUNTIME_RECORDING_DIR", data_dir.rstrip("/") + "/recordings"),
        store_dir=env.text("RUNTIME_ARTIFACT_DIR"),
        s3=_read_s3(env),
        spool_max_bytes=env.integer(
            "RUNTIME_ARTIFACT_SPOOL_MAX_BYTES", _DEFAULTS.spool_max_bytes, 0, 1 << 50
        ),
        spool_max_age_s=3600
        * env.number("RUNTIME_ARTIFACT_SPOOL_MAX_AGE_HOURS", _DEFAULTS.spool_max_age_s / 3600, 0, 24 * 365),
        downloads=env.choice("RUNTIME_ARTIFACT_DOWNLOADS", _DEFAULTS.downloads, DOWNLOADS),
        url_expires_s=env.integer(
            "RUNTIME_ARTIFACT_URL_EXPIRES_S", int(_DEFAULTS.url_expires_s), 1, 7 * 86_400
        ),
    )


def artifact_gaps(settings: ArtifactSettings) -> list[Gap]:
    """What production does not do without: a place that outlives the host."""
    if settings.s3 is None:
        return [Gap(BUCKET, "must name a bucket in production", "acme-voice-artifacts")]
    return []


def artifact_conflicts(settings: ArtifactSettings) -> list[Gap]:
    """What contradicts itself."""
    found = []
    if settings.s3 is not None and settings.store_dir:
        rule = f"must not be set together with {BUCKET}: there is one artifact store"
        found.append(Gap("RUNTIME_ARTIFACT_DIR", rule, "unset"))
    if settings.s3 is not None and bool(settings.s3.access_key_id) != bool(settings.s3.secret_access_key):
        missing = "SECRET_ACCESS_KEY" if settings.s3.access_key_id else "ACCESS_KEY_ID"
        found.append(
            Gap(f"RUNTIME_ARTIFACT_S3_{missing}", "must be set together with its other half", "both, or none")
        )
    return found


def _read_s3(env: EnvironmentReader) -> S3Settings | None:
    bucket = env.read(
        BUCKET,
        _whole(_BUCKET),
        "",
        "must be the name of a bucket: 3 to 63 of A-Z, a-z, 0-9, ., _ and -",
        "acme-voice",
    )
    endpoint = env.read(
        "RUNTIME_ARTIFACT_S3_ENDPOINT",
        parse_origin,
        "",
        "must be an http or https origin without a path",
        "https://minio.internal:9000",
    )
    given = S3Settings(
        bucket=bucket,
        endpoint=endpoint,
        region=env.read(
            "RUNTIME_ARTIFACT_S3_REGION", _whole(_REGION), "us-east-1", "must be a region", "eu-central-1"
        ),
        access_key_id=env.text("RUNTIME_ARTIFACT_S3_ACCESS_KEY_ID"),
        secret_access_key=env.text("RUNTIME_ARTIFACT_S3_SECRET_ACCESS_KEY"),
        prefix=env.read(
            "RUNTIME_ARTIFACT_S3_PREFIX",
            _prefix,
            "",
            "must be words of A-Z, a-z, 0-9, ., _ and - with a slash between",
            "voice/eu",
        ),
        path_style=env.flag("RUNTIME_ARTIFACT_S3_PATH_STYLE", bool(endpoint)),
    )
    return given if bucket else None


def _whole(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError
        return text

    return parse


def _prefix(text: str) -> str:
    """Raises ValueError; a part of dots alone would lead elsewhere."""
    text = text.strip("/")
    if not _PREFIX.fullmatch(text) or any(set(part) <= {"."} for part in text.split("/")):
        raise ValueError
    return text
