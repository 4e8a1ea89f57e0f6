// Kernels with the mistakes that the stand-in is to catch, each beside one without. All take the
// same: `n` elements of x and of out, 256 threads a block.
#include "device.cuh"

#define FAULT_KERNEL(name) \
  extern "C" __global__ void __launch_bounds__(THREADS) name(const float* x, float* out, unsigned n)

// The elements of a block in reverse: what a thread reads, another has written.
FAULT_KERNEL(reverse) {
  SHARED_ARRAY(float, tile, THREADS);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  tile[threadIdx.x] = x[i];
  __syncthreads();
  out[i] = tile[THREADS - 1 - threadIdx.x];
}

FAULT_KERNEL(reverse_without_barrier) {
  SHARED_ARRAY(float, tile, THREADS);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  tile[threadIdx.x] = x[i];
  out[i] = tile[THREADS - 1 - threadIdx.x];
}

// Neighbours are added three times over in one tile: it is written to again when all have read.
FAULT_KERNEL(add_neighbours) {
  SHARED_ARRAY(float, tile, THREADS);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  float value = x[i];
  for (int round = 0; round < 3; round++) {
    tile[threadIdx.x] = value;
    __syncthreads();
    value += tile[(threadIdx.x + 1) % THREADS];
    __syncthreads();
  }
  out[i] = value;
}

FAULT_KERNEL(add_neighbours_without_second_barrier) {
  SHARED_ARRAY(float, tile, THREADS);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  float value = x[i];
  for (int round = 0; round < 3; round++) {
    tile[threadIdx.x] = value;
    __syncthreads();
    value += tile[(threadIdx.x + 1) % THREADS];
  }
  out[i] = value;
}

// The sum of a block, at each of its elements.
FAULT_KERNEL(sum_of_block) {
  SHARED_ARRAY(float, tile, THREADS);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  tile[threadIdx.x] = x[i];
  __syncthreads();
  for (unsigned half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) {
      tile[threadIdx.x] += tile[threadIdx.x + half];
    }
    __syncthreads();
  }
  out[i] = tile[0];
}

FAULT_KERNEL(sum_of_block_with_barrier_in_branch) {
  SHARED_ARRAY(float, tile, THREADS);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  tile[threadIdx.x] = x[i];
  __syncthreads();
  for (unsigned half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) {
      tile[threadIdx.x] += tile[threadIdx.x + half];
      __syncthreads();
    }
  }
  out[i] = tile[0];
}

// How many elements of a block are negative, at each of its elements.
FAULT_KERNEL(count_negative) {
  SHARED_ARRAY(unsigned, count, 1);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  if (threadIdx.x == 0) {
    count[0] = 0;
  }
  __syncthreads();
  if (x[i] < 0) {
    atomicAdd(count, 1u);
  }
  __syncthreads();
  out[i] = static_cast<float>(count[0]);
}

FAULT_KERNEL(count_negative_from_garbage) {
  SHARED_ARRAY(unsigned, count, 1);
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  if (x[i] < 0) {
    atomicAdd(count, 1u);
  }
  __syncthreads();
  out[i] = static_cast<float>(count[0]);
}

FAULT_KERNEL(copy) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  if (i < n) {
    out[i] = x[i];
  }
}

// By four elements at once.
FAULT_KERNEL(copy_fours) {
  unsigned i = (blockIdx.x * THREADS + threadIdx.x) * WIDTH;
  if (i < n) {
    store_four(out + i, load_four<float4>(x + i));
  }
}

FAULT_KERNEL(copy_fours_from_beside) {
  unsigned i = (blockIdx.x * THREADS + threadIdx.x) * WIDTH;
  if (i + WIDTH < n) {
    store_four(out + i, load_four<float4>(x + i + 1));
  }
}

FAULT_KERNEL(copy_fours_to_beside) {
  unsigned i = (blockIdx.x * THREADS + threadIdx.x) * WIDTH;
  if (i + WIDTH < n) {
    store_four(out + i + 1, load_four<float4>(x + i));
  }
}

FAULT_KERNEL(copy_one_too_many) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  if (i <= n) {
    out[i] = x[i < n ? i : 0];
  }
}

FAULT_KERNEL(copy_from_one_before) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  if (i < n) {
    out[static_cast<int>(i) - 1] = x[i];
  }
}

// What is in out already, and x.
FAULT_KERNEL(add) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  out[i] = 0.0f;
  out[i] += x[i];
}

FAULT_KERNEL(add_to_garbage) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  out[i] += x[i];
}

// The sum of 32 neighbours, at each of them.
FAULT_KERNEL(sum_of_warp) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  float sum = x[i];
  for (unsigned lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(FULL_WARP, sum, lanes);
  }
  out[i] = sum;
}

// The lanes that the mask promises do not all come.
FAULT_KERNEL(sum_of_warp_without_half_of_it) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  float sum = x[i];
  if (threadIdx.x % 32 < 16) {
    for (unsigned lanes = 16; lanes > 0; lanes /= 2) {
      sum += __shfl_xor_sync(FULL_WARP, sum, lanes);
    }
  }
  out[i] = sum;
}

// Lanes come that the mask does not name.
FAULT_KERNEL(sum_of_warp_with_half_a_mask) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  float sum = x[i];
  for (unsigned lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(0xffffu, sum, lanes);
  }
  out[i] = sum;
}

// The lanes of a warp do not agree on who takes part.
FAULT_KERNEL(sum_of_warp_with_two_masks) {
  unsigned i = blockIdx.x * THREADS + threadIdx.x;
  float sum = x[i];
  unsigned mask = threadIdx.x % 2 == 0 ? FULL_WARP : 0x7fffffffu;
  for (unsigned lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(mask, sum, lanes);
  }
  out[i] = sum;
}
