"""Our own speech coming back on the phone leg: found by what was sent, subtracted, and not taken for the caller."""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint32_t

cdef enum:
    ECHO_HISTORY = 4096         # samples sent that are remembered (512 ms)
    ECHO_WINDOW = 480           # samples heard that an echo is looked for in (60 ms)
    ECHO_TAPS = 64              # length of the modelled echo path (8 ms)

    ECHO_PASSED = 0             # nothing that could be an echo, or nothing to be heard: untouched
    ECHO_NEAR = 1               # the caller
    ECHO_ONLY = 2               # our own speech: lowered to the line's noise
    ECHO_BOTH = 3               # the caller over our own speech: the echo is subtracted

cdef struct Echo:
    int64_t sent_end            # position after the last sample sent
    int64_t loud_end            # position after the last block sent that was loud enough to come back
    int64_t heard_end           # position after the last sample in `heard`
    bint locked                 # `delay` and `path` hold
    int delay                   # samples of lag of the first tap
    int candidate               # lag that the last search found, -1 none
    int votes                   # searches in a row that found it
    int fruitless               # searches in a row that found nothing in a sound
    int passed_over             # frames of such sounds
    float softest               # mean square of the softest frame since the last of another sound
    int near_frames             # in a row
    int hang_over               # frames that are still the caller's after his last one
    int absent                  # frames in which the echo was missing
    int explained               # echo frames since the lock
    int echo_frames             # and in all
    int held                    # frames that a faint sound has waited
    int unanswered              # strong blocks of which no echo was heard within ECHO_HISTORY, up to CLEAN
    uint32_t strong             # which of the last 20 ms steps sent something strong, the newest in bit 0
    bint sending                # the newest block sent is strong
    int64_t found_delay         # samples, the strongest tap; -1 while none was ever found
    float fit                   # share of the energy that the last search could explain, 0..1
    float floor                 # mean square of the line's noise
    float leak                  # what the path leaves of the echo: a ratio of energies
    float tail                  # mean square of the echo expected, with its fading
    float sent_tail             # mean square of what was sent a delay ago, with its fading
    float sent_level            # mean square of the loudest sent, fading over 2 s
    float gain                  # of the last sample given out
    float energy_sent           # sums over echo frames, forgetting: their ratio is the return loss
    float energy_back
    float[ECHO_TAPS] path
    float[ECHO_TAPS] correlation
    int16_t[ECHO_WINDOW] heard
    uint8_t[ECHO_HISTORY] sent  # mu-law: half the memory, and exact for most of what is sent

cdef void echo_init(Echo* e) noexcept nogil
# What was really sent, decoded to 8 kHz, at its position on the leg's timeline. A gap counts as silence. `ulaw`: the
# same in mu-law where that is at hand, or NULL.
cdef void echo_sent(Echo* e, int64_t position, const int16_t* pcm, const uint8_t* ulaw, int n) noexcept nogil
# What was heard, at its position, changed in place; any n. Returns the verdict on its last 20 ms or less.
cdef int echo_process(Echo* e, int64_t position, int16_t* pcm, int n) noexcept nogil
# None while none was found.
cdef object echo_return_loss_db(const Echo* e)
