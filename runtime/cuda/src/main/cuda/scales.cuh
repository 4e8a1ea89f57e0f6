// The scale of each group from its largest magnitude: dev.bitfold.kernel.ScaleFormula. In float32
// and double with one rounding per operation, as on the host.
#pragma once

#include "device.cuh"

enum ScaleKind {
  // max / amax, by which elements are multiplied and codes divided.
  INTEGER_SCALES = 0,
  // The same as (1 / amax) * max.
  RECIPROCAL_SCALES = 1,
  // (1 / amax) * max, and codes are multiplied by its reciprocal.
  FLOAT_SCALES = 2,
  // The same, but codes are divided.
  DIVIDED_FLOAT_SCALES = 3,
  // amax itself.
  TABLE_SCALES = 4,
  // A power of two, E8M0.
  POWER_OF_TWO_SCALES = 5,
  // E4M3 under a global scale.
  E4M3_SCALES = 6
};

enum ScaleRuleKind { FLOOR_RULE = 0, CEIL_RULE = 1, FLUSH_RULE = 2, RECIPROCAL_RULE = 3 };

struct ScaleFormula {
  int kind;
  int rule;
  // The largest number of the format.
  float max;
  // What a maximum is multiplied by first; what float32 cannot hold is the largest float.
  float factor;
  // The exponent of the largest number, and bits behind the point, of powers of two.
  int max_exponent;
  int fraction_bits;
  // The largest magnitude of the whole tensor, of E4M3.
  float global;
};

struct ScalePair {
  float forward;
  float backward;
};

// Up to here a maximum counts as zero.
constexpr float TINY = 0x1p-24f;

__device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

__device__ inline bool is_infinite(float x) {
  return (__float_as_uint(x) & 0x7fffffffu) == 0x7f800000u;
}

// The exponent of a float above 0, subnormal or not; a NaN or an infinity has none.
__device__ inline int exponent_of(float x) {
  unsigned bits = __float_as_uint(x);
  int above = 0;
  if (bits < 0x00800000u) {
    bits = __float_as_uint(x * 0x1p24f);
    above = 24;
  }
  return static_cast<int>(bits >> 23) - 127 - above;
}

// 2^exponent, from 2^-149 to 2^127.
__device__ inline float power_of_two(int exponent) {
  return exponent < -126 ? __uint_as_float(1u << (exponent + 149))
                         : __uint_as_float(static_cast<unsigned>(exponent + 127) << 23);
}

__device__ inline ScalePair power_of_two_scale(float amax, const ScaleFormula& formula) {
  if (!(amax < infinity())) {
    // Neither NaN nor infinity has a scale.
    return {quiet_nan(), quiet_nan()};
  }
  int exponent;
  if (formula.rule == CEIL_RULE) {
    float ratio = amax / formula.max;
    int floor = ratio == 0.0f ? -127 : exponent_of(ratio);
    exponent = ratio > 0.0f && ratio > power_of_two(floor) ? floor + 1 : floor;
  } else {
    // A block of zeros counts as 2^-126.
    exponent = exponent_of(amax == 0.0f ? 0x1p-126f : amax) - formula.max_exponent;
  }
  exponent = exponent < -127 ? -127 : exponent > 127 ? 127 : exponent;
  float scale = power_of_two(exponent - formula.fraction_bits);
  float backward = amax == 0.0f && formula.rule == CEIL_RULE ? 1.0f : scale;
  // A maximum of 0 makes zeros, whatever the elements are.
  bool zeros = amax == 0.0f || (formula.rule == FLUSH_RULE && amax < 0x1p-126f);
  return {zeros ? infinity() : backward, backward};
}

// The nearest E4M3 number, half to even, at most 448; for x from 0 on.
__device__ inline float to_e4m3(float x) {
  if (x != x) {
    return x;
  }
  if (x >= 448.0f) {
    return 448.0f;
  }
  if (x < 0x1p-6f) {
    return rintf(x * 0x1p9f) * 0x1p-9f;
  }
  unsigned bits = __float_as_uint(x);
  bits = (bits + 0x7ffffu + (bits >> 20 & 1u)) >> 20 << 20;
  return __uint_as_float(bits);
}

__device__ inline ScalePair e4m3_scale(float amax, const ScaleFormula& formula) {
  float max = formula.max;
  float global = formula.global;
  double per_unit = 448.0 * static_cast<double>(max / global);
  float unit = global / (max * 448.0f);
  if (formula.rule == RECIPROCAL_RULE) {
    // Of a subnormal global maximum per_unit may be infinite.
    bool none = amax == 0.0f || is_infinite(max / global);
    float scale = to_e4m3(none ? 0.0f : static_cast<float>(amax / max * per_unit));
    double exact = scale / per_unit;
    // An infinite factor would make NaN of the zeros in a block of tiny values.
    float inverse = static_cast<float>(1.0 / exact);
    inverse = is_infinite(inverse) ? 0x1.fffffep127f : inverse;
    float forward = amax == 0.0f ? 1.0f : exact == 0.0 ? 0.0f : inverse;
    return {forward, amax == 0.0f ? 1.0f : static_cast<float>(scale / per_unit)};
  }
  float scale;
  if (formula.rule == FLUSH_RULE) {
    scale = amax == 0.0f || global == 0.0f ? 0.0f : amax / (max * unit);
  } else {
    scale = amax == 0.0f ? 0.0f : amax / (max * unit);
    scale = scale == 0.0f ? 1.0f : scale < 0x1p-9f ? 0x1p-9f : scale;
  }
  float backward = to_e4m3(scale) * unit;
  return {backward == 0.0f ? infinity() : backward, backward};
}

__device__ inline float times(float found, float factor) {
  float product = found * factor;
  return is_infinite(product) && !is_infinite(found) ? 0x1.fffffep127f : product;
}

__device__ inline ScalePair scale_of_maximum(float found, const ScaleFormula& formula) {
  float amax = formula.factor == 1.0f ? found : times(found, formula.factor);
  float max = formula.max;
  bool tiny = amax <= TINY;
  switch (formula.kind) {
    case INTEGER_SCALES: {
      float scale = max / amax;
      return {tiny ? 0.0f : scale, tiny ? 1.0f : scale};
    }
    case RECIPROCAL_SCALES: {
      float scale = 1.0f / amax * max;
      return {tiny ? 0.0f : scale, tiny ? 1.0f : scale};
    }
    case FLOAT_SCALES: {
      float scale = 1.0f / (tiny ? 1.0f : amax) * max;
      return {scale, 1.0f / scale};
    }
    case DIVIDED_FLOAT_SCALES: {
      float scale = 1.0f / amax * max;
      bool none = is_infinite(scale);
      return {none ? 0.0f : scale, none ? 1.0f : scale};
    }
    case TABLE_SCALES:
      return {amax == 0.0f ? 1.0f : amax, amax};
    case POWER_OF_TWO_SCALES:
      return power_of_two_scale(amax, formula);
    default:
      // Its global scale has the factor already, and the maxima of blocks take none.
      return e4m3_scale(found, formula);
  }
}

// Of the keys that maxima.cuh leaves, which are the maxima's bits.
extern "C" __global__ void __launch_bounds__(THREADS)
    scales_of_maxima(const unsigned* keys, unsigned count, ScaleFormula formula, float* forward,
                     float* backward) {
  for (unsigned g = blockIdx.x * THREADS + threadIdx.x; g < count; g += gridDim.x * THREADS) {
    ScalePair scale = scale_of_maximum(__uint_as_float(keys[g]), formula);
    forward[g] = scale.forward;
    backward[g] = scale.backward;
  }
}
