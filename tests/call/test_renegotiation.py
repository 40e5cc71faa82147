"""Codec, packet time, keys and address in mid-call: what re-INVITEs agree on reaches the leg."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from random import Random

import pytest
import trio.testing

from aywa.errors import EndCode
from aywa.media.format import Codec, EventFormat, PayloadFormat, SrtpSuite
from aywa.media.negotiated import local_audio, media_format
from aywa.proto.sdp.audio import Accepted, LocalAudio
from aywa.proto.sdp.crypto import cryptos_of
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer, offer_again
from aywa.settings import MediaSettings
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_sip import FakeIncomingCall

PCMU = PayloadFormat(Codec.PCMU, 0)


class Peer:
    """The far side's PBX: describes itself and reads what we say."""

    def __init__(self, seed: int = 1, **settings: object) -> None:
        self.rng = Random(seed)
        self.local = self._local(settings)
        self.offer = make_offer(self.local, 7, 1)

    def _local(self, settings: dict[str, object]) -> LocalAudio:
        media = MediaSettings(**{"srtp": "off", "codecs": ("PCMU",), **settings})  # type: ignore[arg-type]
        return local_audio("127.0.0.1", 40_002, media, self.rng)

    def reinvites(self, person: Person, *, keep_keys: bool = False, **settings: object) -> Accepted | None:
        """Offer these settings in mid-call; what the far side makes of the answer."""
        local = self._local(settings)
        if keep_keys:
            local = replace(local, srtp=self.local.srtp)
        self.local = local
        self.offer = offer_again(self.offer, local)
        answer = person.session.reinvite(self.offer)
        return None if answer is None else accept_answer(self.offer, answer)


async def test_another_codec_and_back(autojump_clock: trio.testing.MockClock) -> None:
    world, peer = CallWorld(), Peer()
    async with world.call(offer=peer.offer) as person:
        await person.listens()
        assert person.leg.format.send == PCMU
        for name, codec in (("G722", Codec.G722), ("opus", Codec.OPUS), ("L16", Codec.L16)):
            theirs = peer.reinvites(person, codecs=(name,))
            assert theirs is not None
            assert person.leg.format.send.codec is codec
            assert person.leg.format.send.payload_type == theirs.payload_type
            assert [each.codec for each in person.leg.format.receive] == [codec]
        assert person.leg.format.receive_events == (EventFormat(103, 16000),)
        peer.reinvites(person, codecs=("PCMU",))
        assert person.leg.format.send == PCMU
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert [entry["codec"] for entry in world.entries("media.renegotiated")] == [
        "G722",
        "opus",
        "L16",
        "PCMU",
    ]


async def test_another_packet_time(autojump_clock: trio.testing.MockClock) -> None:
    world, peer = CallWorld(), Peer(ptime_ms=30)
    async with world.call(offer=peer.offer) as person:
        assert person.leg.format.ptime_ms == 30
        peer.reinvites(person, ptime_ms=60)
        assert person.leg.format.ptime_ms == 60
        (medium,) = person.session.local.media
        assert ("ptime", "60") in medium.attributes
        person.session.remote_hangs_up()
    assert [entry["ptime_ms"] for entry in world.entries("media.renegotiated")] == [60]


