"""Named trunks out of JSON: what is read, and that every fault is told at once and without a secret."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ConfigError
from aywa.settings import (
    MediaSettings,
    NatMode,
    Settings,
    SrtpPolicy,
    StrangerPolicy,
    TrunkCredentials,
    TrunkRegistration,
)
from aywa.settings.trunk_reader import read_trunks
from tests.house.sources import ROOT

SECRET = "do-not-show-me"


def faults(*trunks: object) -> dict[str, str]:
    """The faults of these trunks, by field."""
    _, gaps = read_trunks(json.dumps(list(trunks)))
    return {gap.name.removeprefix("RUNTIME_SIP_TRUNKS_JSON"): gap.rule for gap in gaps}


def test_a_whole_trunk() -> None:
    trunk = {
        "name": "carrier-1",
        "addresses": ["198.51.100.0/24", "2001:db8::1"],
        "inbound": [{"user": "in", "password": SECRET}, {"user": "b", "ha1": ["0" * 32, "a" * 64]}],
        "outbound": {"user": "7000", "ha1": ["0" * 32], "realm": "asterisk"},
        "register": {"registrar": "sip:pbx.example.com", "aor": "sip:7000@pbx.example.com", "expires": 300},
        "srtp": "required",
        "nat": "any",
        "codecs": ["PCMA", "opus"],
        "max_calls": 30,
        "calls_per_second": 7,
    }
    settings = Settings.from_env(
        {"RUNTIME_SIP_TRUNKS_JSON": json.dumps([trunk, {"name": "b", "addresses": ["::1"]}])}
    )
    one, two = settings.sip.named_trunks
    assert one.addresses == ("198.51.100.0/24", "2001:db8::1")
    assert one.inbound == (TrunkCredentials("in", SECRET), TrunkCredentials("b", "", ("0" * 32, "a" * 64)))
    assert one.outbound == TrunkCredentials("7000", "", ("0" * 32,), "asterisk")
    assert one.register == TrunkRegistration("sip:pbx.example.com", "sip:7000@pbx.example.com", 300)
    assert (one.srtp, one.nat, one.codecs) == (SrtpPolicy.REQUIRED, NatMode.ANY, ("PCMA", "opus"))
    assert (two.srtp, two.nat, two.codecs) == (None, None, ())
    assert (one.max_calls, one.calls_per_second) == (30, 7)
    assert (two.max_calls, two.calls_per_second) == (None, None)
    media = MediaSettings(srtp="off").for_trunk(one)
    assert (media.srtp, media.codecs) == ("required", ("PCMA", "opus"))
    assert (media.nat, MediaSettings(nat="any").for_trunk(two).nat) == ("any", "any")
    strict = replace(one, nat=NatMode.STRICT)
    assert MediaSettings(nat="any").for_trunk(strict).nat == "off"
    assert MediaSettings(srtp="off").for_trunk(two) == MediaSettings(srtp="off").for_trunk(None)
    assert SECRET not in repr(settings)


def test_every_fault_is_told_at_once_with_field_and_rule() -> None:
    found = faults(
        {
            "name": "Big Name",
            "addresses": ["pbx.example.com"],
            "inbound": [{"user": 'a"b', "password": SECRET}, {"user": "x"}],
            "outbound": {"user": "y", "password": SECRET, "ha1": ["00"]},
            "register": {"registrar": "http://x", "expires": 5},
            "algorithms": ["SHA-1"],
            "srtp": "maybe",
            "nat": 7,
            "codecs": ["speex"],
            "max_calls": -1,
            "calls_per_second": 0,
            "adresses": [],
        },
        {"name": "twice", "addresses": ["::1"]},
        {"name": "twice", "addresses": ["::2"]},
        {"name": "open", "addresses": ["0.0.0.0/0"]},
        "text",
    )
    assert set(found) == {
        "[0].name", "[0].addresses", "[0].algorithms", "[0].inbound[0].user", "[0].inbound[1].password",
        "[0].outbound.password",
        "[0].outbound.ha1", "[0].outbound.realm", "[0].register.registrar", "[0].register.aor",
        "[0].register.expires", "[0].srtp", "[0].nat", "[0].codecs", "[0].adresses",
        "[0].max_calls", "[0].calls_per_second", "[1].name", "[2].name",
        "[3].inbound", "[4]",
    }  # fmt: skip
    assert SECRET not in str(found)


def test_what_callers_are_asked_for_must_fit_every_user() -> None:
    md5, sha = {"user": "a", "ha1": ["0" * 32]}, {"user": "b", "ha1": ["0" * 64]}

    def trunk(*users: object, **more: object) -> dict[str, object]:
        return {"name": "x", "addresses": ["::1"], "inbound": list(users), **more}

    assert faults(trunk(md5), trunk(sha) | {"name": "y"}) == {}
    assert set(faults(trunk(md5, sha))) == set(faults(trunk(md5, algorithms=["SHA-256"]))) == {"[0].inbound"}
    read = [
        read_trunks(json.dumps([trunk(user)]))[0][0].algorithms
        for user in (md5, sha, {"user": "c", "password": "p"})
    ]
    assert read == [("MD5",), ("SHA-256",), ("MD5",)]


def test_they_are_told_together_with_the_other_variables() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(
            {"RUNTIME_SIP_TRUNKS_JSON": "[{}]", "RUNTIME_SIP_PORT": "x", "RUNTIME_SIP_STRANGERS": "shout"}
        )
    names = {gap.name for gap in caught.value.gaps}
    assert {"RUNTIME_SIP_PORT", "RUNTIME_SIP_STRANGERS", "RUNTIME_SIP_TRUNKS_JSON[0].name"} <= names


@pytest.mark.parametrize("text", ["{}", "[", "7", '"x"', "[" * 100_000, "[" + "1," * 300 + "1]"])
def test_what_is_no_list_of_trunks(text: str) -> None:
    trunks, gaps = read_trunks(text)
    assert trunks == ()
    assert gaps


def test_strangers_and_realm() -> None:
    settings = Settings.from_env({"RUNTIME_SIP_STRANGERS": "403", "RUNTIME_SIP_REALM": "voice.example.com"})
    assert settings.sip.strangers is StrangerPolicy.FORBIDDEN
    assert settings.sip.realm == "voice.example.com"
    with pytest.raises(ConfigError):
        Settings.from_env({"RUNTIME_SIP_REALM": 'a"b'})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "addresses",
                    "inbound",
                    "outbound",
                    "register",
                    "srtp",
                    "nat",
                    "codecs",
                    "user",
                    "ha1",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_faulted(tree: object) -> None:
    trunks, gaps = read_trunks(json.dumps([tree]))
    assert trunks or gaps


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_registrar_is_reached_by_the_transport_it_names(transport: str) -> None:
    registrar = f"sip:sip.carrier.example;transport={transport}"
    row = {"name": "carrier", "addresses": ["198.51.100.0/24"]}
    row["outbound"] = {"user": "a", "password": "b"}  # type: ignore[assignment]
    row["register"] = {"registrar": registrar, "aor": "sip:a@carrier.example"}  # type: ignore[assignment]
    (trunk,), gaps = read_trunks(json.dumps([row]))
    assert gaps == []
    assert trunk.register is not None
    assert trunk.register.registrar == registrar


@pytest.mark.parametrize("page", ["operations.md", "sip.md"])
def test_what_the_documentation_shows_is_taken_as_it_stands(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    shown = re.findall(r"RUNTIME_SIP_TRUNKS_JSON='(.*?)'", text, re.DOTALL)
    for value in shown:
        trunks, gaps = read_trunks(value.replace("\n", ""))
        assert trunks
        assert gaps == []
    assert shown
