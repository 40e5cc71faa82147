"""DTMF as RFC 4733 telephone events, received and sent. Durations are in samples of the RTP clock."""

from libc.stdint cimport int8_t, int32_t, uint8_t, uint32_t

cdef enum:
    DIGIT_PAYLOAD_SIZE = 4
    DIGIT_EVENTS = 16           # 0..9, * (10), # (11), A..D (12..15)
    DIGIT_REMEMBERED = 4        # finished presses whose stray repeats are recognised
    DIGIT_END_PACKETS = 3       # RFC 4733 section 2.5.1.4
    DIGIT_PACKETS = 8           # at least so many packets a press: bursts of losses take short presses whole
    DIGIT_SEGMENT = 0xFFFF      # longest segment of a press (section 2.5.1.3)
    DIGIT_SEGMENT_SHORT = 2880  # a segment may end so much earlier: 60 ms at 48 kHz
    DIGIT_MAX_DURATION = 5760000  # two minutes at 48 kHz
    DIGIT_BACKWARD = 48000      # samples: a press that far before the last is no late one, the clock was set back

cdef struct DigitReceiver:      # small types: a leg's layout counts on 56 bytes
    uint32_t timestamp          # of the press that is going on or was the last
    uint32_t segment            # timestamp of its newest segment (section 2.5.1.3), else the same
    uint32_t base               # samples of the segments before
    uint32_t last               # longest duration of the newest segment
    uint32_t duration           # samples so far
    int idle                    # samples (of `elapsed`) since its last packet
    uint32_t finished[DIGIT_REMEMBERED]
    int8_t event
    int8_t queued               # a second press finished by the same packet, else -1
    uint8_t active              # a press is going on
    uint8_t seen                # a press was ever recognised: the peer sends events
    uint8_t cut                 # the last press was ended by time: it may still be going on
    uint8_t finished_count      # ever; the ring's next index is this modulo its size
    uint32_t finished_duration  # samples of the press that was returned last
    uint32_t finished_timestamp # and where it began

cdef void digit_receiver_init(DigitReceiver* state) noexcept nogil
# -1, or the event code (0..15) of a press that is over; each press comes out once. Packets in the order of their
# sequence numbers (`reorder.pyx`), each at most once; any may be missing. After a code, call digit_receive_next until
# it gives -1.
cdef int digit_receive(DigitReceiver* state, const uint8_t* payload, int length, uint32_t timestamp,
                       bint marker) noexcept nogil
cdef int digit_receive_next(DigitReceiver* state) noexcept nogil
# `elapsed` samples have passed; ends a press whose end packets were lost once `limit` samples passed without one.
# Both of any one clock: that of the leg will do.
cdef int digit_receiver_timeout(DigitReceiver* state, int elapsed, int limit) noexcept nogil
# Samples of an RTP clock (8000, 16000, 48000 ...) in 8 kHz samples and back, rounded; saturated to 31 bits.
cdef int digit_from_wire(uint32_t samples, int clock_hz) noexcept nogil
cdef int digit_to_wire(int samples, int clock_hz) noexcept nogil

cdef struct DigitSender:        # 28 bytes, likewise
    uint32_t timestamp          # of the segment that is being sent
    int total                   # samples the press shall last
    int sent                    # samples so far
    int base                    # samples of the segments before
    int quiet                   # samples since the press ended, counted in packet times
    uint8_t event
    uint8_t volume
    uint8_t packets             # sent so far, at most DIGIT_PACKETS
    uint8_t ends_left           # end packets still to send, once the first was
    uint8_t active

cdef void digit_sender_init(DigitSender* state) noexcept nogil
# 0, or -1 while a press is being sent or for impossible arguments (event 0..15, 1..DIGIT_MAX_DURATION samples,
# volume 0..63 in -dBm0). `timestamp`: RTP timestamp of the beginning of the press, used for all of its packets
# (of a press of over 65535 samples: for those of its first segment).
cdef int digit_sender_start(DigitSender* state, int event, int duration, uint32_t timestamp, int volume) noexcept nogil
# Once per packet time (`step` samples of the RTP clock): writes 4 bytes and returns 4, or 0 when idle.
cdef int digit_sender_next(DigitSender* state, int step, uint8_t* payload, uint32_t* timestamp,
                           bint* marker) noexcept nogil
# Whether the last press ended `gap` samples ago, if digit_sender_next is called in every packet time, idle or not.
cdef bint digit_sender_ready(const DigitSender* state, int gap) noexcept nogil
