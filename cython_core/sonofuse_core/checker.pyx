"""The host's checker: the same tick that the firmware computes, one call per tick."""

from array import array

from libc.stdint cimport int32_t
from libc.string cimport memset

from sonofuse_core.limit_set import validate
from sonofuse_core.tick cimport tick_core

include "layout.pxi"


cdef class Checker:
    """Computes every tick a second time, from the limit set alone.

    Write the inputs of a tick into `inputs` (words I_… of the layout) and call `tick()`; `state` then holds the same
    words as the firmware's state. Both views live as long as the checker and keep their memory.

    Raises:
        ValueError: if the limit set is damaged, of another version, or would index outside itself.
    """

    cdef readonly object inputs
    cdef readonly object state
    cdef object _limits, _state
    cdef const int32_t[::1] _limits_view
    cdef int32_t[::1] _state_view
    cdef const int32_t[::1] _inputs_view
    cdef const int32_t* _L
    cdef int32_t* _S
    cdef const int32_t* _I

    def __init__(self, bytes limits not None) -> None:
        validate(limits)
        self._limits = array("i", limits)
        channels = self._limits[H_CHANNELS]
        self._state = array("i", bytes(4 * (S_CHANNELS + channels * CHANNEL_WORDS)))
        self.state = memoryview(self._state).toreadonly()
        self.inputs = memoryview(array("i", bytes(4 * (I_CHANNELS + 2 * channels))))
        # bound once: an array whose buffer is held cannot be resized
        self._limits_view = self._limits
        self._state_view = self._state
        self._inputs_view = self.inputs
        self._L = &self._limits_view[0]
        self._S = &self._state_view[0]
        self._I = &self._inputs_view[0]

    def tick(self) -> int:
        """Run every check once on `inputs`; the cause (check * 256 + channel), 0 if every check passed."""
        return tick_core(self._L, self._S, self._I)

    def reset(self) -> None:
        """Forget everything: the state is as before the first tick. `inputs` stay."""
        memset(self._S, 0, self._state_view.nbytes)
