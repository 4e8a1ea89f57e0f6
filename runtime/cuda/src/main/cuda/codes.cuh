// int8 codes of a layer's input for exact products, four to a word. A warp takes a row, all of whose
// elements share one scale.
#pragma once

#include "blocks.cuh"

__device__ inline unsigned byte_of(float code) {
  // A NaN has no code, and its row no scale.
  return code == code ? static_cast<unsigned>(static_cast<int>(code)) & 0xffu : 0u;
}

// The codes of a row, and what they are divided by: NaN if an element is.
__device__ inline void row_to_codes(const float* x, unsigned* codes, float* row_scale,
                                    unsigned start, unsigned inner, const PreScale& pre,
                                    const GroupScale& scale, const Scales& how, const Grid& grid) {
  unsigned lane = threadIdx.x % 32;
  int lost = 0;
  for (unsigned at = start + lane * WIDTH; at < start + inner; at += 32 * WIDTH) {
    float4 values = scaled(pre, load(x, at), at);
    float a = code<INTEGERS>(values.x, scale, how, grid);
    float b = code<INTEGERS>(values.y, scale, how, grid);
    float c = code<INTEGERS>(values.z, scale, how, grid);
    float d = code<INTEGERS>(values.w, scale, how, grid);
    codes[at / 4] = byte_of(a) | byte_of(b) << 8 | byte_of(c) << 16 | byte_of(d) << 24;
    lost |= a != a || b != b || c != c || d != d;
  }
  for (unsigned step = 16; step > 0; step /= 2) {
    lost |= __shfl_xor_sync(FULL_WARP, lost, step);
  }
  if (lane == 0) {
    *row_scale = lost ? quiet_nan() : scale.backward;
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    codes_of_rows(const float* x, unsigned* codes, float* row_scales, unsigned rows, unsigned inner,
                  Layout layout, PreScale pre, Scales scales, Grid grid) {
  unsigned row = blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
  if (row >= rows) {
    return;
  }
  unsigned start = row * inner;
  GroupScale scale = scale_of(scales, place(layout, start).group);
  row_to_codes(x, codes, row_scales + row, start, inner, pre, scale, scales, grid);
}

// Under the scale that follows from the row's own maximum.
extern "C" __global__ void __launch_bounds__(THREADS)
    codes_of_tokens(const float* x, unsigned* codes, float* row_scales, unsigned rows,
                    unsigned inner, PreScale pre, BlockScaling scaling, Grid grid) {
  unsigned row = blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
  if (row >= rows) {
    return;
  }
  unsigned start = row * inner;
  unsigned key = 0;
  for (unsigned at = start + threadIdx.x % 32 * WIDTH; at < start + inner; at += 32 * WIDTH) {
    key = larger(key, largest_key(scaled(pre, load(x, at), at), scaling.finite));
  }
  for (unsigned step = 16; step > 0; step /= 2) {
    key = larger(key, __shfl_xor_sync(FULL_WARP, key, step));
  }
  ScalePair pair = scale_of_maximum(__uint_as_float(key), scaling.formula);
  Scales how = {nullptr, nullptr, nullptr, scaling.divides, scaling.divides_back};
  row_to_codes(x, codes, row_scales + row, start, inner, pre,
               {pair.forward, pair.backward, 0.0f}, how, grid);
}
