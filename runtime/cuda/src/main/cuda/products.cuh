// Matrix products in float32, for hosts without cuBLAS.
//
// The order of summing is fixed, so that the bits are the same on every card: the inner axis is cut
// to pieces of DEPTH; a piece's products are added in order to a sum of its own, from 0; these are
// added in order to the whole, from 0; then the bias is.
#pragma once

#include "device.cuh"

// Rows and outputs of a block, and of a thread.
constexpr unsigned SIDE = 64;
constexpr unsigned EACH = 4;
constexpr unsigned ACROSS = SIDE / EACH;
constexpr unsigned DEPTH = 16;
// A row of shared memory: its 128-bit accesses stay aligned, its columns lie in different banks.
constexpr unsigned PADDED = SIDE + 4;

// Four neighbours along the inner axis, 0 beyond it and beyond the rows.
template <bool WIDE>
__device__ inline float4 piece(const float* x, unsigned row, unsigned rows, unsigned k,
                               unsigned inner) {
  float4 values = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (row >= rows || k >= inner) {
    return values;
  }
  const float* from = x + row * inner + k;
  if (WIDE) {
    return *reinterpret_cast<const float4*>(from);
  }
  values.x = from[0];
  values.y = k + 1 < inner ? from[1] : 0.0f;
  values.z = k + 2 < inner ? from[2] : 0.0f;
  values.w = k + 3 < inner ? from[3] : 0.0f;
  return values;
}

__device__ inline void transpose(float* shared, unsigned k, unsigned row, float4 values) {
  shared[k * PADDED + row] = values.x;
  shared[(k + 1) * PADDED + row] = values.y;
  shared[(k + 2) * PADDED + row] = values.z;
  shared[(k + 3) * PADDED + row] = values.w;
}

// y = x wᵀ + bias, where x is [rows, inner], w [outputs, inner] and bias [outputs] or null.
template <bool WIDE>
__device__ inline void product(const float* x, const float* w, const float* bias, float* y,
                               unsigned rows, unsigned inner, unsigned outputs, float* xs,
                               float* ws) {
  unsigned across = (outputs - 1) / SIDE + 1;
  unsigned row = blockIdx.x / across * SIDE;
  unsigned output = blockIdx.x % across * SIDE;
  unsigned down = threadIdx.x / ACROSS * EACH;
  unsigned right = threadIdx.x % ACROSS * EACH;
  // What the thread fetches.
  unsigned line = threadIdx.x / 4;
  unsigned k = threadIdx.x % 4 * 4;
  float total[EACH][EACH] = {};
  float4 nextX = piece<WIDE>(x, row + line, rows, k, inner);
  float4 nextW = piece<WIDE>(w, output + line, outputs, k, inner);
#pragma unroll 1
  for (unsigned start = 0; start < inner; start += DEPTH) {
    __syncthreads();
    transpose(xs, k, line, nextX);
    transpose(ws, k, line, nextW);
    __syncthreads();
    // The next pieces are under way while these are multiplied.
    nextX = piece<WIDE>(x, row + line, rows, start + DEPTH + k, inner);
    nextW = piece<WIDE>(w, output + line, outputs, start + DEPTH + k, inner);
    float part[EACH][EACH] = {};
#pragma unroll
    for (unsigned d = 0; d < DEPTH; d++) {
      float4 left = *reinterpret_cast<const float4*>(xs + d * PADDED + down);
      float4 top = *reinterpret_cast<const float4*>(ws + d * PADDED + right);
      float a[EACH] = {left.x, left.y, left.z, left.w};
      float b[EACH] = {top.x, top.y, top.z, top.w};
#pragma unroll
      for (unsigned i = 0; i < EACH; i++) {
#pragma unroll
        for (unsigned j = 0; j < EACH; j++) {
          part[i][j] += a[i] * b[j];
        }
      }
    }
#pragma unroll
    for (unsigned i = 0; i < EACH; i++) {
#pragma unroll
      for (unsigned j = 0; j < EACH; j++) {
        total[i][j] += part[i][j];
      }
    }
  }
#pragma unroll
  for (unsigned i = 0; i < EACH; i++) {
#pragma unroll
    for (unsigned j = 0; j < EACH; j++) {
      unsigned to = output + right + j;
      if (row + down + i < rows && to < outputs) {
        float sum = total[i][j];
        y[(row + down + i) * outputs + to] = bias == nullptr ? sum : sum + bias[to];
      }
    }
  }
}

#define PRODUCT_KERNEL(name, wide)                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name(const float* x, const float* w, const float* bias, float* y, unsigned rows,          \
           unsigned inner, unsigned outputs) {                                                  \
    SHARED_ARRAY(float4, xs, DEPTH * PADDED / 4);                                               \
    SHARED_ARRAY(float4, ws, DEPTH * PADDED / 4);                                               \
    product<wide>(x, w, bias, y, rows, inner, outputs, reinterpret_cast<float*>(xs),            \
                  reinterpret_cast<float*>(ws));                                                \
  }

PRODUCT_KERNEL(product_of_rows, false)
// Where the inner axis is a multiple of 4.
PRODUCT_KERNEL(product_of_wide_rows, true)

// Adds one vector to each row: the bias, where cuBLAS made the product.
extern "C" __global__ void __launch_bounds__(THREADS)
    add_to_rows(float* y, const float* bias, unsigned elements, unsigned columns) {
  for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < elements; i += gridDim.x * THREADS) {
    y[i] += bias[i % columns];
  }
}
