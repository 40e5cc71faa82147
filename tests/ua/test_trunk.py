"""Who may call."""

from __future__ import annotations

import pytest

from aywa.errors import ConfigError
from aywa.ua.trunk import Trunks


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("192.0.2.10", True),
        ("192.0.2.11", False),
        ("10.255.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("fe80::1%eth0", False),
    ],
)
def test_addresses_and_blocks(host: str, allowed: bool) -> None:
    trunks = Trunks(["192.0.2.10", " 10.0.0.0/8 ", "2001:db8::/32"])
    assert trunks.allows(host) is allowed
    assert trunks.allows(host) is allowed


def test_forged_sources_do_not_grow_the_table() -> None:
    trunks = Trunks(["192.0.2.10"])
    for index in range(5000):
        assert not trunks.allows(f"10.0.{index // 256}.{index % 256}")
    assert len(trunks._verdicts) <= 1024


def test_all_faults_are_named() -> None:
    with pytest.raises(ConfigError) as error:
        Trunks(["pbx.example.com", "10.0.0.0/99", "192.0.2.1"])
    assert [gap.name for gap in error.value.gaps] == ["RUNTIME_SIP_TRUNKS"] * 2
    assert "pbx.example.com" in error.value.detail
