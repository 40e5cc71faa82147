"""The memory of one leg and its way up to Python. Field comments name the writer where it is not the engine.

Rings are single-producer, single-consumer; positions only grow and are masked on access. The leg's time is
counted in samples of 8 kHz whatever its codecs; its PCM has `rate` samples a second, 8000 << shift.
"""
from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from aywa._native.atomic cimport load_u64, or_u32, store_u64, swap_u32
from aywa._native.capture cimport Capture
from aywa._native.hearing cimport Hearing
from aywa._native.mixing cimport Mixing
from aywa._native.plc cimport Concealer
from aywa._native.recorder cimport Recorder
from aywa._native.reorder cimport Reorder
from aywa._native.reports cimport Reports
from aywa._native.resample cimport Down2, Up2
from aywa._native.source cimport SOURCE_STRICT, source_peer
from aywa._native.speech cimport SpeechDetector
from aywa._native.telephone_event cimport DigitReceiver, DigitSender
from aywa._native.wire cimport Wire


cdef enum:
    FRAME = 160                # samples of 20 ms at 8 kHz
    MAX_SAMPLES = 480          # 60 ms: the longest packet, either way
    MAX_PCM = 960              # samples of it at 16 kHz
    RING = 8192                # samples at 8 kHz of the uplink and of the playout ring: 1 s
    LOW_WATER_SAMPLES = 2400   # 300 ms: longer than Python is expected to stall
    NOTICE_SAMPLES = 800       # PCM_READY every 100 ms of audio
    QUIET_NOTICE_SAMPLES = 1600  # and every 200 ms of a caller who says nothing
    ATTENTIVE_SAMPLES = 8000   # who did so for 1 s
    RESERVE = 32               # of EVENTS, for what no sender of packets can repeat at will
    BREAKS = 16                # places in the uplink ring where time was missing before a sample
    EVENTS = 64                # discrete events a leg may owe Python: several seconds of the busiest caller
    MARKS = 64
    CODEC_NONE = 255           # nothing was heard of the present source
    CODEC_OTHER = 254          # what was heard came by a codec that is no longer among the wire's
    DIGITS = 32

cdef enum:                     # presses in the audio
    TONES_OFF = 0
    TONES_ON = 1
    TONES_BEGIN = 2            # on, whatever was heard before

cdef enum:
    HELD = 1                   # nothing is sent, heard or missed
    EXCUSED = 2                # nothing is missed

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
    EVENT_SOURCE_SWITCHED = 10 # a: address << 16 | port, b: timeline


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
    uint32_t timestamp         # the newest seen, in its codec's clock
    uint16_t sequence          # its number
    uint8_t units              # of extended time that a tick of its clock is: 6 at 8 kHz, 1 at 48 kHz
    uint8_t shift
    int64_t extended           # the newest without wrap, in units of 1/48000 s
    double anchor              # timeline sample = anchor + extended / 6
    int64_t end                # timeline sample after the last processed one
    float drift                # samples that the anchor moves per sample of the source
    int lateness_min           # over the current drift window
    int64_t transit            # of the previous packet, for the jitter (RFC 3550 §6.4.1)
    int packet_samples         # of the newest audio packet
    int pending                # samples waiting for a whole VAD frame
    int16_t* pcm               # RING << shift samples
    uint8_t window             # packets of it so far
    uint8_t started
    uint8_t timed_out
    uint8_t pressing           # a digit is being received
    uint8_t codec              # place in the wire of the codec heard last, or CODEC_NONE, CODEC_OTHER
    uint8_t digit_units        # of the clock that the press goes by
    uint8_t noisy              # comfort noise stands in for the caller
    uint8_t windows            # drift windows measured, up to those in which the drift is learnt
    SpeechDetector speech
    uint64_t noticed
    uint64_t written
    uint64_t read              # Python
    uint64_t since             # ring position where the present source began
    int64_t offset             # of the newest break
    uint64_t breaks_written
    Hearing* hearing
    uint32_t span              # samples of the source in the drift window
    uint8_t guarded            # the concealer's history is kept by hand: the ring is without the echo
    uint8_t tones              # Python: TONES_*
    uint8_t spare[2]
    Reorder reorder
    int64_t excused            # timeline position up to which no packet was due
    uint64_t breaks_read       # Python
    int64_t read_offset        # Python: of what was read last
    Concealer concealer        # its history is the ring's as long as nothing is missing
    DigitReceiver digits
    int16_t frame[160]
    Break breaks[16]
    Up2 doubler                # from a codec's rate to the leg's
    Down2 halver
    Down2 band                 # from the leg's rate to the 8 kHz of detectors


