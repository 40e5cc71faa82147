"""Opus for one voice by libopus (RFC 6716): mono, 8 or 16 kHz on the PCM side, states allocated at opening only."""

from libc.stdint cimport int16_t, uint8_t

cdef enum:
    OPUS_PACKET_MAX = 1275      # bytes that a frame may have (RFC 6716 section 3.2.1): what we ever send

# A new encoder or decoder, NULL when there is no memory or `rate` is neither 8000 nor 16000. They are freed with
# opus_close_*. bitrate_bps 0: ours for the rate.
cdef void* opus_open_sender(int rate, int bitrate_bps, bint fec, bint dtx) noexcept nogil
cdef void* opus_open_receiver(int rate) noexcept nogil
cdef void opus_close(void* state) noexcept nogil
# Share of packets that the other side loses, 0..100: how much of the bit rate goes into FEC.
cdef void opus_expect_loss(void* sender, int percent) noexcept nogil
# Complexity 0..10, for measurements; opening sets 5.
cdef void opus_set_complexity(void* sender, int complexity) noexcept nogil
# Bytes written, at most 2 for silence that needs no packet; -1: `samples` is no frame of 2.5, 5, 10, 20, 40, 60 ms.
cdef int opus_send(void* sender, const int16_t* pcm, int samples, uint8_t* out, int size) noexcept nogil
# Samples written; -1: malformed, or `size` samples do not hold it.
cdef int opus_receive(void* receiver, const uint8_t* payload, int length, int16_t* pcm, int size) noexcept nogil
# Samples at 8 kHz that a packet stands for, up to 960 (120 ms); -1: malformed (RFC 6716 section 3.4).
cdef int opus_duration(const uint8_t* payload, int length) noexcept nogil
# The lost `samples` before the packet `later` from its FEC if it has any, else (or with later NULL) extrapolated.
# Samples written; 0: `samples` is no multiple of 2.5 ms up to 120 ms.
cdef int opus_conceal(void* receiver, int rate, int16_t* pcm, int samples, const uint8_t* later,
                      int later_length) noexcept nogil
# Does the payload (RFC 6716) carry its predecessor once more?
cdef bint opus_recovers(const uint8_t* payload, int length) noexcept nogil
cdef void opus_restart_receiver(void* receiver) noexcept nogil
cdef void opus_restart_sender(void* sender) noexcept nogil
