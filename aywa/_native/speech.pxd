"""When the caller starts and stops speaking: the confirmed-speech policy over the WebRTC VAD."""

from libc.stdint cimport int16_t, int64_t, uint16_t, uint32_t

cdef enum:
    SPEECH_UNIT = 16            # samples (2 ms): energies are judged in these
    SPEECH_FRAME_UNITS = 10     # in a frame
    SPEECH_WINDOW = 30          # units (60 ms) in which speech is confirmed
    SPEECH_SPARED = 3           # frames in a row without a loud unit that the VAD is not asked about
    SPEECH_WARM_UP = 10         # frames in which the background is learnt and nothing is confirmed

    SPEECH_NONE = 0
    SPEECH_STARTED = 1
    SPEECH_STOPPED = 2

cdef struct SpeechDetector:
    void* vad                   # owned by whoever made the leg
    int start_units             # active units within the window that confirm speech
    int stop_samples            # silence that ends it
    bint speaking
    uint16_t frames             # seen, up to SPEECH_WARM_UP
    uint16_t spared             # in a row that the VAD was not asked about
    uint32_t active             # one bit per unit, the newest in bit 0
    float floor                 # the background's mean square
    int64_t onset               # position of the first active unit of the speech
    int64_t last_active         # position after its last active unit

cdef void speech_init(SpeechDetector* d, void* vad, int start_units, int stop_samples) noexcept nogil
# One frame of 160 samples at 8 kHz whose first sample is at `position`.
cdef int speech_frame(SpeechDetector* d, const int16_t* frame, int64_t position) noexcept nogil
# Nothing has arrived up to `position`: a caller whose packets stop has stopped speaking.
cdef int speech_idle(SpeechDetector* d, int64_t position) noexcept nogil
# Units of `n` samples that are as loud as the start of speech must be.
cdef int speech_loud_units(const SpeechDetector* d, const int16_t* pcm, int n) noexcept nogil
