// Matrix products, for hosts without cuBLAS: of float32, and of int8 codes.
//
// The order of summing is fixed, so that the bits are the same on every card: the inner axis is cut
// to pieces of DEPTH; a piece's products are added in order to a sum of its own, from 0; these are
// added in order to the whole, from 0; then the bias is. Sums of codes are exact in any order.
#pragma once

#include "device.cuh"

// Rows and outputs of a block, and of a thread.
constexpr unsigned SIDE = 64;
constexpr unsigned EACH = 4;
constexpr unsigned ACROSS = SIDE / EACH;
constexpr unsigned DEPTH = 16;
// A row of shared memory: its 128-bit accesses stay aligned, its columns lie in different banks.
constexpr unsigned PADDED = SIDE + 4;

struct Floats {
  using Value = float;
  using Four = float4;

  static __device__ Four zeros() { return make_float4(0.0f, 0.0f, 0.0f, 0.0f); }
  static __device__ float sum(float sum, float a, float b) { return sum + a * b; }
};

// Words of four int8 codes each.
struct Codes {
  using Value = int;
  using Four = int4;

  static __device__ Four zeros() { return make_int4(0, 0, 0, 0); }
  static __device__ int sum(int sum, int a, int b) { return __dp4a(a, b, sum); }
};

// Four neighbours along the inner axis, 0 beyond it and beyond the rows.
template <typename T, bool WIDE>
__device__ inline typename T::Four piece(const typename T::Value* x, unsigned row, unsigned rows,
                                         unsigned k, unsigned inner) {
  typename T::Four values = T::zeros();
  if (row >= rows || k >= inner) {
    return values;
  }
  const typename T::Value* from = x + row * inner + k;
  if (WIDE) {
    return load_four<typename T::Four>(from);
  }
  values.x = from[0];
  values.y = k + 1 < inner ? from[1] : 0;
  values.z = k + 2 < inner ? from[2] : 0;
  values.w = k + 3 < inner ? from[3] : 0;
  return values;
}

template <typename T>
__device__ inline void transpose(typename T::Value* shared, unsigned k, unsigned row,
                                 typename T::Four values) {
  shared[k * PADDED + row] = values.x;
  shared[(k + 1) * PADDED + row] = values.y;
  shared[(k + 2) * PADDED + row] = values.z;
  shared[(k + 3) * PADDED + row] = values.w;
}

// The sums of x wᵀ, where x is [rows, inner] and w [outputs, inner]: each is handed on with its row
// and its output.
template <typename T, bool WIDE, typename FINISH>
__device__ inline void product(const typename T::Value* x, const typename T::Value* w,
                               unsigned rows, unsigned inner, unsigned outputs,
                               typename T::Value* xs, typename T::Value* ws, FINISH finish) {
  unsigned across = (outputs - 1) / SIDE + 1;
  unsigned row = blockIdx.x / across * SIDE;
  unsigned output = blockIdx.x % across * SIDE;
  unsigned down = threadIdx.x / ACROSS * EACH;
  unsigned right = threadIdx.x % ACROSS * EACH;
  // What the thread fetches.
  unsigned line = threadIdx.x / 4;
  unsigned k = threadIdx.x % 4 * 4;
  typename T::Value total[EACH][EACH] = {};
  typename T::Four nextX = piece<T, WIDE>(x, row + line, rows, k, inner);
  typename T::Four nextW = piece<T, WIDE>(w, output + line, outputs, k, inner);
#pragma unroll 1
  for (unsigned start = 0; start < inner; start += DEPTH) {
    __syncthreads();
    transpose<T>(xs, k, line, nextX);
    transpose<T>(ws, k, line, nextW);
    __syncthreads();
    // The next pieces are under way while these are multiplied.
    nextX = piece<T, WIDE>(x, row + line, rows, start + DEPTH + k, inner);
    nextW = piece<T, WIDE>(w, output + line, outputs, start + DEPTH + k, inner);
    typename T::Value part[EACH][EACH] = {};
#pragma unroll
    for (unsigned d = 0; d < DEPTH; d++) {
      auto left = load_four<typename T::Four>(xs + d * PADDED + down);
      auto top = load_four<typename T::Four>(ws + d * PADDED + right);
      typename T::Value a[EACH] = {left.x, left.y, left.z, left.w};
      typename T::Value b[EACH] = {top.x, top.y, top.z, top.w};
#pragma unroll
      for (unsigned i = 0; i < EACH; i++) {
#pragma unroll
        for (unsigned j = 0; j < EACH; j++) {
          part[i][j] = T::sum(part[i][j], a[i], b[j]);
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
        finish(total[i][j], row + down + i, to);
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
    product<Floats, wide>(x, w, rows, inner, outputs, reinterpret_cast<float*>(xs),             \
                          reinterpret_cast<float*>(ws),                                         \
                          [=](float sum, unsigned row, unsigned output) {                       \
                            y[row * outputs + output] =                                         \
                                bias == nullptr ? sum : sum + bias[output];                     \
                          });                                                                   \
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

// What sums of codes stand for.
struct SumScales {
  // What the codes of a row of x are divided by.
  const float* rows;
  // What the codes of a row of w are multiplied by.
  const float* outputs;
  // Null for none.
  const float* bias;
};

__device__ inline float value_of_sum(int sum, const SumScales& scales, unsigned row,
                                     unsigned output) {
  float value = static_cast<float>(sum) / scales.rows[row] * scales.outputs[output];
  return scales.bias == nullptr ? value : value + scales.bias[output];
}

#define CODE_PRODUCT_KERNEL(name, wide)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name(const int* x, const int* w, SumScales scales, float* y, unsigned rows,               \
           unsigned words, unsigned outputs) {                                                  \
    SHARED_ARRAY(int4, xs, DEPTH * PADDED / 4);                                                 \
    SHARED_ARRAY(int4, ws, DEPTH * PADDED / 4);                                                 \
    product<Codes, wide>(x, w, rows, words, outputs, reinterpret_cast<int*>(xs),                \
                         reinterpret_cast<int*>(ws),                                            \
                         [=](int sum, unsigned row, unsigned output) {                          \
                           y[row * outputs + output] = value_of_sum(sum, scales, row, output);  \
                         });                                                                    \
  }

CODE_PRODUCT_KERNEL(product_of_codes, false)
// Where the inner axis is a multiple of 16 codes.
CODE_PRODUCT_KERNEL(product_of_wide_codes, true)

// The same for sums that cuBLAS made; a value takes the place of its sum.
extern "C" __global__ void __launch_bounds__(THREADS)
    values_of_sums(float* y, SumScales scales, unsigned elements, unsigned columns) {
  for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < elements; i += gridDim.x * THREADS) {
    y[i] = value_of_sum(__float_as_int(y[i]), scales, i / columns, i % columns);
  }
}
