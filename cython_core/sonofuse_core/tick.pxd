from libc.stdint cimport int32_t

cdef int tick_core(const int32_t* L, int32_t* S, const int32_t* I) noexcept nogil
