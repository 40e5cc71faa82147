"""The memory of one leg and its way up to Python. Field comments name the writer where it is not the engine.

Rings are single-producer, single-consumer; positions only grow and are masked on access.
"""
from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from aywa._native.atomic cimport load_u64, or_u32, store_u64, swap_u32
from aywa._native.plc cimport Concealer
from aywa._native.recorder cimport Recorder
from aywa._native.reorder cimport Reorder
from aywa._native.speech cimport SpeechDetector
from aywa._native.telephone_event cimport DigitReceiver, DigitSender


cdef enum:
    FRAME = 160                # samples of 20 ms at 8 kHz
    MAX_PAYLOAD = 480          # 60 ms: the longest packet taken
    UPLINK_RING = 16384        # samples at 8 kHz: 2 s
    PLAYOUT_RING = 8192        # samples at 8 kHz: 1 s
    LOW_WATER_SAMPLES = 2400   # 300 ms: longer than Python is expected to stall
    NOTICE_SAMPLES = 800       # PCM_READY every 100 ms of audio
    RESERVE = 64               # of EVENTS, for what no sender of packets can repeat at will
    BREAKS = 16                # places in the uplink ring where time was missing before a sample
    EVENTS = 128               # discrete events a leg may owe Python: several seconds of the busiest caller
    MARKS = 64
    NO_EVENTS = 255            # no packet has it: payload types have seven bits
    DIGITS = 32

cdef enum:
    FLAG_PCM_READY = 1
    FLAG_LOW_WATER = 2

cdef enum:
    EVENT_FIRST_PACKET = 1     # a: timeline
    EVENT_SPEECH_STARTED = 2   # a: sample, b: epoch
    EVENT_SPEECH_STOPPED = 3   # a: sample
    EVENT_GATE_CLOSED = 4      # a: played, b: timeline, c: epoch
    EVENT_MARK = 5             # a: played, b: timeline, c: mark id
    EVENT_DRAINED = 6          # a: played, b: timeline
    EVENT_DIGIT = 7            # a: sample, b: duration in samples, c: event code
    EVENT_DIGIT_SENT = 8       # c: event code
    EVENT_MEDIA_TIMEOUT = 9    # a: silent samples


cdef struct Event:
    int64_t kind
    int64_t a
    int64_t b
    int64_t c


cdef struct Outbox:            # the legs that have something for Python; a leg is in it at most once
    uint32_t* legs
    uint32_t mask              # capacity - 1; the capacity is at least the number of legs, so it never fills
    uint64_t written
    uint64_t taken             # Python
    bint fresh                 # something was written since Python was woken
    bint urgent                # an event among it: wake Python in this tick


cdef struct Mark:
    uint64_t position          # of the playout ring
    uint64_t flushed           # `flush_to` when the mark was set
    int64_t number


cdef struct Break:
    uint64_t position          # of the uplink ring: from here on
    int64_t offset             # timeline sample = ring position + offset


cdef struct Digit:
    int code
    int duration               # samples


cdef struct Uplink:
    int64_t arrival            # timeline position of the newest packet
    uint32_t timestamp         # the newest seen, and its value without wrap
    int packet_samples
    int64_t extended
    int64_t anchor             # timeline sample = anchor + extended timestamp
    int64_t end                # timeline sample after the last processed one
    int64_t lateness_min       # over the current drift window
    int64_t transit            # of the previous packet, for the jitter (RFC 3550 §6.4.1)
    int pending                # samples waiting for a whole VAD frame
    uint8_t window             # packets of it so far
    uint8_t started
    uint8_t timed_out
    uint8_t pressing           # a digit is being received
    SpeechDetector speech
    uint64_t noticed
    uint64_t written
    uint64_t read              # Python
    uint64_t since             # ring position where the present source began
    int64_t offset             # of the newest break
    int64_t excused            # timeline position up to which no packet was due
    uint64_t breaks_written
    uint64_t breaks_read       # Python
    int64_t read_offset        # Python: of what was read last
    uint64_t spare[1]
    Reorder reorder
    uint64_t spare_2[3]
    int16_t pcm[16384]
    Concealer concealer        # its history is the ring's as long as nothing is missing
    DigitReceiver digits
    int16_t frame[160]
    Break breaks[16]
    uint64_t spare_3[1]