cdef struct Downlink:
    # Positions of this ring, `played` and the marks are samples of the leg's PCM; what is told is not.
    uint64_t written           # Python
    uint64_t flush_to          # Python
    uint64_t read
    uint64_t played
    int64_t audio_end          # timeline sample after the last speech sample sent
    uint32_t gate_epoch        # the engine's; Python reads
    uint32_t open_epoch        # Python
    uint32_t timestamp         # of the next packet, in its codec's clock
    uint16_t sequence
    uint8_t playing
    uint8_t above_low
    uint32_t wanted            # Python: a writer waits for room
    uint8_t begun
    uint8_t shift
    uint16_t cut               # the gate closed on speech: 1 + samples that are still to die away
    int16_t* pcm               # RING << shift samples
    uint64_t marks_written     # Python
    uint64_t marks_read
    uint64_t digits_written    # Python
    uint64_t digits_read
    DigitSender digit
    uint32_t spare_2
    int digit_code
    uint32_t digit_timestamp
    uint32_t origin            # timestamp of timeline sample 0, for key presses by another clock
    Mark marks[64]
    Digit digits[32]
    Up2 doubler                # from the leg's rate to the codec's
    Down2 halver


cdef struct Stats:
    uint64_t sent
    uint64_t sent_octets       # of payload
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
    uint64_t forged            # the peer's key did not make them
    uint64_t replayed


cdef struct Leg:
    # Every leg is cold when its turn comes: what each packet touches is in the first lines of each part, so
    # that few lines must be fetched; rings and what is rare come behind. `spare` puts the parts on the border
    # of a line (`layout` in leg.pyx, held by a test).
    Leg* following
    Leg* preceding
    uint64_t peer              # Python: address << 16 | port; 0: unknown yet
    Wire* wire
    int64_t start_ns           # when timeline sample 0 is
    int64_t timeline           # atomic: the first sample of the next turn
    Recorder* recorder         # NULL without recording
    int fd
    uint32_t ssrc
    Stats stats
    Outbox* outbox
    uint32_t index
    uint16_t phase             # Python: tick of 20 ms in which its turns begin
    uint8_t nat                # SOURCE_STRICT, or another source than `peer` may be learned
    uint8_t spare_1
    uint32_t muted             # Python
    uint32_t queued
    uint32_t flags
    uint32_t held              # Python: HELD, EXCUSED or both
    Reports* reports
    int64_t report_due         # timeline sample of the next report
    Capture* capture           # Python, once: NULL until packets are to be kept
    uint64_t events_written
    uint64_t events_read       # Python
    Mixing* mixing             # Python: NULL until something besides its own speech is heard on it
    int64_t timeout            # samples without a packet
    int64_t phase_due          # timeline sample from which its phase is looked at again
    uint8_t barge_in
    uint8_t follows            # its phase follows the caller's packets
    uint8_t spare[14]
    Uplink up
    uint64_t spare_2[2]
    Downlink down
    Event events[64]


cdef inline void leg_queue(Leg* leg) noexcept nogil:
    """Put the leg in the outbox unless it is in already."""
    cdef Outbox* box = leg.outbox
    if swap_u32(&leg.queued, 1) == 0:
        box.legs[box.written & box.mask] = leg.index
        store_u64(&box.written, box.written + 1)
        box.fresh = True


cdef inline uint64_t leg_peer(Leg* leg) noexcept nogil:
    """Whom to send to and take from; 0: unknown yet."""
    cdef uint64_t told = load_u64(&leg.peer)
    return told if leg.nat == SOURCE_STRICT else source_peer(&leg.reports.lock, told)


cdef inline Capture* leg_capture(const Leg* leg) noexcept nogil:
    """Where packets are kept; NULL: nowhere."""
    return <Capture*>load_u64(<const uint64_t*>&leg.capture)


cdef inline Mixing* leg_mixing(const Leg* leg) noexcept nogil:
    return <Mixing*>load_u64(<const uint64_t*>&leg.mixing)


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
