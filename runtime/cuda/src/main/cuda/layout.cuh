// Which group an element belongs to: dev.bitfold.kernel.Groups, merged for iteration. Rows of
// `columns` elements; that at column c of row r is in group base(r) + c / block.
#pragma once

#include "device.cuh"

// Division by a number that is known before the launch (Granlund and Montgomery 1994), for
// dividends below 2^31.
struct Divisor {
  unsigned value;
  unsigned factor;
  unsigned shift;

  __device__ unsigned divide(unsigned n) const { return (__umulhi(n, factor) + n) >> shift; }
};

// An axis before the columns.
struct Axis {
  int size;
  int block;
  int stride;
};

struct Layout {
  const Axis* axes;
  Divisor columns;
  Divisor block;
  unsigned elements;
  // Blocks of a row.
  unsigned blocks;
  // Axes before the columns.
  int outer;
  int count;

  __device__ unsigned base(unsigned row) const {
    unsigned base = 0;
    unsigned rest = row;
#pragma unroll 1
    for (int i = outer - 1; i >= 0; i--) {
      Axis axis = axes[i];
      unsigned size = static_cast<unsigned>(axis.size);
      unsigned above = rest / size;
      unsigned index = rest - above * size;
      base += index / static_cast<unsigned>(axis.block) * static_cast<unsigned>(axis.stride);
      rest = above;
    }
    return base;
  }
};

// Where an element lies.
struct Place {
  unsigned group;
  // Elements from here on, itself among them, that are of the same run.
  unsigned left;
  // Runs before its own.
  unsigned run;
};

__device__ inline Place place(const Layout& layout, unsigned element) {
  unsigned row = 0;
  unsigned column = element;
  unsigned base = 0;
  if (layout.outer > 0) {
    row = layout.columns.divide(element);
    column = element - row * layout.columns.value;
    base = layout.base(row);
  }
  unsigned block = layout.block.divide(column);
  unsigned run = layout.block.value - (column - block * layout.block.value);
  unsigned rest = layout.columns.value - column;
  return {base + block, run < rest ? run : rest, row * layout.blocks + block};
}

// What holds of any four elements that one 128-bit access takes.
enum Form {
  // There is one group.
  ONE = 0,
  // They are of one group.
  ALIGNED = 1,
  // They are of groups that follow one another.
  COLUMNS = 2,
  // Nothing: elements are taken one by one.
  ANY = 3
};

// Factors that elements are multiplied by first; none if there is no pointer.
struct PreScale {
  const float* factors;
  Layout layout;
  int form;
};

__device__ inline float scaled(const PreScale& pre, float x, unsigned element) {
  return pre.factors == nullptr ? x : x * pre.factors[place(pre.layout, element).group];
}

// Four values of four neighbouring groups, or four times that of one.
__device__ inline float4 values_of(const float* values, unsigned group, bool columns) {
  if (columns) {
    return load_four<float4>(values + group);
  }
  float value = values[group];
  return make_float4(value, value, value, value);
}

// Four elements from `element` on with their factors, if the form is not ANY.
__device__ inline float4 scaled(const PreScale& pre, float4 x, unsigned element) {
  if (pre.factors == nullptr) {
    return x;
  }
  unsigned group = pre.form == ONE ? 0 : place(pre.layout, element).group;
  float4 factors = values_of(pre.factors, group, pre.form == COLUMNS);
  return make_float4(x.x * factors.x, x.y * factors.y, x.z * factors.z, x.w * factors.w);
}

__device__ inline float4 load(const float* x, unsigned element) {
  return load_four<float4>(x + element);
}

__device__ inline void store(float* out, unsigned element, float4 x) {
  store_four(out + element, x);
}
