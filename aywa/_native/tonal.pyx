"""What one or two steady tones there are in 40 ms of audio at 8 kHz.

A Hann window as correlations with a table at every 25 Hz: goertzel.pyx says why no recursion. It is longer than the
beats of a ringing tone's 440 and 480 Hz, which a shorter one would take for a voice.
"""

from libc.math cimport M_PI, cos, lrint, sin, sqrtf
from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.string cimport memset

cdef enum:
    SCALE = 256                 # of the table: 320 full samples times 256 under a Hann window stay in 31 bits
    SPACING = 25                # Hz from bin to bin
    FIRST = 10                  # bin of the lowest frequency: 250 Hz
    REACH = 3                   # bins on each side that belong to a peak: its lobe, and a second tone 40 Hz away

cdef float QUIET = 40.0                      # mean square below which nothing is looked for: -64 dBm0
cdef float SECOND = 0.08                     # of the energy that makes a second peak a second tone

cdef int16_t[TONAL_BINS][TONAL_WINDOW] _COS
cdef int16_t[TONAL_BINS][TONAL_WINDOW] _SIN
cdef float[TONAL_WINDOW] _HANN


cdef void _fill() noexcept:
    cdef int k, n
    cdef double angle, hann
    for n in range(TONAL_WINDOW):
        hann = 0.5 - 0.5 * cos(2 * M_PI * (n + 0.5) / TONAL_WINDOW)
        _HANN[n] = <float>hann
        for k in range(TONAL_BINS):
            angle = 2 * M_PI * SPACING * (FIRST + k) * n / 8000
            _COS[k][n] = <int16_t>lrint(SCALE * hann * cos(angle))
            _SIN[k][n] = <int16_t>lrint(-SCALE * hann * sin(angle))


_fill()


cdef float _energy(const int16_t* pcm) noexcept nogil:
    """Of the window, weighted as the table weighs it."""
    cdef float total = 0, value
    cdef int n
    for n in range(TONAL_WINDOW):
        value = pcm[n] * _HANN[n]
        total += value * value
    return total


cdef void _powers(const int16_t* pcm, float* power) noexcept nogil:
    cdef int32_t re, im
    cdef int k, n
    for k in range(TONAL_BINS):
        re = 0
        im = 0
        for n in range(TONAL_WINDOW):
            re += <int32_t>pcm[n] * _COS[k][n]
            im += <int32_t>pcm[n] * _SIN[k][n]
        power[k] = (<float>re * re + <float>im * im) * <float>(1.0 / SCALE / SCALE)


cdef int _highest(const float* power, int but) noexcept nogil:
    """The bin of the highest peak out of reach of the peak `but`; -1 when none rises from both sides."""
    cdef int k, best = -1
    for k in range(1, TONAL_BINS - 1):
        if but - REACH <= k <= but + REACH or power[k] < power[k - 1] or power[k] < power[k + 1]:
            continue
        if best < 0 or power[k] > power[best]:
            best = k
    return best


cdef float _around(const float* power, int middle, int but) noexcept nogil:
    """Power of a peak and what is in its reach, but for what was counted with the peak `but`."""
    cdef float total = 0
    cdef int k
    for k in range(middle - REACH, middle + REACH + 1):
        if 0 <= k < TONAL_BINS and not but - REACH <= k <= but + REACH:
            total += power[k]
    return total


cdef float _hz(const float* power, int k) noexcept nogil:
    """A Hann window's peak leans to one side by the ratio of its two highest bins."""
    cdef float side = power[k + 1] if power[k + 1] > power[k - 1] else power[k - 1]
    cdef float ratio = sqrtf(side / (power[k] + <float>1e-9))
    cdef float lean = (2 * ratio - 1) / (ratio + 1)
    return SPACING * (FIRST + k + (lean if power[k + 1] > power[k - 1] else -lean))


cdef void tonal_measure(const int16_t* pcm, TonalWindow* found) noexcept nogil:
    cdef float[TONAL_BINS] power
    cdef float energy = _energy(pcm), whole, second
    cdef int one, two
    memset(found, 0, sizeof(TonalWindow))
    found.level = energy / TONAL_WINDOW
    if energy < QUIET * TONAL_WINDOW:
        return
    _powers(pcm, power)
    one = _highest(power, -9)
    if one < 0:
        return
    whole = energy * (TONAL_WINDOW / 2)  # by Parseval, over the positive frequencies
    found.hz = _hz(power, one)
    found.share = _around(power, one, -9) / whole
    two = _highest(power, one)
    if two >= 0:
        second = _around(power, two, one) / whole
        if second >= SECOND:
            found.hz2 = _hz(power, two)
            found.share += second


def measure(const uint8_t[::1] pcm):
    cdef TonalWindow found
    if pcm.shape[0] != 2 * TONAL_WINDOW:
        raise ValueError("a window is 320 samples of S16LE PCM")
    tonal_measure(<const int16_t*>&pcm[0], &found)
    return found.hz, found.hz2, found.share, found.level
