"""DTMF as RFC 4733 telephone events, received and sent. Durations are in samples of the RTP clock."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

cdef enum:
    DIGIT_PAYLOAD_SIZE = 4
    DIGIT_EVENTS = 16           # 0..9, * (10), # (11), A..D (12..15)
    DIGIT_REMEMBERED = 4        # finished presses whose stray repeats are recognised
    DIGIT_END_PACKETS = 3       # RFC 4733 section 2.5.1.4
    DIGIT_MAX_DURATION = 0xFFFF

cdef struct DigitReceiver:
    uint32_t timestamp          # of the press that is going on or was the last
    uint32_t segment            # timestamp of its last segment (section 2.5.1.3), else the same
    uint32_t base               # samples of the segments before
    uint32_t duration           # samples so far
    int event
    bint active                 # a press is going on
    int idle                    # samples since its last packet
    uint32_t finished[DIGIT_REMEMBERED]
    int finished_count          # ever; the ring's next index is this modulo its size
    int queued                  # a second press finished by the same packet, else -1
    uint32_t queued_duration
    uint32_t finished_duration  # samples of the press that was returned last

cdef void digit_receiver_init(DigitReceiver* state) noexcept nogil
# -1, or the event code (0..15) of a press that is over. Packets in any order; each press comes out once.
# After a code, call digit_receive_next until it gives -1.
cdef int digit_receive(DigitReceiver* state, const uint8_t* payload, int length, uint32_t timestamp,
                       bint marker) noexcept nogil
cdef int digit_receive_next(DigitReceiver* state) noexcept nogil
# `elapsed` samples have passed; ends a press whose end packets were lost once `limit` samples passed without one.
cdef int digit_receiver_timeout(DigitReceiver* state, int elapsed, int limit) noexcept nogil

cdef struct DigitSender:
    uint32_t timestamp
    int event
    int volume
    int total                   # samples the press shall last
    int sent                    # samples so far
    int ends_left               # end packets still to send; 0 and not `active`: idle
    bint active

cdef void digit_sender_init(DigitSender* state) noexcept nogil
# 0, or -1 while a press is being sent or for impossible arguments (event 0..15, 1..65535 samples, volume 0..63 in
# -dBm0). `timestamp`: RTP timestamp of the beginning of the press, used for all of its packets.
cdef int digit_sender_start(DigitSender* state, int event, int duration, uint32_t timestamp, int volume) noexcept nogil
# Once per packet time (`step` samples): writes 4 bytes and returns 4, or 0 when idle.
cdef int digit_sender_next(DigitSender* state, int step, uint8_t* payload, uint32_t* timestamp,
                           bint* marker) noexcept nogil