async def test_an_offer_of_ours_is_whole_and_its_answer_may_change_the_codec(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world, peer = CallWorld(), Peer(codecs=("G722",))

    def answer(offer: SessionDescription) -> SessionDescription:
        wide = replace(peer.local, formats=local_audio("h", 1, MediaSettings(), Random(1)).formats)
        formats = tuple(audio for audio in wide.formats if audio.name in ("opus", "telephone-event"))
        return accept_offer(offer, replace(wide, formats=formats), session_id=7, version=9).answer

    async with world.call(offer=peer.offer) as person:
        await person.listens()
        assert person.leg.format.send.codec is Codec.G722
        offer = person.session.reinvite_without_offer(answer)
        assert offer.media[0].formats[:4] == ("9", "0", "8", "96")  # the present codec first
        assert person.leg.format.send.codec is Codec.OPUS
        assert person.leg.format.events == EventFormat(102, 48000)
        person.session.remote_hangs_up()


async def test_a_call_without_an_offer_gets_ours(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(media=MediaSettings(codecs=("G722", "PCMU"), srtp="off"))
    async with world.table() as table, trio.open_nursery() as nursery:
        incoming = FakeIncomingCall(offer=False)
        nursery.start_soon(table.take_incoming, incoming)
        person = await Person.on(world, table, incoming)
        assert person.session.local.media[0].formats == ("9", "0", "101", "13")
        assert person.leg.format.send == PCMU  # all that the answer has of it
        person.session.remote_hangs_up()


def keys_of(person: Person) -> tuple[SrtpSuite, bytes, bytes]:
    """What the leg encrypts with."""
    keys = person.leg.format.srtp
    assert keys is not None
    return keys.suite, keys.local, keys.remote


async def test_keys_stay_while_nothing_changes_them(autojump_clock: trio.testing.MockClock) -> None:
    world, peer = CallWorld(), Peer(srtp="required")
    async with world.call(offer=peer.offer) as person:
        before = person.leg.format.srtp
        assert person.session.local.media[0].protocol == "RTP/SAVP"
        peer.reinvites(person, keep_keys=True, srtp="required", codecs=("PCMA",))
        assert person.leg.format.send.codec is Codec.PCMA
        assert person.leg.format.srtp == before
        offer = person.session.reinvite_without_offer(
            lambda ours: accept_offer(ours, peer.local, session_id=7, version=9).answer
        )
        (line,) = cryptos_of(offer.media[0])  # what is in use, and no other suite
        assert (line.suite.value, line.key) == (keys_of(person)[0].value, keys_of(person)[1])
        assert offer.media[0].protocol == "RTP/SAVP"
        assert person.leg.format.srtp == before
        person.session.remote_hangs_up()


async def test_a_new_key_of_theirs_gets_a_new_one_of_ours(autojump_clock: trio.testing.MockClock) -> None:
    """Under an old key a packet counter must not begin again."""
    world, peer = CallWorld(), Peer(srtp="required")
    async with world.call(offer=peer.offer) as person:
        seen = [keys_of(person)]
        for suites in (None, ("AES_CM_128_HMAC_SHA1_80",), None):
            limits = {} if suites is None else {"srtp_suites": suites}
            theirs = peer.reinvites(person, srtp="required", **limits)
            assert theirs is not None
            assert theirs.crypto is not None
            suite, local, remote = keys_of(person)
            assert (theirs.crypto.local, theirs.crypto.remote) == (remote, local)
            seen.append((suite, local, remote))
        assert len({local for _, local, _ in seen}) == len({remote for _, _, remote in seen}) == 4
        person.session.remote_hangs_up()
    suites = [entry["srtp"] for entry in world.entries("media.renegotiated")]
    assert suites == ["AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"]


async def test_from_plain_to_secure_and_back(autojump_clock: trio.testing.MockClock) -> None:
    world, peer = CallWorld(), Peer()
    async with world.call(offer=peer.offer) as person:
        assert person.leg.format.srtp is None
        theirs = peer.reinvites(person, srtp="optional")
        assert theirs is not None
        assert theirs.crypto is not None
        first = keys_of(person)
        peer.reinvites(person)
        assert person.leg.format.srtp is None
        peer.reinvites(person, srtp="optional")
        assert keys_of(person)[1] != first[1]
        person.session.remote_hangs_up()


async def test_required_takes_no_plain_media_at_any_time(autojump_clock: trio.testing.MockClock) -> None:
    required = MediaSettings(srtp="required")
    world, plain = CallWorld(media=required), Peer()
    async with world.table() as table:
        incoming = FakeIncomingCall(offer=plain.offer)
        await table.take_incoming(incoming)
        assert incoming.rejected == (488, {})
    world, peer = CallWorld(media=required), Peer(srtp="optional")  # keys beside a plain profile
    async with world.call(offer=peer.offer) as person:
        keys = keys_of(person)
        assert peer.reinvites(person, srtp="off") is None
        assert keys_of(person) == keys
        bare = accept_offer(make_offer(peer.local, 1, 1), Peer().local).answer
        person.session.reinvite_without_offer(lambda _: bare)
    assert world.row().end_reason.code is EndCode.UNACCEPTABLE_OFFER  # type: ignore[union-attr]


async def test_off_refuses_secure_media(autojump_clock: trio.testing.MockClock) -> None:
    world, peer = CallWorld(media=MediaSettings(srtp="off")), Peer(srtp="required")
    async with world.table() as table:
        incoming = FakeIncomingCall(offer=peer.offer)
        await table.take_incoming(incoming)
    assert incoming.rejected == (488, {})


@pytest.mark.parametrize("srtp", ["optional", "required"])
async def test_no_key_reaches_the_record(
    autojump_clock: trio.testing.MockClock, capsys: pytest.CaptureFixture[str], srtp: str
) -> None:
    world, peer = CallWorld(), Peer(srtp=srtp)
    keys: set[bytes] = set()
    async with world.call(offer=peer.offer) as person:
        await person.listens()
        keys |= {*keys_of(person)[1:]}
        peer.reinvites(person, srtp=srtp)
        keys |= {*keys_of(person)[1:]}
        told = repr(person.leg.format) + repr(person.leg.parameters) + repr(person.session.local)
        person.session.remote_hangs_up()
    told += repr(world.seen) + repr(world.row()) + "".join(capsys.readouterr())
    assert "AEAD_AES_256_GCM" in told
    assert len(keys) == 4
    for key in keys:
        for text in (b64encode(key).decode()[:16], key.hex()[:16], repr(key)[2:20]):
            assert text not in told


def test_the_leg_of_the_far_side_matches() -> None:
    """What `Peer` reads out of an answer is the mirror of what the leg gets."""
    near, far = Peer(1, srtp="required"), Peer(2, srtp="optional")
    there = accept_offer(near.offer, far.local)
    here = accept_answer(near.offer, there.answer)
    ours, theirs = media_format(here), media_format(there)
    assert ours.srtp is not None
    assert theirs.srtp is not None
    assert (ours.srtp.local, ours.srtp.remote) == (theirs.srtp.remote, theirs.srtp.local)
    assert replace(ours, srtp=None, remote_rtcp=None) == replace(theirs, srtp=None, remote_rtcp=None)


@pytest.mark.parametrize(("codec", "rate_hz"), [("PCMU", 8000), ("G722", 16_000), ("opus", 16_000)])
async def test_a_leg_is_fed_and_recorded_at_its_rate(
    autojump_clock: trio.testing.MockClock, codec: str, rate_hz: int
) -> None:
    """What is said lasts as long on a wideband leg, and so does what is kept of it."""
    world, peer = CallWorld(), Peer(codecs=(codec,))
    async with world.call(offer=peer.offer) as person:
        await person.listens()
        played, sent, timeline = person.leg.played, len(person.leg.sent) // 2, person.leg.timeline
        call_id = person.live.id
        person.session.remote_hangs_up()
    assert played == sent == sum(len(text) for text in world.tts.spoken) * 400
    assert world.recordings.rates == {call_id: rate_hz}
    recorded = len(world.recordings.sinks[call_id].frames) // 4
    assert recorded * 8000 // rate_hz >= timeline
