"""Opus for one voice by libopus (RFC 6716).

States are made at opening; encoding and decoding work on the stack. The decoder is mono whatever the packet is:
libopus mixes both channels of a stereo packet down.
"""

from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.stdlib cimport free, malloc

cdef extern from "opus.h" nogil:
    ctypedef struct OpusEncoder:
        pass
    ctypedef struct OpusDecoder:
        pass
    enum:
        OPUS_OK
        OPUS_APPLICATION_VOIP
        OPUS_SIGNAL_VOICE
        OPUS_RESET_STATE
        OPUS_SET_BITRATE_REQUEST
        OPUS_SET_COMPLEXITY_REQUEST
        OPUS_SET_INBAND_FEC_REQUEST
        OPUS_SET_PACKET_LOSS_PERC_REQUEST
        OPUS_SET_DTX_REQUEST
        OPUS_SET_SIGNAL_REQUEST
    int opus_encoder_get_size(int channels)
    int opus_encoder_init(OpusEncoder* st, int32_t Fs, int channels, int application)
    int opus_encoder_ctl(OpusEncoder* st, int request, ...)
    int32_t opus_encode(OpusEncoder* st, const int16_t* pcm, int frame_size, uint8_t* data, int32_t max_data_bytes)
    int opus_decoder_get_size(int channels)
    int opus_decoder_init(OpusDecoder* st, int32_t Fs, int channels)
    int opus_decoder_ctl(OpusDecoder* st, int request, ...)
    int opus_decode(OpusDecoder* st, const uint8_t* data, int32_t len, int16_t* pcm, int frame_size, int decode_fec)
    int opus_packet_parse(const uint8_t* data, int32_t len, uint8_t* out_toc, const uint8_t** frames,
                          int16_t* size, int* payload_offset)
    int opus_packet_get_samples_per_frame(const uint8_t* data, int32_t Fs)

cdef enum:
    COMPLEXITY = 5
    BITRATE_NARROW = 16000      # of ours at 8 and at 16 kHz: a little above RFC 7587 section 3.1.1's sweet spots
    BITRATE_WIDE = 24000
    BITRATE_FEC = 4000          # more with FEC: below, libopus leaves FEC or the band above 4 kHz out
    LOSS_ASSUMED = 10           # percent until the other side has reported: FEC is not sent at 0
    FRAMES_MAX = 48             # in a packet (RFC 6716 section 3.2.5)
    SAMPLES_MAX = 960           # 120 ms at 8 kHz, the longest packet (same section)


cdef void* opus_open_sender(int rate, int bitrate_bps, bint fec, bint dtx) noexcept nogil:
    cdef OpusEncoder* state
    if rate != 8000 and rate != 16000:
        return NULL
    state = <OpusEncoder*>malloc(opus_encoder_get_size(1))
    if state is NULL:
        return NULL
    if opus_encoder_init(state, rate, 1, OPUS_APPLICATION_VOIP) != OPUS_OK:
        free(state)
        return NULL
    if bitrate_bps <= 0:
        bitrate_bps = (BITRATE_NARROW if rate == 8000 else BITRATE_WIDE) + (BITRATE_FEC if fec else 0)
    opus_encoder_ctl(state, OPUS_SET_BITRATE_REQUEST, <int32_t>bitrate_bps)
    opus_encoder_ctl(state, OPUS_SET_SIGNAL_REQUEST, <int32_t>OPUS_SIGNAL_VOICE)
    opus_encoder_ctl(state, OPUS_SET_INBAND_FEC_REQUEST, <int32_t>fec)
    opus_encoder_ctl(state, OPUS_SET_DTX_REQUEST, <int32_t>dtx)
    opus_expect_loss(state, LOSS_ASSUMED if fec else 0)
    opus_set_complexity(state, COMPLEXITY)
    return state


cdef void* opus_open_receiver(int rate) noexcept nogil:
    cdef OpusDecoder* state
    if rate != 8000 and rate != 16000:
        return NULL
    state = <OpusDecoder*>malloc(opus_decoder_get_size(1))
    if state is NULL:
        return NULL
    if opus_decoder_init(state, rate, 1) != OPUS_OK:
        free(state)
        return NULL
    return state


cdef void opus_close(void* state) noexcept nogil:
    free(state)


cdef void opus_expect_loss(void* sender, int percent) noexcept nogil:
    opus_encoder_ctl(<OpusEncoder*>sender, OPUS_SET_PACKET_LOSS_PERC_REQUEST, <int32_t>percent)


cdef void opus_set_complexity(void* sender, int complexity) noexcept nogil:
    opus_encoder_ctl(<OpusEncoder*>sender, OPUS_SET_COMPLEXITY_REQUEST, <int32_t>complexity)


cdef int opus_send(void* sender, const int16_t* pcm, int samples, uint8_t* out, int size) noexcept nogil:
    cdef int written
    written = opus_encode(<OpusEncoder*>sender, pcm, samples, out, OPUS_PACKET_MAX if size > OPUS_PACKET_MAX else size)
    return -1 if written < 0 else written


cdef int opus_receive(void* receiver, const uint8_t* payload, int length, int16_t* pcm, int size) noexcept nogil:
    cdef int samples
    # libopus takes no bytes for a lost packet.
    if opus_duration(payload, length) < 0:
        return -1
    samples = opus_decode(<OpusDecoder*>receiver, payload, length, pcm, size, 0)
    return -1 if samples < 0 else samples


cdef int opus_duration(const uint8_t* payload, int length) noexcept nogil:
    cdef uint8_t toc
    cdef int16_t[FRAMES_MAX] sizes
    cdef int count, samples, offset
    if length <= 0:
        return -1
    count = opus_packet_parse(payload, length, &toc, NULL, sizes, &offset)
    if count <= 0:
        return -1
    samples = count * opus_packet_get_samples_per_frame(payload, 8000)
    return samples if samples <= SAMPLES_MAX else -1


cdef int opus_conceal(void* receiver, int rate, int16_t* pcm, int samples, const uint8_t* later,
                      int later_length) noexcept nogil:
    cdef int made
    if samples <= 0 or samples % (rate // 400) or samples > rate * 120 // 1000:
        return 0
    if later is not NULL and opus_duration(later, later_length) > 0:
        made = opus_decode(<OpusDecoder*>receiver, later, later_length, pcm, samples, 1)
    else:
        made = opus_decode(<OpusDecoder*>receiver, NULL, 0, pcm, samples, 0)
    return 0 if made < 0 else made


cdef bint opus_recovers(const uint8_t* payload, int length) noexcept nogil:
    """The flag behind those of activity, one for each 20 ms of the first frame (RFC 6716 section 4.2.3)."""
    cdef uint8_t toc
    cdef const uint8_t* frames[FRAMES_MAX]
    cdef int16_t[FRAMES_MAX] sizes
    cdef int offset, active
    if length <= 0 or payload[0] & 0x80 or opus_packet_parse(payload, length, &toc, frames, sizes, &offset) <= 0 \
            or sizes[0] == 0:
        return False
    active = opus_packet_get_samples_per_frame(payload, 8000) // 160
    return (frames[0][0] >> (7 - (active if active else 1))) & 1


cdef void opus_restart_receiver(void* receiver) noexcept nogil:
    opus_decoder_ctl(<OpusDecoder*>receiver, OPUS_RESET_STATE)


cdef void opus_restart_sender(void* sender) noexcept nogil:
    opus_encoder_ctl(<OpusEncoder*>sender, OPUS_RESET_STATE)
