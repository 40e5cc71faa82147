"""One direction pair of one codec, whichever it is: what the engine encodes with and decodes by."""

from libc.stdint cimport int16_t, uint8_t

cdef enum:
    CODEC_PCMU
    CODEC_PCMA
    CODEC_G722
    CODEC_OPUS
    CODEC_L16

cdef enum:
    CODEC_FEC = 1               # Opus: send forward error correction in band
    CODEC_DTX = 2               # Opus: send nothing while there is nothing to hear
    CODEC_SEND_ONLY = 4         # no decoder is made: half the memory
    CODEC_RECEIVE_ONLY = 8      # no encoder is made

cdef struct Codec:
    int kind
    int rate                    # of the PCM, samples a second: 8000 or 16000
    int clock_hz                # of the RTP timestamp
    int flags
    uint8_t payload_type        # the owner's, not used here
    void* sending               # state of the encoder and of the decoder, NULL where there is none
    void* receiving

# `rate` and `clock_hz` must be those of the codec: PCMU and PCMA 8000/8000, G722 16000/8000 (RFC 3551 section 4.5.2),
# L16 8000/8000 or 16000/16000, Opus 8000 or 16000/48000. bitrate_bps is for Opus; 0: ours. The only function that
# allocates. 0, or -1 for what there is not or no memory; then nothing is to be freed.
cdef int codec_init(Codec* codec, int kind, int rate, int clock_hz, int flags, int bitrate_bps) noexcept nogil
# Any codec that was initialised or is all zeros; it may be called twice.
cdef void codec_free(Codec* codec) noexcept nogil
# Bytes written; 0: nothing to send (DTX); -1: no encoder, no room in `size`, or a number of samples that the codec
# cannot put into one packet (Opus: 2.5, 5, 10, 20, 40, 60 ms; G.722: an even number).
cdef int codec_encode(Codec* codec, const int16_t* pcm, int samples, uint8_t* out, int size) noexcept nogil
# Samples written, 0 for an empty payload; -1: malformed, no room in `size`, or no decoder. Opus has no empty payload.
cdef int codec_decode(Codec* codec, const uint8_t* payload, int length, int16_t* pcm, int size) noexcept nogil
# 8 kHz samples that a payload stands for, without decoding it; -1: malformed. The state is not touched.
cdef int codec_duration(const Codec* codec, const uint8_t* payload, int length) noexcept nogil
# The lost `samples` before the packet `later` (may be NULL), by the codec's own means. Samples written; 0: has none.
cdef int codec_conceal(Codec* codec, int16_t* pcm, int samples, const uint8_t* later, int later_length) noexcept nogil
# Is what `later` lets codec_conceal make the lost audio itself?
cdef bint codec_recovers(const Codec* codec, const uint8_t* later, int later_length) noexcept nogil
# Decoder as after codec_init: a new source begins. 0; -1: no decoder.
cdef int codec_reset(Codec* codec) noexcept nogil
# The encoder forgets what it was given: what it has looked ahead on is not said, and silence follows.
cdef void codec_cut(Codec* codec) noexcept nogil
# Packets that the far end loses, in percent 0..100: what Opus spends on FEC. Others take no notice.
cdef void codec_expect_loss(Codec* codec, int percent) noexcept nogil
