"""Session keys against the vectors of RFC 3711, RFC 6188 and RFC 2202, and against the slow derivation."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.srtp_keys import derived, hmac_sha1
from tests.kit.oracles.srtp import derived as slow_derived

MASTER_KEY = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
MASTER_SALT = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")


def test_the_keys_of_rfc_3711() -> None:
    assert derived(MASTER_KEY, MASTER_SALT, 0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived(MASTER_KEY, MASTER_SALT, 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert derived(MASTER_KEY, MASTER_SALT, 1, 94).hex().upper() == (
        "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098"
        "6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2"
    )


@given(
    st.sampled_from((16, 32)).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    st.sampled_from((12, 14)).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    st.integers(0, 5),
    st.integers(0, 94),
)
def test_keys_as_the_slow_derivation_has_them(key: bytes, salt: bytes, label: int, size: int) -> None:
    assert derived(key, salt, label, size) == slow_derived(key, salt, label, size)


def test_the_digests_of_rfc_2202() -> None:
    assert hmac_sha1(b"\x0b" * 20, b"Hi There").hex() == "b617318655057264e28bc0b6fb378c8ef146be00"
    assert hmac_sha1(b"\xaa" * 20, b"\xdd" * 50).hex() == "125d7342b9ac11cd91a39af48aa17b4f63f175d3"


@given(st.binary(min_size=20, max_size=20), st.binary(max_size=400))
def test_digests_as_python_has_them(secret: bytes, data: bytes) -> None:
    assert hmac_sha1(secret, data) == hmac.new(secret, data, hashlib.sha1).digest()


def test_keys_of_another_length_are_refused() -> None:
    for key, salt, label in (
        (bytes(24), bytes(14), 0),
        (bytes(16), bytes(15), 0),
        (bytes(16), bytes(14), 256),
    ):
        with pytest.raises(ValueError):
            derived(key, salt, label, 16)
    with pytest.raises(ValueError):
        hmac_sha1(bytes(19), b"")
