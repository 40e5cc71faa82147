"""Where artifacts go, as the environment says it."""

from __future__ import annotations

import pytest

from aywa.errors import ConfigError
from aywa.settings import ArtifactSettings, S3Settings, Settings, artifact_gaps

_S3 = "RUNTIME_ARTIFACT_S3_"


def artifacts(**environ: str) -> ArtifactSettings:
    return Settings.from_env(environ).artifacts


def test_without_a_word_they_stay_where_they_were_written() -> None:
    found = artifacts(RUNTIME_DATA_DIR="/srv/")
    assert found.directory == "/srv/recordings"
    assert found.stays
    assert [gap.name for gap in artifact_gaps(found)] == ["RUNTIME_ARTIFACT_S3_BUCKET"]
    assert not artifacts(RUNTIME_ARTIFACT_DIR="/mnt/artifacts").stays


def test_a_bucket_with_everything() -> None:
    found = artifacts(
        **{
            f"{_S3}BUCKET": "acme-voice",
            f"{_S3}ENDPOINT": "https://minio.internal:9000/",
            f"{_S3}REGION": "eu-central-1",
            f"{_S3}ACCESS_KEY_ID": "an-id",
            f"{_S3}SECRET_ACCESS_KEY": "a-secret",
            f"{_S3}PREFIX": "/voice/eu/",
        },
        RUNTIME_ARTIFACT_SPOOL_MAX_BYTES="1000",
        RUNTIME_ARTIFACT_SPOOL_MAX_AGE_HOURS="0.5",
        RUNTIME_ARTIFACT_DOWNLOADS="redirect",
        RUNTIME_ARTIFACT_URL_EXPIRES_S="60",
    )
    assert found.s3 == S3Settings(
        "acme-voice", "https://minio.internal:9000", "eu-central-1", "an-id", "a-secret", "voice/eu", True
    )
    assert "a-secret" not in repr(found)
    assert (found.spool_max_bytes, found.spool_max_age_s) == (1000, 1800.0)
    assert (found.downloads, found.url_expires_s) == ("redirect", 60)
    assert not found.stays
    assert artifact_gaps(found) == []


def test_amazon_has_the_bucket_in_the_host_name() -> None:
    found = artifacts(**{f"{_S3}BUCKET": "acme-voice"}).s3
    assert found is not None
    assert not found.path_style
    forced = artifacts(**{f"{_S3}BUCKET": "acme-voice", f"{_S3}PATH_STYLE": "true"}).s3
    assert forced is not None
    assert forced.path_style


@pytest.mark.parametrize(
    "environ",
    [
        {f"{_S3}BUCKET": "a/b"},
        {f"{_S3}BUCKET": "acme-voice", f"{_S3}PREFIX": "a/../b"},
        {f"{_S3}BUCKET": "acme-voice", f"{_S3}ENDPOINT": "minio:9000"},
        {f"{_S3}BUCKET": "acme-voice", f"{_S3}REGION": "Europe!"},
        {f"{_S3}BUCKET": "acme-voice", f"{_S3}ACCESS_KEY_ID": "an-id"},
        {f"{_S3}BUCKET": "acme-voice", "RUNTIME_ARTIFACT_DIR": "/mnt"},
        {"RUNTIME_ARTIFACT_DOWNLOADS": "mail"},
    ],
    ids=["bucket", "prefix", "endpoint", "region", "half a key", "two stores", "downloads"],
)
def test_what_cannot_work_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as fault:
        artifacts(**environ)
    assert [gap.name.startswith("RUNTIME_ARTIFACT_") for gap in fault.value.gaps] == [True]
