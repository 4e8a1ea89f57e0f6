// Each element to the grid, and scaled back: fake quantization and codes.
#pragma once

#include "grid.cuh"
#include "layout.cuh"

// 128-bit accesses of a thread.
constexpr unsigned ACCESSES = 4;
constexpr unsigned TILE = THREADS * WIDTH * ACCESSES;

struct Scales {
  // One per group.
  const float* forward;
  const float* backward;
  // Null without zero points.
  const float* zero;
  int divides;
  int divides_back;
};

// The scales of a group.
struct GroupScale {
  float forward;
  float backward;
  float zero;
};

__device__ inline GroupScale scale_of(const Scales& scales, unsigned group) {
  return {scales.forward[group], scales.backward[group],
          scales.zero == nullptr ? 0.0f : scales.zero[group]};
}

template <int KIND>
__device__ inline float code(float x, const GroupScale& scale, const Scales& scales,
                             const Grid& grid) {
  float t = scales.divides ? x / scale.forward : x * scale.forward;
  return round_to_grid<KIND>(t, scale.zero, grid);
}

template <int KIND>
__device__ inline float quantized(float x, const GroupScale& scale, const Scales& scales,
                                  const Grid& grid, int back) {
  float q = code<KIND>(x, scale, scales, grid);
  if (!back) {
    return q;
  }
  q -= scale.zero;
  return scales.divides_back ? q / scale.backward : q * scale.backward;
}

template <int KIND>
__device__ inline float4 quantized(float4 x, const Scales& scales, unsigned group, bool columns,
                                   const Grid& grid, int back) {
  float4 forward = values_of(scales.forward, group, columns);
  float4 backward = values_of(scales.backward, group, columns);
  float4 zero = scales.zero == nullptr ? make_float4(0.0f, 0.0f, 0.0f, 0.0f)
                                       : values_of(scales.zero, group, columns);
  return make_float4(
      quantized<KIND>(x.x, {forward.x, backward.x, zero.x}, scales, grid, back),
      quantized<KIND>(x.y, {forward.y, backward.y, zero.y}, scales, grid, back),
      quantized<KIND>(x.z, {forward.z, backward.z, zero.z}, scales, grid, back),
      quantized<KIND>(x.w, {forward.w, backward.w, zero.w}, scales, grid, back));
}

template <int KIND, int FORM>
__device__ inline void round_all(const float* x, float* out, const Layout& layout,
                                 const PreScale& pre, const Scales& scales, const Grid& grid,
                                 int back) {
  unsigned first = blockIdx.x * TILE + threadIdx.x * WIDTH;
  float4 values[ACCESSES];
  // All loads are under way before the first is waited for.
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned element = first + i * THREADS * WIDTH;
    if (element + WIDTH <= layout.elements) {
      values[i] = load(x, element);
    }
  }
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned element = first + i * THREADS * WIDTH;
    if (element + WIDTH <= layout.elements) {
      unsigned group = FORM == ONE ? 0 : place(layout, element).group;
      store(out, element,
            quantized<KIND>(scaled(pre, values[i], element), scales, group, FORM == COLUMNS, grid,
                            back));
    }
  }
  // What is left of a tensor of one group.
  unsigned last = layout.elements / WIDTH * WIDTH;
  if (FORM == ONE && blockIdx.x == gridDim.x - 1 && threadIdx.x < layout.elements - last) {
    unsigned element = last + threadIdx.x;
    out[element] = quantized<KIND>(scaled(pre, x[element], element), scale_of(scales, 0), scales,
                                   grid, back);
  }
}

template <int KIND>
__device__ inline void round_each(const float* x, float* out, const Layout& layout,
                                  const PreScale& pre, const Scales& scales, const Grid& grid,
                                  int back) {
#pragma unroll 1
  for (unsigned i = 0; i < ACCESSES * WIDTH; i++) {
    unsigned element = blockIdx.x * TILE + i * THREADS + threadIdx.x;
    if (element < layout.elements) {
      GroupScale scale = scale_of(scales, place(layout, element).group);
      out[element] = quantized<KIND>(scaled(pre, x[element], element), scale, scales, grid, back);
    }
  }
}

#define ROUNDING_KERNEL(name, kind, form)                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name(const float* x, float* out, Layout layout, PreScale pre, Scales scales, Grid grid,   \
           int back) {                                                                          \
    round_all<kind, form>(x, out, layout, pre, scales, grid, back);                             \
  }
#define ROUNDING_KERNELS(name, kind)                                                            \
  ROUNDING_KERNEL(name, kind, ONE)                                                              \
  ROUNDING_KERNEL(name##_aligned, kind, ALIGNED)                                                \
  ROUNDING_KERNEL(name##_columns, kind, COLUMNS)                                                \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name##_any(const float* x, float* out, Layout layout, PreScale pre, Scales scales,        \
                 Grid grid, int back) {                                                         \
    round_each<kind>(x, out, layout, pre, scales, grid, back);                                  \
  }

ROUNDING_KERNELS(round_integers, INTEGERS)
ROUNDING_KERNELS(round_floats, FLOATS)
ROUNDING_KERNELS(round_table, TABLE)

// Elements times their factors: the pre-scale of an activation, the smoothing of a weight.
extern "C" __global__ void __launch_bounds__(THREADS)
    multiply(const float* x, float* out, PreScale pre) {
  unsigned elements = pre.layout.elements;
  if (pre.form == ANY || pre.form == ONE) {
#pragma unroll 1
    for (unsigned i = 0; i < ACCESSES * WIDTH; i++) {
      unsigned element = blockIdx.x * TILE + i * THREADS + threadIdx.x;
      if (element < elements) {
        out[element] = scaled(pre, x[element], element);
      }
    }
    return;
  }
#pragma unroll
  for (unsigned i = 0; i < ACCESSES; i++) {
    unsigned element = blockIdx.x * TILE + (i * THREADS + threadIdx.x) * WIDTH;
    if (element < elements) {
      store(out, element, scaled(pre, load(x, element), element));
    }
  }
}
