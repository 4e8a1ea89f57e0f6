// What the kernels ask of the machine. Under nvcc this is CUDA; else the stand-in for the tests
// gives the same names on a CPU.
#pragma once

#ifdef __CUDACC__
// Shared memory of a block, with a name that the stand-in can fill with garbage first.
#define SHARED_ARRAY(type, name, count) __shared__ type name[count]

// Four neighbours at once, at a multiple of 16 bytes: the stand-in fails a launch where it is none.
template <typename FOUR, typename T>
__device__ inline FOUR load_four(const T* from) {
  return *reinterpret_cast<const FOUR*>(from);
}
template <typename FOUR, typename T>
__device__ inline void store_four(T* to, FOUR values) {
  *reinterpret_cast<FOUR*>(to) = values;
}
#else
#include "cuda_on_cpu.h"
#endif

constexpr unsigned FULL_WARP = 0xffffffffu;

// Threads of a block, and the elements that one takes in a 128-bit access.
constexpr unsigned THREADS = 256;
constexpr unsigned WIDTH = 4;

__device__ inline float quiet_nan() { return __uint_as_float(0x7fc00000u); }
