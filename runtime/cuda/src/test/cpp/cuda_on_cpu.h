// The stand-in's side of device.cuh: what CUDA C++ gives a kernel, on a CPU. The threads of a
// block are fibres of one thread of the host; they take turns at barriers and shuffles only.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define __device__
#define __global__
#define __constant__
#define __launch_bounds__(...)

// Garbage until it is written to, anew for each block.
#define SHARED_ARRAY(type, name, count) \
  type* name = static_cast<type*>(standin::shared(__COUNTER__, sizeof(type) * (count)))

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace standin {

struct Index {
  unsigned x, y, z;
};

// Where the running fibre is in the grid.
struct Position {
  Index thread, block, threads, blocks;
};
extern thread_local Position* position;

void* shared(int id, std::size_t bytes);
// Waits for all threads of the block.
void synchronize_block();
// Gives a value to the lanes of a mask and takes that of a lane; garbage if it is not among them.
std::uint64_t exchange(unsigned mask, std::uint64_t value, unsigned from);
// Whether it holds for all lanes of a mask.
bool all_of(unsigned mask, bool holds);
// An access of 128 bits: a fault if it is not at a multiple of them.
void access_four(const void* at);

}  // namespace standin

#define threadIdx (standin::position->thread)
#define blockIdx (standin::position->block)
#define blockDim (standin::position->threads)
#define gridDim (standin::position->blocks)

template <typename FOUR, typename T>
FOUR load_four(const T* from) {
  static_assert(sizeof(FOUR) == 4 * sizeof(T), "four of them");
  standin::access_four(from);
  FOUR values;
  std::memcpy(&values, from, sizeof values);
  return values;
}
template <typename FOUR, typename T>
void store_four(T* to, FOUR values) {
  static_assert(sizeof(FOUR) == 4 * sizeof(T), "four of them");
  standin::access_four(to);
  std::memcpy(to, &values, sizeof values);
}

inline void __syncthreads() { standin::synchronize_block(); }

template <typename T>
T exchanged(unsigned mask, T value, unsigned from) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = standin::exchange(mask, bits, from);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

template <typename T>
T __shfl_sync(unsigned mask, T value, unsigned lane, unsigned width = 32) {
  unsigned own = threadIdx.x % 32;
  return exchanged(mask, value, own / width * width + lane % width);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned step, unsigned width = 32) {
  unsigned own = threadIdx.x % 32;
  return exchanged(mask, value, own % width + step < width ? own + step : own);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, unsigned lanes, unsigned width = 32) {
  unsigned own = threadIdx.x % 32;
  unsigned other = own ^ lanes;
  return exchanged(mask, value, other / width == own / width ? other : own);
}

inline int __all_sync(unsigned mask, int holds) { return standin::all_of(mask, holds != 0); }

template <typename T>
T atomicAdd(T* address, T value) {
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}

inline unsigned atomicMax(unsigned* address, unsigned value) {
  unsigned old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (old < value &&
         !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
  return old;
}

inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<std::uint64_t>(a) * b >> 32);
}
// The sum and the products of the four signed bytes of each.
inline int __dp4a(int a, int b, int sum) {
  for (int i = 0; i < 32; i += 8) {
    sum += static_cast<std::int8_t>(a >> i) * static_cast<std::int8_t>(b >> i);
  }
  return sum;
}
inline int __float_as_int(float x) {
  int bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline unsigned __float_as_uint(float x) {
  unsigned bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline double __longlong_as_double(long long bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
inline float __uint_as_float(unsigned bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
