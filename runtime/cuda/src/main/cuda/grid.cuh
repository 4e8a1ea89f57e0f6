// Rounding to the numbers that an element can take: dev.bitfold.kernel.Grid.
#pragma once

#include "device.cuh"

enum GridKind { INTEGERS, FLOATS, TABLE };

// Numbers, and how to go to them. The rounding is not a branch: its parts are what is added and
// compared.
struct Grid {
  // Of integers the smallest; of floats the smallest normal number.
  float min;
  float max;
  // Half to even, where a magnitude becomes an integer; else it goes up from this fraction on.
  int even;
  float threshold;
  // Of floats, for normal numbers: bits that go, what is added to the bits before they go, and
  // whether the last bit that stays is added as well.
  unsigned shift;
  unsigned add;
  unsigned parity;
  // Of floats, below the smallest normal number: a value in steps, and back.
  float up;
  float down;
};

__device__ inline float round_magnitude(float a, const Grid& grid) {
  float whole = truncf(a);
  float away = a - whole >= grid.threshold ? whole + 1.0f : whole;
  return grid.even ? rintf(a) : away;
}

__device__ inline float round_integer(float t, float zero, const Grid& grid) {
  float q = copysignf(round_magnitude(fabsf(t), grid), t) + zero;
  // + 0: an integer has no -0.
  float bounded = fminf(fmaxf(q, grid.min), grid.max) + 0.0f;
  return q != q ? quiet_nan() : bounded;
}

__device__ inline float round_float(float t, const Grid& grid) {
  float a = fabsf(t);
  unsigned bits = __float_as_uint(a);
  bits = (bits + grid.add + (bits >> grid.shift & grid.parity)) >> grid.shift << grid.shift;
  float small = round_magnitude(a * grid.up, grid) * grid.down;
  float rounded = a >= grid.max ? grid.max : a < grid.min ? small : __uint_as_float(bits);
  return a != a ? quiet_nan() : copysignf(rounded, t);
}

// NF4: its values, and from which float on each is nearer than the one before.
__constant__ const float NF4[16] = {
    -1.0f,         -0.6953125f,  -0.5234375f,  -0.39453125f, -0.28515625f, -0.18457031f,
    -0.091308594f, 0.0f,         0.079589844f, 0.16113281f,  0.24609375f,  0.33789062f,
    0.44140625f,   0.5625f,      0.72265625f,  1.0f};
__constant__ const float NF4_BOUNDS[15] = {
    -0x1.b1fffep-1f,
    -0x1.37fffep-1f,
    -0x1.d5fffep-2f,
    -0x1.5bfffep-2f,
    -0x1.e0fffep-3f,
    -0x1.1a7ffep-3f,
    -0x1.75fffep-5f,
    0x1.460002p-5f,
    0x1.ed0002p-4f,
    0x1.a10002p-3f,
    0x1.2b0002p-2f,
    0x1.8f0002p-2f,
    0x1.010002p-1f,
    0x1.490002p-1f,
    0x1.b90002p-1f,
};

__device__ inline float round_table(float t) {
  if (t != t) {
    return quiet_nan();
  }
  int code = t >= NF4_BOUNDS[7] ? 8 : 0;
  code += t >= NF4_BOUNDS[code + 3] ? 4 : 0;
  code += t >= NF4_BOUNDS[code + 1] ? 2 : 0;
  return NF4[code + (t >= NF4_BOUNDS[code] ? 1 : 0)];
}

template <int KIND>
__device__ inline float round_to_grid(float t, float zero, const Grid& grid) {
  if (KIND == INTEGERS) {
    return round_integer(t, zero, grid);
  }
  return KIND == FLOATS ? round_float(t, grid) : round_table(t);
}
