"""What may be dialled: nothing unless it is said, and every fault told."""

from __future__ import annotations

import json

import pytest

from aywa.errors import ConfigError
from aywa.settings import DialLimits, DialSettings, Settings, TrunkDialling
from aywa.settings.trunk_reader import read_trunks

TRUNK = {
    "name": "carrier",
    "dial": {
        "server": "sip:sip.example.com:5061;transport=tls",
        "from": ["+4930990"],
        "prefix": "00",
        "allow": ["+49", "+43"],
        "hosts": ["pbx.example"],
        "users": ["2XX", "front-desk"],
        "concurrent": 30,
        "per_second": 5,
        "per_day": 2000,
        "minutes_per_day": 900,
    },
}


def faults(**dial: object) -> dict[str, str]:
    """What is wrong with a trunk's dialling, by field."""
    row = {"name": "carrier", "dial": {"server": "sip:192.0.2.10", **dial}}
    _, gaps = read_trunks(json.dumps([row]))
    return {gap.name.removeprefix("RUNTIME_SIP_TRUNKS_JSON[0]."): gap.rule for gap in gaps}


def test_a_whole_trunk() -> None:
    (trunk,) = Settings.from_env({"RUNTIME_SIP_TRUNKS_JSON": json.dumps([TRUNK])}).sip.named_trunks
    assert trunk.dial == TrunkDialling(
        "sip:sip.example.com:5061;transport=tls",
        ("+4930990",),
        "00",
        ("+49", "+43"),
        ("pbx.example",),
        ("2XX", "front-desk"),
        DialLimits(30, 5, 2000, 900),
    )


def test_nothing_said_is_nothing_allowed() -> None:
    settings = Settings.from_env({})
    assert settings.dial == DialSettings()
    assert settings.dial.allow == ()
    trunks, gaps = read_trunks(json.dumps([{"name": "pbx", "addresses": ["192.0.2.10"]}]))
    assert (trunks[0].dial, gaps) == (None, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server", "sips:192.0.2.10"),
        ("server", "sip:user@192.0.2.10"),
        ("server", "sip:192.0.2.10;maddr=198.51.100.1"),
        ("server", "192.0.2.10"),
        ("from", ["+49 30 990"]),
        ("from", ["a@b"]),
        ("from", "+4930990"),
        ("prefix", "9"),
        ("allow", ["+"]),
        ("allow", ["49"]),
        ("allow", []),
        ("hosts", ["a b"]),
        ("hosts", ["a;maddr=b"]),
        ("users", ["X1X"]),
        ("users", ["0XX"]),
        ("users", ["1XXXXXX"]),
        ("users", ["*72"]),
        ("concurrent", -1),
        ("concurrent", True),
        ("per_second", 1.5),
        ("per_day", "many"),
        ("minutes_per_day", 10**9),
        ("limits", {}),
    ],
)
def test_every_fault_names_its_field(field: str, value: object) -> None:
    assert list(faults(**{field: value})) == [f"dial.{field}"]


def test_the_general_list() -> None:
    settings = Settings.from_env(
        {
            "RUNTIME_DIAL_HOME": "+49",
            "RUNTIME_DIAL_ALLOW": "+49, +43",
            "RUNTIME_DIAL_DENY": "+49180",
            "RUNTIME_DIAL_EMERGENCY": "112",
            "RUNTIME_DIAL_KEY_CONCURRENT": "3",
            "RUNTIME_DIAL_KEY_PER_SECOND": "2",
            "RUNTIME_DIAL_KEY_PER_DAY": "50",
            "RUNTIME_DIAL_KEY_MINUTES_PER_DAY": "60",
            "RUNTIME_DIAL_RING_TIMEOUT_S": "30",
            "RUNTIME_DIAL_EARLY_MEDIA": "off",
        }
    ).dial
    limits = DialLimits(3, 2, 50, 60)
    assert settings == DialSettings("49", ("+49", "+43"), ("+49180",), ("112",), limits, 30, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RUNTIME_DIAL_HOME", "0049"),
        ("RUNTIME_DIAL_ALLOW", "+"),
        ("RUNTIME_DIAL_ALLOW", "49"),
        ("RUNTIME_DIAL_ALLOW", "+49 30"),
        ("RUNTIME_DIAL_DENY", "all"),
        ("RUNTIME_DIAL_EMERGENCY", "+49112"),
        ("RUNTIME_DIAL_KEY_CONCURRENT", "-1"),
        ("RUNTIME_DIAL_RING_TIMEOUT_S", "0"),
    ],
)
def test_what_cannot_be_read_stops_the_start(name: str, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({name: text})
    assert [gap.name for gap in refused.value.gaps] == [name]