cdef struct Downlink:
    uint64_t written           # Python
    uint64_t flush_to          # Python
    uint64_t read
    uint64_t played
    int64_t audio_end          # timeline sample after the last speech sample sent
    uint32_t gate_epoch        # the engine's; Python reads
    uint32_t open_epoch        # Python
    uint32_t timestamp
    uint16_t sequence
    uint8_t playing
    uint8_t above_low
    uint32_t wanted            # Python: a writer waits for room
    bint begun
    uint64_t marks_written     # Python
    uint64_t marks_read
    uint64_t digits_written    # Python
    uint64_t digits_read
    DigitSender digit
    int digit_pause            # ticks until the next digit may begin
    int digit_code
    uint32_t digit_timestamp
    Mark marks[64]
    Digit digits[32]
    uint64_t spare[7]
    int16_t pcm[8192]


cdef struct Stats:
    uint64_t sent
    uint64_t received
    uint64_t jitter_16         # RFC 3550's estimate times 16, in samples
    uint64_t max_gap           # samples
    uint64_t gaps_over_40ms
    uint64_t lost
    uint64_t late
    uint64_t duplicate
    uint64_t concealed
    uint64_t rejected_source
    uint64_t malformed
    uint64_t send_errors
    uint64_t uplink_overrun    # samples
    uint64_t event_overruns
    uint64_t source_changes


cdef struct Leg:
    # Every leg is cold when its turn comes: what each packet touches is in the first lines of each part, so
    # that few lines must be fetched; rings and what is rare come behind. `spare` puts the parts on the border
    # of a line (`layout` in leg.pyx, held by a test).
    Leg* following
    uint64_t peer              # Python: address << 16 | port; 0: unknown yet
    int fd
    uint32_t event_payload_type  # Python: NO_EVENTS when none was negotiated
    int64_t start_ns           # when timeline sample 0 is
    int64_t timeline           # atomic: the first sample of the next tick
    int64_t timeout            # samples without a packet
    Recorder* recorder         # NULL without recording
    uint32_t ssrc
    uint8_t payload_type
    uint8_t barge_in
    Stats stats
    Outbox* outbox
    uint32_t index
    int slot
    uint32_t muted             # Python
    uint32_t queued
    uint32_t flags
    uint32_t held              # Python: nothing is sent, heard or missed
    Leg* preceding
    uint64_t events_written
    uint64_t events_read       # Python
    uint64_t spare[2]
    Uplink up
    uint64_t spare_2[5]
    Downlink down
    Event events[128]


cdef inline void leg_queue(Leg* leg) noexcept nogil:
    """Put the leg in the outbox unless it is in already."""
    cdef Outbox* box = leg.outbox
    if swap_u32(&leg.queued, 1) == 0:
        box.legs[box.written & box.mask] = leg.index
        store_u64(&box.written, box.written + 1)
        box.fresh = True


cdef inline bint leg_has_room(Leg* leg) noexcept nogil:
    """For marks, which can wait, and digits, of which a flood may come: they leave the reserve to others."""
    return leg.events_written - load_u64(&leg.events_read) < EVENTS - RESERVE


cdef inline void leg_event(Leg* leg, int kind, int64_t a, int64_t b, int64_t c) noexcept nogil:
    """Owe Python a discrete event; one that finds no room is counted."""
    cdef Event* event
    if (leg.events_written - load_u64(&leg.events_read) == EVENTS
            or (kind == EVENT_DIGIT and not leg_has_room(leg))):
        leg.stats.event_overruns += 1
        return
    event = &leg.events[leg.events_written & (EVENTS - 1)]
    event.kind = kind
    event.a = a
    event.b = b
    event.c = c
    store_u64(&leg.events_written, leg.events_written + 1)
    leg.outbox.urgent = True
    leg_queue(leg)


cdef inline void leg_flag(Leg* leg, uint32_t flag) noexcept nogil:
    """Raise a level flag: it stays up until Python has seen it, whatever happens to the events."""
    if not or_u32(&leg.flags, flag) & flag:
        leg_queue(leg)
