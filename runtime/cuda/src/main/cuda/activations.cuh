// Activations. Computed in double without a function of the machine's library, and rounded once: the
// bits are the same on every card, and the nearest float or its neighbour. NaN stays NaN; what is
// infinite gives the limit.
#pragma once

#include "layout.cuh"

// e^v for v up to 709; below -708 as for that.
__device__ inline double exponential(double v) {
  if (v != v) {
    return v;
  }
  v = v < -708.0 ? -708.0 : v > 709.0 ? 709.0 : v;
  double k = rint(v * 1.4426950408889634);
  // ln 2 in two parts, of which k times the first is exact.
  double r = (v - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
  // The series, to an error below a double's.
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * __longlong_as_double((static_cast<long long>(k) + 1023) << 52);
}

__device__ inline double logistic(double v) { return 1.0 / (1.0 + exponential(-v)); }

// A Chebyshev series for erfc(z) e^(z²) / t on 0 <= z <= 30, where t = 2 / (2 + z) and the series is
// in (32 t - 17) / 15; fitted at 40 digits, its relative error is 2e-12.
__constant__ const double ERFC[18] = {
    0.5925404909150961,      0.34709719249178755,     0.0587498683577292,
    0.0026341243885632717,   -0.0009482833326818557,  -0.00010095717908903055,
    2.6019245422243908e-05,  2.5547074776501666e-06,  -1.0260214534150688e-06,
    -2.1817992007581158e-08, 4.31603080207305e-08,    -3.849043553873429e-09,
    -1.446189079721689e-09,  3.879290105867459e-10,   9.978084804914611e-12,
    -2.1504218904090453e-11, 3.4017646766928462e-12,  4.764316003955635e-13};

// The share of a normal distribution below x (Clenshaw's recurrence for the series).
__device__ inline double normal_below(double x) {
  double z = fabs(x) * 0.70710678118654752;
  z = z > 30.0 ? 30.0 : z;
  double t = 2.0 / (2.0 + z);
  double s = (32.0 * t - 17.0) / 15.0;
  double one = 0.0;
  double two = 0.0;
#pragma unroll
  for (int j = 17; j > 0; j--) {
    double next = 2.0 * s * one - two + ERFC[j];
    two = one;
    one = next;
  }
  double half = 0.5 * t * (s * one - two + ERFC[0]) * exponential(-z * z);
  return x < 0.0 ? half : 1.0 - half;
}

// The lowest x that makes a difference: beyond, every product with a share is -0.
__device__ inline double not_too_low(double x) { return x < -1000.0 ? -1000.0 : x; }

struct Relu {
  // NaN is not below 0.
  static __device__ float of(float x) { return x < 0.0f ? 0.0f : x; }
};

struct Sigmoid {
  static __device__ float of(float x) { return static_cast<float>(logistic(x)); }
};

struct Tanh {
  static __device__ float of(float x) {
    double a = fabs(static_cast<double>(x));
    double e = exponential(-2.0 * a);
    // Near 0 the difference would lose what the series keeps.
    double t = a < 0x1p-12 ? a * (1.0 - a * a / 3.0) : (1.0 - e) / (1.0 + e);
    return copysignf(static_cast<float>(t), x);
  }
};

// Also called swish.
struct Silu {
  static __device__ float of(float x) {
    double v = not_too_low(x);
    return static_cast<float>(v * logistic(v));
  }
};

struct Gelu {
  static __device__ float of(float x) {
    double v = not_too_low(x);
    return static_cast<float>(v * normal_below(v));
  }
};

// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))).
struct GeluTanh {
  static __device__ float of(float x) {
    double v = not_too_low(x);
    double u = 0.79788456080286536 * (v + 0.044715 * v * v * v);
    return static_cast<float>(v * logistic(2.0 * u));
  }
};

template <typename ACTIVATION>
__device__ inline void activate(const float* x, float* out, unsigned elements) {
  for (unsigned i = (blockIdx.x * THREADS + threadIdx.x) * WIDTH; i < elements;
       i += gridDim.x * THREADS * WIDTH) {
    if (i + WIDTH <= elements) {
      float4 v = load(x, i);
      store(out, i,
            make_float4(ACTIVATION::of(v.x), ACTIVATION::of(v.y), ACTIVATION::of(v.z),
                        ACTIVATION::of(v.w)));
    } else {
#pragma unroll 1
      for (unsigned j = i; j < elements; j++) {
        out[j] = ACTIVATION::of(x[j]);
      }
    }
  }
}

#define ACTIVATION_KERNEL(name, activation)                                                     \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name(const float* x, float* out, unsigned elements) {                                     \
    activate<activation>(x, out, elements);                                                     \
  }

ACTIVATION_KERNEL(activate_relu, Relu)
ACTIVATION_KERNEL(activate_sigmoid, Sigmoid)
ACTIVATION_KERNEL(activate_tanh, Tanh)
ACTIVATION_KERNEL(activate_silu, Silu)
ACTIVATION_KERNEL(activate_gelu, Gelu)
ACTIVATION_KERNEL(activate_gelu_tanh, GeluTanh)
