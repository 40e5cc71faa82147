"""Loops behind the speech, faded in and out so that neither begins with a click."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int32_t, uint64_t
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u64, store_u64

cdef enum:
    UNITY = 32768
    STEP_BACK = 5827           # -15 dB: speech over it is understood, and the line does not seem to change
    STEP = 102                 # of the gain a sample: from silence to full in 40 ms at 8 kHz


cdef void background_add(Background* state, int16_t* pcm, int n, bint quiet) noexcept nogil:
    cdef Clip* wanted = <Clip*>load_u64(&state.clip)
    cdef int i, target
    cdef int32_t sample
    if state.playing == NULL:
        if wanted == NULL:
            return
        state.playing = wanted
        state.at = state.gain = 0
    target = 0 if wanted != state.playing else STEP_BACK if quiet else UNITY
    for i in range(n):
        if state.gain < target:
            state.gain = state.gain + STEP if state.gain + STEP < target else target
        elif state.gain > target:
            state.gain = state.gain - STEP if state.gain - STEP > target else target
        sample = pcm[i] + ((state.playing.pcm[state.at] * state.gain) >> 15)
        pcm[i] = <int16_t>(32767 if sample > 32767 else -32768 if sample < -32768 else sample)
        state.at += 1
        if state.at == state.playing.length:
            state.at = 0
    if state.gain == 0 and wanted != state.playing:
        state.playing = NULL


cdef class NativeClip:
    def __cinit__(self, bytes pcm):
        if len(pcm) < 2 or len(pcm) % 2:
            raise ValueError("a clip is at least one whole sample")
        self._pcm = pcm
        self.clip.pcm = <const int16_t*>PyBytes_AS_STRING(pcm)
        self.clip.length = <int>(len(pcm) // 2)


cdef class BackgroundMixer:
    cdef Background state
    cdef list _kept

    def __cinit__(self):
        memset(&self.state, 0, sizeof(Background))
        self._kept = []

    def play(self, NativeClip clip):
        self._kept.append(clip)
        store_u64(&self.state.clip, <uint64_t>&clip.clip if clip is not None else 0)

    def add(self, const unsigned char[::1] pcm, bint quiet=False):
        out = PyBytes_FromStringAndSize(NULL, pcm.shape[0])
        if pcm.shape[0] % 2:
            raise ValueError("half a sample")
        if pcm.shape[0]:
            memcpy(PyBytes_AS_STRING(out), &pcm[0], pcm.shape[0])
        background_add(&self.state, <int16_t*>PyBytes_AS_STRING(out), <int>(pcm.shape[0] // 2), quiet)
        return out
