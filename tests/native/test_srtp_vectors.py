"""The slow SRTP against the test vectors of RFC 3711 appendix B and RFC 7714 sections 16 and 17."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.kit.oracles.srtp import counter_mode, derived, gcm_rtcp_iv, gcm_rtp_iv, header_size

MASTER_KEY = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
MASTER_SALT = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
GCM_KEYS = [bytes(range(16)), bytes(range(32))]
GCM_SALT = bytes.fromhex("517569642070726f2071756f")
RTP = bytes.fromhex(
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
)
RTCP = bytes.fromhex(
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
)


def test_counter_mode_keystream() -> None:
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    stream = counter_mode(key, int("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", 16), bytes(48))
    assert stream.hex().upper() == (
        "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"
    )


def test_key_derivation() -> None:
    assert derived(MASTER_KEY, MASTER_SALT, 0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived(MASTER_KEY, MASTER_SALT, 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert derived(MASTER_KEY, MASTER_SALT, 1, 94).hex().upper() == (
        "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098"
        "6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2"
    )


def test_gcm_of_rtp() -> None:
    size = header_size(RTP)
    iv = gcm_rtp_iv(GCM_SALT, RTP[8:12], int.from_bytes(RTP[2:4], "big"))
    assert iv.hex() == "51753c6580c2726f20718414"
    sealed = [AESGCM(key).encrypt(iv, RTP[size:], RTP[:size]).hex() for key in GCM_KEYS]
    assert sealed == [
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce",
        "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
        "7aa3db36dfffd6b0f9bb7878d7a76c13",
    ]


def test_gcm_of_rtcp() -> None:
    index = 0x5D4
    iv = gcm_rtcp_iv(GCM_SALT, RTCP[4:8], index)
    assert iv.hex() == "517524055203726f207170bb"
    trailer = (index | 1 << 31).to_bytes(4, "big")
    sealed = [AESGCM(key).encrypt(iv, RTCP[8:], RTCP[:8] + trailer).hex() for key in GCM_KEYS]
    assert sealed == [
        "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
        "c84aa45896cf4d2fc5abf87245d9eade",
        "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
        "1d1eb30c4446839f57ff6f6cb26ac3be",
    ]
