"""What SRTP asks of malloc and of locks: nothing a packet, little a session, and no key when it is over."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from aywa._native.srtp import KEY_SIZES, SUITES, CryptSession
from aywa._native.srtp_keys import derived
from tests.kit.crypt_soak import Call, build
from tests.kit.malloc import allocated

EVERY_SUITE = pytest.mark.parametrize("suite", range(len(SUITES)), ids=SUITES)
SESSIONS = 200


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver in C, which counts where it is preloaded."""
    return build(tmp_path_factory.mktemp("soak"))


def test_no_packet_allocates_or_locks(library: Path) -> None:
    child = run(
        [sys.executable, "-m", "tests.kit.crypt_soak", library],
        env={**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    suites = json.loads(child.stdout)
    assert len(suites) == len(SUITES)
    for counts in suites:
        assert counts["opening"] > 4  # the counter counts
        assert counts["wrong"] == 0
        assert counts["asked"] == 0
        assert counts["locked"] == 0


@EVERY_SUITE
def test_packets_by_thousands_come_back_as_they_were(library: Path, suite: int) -> None:
    call = Call(library, suite)
    assert call.soak(2700, forging=True).wrong == 0  # twice over the wrap
    assert call.soak(50, reports=True, forging=True).wrong == 0
    call.close()


@EVERY_SUITE
def test_a_session_is_small(suite: int) -> None:
    key = bytes(KEY_SIZES[suite])
    CryptSession(suite, key, key)
    before = allocated()
    sessions = [CryptSession(suite, key, key) for _ in range(SESSIONS)]
    each = (allocated() - before) / len(sessions)
    assert each <= (5120 if "GCM" in SUITES[suite] else 4096)


@EVERY_SUITE
def test_no_key_outlives_its_session(library: Path, suite: int) -> None:
    call = Call(library, suite)
    size = 32 if SUITES[suite] == "AEAD_AES_256_GCM" else 16
    secrets = [
        derived(master[:size], master[size:], label, size if label in (0, 3) else 12)
        for master in call.masters
        for label in (0, 2, 3, 5)
    ]
    call.soak(1)
    assert all(secret in call.memory() for secret in secrets)
    call.close()
    assert not any(secret in call.memory() for secret in secrets)
    call.close()  # twice does no harm
