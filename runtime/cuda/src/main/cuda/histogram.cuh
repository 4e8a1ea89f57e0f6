// Magnitudes counted in bins of equal width. Counts are integers: their order is all one.
#pragma once

#include "layout.cuh"

__device__ inline unsigned bin_of(float x, float inverse_width, int bins) {
  float bin = fabsf(x) * inverse_width;
  if (bin != bin) {
    return 0;
  }
  float last = static_cast<float>(bins - 1);
  return static_cast<unsigned>(bin < last ? bin : last);
}

// Bins that a block keeps in shared memory.
constexpr unsigned SHARED_BINS = 4096;

// Few bins: a block counts for itself first.
extern "C" __global__ void __launch_bounds__(THREADS)
    histogram_of_few(const float* x, Layout layout, PreScale pre, const float* inverse_width,
                     int bins, unsigned long long* counts) {
  SHARED_ARRAY(unsigned, own, SHARED_BINS);
  unsigned all = static_cast<unsigned>(layout.count) * bins;
  for (unsigned i = threadIdx.x; i < all; i += THREADS) {
    own[i] = 0;
  }
  __syncthreads();
  unsigned stride = gridDim.x * THREADS;
  for (unsigned element = blockIdx.x * THREADS + threadIdx.x;
       element < layout.elements; element += stride) {
    unsigned group = layout.count == 1 ? 0 : place(layout, element).group;
    float value = scaled(pre, x[element], element);
    atomicAdd(own + group * bins + bin_of(value, inverse_width[group], bins), 1u);
  }
  __syncthreads();
  for (unsigned i = threadIdx.x; i < all; i += THREADS) {
    if (own[i] > 0) {
      atomicAdd(counts + i, static_cast<unsigned long long>(own[i]));
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    histogram(const float* x, Layout layout, PreScale pre, const float* inverse_width, int bins,
              unsigned long long* counts) {
  unsigned stride = gridDim.x * THREADS;
  for (unsigned element = blockIdx.x * THREADS + threadIdx.x;
       element < layout.elements; element += stride) {
    unsigned group = layout.count == 1 ? 0 : place(layout, element).group;
    unsigned bin = bin_of(scaled(pre, x[element], element), inverse_width[group], bins);
    atomicAdd(counts + static_cast<unsigned long long>(group) * bins + bin, 1ull);
  }
}
