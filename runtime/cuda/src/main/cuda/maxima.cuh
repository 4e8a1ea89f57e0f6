// The largest magnitude, or the smallest and largest value, of each group. A maximum does not
// depend on the order, so atomics give the same bits whatever the order of the blocks.
#pragma once

#include "layout.cuh"

// What is compared: unsigned integers in the order of the values, NaN above all.
struct Amax {
  static __device__ unsigned key(float x) { return __float_as_uint(x) & 0x7fffffffu; }
};

// NaN left aside, infinity as the largest finite float.
struct FiniteAmax {
  static __device__ unsigned key(float x) {
    unsigned bits = __float_as_uint(x) & 0x7fffffffu;
    return bits > 0x7f800000u ? 0u : bits < 0x7f7fffffu ? bits : 0x7f7fffffu;
  }
};

// From -infinity to infinity, -0 below 0.
struct Largest {
  static __device__ unsigned key(float x) {
    unsigned bits = __float_as_uint(x);
    if (x != x) {
      return 0xffffffffu;
    }
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  }
};

// The reverse.
struct Smallest {
  static __device__ unsigned key(float x) { return x != x ? 0xffffffffu : ~Largest::key(x); }
};

__device__ inline unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

// The largest of a warp, in its first lane, to a group.
__device__ inline void flush(unsigned key, unsigned group, unsigned* out) {
  for (unsigned step = 16; step > 0; step /= 2) {
    key = larger(key, __shfl_down_sync(FULL_WARP, key, step));
  }
  if (threadIdx.x % 32 == 0) {
    atomicMax(out + group, key);
  }
}

template <typename KEY>
__device__ inline unsigned key_of(float4 x) {
  return larger(larger(KEY::key(x.x), KEY::key(x.y)), larger(KEY::key(x.z), KEY::key(x.w)));
}

// Runs of neighbours: a warp keeps the maximum of the group that it is in. A lane takes one
// element, or four that are of one group.
template <typename KEY, unsigned TAKEN>
__device__ inline void largest_of_runs(const float* x, unsigned* out, const Layout& layout,
                                       const PreScale& pre) {
  unsigned kept = 0;
  unsigned group = 0;
  unsigned stride = gridDim.x * THREADS * TAKEN;
  // The same turns for all lanes of a warp.
#pragma unroll 1
  for (unsigned warp = (blockIdx.x * THREADS + threadIdx.x / 32 * 32) * TAKEN;
       warp < layout.elements; warp += stride) {
    unsigned element = warp + threadIdx.x % 32 * TAKEN;
    bool inside = element < layout.elements;
    unsigned own = 0;
    unsigned mine = 0;
    if (inside) {
      mine = layout.count == 1 ? 0 : place(layout, element).group;
      if (TAKEN == 1) {
        own = KEY::key(scaled(pre, x[element], element));
      } else if (element + WIDTH <= layout.elements) {
        own = key_of<KEY>(scaled(pre, load(x, element), element));
      } else {
#pragma unroll 1
        for (unsigned i = element; i < layout.elements; i++) {
          own = larger(own, KEY::key(scaled(pre, x[i], i)));
        }
      }
    }
    unsigned shared = __shfl_sync(FULL_WARP, mine, 0);
    if (__all_sync(FULL_WARP, !inside || mine == shared)) {
      if (group != shared) {
        flush(kept, group, out);
        kept = 0;
        group = shared;
      }
      kept = larger(kept, own);
    } else if (inside) {
      // A border within the warp: each lane for itself.
      atomicMax(out + mine, own);
    }
  }
  flush(kept, group, out);
}

// Columns of groups of their own: a thread goes down a column.
template <typename KEY>
__device__ inline void largest_of_columns(const float* x, unsigned* out, const Layout& layout,
                                          const PreScale& pre, unsigned rows_each) {
  unsigned columns = layout.columns.value;
  unsigned column = blockIdx.x * THREADS + threadIdx.x;
  if (column >= columns) {
    return;
  }
  unsigned rows = layout.elements / columns;
  unsigned row = blockIdx.y * rows_each;
  unsigned end = rows - row < rows_each ? rows : row + rows_each;
  unsigned kept = 0;
  unsigned base = layout.base(row);
#pragma unroll 1
  for (; row < end; row++) {
    unsigned here = layout.base(row);
    if (here != base) {
      atomicMax(out + base + column, kept);
      kept = 0;
      base = here;
    }
    unsigned element = row * columns + column;
    kept = larger(kept, KEY::key(scaled(pre, x[element], element)));
  }
  atomicMax(out + base + column, kept);
}

// The same, four columns at once.
template <typename KEY>
__device__ inline void largest_of_four_columns(const float* x, unsigned* out,
                                               const Layout& layout, const PreScale& pre,
                                               unsigned rows_each) {
  unsigned columns = layout.columns.value;
  unsigned column = (blockIdx.x * THREADS + threadIdx.x) * WIDTH;
  if (column >= columns) {
    return;
  }
  unsigned rows = layout.elements / columns;
  unsigned row = blockIdx.y * rows_each;
  unsigned end = rows - row < rows_each ? rows : row + rows_each;
  uint4 kept = make_uint4(0, 0, 0, 0);
  unsigned base = layout.base(row);
#pragma unroll 1
  for (; row <= end; row++) {
    unsigned here = row < end ? layout.base(row) : base + 1;
    if (here != base) {
      unsigned* group = out + base + column;
      atomicMax(group, kept.x);
      atomicMax(group + 1, kept.y);
      atomicMax(group + 2, kept.z);
      atomicMax(group + 3, kept.w);
      kept = make_uint4(0, 0, 0, 0);
      base = here;
    }
    if (row < end) {
      unsigned element = row * columns + column;
      float4 values = scaled(pre, load(x, element), element);
      kept = make_uint4(larger(kept.x, KEY::key(values.x)), larger(kept.y, KEY::key(values.y)),
                        larger(kept.z, KEY::key(values.z)), larger(kept.w, KEY::key(values.w)));
    }
  }
}

#define MAXIMA_KERNEL(name, work)                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name(const float* x, unsigned* out, Layout layout, PreScale pre, unsigned rows_each) {    \
    work;                                                                                       \
  }
#define MAXIMA_KERNELS(name, key)                                                               \
  MAXIMA_KERNEL(name##_of_runs, (largest_of_runs<key, 1>(x, out, layout, pre)))                 \
  MAXIMA_KERNEL(name##_of_wide_runs, (largest_of_runs<key, WIDTH>(x, out, layout, pre)))        \
  MAXIMA_KERNEL(name##_of_columns, largest_of_columns<key>(x, out, layout, pre, rows_each))     \
  MAXIMA_KERNEL(name##_of_four_columns,                                                         \
                largest_of_four_columns<key>(x, out, layout, pre, rows_each))

MAXIMA_KERNELS(amax, Amax)
MAXIMA_KERNELS(finite_amax, FiniteAmax)
MAXIMA_KERNELS(max, Largest)
MAXIMA_KERNELS(min, Smallest)
