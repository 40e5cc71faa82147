"""One codec behind one interface: a switch on its kind, no table of pointers, so that the engine's calls stay plain."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from aywa._native.g711 cimport alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from aywa._native.g722 cimport G722, g722_decode, g722_encode, g722_init
from aywa._native.l16 cimport l16_decode, l16_encode
from aywa._native.opus cimport (
    OPUS_PACKET_MAX, opus_close, opus_conceal, opus_duration, opus_expect_loss, opus_open_receiver, opus_open_sender,
    opus_receive, opus_recovers, opus_restart_receiver, opus_restart_sender, opus_send, opus_set_complexity,
)

from aywa.errors import ParseError

cdef enum:
    SAMPLES_MAX = 1920          # 120 ms at 16 kHz, the longest packet of Opus; for the Python class

_KINDS = {"PCMU": CODEC_PCMU, "PCMA": CODEC_PCMA, "G722": CODEC_G722, "opus": CODEC_OPUS, "L16": CODEC_L16}


cdef bint _fits(int kind, int rate, int clock_hz) noexcept nogil:
    if kind == CODEC_PCMU or kind == CODEC_PCMA:
        return rate == 8000 and clock_hz == 8000
    if kind == CODEC_G722:
        return rate == 16000 and clock_hz == 8000
    if kind == CODEC_OPUS:
        return (rate == 8000 or rate == 16000) and clock_hz == 48000
    if kind == CODEC_L16:
        return (rate == 8000 or rate == 16000) and clock_hz == rate
    return False


cdef void* _new_g722() noexcept nogil:
    cdef G722* state = <G722*>malloc(sizeof(G722))
    if state is not NULL:
        g722_init(state)
    return state


cdef int codec_init(Codec* codec, int kind, int rate, int clock_hz, int flags, int bitrate_bps) noexcept nogil:
    cdef bint sends = not flags & CODEC_RECEIVE_ONLY, receives = not flags & CODEC_SEND_ONLY
    memset(codec, 0, sizeof(Codec))
    if not _fits(kind, rate, clock_hz) or not (sends or receives):
        return -1
    codec.kind = kind
    codec.rate = rate
    codec.clock_hz = clock_hz
    codec.flags = flags
    if kind == CODEC_G722:
        codec.sending = _new_g722() if sends else NULL
        codec.receiving = _new_g722() if receives else NULL
    elif kind == CODEC_OPUS:
        if sends:
            codec.sending = opus_open_sender(rate, bitrate_bps, flags & CODEC_FEC != 0, flags & CODEC_DTX != 0)
        if receives:
            codec.receiving = opus_open_receiver(rate)
    else:
        return 0
    if (sends and codec.sending is NULL) or (receives and codec.receiving is NULL):
        codec_free(codec)
        return -1
    return 0


cdef void codec_free(Codec* codec) noexcept nogil:
    if codec.kind == CODEC_OPUS:
        opus_close(codec.sending)
        opus_close(codec.receiving)
    else:
        free(codec.sending)
        free(codec.receiving)
    codec.sending = NULL
    codec.receiving = NULL


cdef int codec_encode(Codec* codec, const int16_t* pcm, int samples, uint8_t* out, int size) noexcept nogil:
    cdef int written
    if samples < 0 or codec.flags & CODEC_RECEIVE_ONLY:
        return -1
    if codec.kind == CODEC_OPUS:
        written = opus_send(codec.sending, pcm, samples, out, size)
        # libopus: what has at most two bytes is silence that need not be sent.
        return 0 if 0 <= written <= 2 and codec.flags & CODEC_DTX else written
    if codec.kind == CODEC_G722:
        if samples % 2 or samples // 2 > size:
            return -1
        g722_encode(<G722*>codec.sending, pcm, out, samples // 2)
        return samples // 2
    if codec.kind == CODEC_L16:
        if samples > size // 2:
            return -1
        l16_encode(pcm, out, samples)
        return 2 * samples
    if samples > size:
        return -1
    if codec.kind == CODEC_PCMA:
        alaw_encode(pcm, out, samples)
    else:
        ulaw_encode(pcm, out, samples)
    return samples


cdef int codec_decode(Codec* codec, const uint8_t* payload, int length, int16_t* pcm, int size) noexcept nogil:
    if length < 0 or codec.flags & CODEC_SEND_ONLY:
        return -1
    if codec.kind == CODEC_OPUS:
        return opus_receive(codec.receiving, payload, length, pcm, size)
    if codec.kind == CODEC_G722:
        if length > size // 2:
            return -1
        g722_decode(<G722*>codec.receiving, payload, pcm, length)
        return 2 * length
    if codec.kind == CODEC_L16:
        if codec_duration(codec, payload, length) < 0 or length // 2 > size:
            return -1
        l16_decode(payload, pcm, length // 2)
        return length // 2
    if length > size:
        return -1
    if codec.kind == CODEC_PCMA:
        alaw_decode(payload, pcm, length)
    else:
        ulaw_decode(payload, pcm, length)
    return length


cdef int codec_duration(const Codec* codec, const uint8_t* payload, int length) noexcept nogil:
    cdef int width
    if length < 0:
        return -1
    if codec.kind == CODEC_OPUS:
        return opus_duration(payload, length)
    # Bytes an 8 kHz sample: half a sample, or half of a pair at 16 kHz, is no audio.
    width = 2 * (codec.rate // 8000) if codec.kind == CODEC_L16 else 1
    return -1 if length % width else length // width


cdef int codec_conceal(Codec* codec, int16_t* pcm, int samples, const uint8_t* later, int later_length) noexcept nogil:
    if codec.kind != CODEC_OPUS or codec.receiving is NULL:
        return 0
    return opus_conceal(codec.receiving, codec.rate, pcm, samples, later, later_length)


cdef bint codec_recovers(const Codec* codec, const uint8_t* later, int later_length) noexcept nogil:
    return codec.kind == CODEC_OPUS and opus_recovers(later, later_length)


cdef int codec_reset(Codec* codec) noexcept nogil:
    if codec.flags & CODEC_SEND_ONLY:
        return -1
    if codec.kind == CODEC_OPUS:
        opus_restart_receiver(codec.receiving)
    elif codec.kind == CODEC_G722:
        g722_init(<G722*>codec.receiving)
    return 0


cdef void codec_cut(Codec* codec) noexcept nogil:
    if codec.kind == CODEC_OPUS and codec.sending is not NULL:
        opus_restart_sender(codec.sending)


cdef void codec_expect_loss(Codec* codec, int percent) noexcept nogil:
    if codec.kind == CODEC_OPUS and codec.sending is not NULL:
        opus_expect_loss(codec.sending, 0 if percent < 0 else 100 if percent > 100 else percent)


cdef class NativeCodec:
    cdef Codec _codec

    def __cinit__(self, str name, int rate, int clock_hz, *, bint fec=False, bint dtx=False, int bitrate_bps=0,
                  bint sends=True, bint receives=True):
        cdef int flags = (CODEC_FEC if fec else 0) | (CODEC_DTX if dtx else 0)
        flags |= (0 if receives else CODEC_SEND_ONLY) | (0 if sends else CODEC_RECEIVE_ONLY)
        if name not in _KINDS or codec_init(&self._codec, _KINDS[name], rate, clock_hz, flags, bitrate_bps) < 0:
            raise ValueError(f"there is no {name} at {rate} Hz with an RTP clock of {clock_hz} Hz")

    def __dealloc__(self):
        codec_free(&self._codec)

    def encode(self, const uint8_t[::1] pcm):
        cdef int samples = <int>(pcm.shape[0] // 2), written, size
        cdef int16_t none = 0
        cdef const int16_t* source
        cdef uint8_t* payload
        if pcm.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        size = 2 * samples if 2 * samples > OPUS_PACKET_MAX else OPUS_PACKET_MAX
        out = PyBytes_FromStringAndSize(NULL, size)
        source = <const int16_t*>&pcm[0] if samples else &none
        payload = <uint8_t*>PyBytes_AS_STRING(out)
        with nogil:  # recordings are encoded by the minute, beside the event loop
            written = codec_encode(&self._codec, source, samples, payload, size)
        if written < 0:
            raise ValueError(f"{samples} samples are no packet of this codec")
        return out[:written]

    def decode(self, const uint8_t[::1] payload):
        cdef int length = <int>payload.shape[0], size, written
        cdef uint8_t none = 0
        size = 2 * length if 2 * length > SAMPLES_MAX else SAMPLES_MAX
        out = PyBytes_FromStringAndSize(NULL, 2 * size)
        written = codec_decode(&self._codec, &payload[0] if length else &none, length,
                               <int16_t*>PyBytes_AS_STRING(out), size)
        if written < 0:
            raise ParseError("the payload is not one of this codec", where="payload")
        return out[:2 * written]

    def duration(self, const uint8_t[::1] payload):
        cdef uint8_t none = 0
        cdef int length = <int>payload.shape[0]
        cdef int samples = codec_duration(&self._codec, &payload[0] if length else &none, length)
        if samples < 0:
            raise ParseError("the payload is not one of this codec", where="payload")
        return samples

    def conceal(self, int samples, const uint8_t[::1] later=None):
        cdef const uint8_t* start = NULL
        cdef int length = 0, made
        if not 0 <= samples <= SAMPLES_MAX:
            raise ValueError("at most 120 ms at 16 kHz are concealed at once")
        if later is not None and later.shape[0]:
            start = &later[0]
            length = <int>later.shape[0]
        out = PyBytes_FromStringAndSize(NULL, 2 * samples)
        made = codec_conceal(&self._codec, <int16_t*>PyBytes_AS_STRING(out), samples, start, length)
        return out[:2 * made]

    def reset(self):
        if codec_reset(&self._codec) < 0:
            raise ValueError("this codec has no decoder")

    def cut(self):
        codec_cut(&self._codec)

    def expect_loss(self, int percent):
        codec_expect_loss(&self._codec, percent)

    def set_complexity(self, int complexity):
        if not 0 <= complexity <= 10:
            raise ValueError("the complexity of Opus is 0 to 10")
        if self._codec.kind == CODEC_OPUS and self._codec.sending is not NULL:
            opus_set_complexity(self._codec.sending, complexity)
