"""The WebRTC VAD without the GIL.

The `webrtcvad-wheels` module carries the C library and exports its symbols; binding them with dlsym spares a second
copy of the library and the Python call per frame. RTLD_NOLOAD: the interpreter has loaded the module already.
"""

from importlib import import_module

from libc.stdint cimport int16_t, uint8_t
from posix.dlfcn cimport RTLD_NOW, dlclose, dlopen, dlsym

cdef extern from "dlfcn.h" nogil:
    int RTLD_NOLOAD

ctypedef int (*create_fn)(void** handle) noexcept nogil
ctypedef int (*init_fn)(void* handle) noexcept nogil
ctypedef int (*mode_fn)(void* handle, int mode) noexcept nogil
ctypedef int (*process_fn)(void* handle, int rate, const int16_t* frame, size_t n) noexcept nogil
ctypedef void (*free_fn)(void* handle) noexcept nogil

cdef create_fn _create = NULL
cdef init_fn _init = NULL
cdef mode_fn _set_mode = NULL
cdef process_fn _process = NULL
cdef free_fn _free = NULL


cdef void* vad_new(int mode) noexcept nogil:
    cdef void* handle = NULL
    if _free == NULL or _create(&handle) or handle == NULL:
        return NULL
    if _init(handle) or _set_mode(handle, mode):
        _free(handle)
        return NULL
    return handle


cdef void vad_free(void* vad) noexcept nogil:
    if vad != NULL:
        _free(vad)


cdef int vad_process(void* vad, int rate_hz, const int16_t* frame, int n) noexcept nogil:
    return _process(vad, rate_hz, frame, n)


def bind_vad():
    global _create, _init, _set_mode, _process, _free
    cdef void* library
    if _free != NULL:
        return
    try:
        module = import_module("_webrtcvad")
    except ImportError as error:
        raise ImportError("the WebRTC VAD is missing: install webrtcvad-wheels>=2.0.14") from error
    path = str(module.__file__).encode()
    library = dlopen(path, RTLD_NOW | RTLD_NOLOAD)
    if library == NULL:
        raise ImportError("the loaded WebRTC VAD module cannot be opened as a library: reinstall webrtcvad-wheels")
    # The handle stays open for the life of the process: the pointers below live in it.
    _create = <create_fn>dlsym(library, b"WebRtcVad_Create")
    _init = <init_fn>dlsym(library, b"WebRtcVad_Init")
    _set_mode = <mode_fn>dlsym(library, b"WebRtcVad_set_mode")
    _process = <process_fn>dlsym(library, b"WebRtcVad_Process")
    _free = <free_fn>dlsym(library, b"WebRtcVad_Free")
    if _create == NULL or _init == NULL or _set_mode == NULL or _process == NULL or _free == NULL:
        _free = NULL
        dlclose(library)
        raise ImportError("the installed WebRTC VAD does not export its symbols: install webrtcvad-wheels>=2.0.14")

cdef class Vad:
    cdef void* _vad

    def __cinit__(self, int mode):
        bind_vad()
        if not 0 <= mode <= 3:
            raise ValueError("a VAD mode lies in 0..3")
        self._vad = vad_new(mode)
        if self._vad == NULL:
            raise MemoryError("no memory for a VAD")

    def __dealloc__(self):
        vad_free(self._vad)

    def is_speech(self, const uint8_t[::1] pcm, int rate_hz):
        cdef int verdict = -1
        cdef int n = <int>(pcm.shape[0] // 2)
        if n and pcm.shape[0] % 2 == 0:
            with nogil:
                verdict = vad_process(self._vad, rate_hz, <const int16_t*>&pcm[0], n)
        if verdict < 0:
            raise ValueError("a VAD frame has 10, 20 or 30 ms at 8, 16, 32 or 48 kHz")
        return verdict == 1
