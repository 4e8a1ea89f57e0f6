// Scales that groups take from their own maxima, in one pass: a group that a few lanes, or one
// block of threads, hold between them is read once and written once.
#pragma once

#include "maxima.cuh"
#include "rounding.cuh"
#include "scales.cuh"

struct BlockScaling {
  ScaleFormula formula;
  int divides;
  int divides_back;
  // Whether NaN and infinity are left aside.
  int finite;
};

__device__ inline unsigned largest_key(float4 x, int finite) {
  return finite ? key_of<FiniteAmax>(x) : key_of<Amax>(x);
}

template <int KIND>
__device__ inline float4 quantized_by(float4 x, unsigned key, const BlockScaling& scaling,
                                      const Grid& grid, int back) {
  ScalePair pair = scale_of_maximum(__uint_as_float(key), scaling.formula);
  GroupScale scale = {pair.forward, pair.backward, 0.0f};
  Scales how = {nullptr, nullptr, nullptr, scaling.divides, scaling.divides_back};
  return make_float4(quantized<KIND>(x.x, scale, how, grid, back),
                     quantized<KIND>(x.y, scale, how, grid, back),
                     quantized<KIND>(x.z, scale, how, grid, back),
                     quantized<KIND>(x.w, scale, how, grid, back));
}

// Groups of 4, 8, … 128 neighbours: `lanes`, a power of two, hold one between them.
template <int KIND>
__device__ inline void quantize_blocks(const float* x, float* out, unsigned elements,
                                       unsigned lanes, const PreScale& pre,
                                       const BlockScaling& scaling, const Grid& grid, int back) {
  unsigned first = blockIdx.x * TILE + threadIdx.x * WIDTH;
  float4 values[ACCESSES];
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned element = first + i * THREADS * WIDTH;
    values[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (element < elements) {
      values[i] = load(x, element);
    }
  }
  // Lanes beyond the end take part in what all lanes do.
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned element = first + i * THREADS * WIDTH;
    if (element < elements) {
      values[i] = scaled(pre, values[i], element);
    }
    unsigned key = largest_key(values[i], scaling.finite);
#pragma unroll 1
    for (unsigned step = lanes / 2; step > 0; step /= 2) {
      key = larger(key, __shfl_xor_sync(FULL_WARP, key, step));
    }
    if (element < elements) {
      store(out, element, quantized_by<KIND>(values[i], key, scaling, grid, back));
    }
  }
}

// Groups of up to 4096 neighbours, as tokens are: a block of threads holds one.
template <int KIND>
__device__ inline void quantize_rows(const float* x, float* out, unsigned length,
                                     const PreScale& pre, const BlockScaling& scaling,
                                     const Grid& grid, int back) {
  SHARED_ARRAY(unsigned, keys, THREADS / 32);
  unsigned start = blockIdx.x * length;
  float4 values[ACCESSES];
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned at = (i * THREADS + threadIdx.x) * WIDTH;
    values[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (at < length) {
      values[i] = load(x, start + at);
    }
  }
  unsigned key = 0;
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned at = (i * THREADS + threadIdx.x) * WIDTH;
    if (at < length) {
      values[i] = scaled(pre, values[i], start + at);
    }
    key = larger(key, largest_key(values[i], scaling.finite));
  }
  for (unsigned step = 16; step > 0; step /= 2) {
    key = larger(key, __shfl_xor_sync(FULL_WARP, key, step));
  }
  if (threadIdx.x % 32 == 0) {
    keys[threadIdx.x / 32] = key;
  }
  __syncthreads();
  for (unsigned warp = 0; warp < THREADS / 32; warp++) {
    key = larger(key, keys[warp]);
  }
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned at = (i * THREADS + threadIdx.x) * WIDTH;
    if (at < length) {
      store(out, start + at, quantized_by<KIND>(values[i], key, scaling, grid, back));
    }
  }
}

// Five blocks to a multiprocessor: for six, ptxas spills registers on sm_100.
#define BLOCKS_KERNELS(kind_name, kind)                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS, 5)                                       \
      quantize_blocks_##kind_name(const float* x, float* out, unsigned elements, unsigned lanes, \
                                  PreScale pre, BlockScaling scaling, Grid grid, int back) {     \
    quantize_blocks<kind>(x, out, elements, lanes, pre, scaling, grid, back);                    \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS, 5)                                       \
      quantize_rows_##kind_name(const float* x, float* out, unsigned length, PreScale pre,       \
                                BlockScaling scaling, Grid grid, int back) {                     \
    quantize_rows<kind>(x, out, length, pre, scaling, grid, back);                               \
  }

BLOCKS_KERNELS(integers, INTEGERS)
BLOCKS_KERNELS(floats, FLOATS)
BLOCKS_KERNELS(table, TABLE)
