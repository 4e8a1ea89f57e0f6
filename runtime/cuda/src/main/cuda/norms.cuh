// Normalization of rows, by a warp each. All is in double, as on the host; there each sum goes from
// left to right, here 32 of them do and are then added pairwise.
#pragma once

#include "device.cuh"

// The sum of all lanes, the same bits in each.
__device__ inline double sum_of_warp(double sum) {
  for (unsigned lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(FULL_WARP, sum, lanes);
  }
  return sum;
}

// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, or without centring and bias where
// that is null.
template <bool CENTRED>
__device__ inline void normalize(const float* x, const float* weight, const float* bias, float* y,
                                 unsigned rows, unsigned columns, double epsilon) {
  unsigned row = blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
  unsigned lane = threadIdx.x % 32;
  if (row >= rows) {
    return;
  }
  const float* from = x + row * columns;
  float* to = y + row * columns;
  double mean = 0.0;
  if (CENTRED) {
    double sum = 0.0;
    for (unsigned c = lane; c < columns; c += 32) {
      sum += from[c];
    }
    mean = sum_of_warp(sum) / columns;
  }
  double squares = 0.0;
  for (unsigned c = lane; c < columns; c += 32) {
    double value = from[c] - mean;
    squares += value * value;
  }
  double scale = 1.0 / sqrt(sum_of_warp(squares) / columns + epsilon);
  for (unsigned c = lane; c < columns; c += 32) {
    double value = (from[c] - mean) * scale * weight[c];
    to[c] = static_cast<float>(bias == nullptr ? value : value + bias[c]);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    layer_norm(const float* x, const float* weight, const float* bias, float* y, unsigned rows,
               unsigned columns, double epsilon) {
  normalize<true>(x, weight, bias, y, rows, columns, epsilon);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    rms_norm(const float* x, const float* weight, const float* bias, float* y, unsigned rows,
             unsigned columns, double epsilon) {
  normalize<false>(x, weight, bias, y, rows, columns, epsilon);
}
