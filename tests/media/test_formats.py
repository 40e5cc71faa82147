"""Packet lengths, codecs and clocks, agreed at first and changed in mid-call; on a clock the test turns."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from aywa._native import g711
from aywa._native.codec import NativeCodec
from aywa._native.engine import NativeEngine
from aywa._native.resample import Upsampler
from aywa._native.srtp import CryptSession
from aywa._native.telephone_event import DigitEvents
from aywa.media.events import Digit, Drained
from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
from aywa.media.wire import native_wire
from tests.kit.engine_rig import FRAME, Packet, Rig, drain, voiced
from tests.kit.formats import g711_format

Samples = npt.NDArray[np.float64]
PCMU = PayloadFormat(Codec.PCMU, 0)
PCMA = PayloadFormat(Codec.PCMA, 8)
G722 = PayloadFormat(Codec.G722, 9)
L16 = PayloadFormat(Codec.L16, 96)
L16_WIDE = PayloadFormat(Codec.L16, 97, 16000)
OPUS = PayloadFormat(Codec.OPUS, 111, 48000)
ALL = (PCMU, PCMA, G722, L16, L16_WIDE, OPUS)
FAITHFUL = (0.97, 0.8)  # of waveform codecs and of Opus, which models the voice
PTIMES = (10, 20, 30, 40, 50, 60)


def one(codec: PayloadFormat, ptime_ms: int = 20, **more: object) -> MediaFormat:
    """This codec sent, all taken."""
    return MediaFormat(send=codec, receive=ALL, ptime_ms=ptime_ms, **more)  # type: ignore[arg-type]


def kernel(codec: PayloadFormat) -> NativeCodec:
    """The codec by itself, at the rate its PCM has."""
    rate = {Codec.G722: 16000, Codec.OPUS: 16000}.get(codec.codec, codec.clock_rate_hz)
    return NativeCodec(codec.codec.value, rate, codec.clock_rate_hz)


def tones(count: int) -> bytes:
    """Code words that tell their place: none of them is silence, none repeats within 120."""
    return bytes(0x81 + at % 120 for at in range(count))


def vowel(seconds: float, rate_hz: int) -> bytes:
    """A steady vowel with a slow swell, so that every place in it can be told from the others."""
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 1.7 * at)
    pitch = 2 * np.pi * (130 * at + 3 * np.sin(2 * np.pi * 0.9 * at))
    sound = sum(np.sin(k * pitch) / k for k in range(1, 12))
    return (swell * sound * 4000).astype("<i2").tobytes()


def floats(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def best_match(heard: Samples, spoken: Samples, most: int) -> tuple[float, int]:
    """The largest normalised correlation over delays of up to `most` samples, and the delay."""
    count = min(len(heard), len(spoken)) - most
    matches = [float(np.corrcoef(heard[at : at + count], spoken[:count])[0, 1]) for at in range(most)]
    return max(matches), int(np.argmax(matches))


def feed(rig: Rig, pcm: bytes, ms: int) -> None:
    """Write it at the pace it is played, for so long."""
    at = 0
    for _ in range(0, ms, 10):
        at += rig.leg.write(pcm[2 * at : 2 * at + 2000], rig.leg.epoch)
        rig.wait_ms(10)


def right(rig: Rig) -> bytes:
    recorded = b"".join(iter(rig.leg.read_recording, b""))
    return array("h", array("h", recorded)[1::2]).tobytes()


def left(rig: Rig) -> bytes:
    recorded = b"".join(iter(rig.leg.read_recording, b""))
    return array("h", array("h", recorded)[0::2]).tobytes()


def read_all(rig: Rig) -> bytes:
    return b"".join(iter(rig.leg.read_uplink, b""))


def steps(packets: list[Packet]) -> Iterator[tuple[int, int]]:
    """From each packet to the next: sequence numbers and timestamp."""
    for before, after in pairwise(packets):
        yield after.sequence - before.sequence, after.timestamp - before.timestamp


@pytest.mark.parametrize("ptime_ms", PTIMES)
def test_packets_are_as_long_as_agreed_and_come_at_that_pace(ptime_ms: int) -> None:
    with Rig(format=g711_format(0, ptime_ms=ptime_ms), record=True) as rig:
        codes = tones(5000)
        rig.leg.write(g711.decode_ulaw(codes), 0)
        arrivals = []
        for ms in range(1200):
            rig.wait_ms(1)
            arrivals += [(ms, packet) for packet in rig.phone.heard()]
        packets = [packet for _, packet in arrivals]
        assert [ms for ms, _ in arrivals] == list(range(0, 1200, ptime_ms))
        assert set(steps(packets)) == {(1, 8 * ptime_ms)}
        assert {len(packet.payload) for packet in packets} == {8 * ptime_ms}
        sound = b"".join(packet.payload for packet in packets)
        assert sound.startswith(codes)
        assert Drained(5000, 5000) in rig.events
        assert rig.remove()
        assert right(rig) == g711.decode_ulaw(sound)


@pytest.mark.parametrize("ptime_ms", PTIMES)
@pytest.mark.parametrize("codec", [PCMU, G722, L16, L16_WIDE], ids=lambda codec: str(codec.payload_type))
def test_packets_of_any_length_are_heard_on_their_sample(codec: PayloadFormat, ptime_ms: int) -> None:
    if codec is L16_WIDE:
        ptime_ms = min(ptime_ms, 40)
    with Rig(format=one(codec), record=True, barge_in=False) as rig:
        source, expected = kernel(codec), kernel(codec)
        rate = rig.leg.rate_hz
        spoken, heard, decoded = vowel(0.9, rate), b"", b""
        size = 2 * rate * ptime_ms // 1000
        for at in range(0, len(spoken) - size, size):
            payload = source.encode(spoken[at : at + size])
            decoded += expected.decode(payload)
            advance = codec.clock_rate_hz * ptime_ms // 1000
            rig.phone.send(rig.phone.packet(payload, payload_type=codec.payload_type, advance=advance))
            rig.wait_ms(ptime_ms)
            heard += rig.leg.read_uplink()
        rig.wait_ms(200)
        assert heard == (decoded if rate == 16000 else Upsampler().process(decoded))
        assert left(rig)[: len(decoded)] == decoded
        assert rig.leg.uplink_end == len(decoded) // 2 * 8000 // rate


def test_the_packet_length_changes_in_mid_call_without_a_seam() -> None:
    with Rig(format=g711_format(0, 101), record=True) as rig:
        codes = tones(16000)
        pcm, at, packets, lengths = g711.decode_ulaw(codes), 0, [], []
        for ptime_ms in (20, 60, 10, 50, 30, 40, 20):
            rig.configure(ptime_ms=ptime_ms)
            for _ in range(12):
                at += rig.leg.write(pcm[2 * at : 2 * at + 2000], 0)
                rig.wait_ms(20)
            lengths.append(ptime_ms * 8)
            packets += rig.phone.heard()
        sent = b"".join(packet.payload for packet in packets)
        assert sent == codes[: len(sent)]
        for (sequence, timestamp), packet in zip(steps(packets), packets, strict=False):
            assert (sequence, timestamp) == (1, len(packet.payload))
        assert {len(packet.payload) for packet in packets} == set(lengths)
        assert rig.leg.played == rig.leg.timeline == len(sent)
        assert rig.remove()
        assert right(rig) == g711.decode_ulaw(sent)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_the_sent_codec_changes_in_mid_call_and_all_of_it_is_heard(rate_hz: int) -> None:
    order = (PCMU, G722, L16_WIDE, OPUS, PCMA, L16, G722)
    with Rig(format=one(PCMU), rate_hz=rate_hz, barge_in=False) as rig:
        spoken, at, packets, used = vowel(4.0, rate_hz), 0, [], []
        for codec in order:
            rig.configure(send=codec)
            for _ in range(25):
                at += rig.leg.write(spoken[2 * at : 2 * at + 1600], 0)
                rig.step()
            packets += (found := rig.phone.heard())
            used += [codec] * len(found)
            assert {packet.payload_type for packet in found} == {codec.payload_type}
        assert len(packets) == 25 * len(order)
        for (sequence, timestamp), codec in zip(steps(packets), used, strict=False):
            assert (sequence, timestamp) == (1, codec.clock_rate_hz // 50)
        for index, codec in enumerate(order):
            decoder = kernel(codec)
            heard = b"".join(decoder.decode(p.payload) for p in packets[25 * index : 25 * (index + 1)])
            rate = 16000 if len(heard) == 25 * 640 else 8000
            fair = floats(vowel(4.0, rate))[index * rate // 2 :]
            assert (
                best_match(floats(heard)[rate // 25 :], fair[rate // 25 :], rate // 100)[0]
                > FAITHFUL[codec is OPUS]
            ), codec


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_a_received_codec_passes_into_the_next_without_click_or_gap(rate_hz: int) -> None:
    order = (PCMU, G722, PCMA, L16_WIDE, OPUS, PCMU, L16)
    with Rig(format=one(PCMU), rate_hz=rate_hz, barge_in=False, record=True) as rig:
        spoken = {rate: vowel(4.0, rate) for rate in (8000, 16000)}
        heard, recorded, ends = b"", b"", []
        for index, codec in enumerate(order):
            source = kernel(codec)
            rate = 8000 if codec in (PCMU, PCMA, L16) else 16000
            for part in range(12):
                at = (12 * index + part) * rate // 50 * 2
                payload = source.encode(spoken[rate][at : at + rate // 50 * 2])
                rig.phone.send(
                    rig.phone.packet(
                        payload, payload_type=codec.payload_type, advance=codec.clock_rate_hz // 50
                    )
                )
                rig.step()
                heard += rig.leg.read_uplink()
                ends.append(rig.leg.uplink_end)
                recorded += left(rig)
        assert ends == [FRAME * (1 + at) for at in range(12 * len(order))]
        assert rig.leg.stats()["source_changes"] == rig.leg.stats()["lost"] == 0
        assert len(heard) == 640 * 12 * len(order)
        wave, fair = floats(heard), floats(spoken[16000])
        jump = np.abs(np.diff(wave))
        assert jump.max() <= 1.35 * np.abs(np.diff(fair)).max()
        for index, codec in enumerate(order):
            start, stop = 3840 * index + 640, 3840 * (index + 1)
            match, delay = best_match(fair[start - 320 : stop], wave[start:stop], 330)
            assert match > FAITHFUL[codec is OPUS], (codec, delay)
            assert 320 - delay < 200, codec  # 12 ms, the most that codec and filters delay
        rig.step(13)
        recorded += left(rig)
        assert len(recorded) // 2 >= rate_hz * 12 * len(order) // 50


@pytest.mark.parametrize("codec", [L16_WIDE, OPUS], ids=["16 kHz", "48 kHz"])
def test_a_pause_of_any_clock_leaves_its_length_in_the_recording(codec: PayloadFormat) -> None:
    with Rig(format=one(codec), record=True, barge_in=False) as rig:
        source, khz = kernel(codec), codec.clock_rate_hz // 1000
        rig.phone.timestamp = 2**32 - 30 * khz  # wraps on the way
        spoken = vowel(0.4, 16000)
        for at in range(0, len(spoken), 640):
            if at == 6400:
                rig.phone.timestamp += 140 * khz
                rig.step(7)
            payload = source.encode(spoken[at : at + 640])
            rig.phone.send(rig.phone.packet(payload, payload_type=codec.payload_type, advance=20 * khz))
            rig.step()
        rig.step(8)
        pieces = []
        while pcm := rig.leg.read_uplink():
            pieces.append((len(pcm) // 4, rig.leg.uplink_end))
        assert pieces == [(10 * FRAME, 10 * FRAME), (10 * FRAME, 27 * FRAME)]
        recorded = left(rig)
        assert not any(recorded[6400 : 6400 + 7 * 640])
        assert any(recorded[6400 + 7 * 640 : 6400 + 8 * 640])
        assert rig.leg.stats()["jitter_16"] == 0


def test_a_change_of_clocks_swapped_by_the_network_keeps_every_place() -> None:
    with Rig(format=one(PCMU), record=True, barge_in=False) as rig:
        packets = []
        for index in range(20):
            codec = PCMU if index < 10 else L16_WIDE
            payload = b"\x90" * FRAME if index < 10 else b"\x10\x00" * 320
            packets.append(
                rig.phone.packet(payload, payload_type=codec.payload_type, advance=codec.clock_rate_hz // 50)
            )
        packets[9], packets[10] = packets[10], packets[9]
        heard = b""
        for packet in packets:
            rig.phone.send(packet)
            rig.step()
            heard += read_all(rig)
        assert len(heard) == 20 * 640
        assert rig.leg.uplink_end == 20 * FRAME
        assert rig.leg.stats()["lost"] == rig.leg.stats()["source_changes"] == 0


def test_a_lost_opus_packet_is_concealed_by_the_codec() -> None:
    with Rig(format=one(OPUS), barge_in=False) as rig:
        source, expected, decoded, heard = kernel(OPUS), kernel(OPUS), b"", b""
        spoken = vowel(0.6, 16000)
        for at in range(0, len(spoken), 640):
            payload = source.encode(spoken[at : at + 640])
            packet = rig.phone.packet(payload, payload_type=111, advance=960)
            if at == 6400:
                decoded += b""
            else:
                if at == 7040:
                    decoded += expected.conceal(320, payload)
                decoded += expected.decode(payload)
                rig.phone.send(packet)
            rig.step()
            heard += rig.leg.read_uplink()
        assert rig.leg.stats()["concealed"] == 1
        assert heard == decoded


@pytest.mark.parametrize("clock_hz", [8000, 16000, 48000])
def test_key_presses_go_by_their_own_clock(clock_hz: int) -> None:
    codec = {8000: PCMU, 16000: L16_WIDE, 48000: OPUS}[clock_hz]
    events = EventFormat(101, clock_hz)
    with Rig(format=one(codec, events=events, receive_events=(events,))) as rig:
        source, khz = kernel(codec), clock_hz // 1000
        frame = vowel(0.02, rig.leg.rate_hz)
        for _ in range(3):
            payload = source.encode(frame)
            rig.phone.send(rig.phone.packet(payload, payload_type=codec.payload_type, advance=20 * khz))
            rig.step()
        start = rig.phone.timestamp
        for ms, end in ((20, 0), (40, 0), (60, 1), (60, 1)):
            rig.phone.timestamp = start
            report = bytes((5, end << 7 | 10)) + (ms * khz).to_bytes(2, "big")
            rig.phone.send(rig.phone.packet(report, payload_type=101, advance=0))
            rig.step()
        assert [event for event in rig.events if isinstance(event, Digit)] == [Digit("5", 60, 3 * FRAME)]
        rig.phone.heard()
        assert rig.leg.send_digit(7, 800)
        rig.step(20)
        receiver, presses = DigitEvents(), []
        for packet in rig.phone.heard():
            if packet.payload_type == 101:
                presses += receiver.receive(packet.payload, packet.timestamp, packet.marker)
        assert presses == [(7, 100 * khz)]


def test_g722_keeps_its_state_when_something_else_changes() -> None:
    with Rig(format=one(G722), barge_in=False) as rig:
        source, expected, decoded, heard = kernel(G722), kernel(G722), b"", b""
        spoken, sent, encoded, at = vowel(0.6, 16000), b"", b"", 0
        twin = kernel(G722)
        for index in range(30):
            if index % 5 == 2:
                rig.configure(ptime_ms=20, events=EventFormat(100 + index))
            payload = source.encode(spoken[640 * index : 640 * (index + 1)])
            decoded += expected.decode(payload)
            rig.phone.send(rig.phone.packet(payload, payload_type=9, advance=FRAME))
            at += rig.leg.write(spoken[2 * at : 640 * (index + 1)], 0)
            rig.step()
            heard += rig.leg.read_uplink()
            sent += b"".join(packet.payload for packet in rig.phone.heard())
            encoded += twin.encode(spoken[640 * index : 640 * (index + 1)])
        assert heard == decoded
        assert sent == encoded


def test_what_waits_behind_a_hole_survives_a_change_of_format() -> None:
    with Rig(barge_in=False) as rig:
        sent = [bytes([0x80 + number]) * FRAME for number in range(1, 7)]
        packets = [rig.phone.packet(frame) for frame in sent]
        for number, packet in enumerate(packets):
            if number == 3:
                rig.configure(receive=ALL)  # larger payloads
            if number != 1:
                rig.phone.send(packet)
            rig.step()
        rig.phone.send(packets[1])
        rig.step()
        heard = rig.leg.read_uplink()
        assert len(heard) == 6 * 640
        assert rig.leg.stats()["concealed"] == 1
        assert heard[4 * 640 :] == Upsampler().process(g711.decode_ulaw(b"".join(sent)))[4 * 640 :]


def test_a_leg_without_engine_and_one_that_leaves_take_formats_too() -> None:
    with Rig() as rig:
        assert rig.remove()
        rig.configure(ptime_ms=40)
        engine = NativeEngine(2)
        with pytest.raises(ValueError, match="another leg"):
            engine.configure(rig.leg, native_wire(g711_format(0), 16000))
        wire = native_wire(g711_format(0), 8000)
        rig.engine.add(rig.leg)
        rig.engine.configure(rig.leg, wire)
        with pytest.raises(ValueError, match="another leg"):
            rig.engine.configure(rig.leg, wire)
        rig.wait_ms(1)
        rig.engine.remove(rig.leg)
        rig.engine.configure(rig.leg, native_wire(g711_format(8), 8000))
        rig.wait_ms(2)
        assert rig.engine.figures()["formats"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"ptime_ms": 25},
        {"ptime_ms": 0},
        {"ptime_ms": 70},
        {"send": PayloadFormat(Codec.PCMU, 0, 16000)},
        {"send": PayloadFormat(Codec.G722, 9, 16000)},
        {"send": PayloadFormat(Codec.PCMU, 128)},
        {"send": PayloadFormat(Codec.L16, 96, 44100)},
        {"receive": ()},
        {"receive": ALL + ALL},
        {"events": EventFormat(101, 44100)},
        {"receive_events": (EventFormat(200),)},
        {"comfort_noise": (128,)},
    ],
)
def test_what_cannot_be_carried_is_refused(changes: dict[str, object]) -> None:
    with Rig() as rig:
        with pytest.raises(ValueError, match=r"a leg|packets of|payload type|key presses"):
            rig.configure(**changes)
        rig.leg.write(voiced(800), 0)
        rig.step(5)
        assert len(rig.phone.heard()) == 5


KEY_BYTES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: 30,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: 30,
    SrtpSuite.AEAD_AES_128_GCM: 28,
    SrtpSuite.AEAD_AES_256_GCM: 44,
}


@pytest.mark.parametrize("suite", list(SrtpSuite))
def test_an_encrypted_leg_keeps_its_counters_when_its_format_changes(suite: SrtpSuite) -> None:
    ours, theirs = bytes(range(KEY_BYTES[suite])), bytes(range(100, 100 + KEY_BYTES[suite]))
    keys = SrtpKeys(suite, ours, theirs)
    with Rig(format=one(PCMU, srtp=keys), barge_in=False) as rig:
        far = CryptSession(list(SrtpSuite).index(suite), theirs, ours)
        codes, heard, protected = tones(20 * FRAME), b"", []
        rig.leg.write(g711.decode_ulaw(codes)[:8192], 0)
        for index in range(20):
            if index == 10:
                rig.configure(ptime_ms=40)
            packet = far.protect(rig.phone.packet(codes[index * FRAME : (index + 1) * FRAME]))
            assert isinstance(packet, bytes)
            protected.append(packet)
            rig.phone.send(packet)
            rig.step()
            heard += rig.leg.read_uplink()
        for packet in protected[5:8]:
            rig.phone.send(packet)
            rig.phone.send(packet[:-1] + bytes([packet[-1] ^ 1]))
        rig.step()
        stats = rig.leg.stats()
        assert heard == Upsampler().process(g711.decode_ulaw(codes))
        assert stats["replayed"] + stats["forged"] == 6
        sent = b""
        for data in drain(rig.phone.socket):
            packet = far.unprotect(data)
            assert isinstance(packet, bytes)
            sent += Packet.of(packet).payload
        assert sent.startswith(codes[:4096])


@pytest.mark.parametrize("suite", list(SrtpSuite))
def test_the_key_that_stays_goes_on_counting_while_the_other_side_changes_its_own(suite: SrtpSuite) -> None:
    """Begun anew after the sequence numbers have wrapped, a key would use its keystream a second time."""
    size = KEY_BYTES[suite]
    ours, theirs, others = bytes(range(size)), bytes(range(100, 100 + size)), bytes(range(50, 50 + size))
    number = list(SrtpSuite).index(suite)
    with Rig(format=one(PCMU, srtp=SrtpKeys(suite, ours, theirs)), barge_in=False, sequence=65530) as rig:
        ear = CryptSession(number, theirs, ours)  # one for the whole call, as the phone has it
        mouth = CryptSession(number, theirs, ours)
        for keys in (theirs, others):
            if keys is others:
                rig.configure(srtp=SrtpKeys(suite, ours, others))
                mouth = CryptSession(number, others, ours)
            for _ in range(10):
                packet = mouth.protect(rig.phone.packet(b"\xff" * FRAME))
                assert isinstance(packet, bytes)
                rig.phone.send(packet)
                rig.step()
            heard = [ear.unprotect(data) for data in drain(rig.phone.socket)]
            assert len(heard) == 10
            assert all(isinstance(data, bytes) for data in heard)
        stats = rig.leg.stats()
        assert stats["received"] == 20
        assert stats["forged"] + stats["replayed"] == 0
