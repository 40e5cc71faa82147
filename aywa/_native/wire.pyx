"""What the packets of a leg look like: made here, changed in mid-call by handing the engine the next one."""

from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from aywa._native.codec cimport *
from aywa._native.reorder cimport REORDER_SLOTS
from aywa._native.srtp_cipher cimport CryptSide
from aywa._native.srtp_replay cimport CryptReceived, CryptSent
from aywa._native.srtp cimport (
    CRYPT_AES_128_GCM, CRYPT_AES_256_GCM, CRYPT_AES_CM_128_SHA1_32, CRYPT_AES_CM_128_SHA1_80, Crypt, crypt_close, crypt_open,
)

cdef extern from "stdlib.h" nogil:
    int posix_memalign(void** memory, size_t alignment, size_t size)

cdef enum:
    LINE = 64                  # bytes of a cache line

_KINDS = {
    "PCMU": CODEC_PCMU, "PCMA": CODEC_PCMA, "G722": CODEC_G722, "opus": CODEC_OPUS, "L16": CODEC_L16,
}
_SUITES = {                                   # and the bytes of master key and salt
    "AES_CM_128_HMAC_SHA1_80": (CRYPT_AES_CM_128_SHA1_80, 30),
    "AES_CM_128_HMAC_SHA1_32": (CRYPT_AES_CM_128_SHA1_32, 30),
    "AEAD_AES_128_GCM": (CRYPT_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": (CRYPT_AES_256_GCM, 44),
}
CodecSettings = tuple
_CLOCKS_HZ = (8000, 16000, 48000)


cdef void _swap_codecs(Codec* a, Codec* b) noexcept nogil:
    cdef Codec kept = a[0]
    cdef uint8_t type_a = a.payload_type, type_b = b.payload_type
    a[0] = b[0]
    b[0] = kept
    a.payload_type = type_a
    b.payload_type = type_b


cdef void _swap(void* one, void* other, size_t size) noexcept nogil:
    cdef uint8_t* first = <uint8_t*>one
    cdef uint8_t* second = <uint8_t*>other
    cdef uint8_t byte
    cdef size_t i
    for i in range(size):
        byte = first[i]
        first[i] = second[i]
        second[i] = byte


cdef int wire_inherit(Wire* to, Wire* from_, int index) noexcept nogil:
    cdef int i, j, place = -1
    if to.identities[WIRE_CODECS] == from_.identities[WIRE_CODECS]:
        _swap_codecs(to.sender, from_.sender)
    for i in range(WIRE_CODECS):
        for j in range(WIRE_CODECS):
            if to.identities[i] and to.identities[i] == from_.identities[j]:
                _swap_codecs(&to.codecs[i], &from_.codecs[j])
                from_.identities[j] = 0
                place = i if j == index else place
                break
    if to.crypt != NULL and from_.crypt != NULL:
        # A key that goes on must not begin its counters anew: that would use its keystream twice.
        if to.keeps_ours:
            _swap(&to.crypt.sending, &from_.crypt.sending, sizeof(CryptSide))
            _swap(&to.crypt.sent, &from_.crypt.sent, sizeof(CryptSent))
        if to.keeps_theirs:
            _swap(&to.crypt.receiving, &from_.crypt.receiving, sizeof(CryptSide))
            _swap(&to.crypt.received, &from_.crypt.received, sizeof(CryptReceived))
    return place


cdef void wire_free(Wire* wire) noexcept nogil:
    cdef int i
    if wire == NULL:
        return
    codec_free(wire.sender)
    for i in range(WIRE_CODECS):
        if wire.types[i] != WIRE_NO_TYPE:
            codec_free(&wire.codecs[i])
    if wire.crypt != NULL:
        crypt_close(wire.crypt)
        free(wire.crypt)
    free(wire)


cdef inline size_t _lines(size_t size) noexcept nogil:
    return (size + LINE - 1) // LINE * LINE


cdef class NativeWire:
    def __cinit__(self, *, send, receive, events=None, receive_events=(), comfort_noise=(), int ptime_ms=20,
                  int rate_hz=8000, keys=None, keep_keys=(False, False), uint64_t rtcp_peer=0, bint rtcp_mux=False):
        cdef Wire* wire
        cdef int i
        if rate_hz not in (8000, 16000):
            raise ValueError("the PCM of a leg has 8000 or 16000 samples a second")
        if ptime_ms not in range(10, 61, 10):
            raise ValueError("packets of 10, 20, 30, 40, 50 or 60 ms are sent")
        if not 1 <= len(receive) <= WIRE_CODECS or len(receive_events) > WIRE_EVENTS:
            raise ValueError("a leg decodes 1 to 8 payload types and key presses under up to 4")
        wire = self._allocate(len(receive), WIRE_PAYLOAD_8 if _is_narrow((send, *receive)) else WIRE_PAYLOAD)
        wire.rate_shift = rate_hz // 16000
        wire.keeps_ours, wire.keeps_theirs = keep_keys
        wire.rtcp_peer = rtcp_peer
        wire.rtcp_mux = rtcp_mux
        if keys is not None:
            self._open_crypt(keys[0], keys[1], keys[2])
        wire.identities[WIRE_CODECS] = _open_codec(wire.sender, send, rate_hz, CODEC_SEND_ONLY)
        for i, codec in enumerate(receive):
            wire.identities[i] = _open_codec(&wire.codecs[i], codec, rate_hz, CODEC_RECEIVE_ONLY)
            wire.types[i] = wire.codecs[i].payload_type
        if events is not None:
            wire.events_type, wire.events_khz = _event(events)
        for i, event in enumerate(receive_events):
            wire.event_types[i], wire.event_khz[i] = _event(event)
        for i, payload_type in enumerate(comfort_noise[:WIRE_NOISES]):
            wire.noise_types[i] = _payload_type(payload_type)
        wire.ticks = _period_ms(send, ptime_ms)
        wire.period = wire.ticks * 8

    cdef Wire* _allocate(self, int codecs, int payload_size) except NULL:
        """One block: the wire, its codecs, the reorder buffer's payloads."""
        cdef size_t head = _lines(sizeof(Wire)), middle = _lines((codecs + 1) * sizeof(Codec))
        cdef size_t size = head + middle + (REORDER_SLOTS + 1) * payload_size
        cdef void* memory = NULL
        if posix_memalign(&memory, LINE, size):
            raise MemoryError("no memory for the format of a leg")
        memset(memory, 0, size)
        self._wire = <Wire*>memory
        self._wire.sender = <Codec*>(<char*>memory + head)
        self._wire.codecs = self._wire.sender + 1
        self._wire.payloads = <uint8_t*>memory + head + middle
        self._wire.payload_size = payload_size
        self._wire.bytes = size
        self._wire.events_type = WIRE_NO_TYPE
        memset(self._wire.types, WIRE_NO_TYPE, sizeof(self._wire.types))
        memset(self._wire.event_types, WIRE_NO_TYPE, sizeof(self._wire.event_types))
        memset(self._wire.noise_types, WIRE_NO_TYPE, sizeof(self._wire.noise_types))
        return self._wire

    cdef int _open_crypt(self, suite, bytes local, bytes remote) except -1:
        """Keys as SDES gives them: master key and salt in one."""
        cdef const uint8_t* ours = local
        cdef const uint8_t* theirs = remote
        if suite not in _SUITES or {len(local), len(remote)} != {_SUITES[suite][1]}:
            raise ValueError("the keys of a leg fit one of the suites of SRTP")
        self._wire.crypt = <Crypt*>calloc(1, sizeof(Crypt))
        if self._wire.crypt == NULL:
            raise MemoryError("no memory for the keys of a leg")
        if crypt_open(self._wire.crypt, _SUITES[suite][0], ours, theirs) != 0:
            free(self._wire.crypt)
            self._wire.crypt = NULL
            raise MemoryError("no memory for the keys of a leg")
        return 0

    def __dealloc__(self):
        wire_free(self._wire)

    cdef Wire* release(self) except NULL:
        """Whoever asks frees it."""
        cdef Wire* wire = self._wire
        if wire == NULL:
            raise ValueError("the format is another leg's already")
        self._wire = NULL
        return wire

    @property
    def memory(self):
        return self._wire.bytes if self._wire != NULL else 0


def _period_ms(send, ptime_ms):
    """The length the codec can have packets of that is next to the one wished for."""
    name, _, clock_hz, *_ = send
    if name == "L16" and clock_hz == 16000:
        return min(ptime_ms, 40)              # what an Ethernet frame holds
    if name == "opus":
        return {30: 20, 50: 40}.get(ptime_ms, ptime_ms)
    return ptime_ms


def _is_narrow(codecs):
    return all(name in ("PCMU", "PCMA", "G722") for name, *_ in codecs)


cdef int _payload_type(number) except -1:
    if not 0 <= number <= 127:
        raise ValueError("an RTP payload type has 7 bits")
    return number


cdef tuple _event(event):
    payload_type, clock_hz = event
    if clock_hz not in _CLOCKS_HZ:
        raise ValueError("key presses have a clock of 8, 16 or 48 kHz")
    return _payload_type(payload_type), clock_hz // 1000


cdef uint64_t _open_codec(Codec* codec, described, int leg_rate_hz, int way) except 0:
    """Open it at the rate its PCM has; returns what tells it from codecs of other settings."""
    name, payload_type, clock_hz, fec, dtx, bitrate_bps = described
    cdef int kind, rate = leg_rate_hz, flags = (CODEC_FEC if fec else 0) | (CODEC_DTX if dtx else 0)
    if name not in _KINDS or clock_hz not in _CLOCKS_HZ:
        raise ValueError(f"a leg does not carry {name} with a clock of {clock_hz} Hz")
    kind = _KINDS[name]
    if kind == CODEC_PCMU or kind == CODEC_PCMA:
        rate = 8000
        way = 0                               # a recorded leg decodes what it sends
    elif kind == CODEC_G722:
        rate = 16000
    elif kind == CODEC_L16:
        rate = clock_hz
    _payload_type(payload_type)
    if codec_init(codec, kind, rate, clock_hz, flags | way, bitrate_bps) != 0:
        raise ValueError(f"a leg does not carry {name} with a clock of {clock_hz} Hz")
    codec.payload_type = payload_type
    return (1 + <uint64_t>kind) | <uint64_t>(rate // 8000) << 8 | <uint64_t>(clock_hz // 1000) << 16 \
        | <uint64_t>flags << 24 | <uint64_t>bitrate_bps << 32
