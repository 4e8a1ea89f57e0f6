// Sums in the order that dev.bitfold.kernel.QuantKernels documents, in double: the same on every
// card. A stretch is what neighbours are of one group within 1024 elements; element k of it is
// added to sum k mod 8, and these are added in pairs. Eight lanes make a team, one for each sum.
#pragma once

#include "rounding.cuh"

constexpr unsigned TURNS = 8;
constexpr unsigned STRETCH = 1024;
constexpr unsigned STRETCHES_OF_A_PART = (1u << 17) / STRETCH;
constexpr unsigned TEAMS = THREADS / TURNS;

__device__ inline double total_of_team(double sum, unsigned team_mask) {
  sum += __shfl_down_sync(team_mask, sum, 4, TURNS);
  sum += __shfl_down_sync(team_mask, sum, 2, TURNS);
  return sum + __shfl_down_sync(team_mask, sum, 1, TURNS);
}

// Calls what is to be done with each stretch of a team's 1024 elements. Its number is that of the
// runs and of the borders between 1024s before it: it ascends with the elements, and where both
// borders are one, a number is left out.
template <typename STRETCH_WORK>
__device__ inline void each_stretch(const Layout& layout, STRETCH_WORK work) {
  unsigned chunk = blockIdx.x * TEAMS + threadIdx.x / TURNS;
  unsigned element = chunk * STRETCH;
  if (element >= layout.elements) {
    return;
  }
  unsigned left = layout.elements - element;
  unsigned end = element + (left < STRETCH ? left : STRETCH);
  while (element < end) {
    Place at = place(layout, element);
    unsigned number = at.run + chunk;
    unsigned stop = end - element < at.left ? end : element + at.left;
    work(element, stop, at.group, number);
    element = stop;
  }
}

// Of 32 elements, four of which each lane of a team holds, those that are a lane's turn: at its own
// number and 8, 16 and 24 behind it.
__device__ inline float4 in_turns(float4 held, unsigned lane, unsigned team) {
  float turns[WIDTH];
#pragma unroll
  for (unsigned i = 0; i < WIDTH; i++) {
    unsigned holder = i * TURNS / WIDTH + lane / WIDTH;
    float x = __shfl_sync(team, held.x, holder, TURNS);
    float y = __shfl_sync(team, held.y, holder, TURNS);
    float z = __shfl_sync(team, held.z, holder, TURNS);
    float w = __shfl_sync(team, held.w, holder, TURNS);
    float low = lane % 2 == 0 ? x : y;
    float high = lane % 2 == 0 ? z : w;
    turns[i] = lane % WIDTH < 2 ? low : high;
  }
  return make_float4(turns[0], turns[1], turns[2], turns[3]);
}

// What passes a clip, element by element; calls what is to be added up for each element, in turns.
template <typename ADD>
__device__ inline void clip(const float* x, const float* gradient, float* out, unsigned from,
                            unsigned to, float low, float high, unsigned lane, unsigned team,
                            ADD add) {
  auto passed = [=](float value, float g) { return value > low && value < high ? g : 0.0f; };
  unsigned start = from;
  if (from % WIDTH == 0) {
    for (; start + TURNS * WIDTH <= to; start += TURNS * WIDTH) {
      unsigned mine = start + lane * WIDTH;
      float4 v = load(x, mine);
      float4 g = load(gradient, mine);
      store(out, mine,
            make_float4(passed(v.x, g.x), passed(v.y, g.y), passed(v.z, g.z), passed(v.w, g.w)));
      v = in_turns(v, lane, team);
      g = in_turns(g, lane, team);
      add(v.x, g.x);
      add(v.y, g.y);
      add(v.z, g.z);
      add(v.w, g.w);
    }
  }
  for (unsigned i = start + lane; i < to; i += TURNS) {
    float value = x[i];
    float g = gradient[i];
    add(value, g);
    out[i] = passed(value, g);
  }
}

// The gradient of a clip, and what each stretch stops.
extern "C" __global__ void __launch_bounds__(THREADS)
    clip_gradient(const float* x, const float* gradient, float* out, Layout layout,
                  const float* low, const float* high, double* below, double* above) {
  unsigned lane = threadIdx.x % TURNS;
  unsigned team = 0xffu << (threadIdx.x % 32 / TURNS * TURNS);
  each_stretch(layout, [=](unsigned from, unsigned to, unsigned group, unsigned number) {
    float least = low[group];
    float most = high[group];
    double sum_below = 0;
    double sum_above = 0;
    clip(x, gradient, out, from, to, least, most, lane, team, [&](float value, float g) {
      sum_below += value > least ? 0.0 : static_cast<double>(g);
      sum_above += value < most ? 0.0 : static_cast<double>(g);
    });
    sum_below = total_of_team(sum_below, team);
    sum_above = total_of_team(sum_above, team);
    if (lane == 0) {
      below[number] = sum_below;
      above[number] = sum_above;
    }
  });
}

// The gradients of a learned step: those of the clip, and per stretch what rounding adds inside.
extern "C" __global__ void __launch_bounds__(THREADS)
    step_gradient(const float* x, const float* gradient, float* out, Layout layout,
                  const float* low, const float* high, const float* step, double* below,
                  double* above, double* inside) {
  unsigned lane = threadIdx.x % TURNS;
  unsigned team = 0xffu << (threadIdx.x % 32 / TURNS * TURNS);
  each_stretch(layout, [=](unsigned from, unsigned to, unsigned group, unsigned number) {
    float least = low[group];
    float most = high[group];
    float width = step[group];
    double sum_below = 0;
    double sum_above = 0;
    double sum_inside = 0;
    clip(x, gradient, out, from, to, least, most, lane, team, [&](float value, float g) {
      bool above_low = value > least;
      bool below_high = value < most;
      sum_below += above_low ? 0.0 : static_cast<double>(g);
      sum_above += below_high ? 0.0 : static_cast<double>(g);
      // By comparisons, which let NaN pass: fminf and fmaxf would not.
      float clamped = value > most ? most : value < least ? least : value;
      float s = clamped / width;
      float passed = above_low && below_high ? g : 0.0f;
      sum_inside += static_cast<double>(passed) * static_cast<double>(rintf(s) - s);
    });
    sum_below = total_of_team(sum_below, team);
    sum_above = total_of_team(sum_above, team);
    sum_inside = total_of_team(sum_inside, team);
    if (lane == 0) {
      below[number] = sum_below;
      above[number] = sum_above;
      inside[number] = sum_inside;
    }
  });
}

// What quantizing costs under each candidate: blockIdx.y. The scales of a candidate follow those
// of the one before.
template <int KIND>
__device__ inline void squared_errors(const float* x, const Layout& layout, const PreScale& pre,
                                      const Scales& scales, const Grid& grid, double* sums,
                                      unsigned numbers) {
  unsigned lane = threadIdx.x % TURNS;
  unsigned team = 0xffu << (threadIdx.x % 32 / TURNS * TURNS);
  unsigned candidate = blockIdx.y;
  double* mine = sums + static_cast<unsigned long long>(candidate) * numbers;
  unsigned long long first = static_cast<unsigned long long>(candidate) * layout.count;
  each_stretch(layout, [=](unsigned from, unsigned to, unsigned group, unsigned number) {
    GroupScale scale = {scales.forward[first + group], scales.backward[first + group],
                        scales.zero == nullptr ? 0.0f : scales.zero[first + group]};
    double sum = 0;
    for (unsigned i = from + lane; i < to; i += TURNS) {
      float value = scaled(pre, x[i], i);
      double difference =
          static_cast<double>(quantized<KIND>(value, scale, scales, grid, 1)) - value;
      sum += difference * difference;
    }
    sum = total_of_team(sum, team);
    if (lane == 0) {
      mine[number] = sum;
    }
  });
}

#define ERRORS_KERNEL(name, kind)                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      name(const float* x, Layout layout, PreScale pre, Scales scales, Grid grid, double* sums, \
           unsigned numbers) {                                                                  \
    squared_errors<kind>(x, layout, pre, scales, grid, sums, numbers);                          \
  }

ERRORS_KERNEL(squared_errors_integers, INTEGERS)
ERRORS_KERNEL(squared_errors_floats, FLOATS)
ERRORS_KERNEL(squared_errors_table, TABLE)

// Adds stretches in their order, with a sum for each part where there are parts.
struct OrderedSum {
  double total;
  double part;
  unsigned current;
  int parts;

  __device__ void add(double stretch, unsigned chunk) {
    if (!parts) {
      total += stretch;
      return;
    }
    unsigned next = chunk / STRETCHES_OF_A_PART;
    if (next != current) {
      total += part;
      part = 0;
      current = next;
    }
    part += stretch;
  }

  __device__ double result() const { return total + part; }
};

// The sums of groups that are one long run each: a block for a group. Its threads bring stretches,
// or add up a part each, and one adds in order what they have. blockIdx.y counts what is summed.
extern "C" __global__ void __launch_bounds__(THREADS)
    sums_of_long_runs(const double* stretches, double* out, Layout layout, unsigned numbers,
                      int parts) {
  SHARED_ARRAY(double, tile, THREADS);
  unsigned group = blockIdx.x;
  unsigned from = group * layout.block.value;
  unsigned left = layout.elements - from;
  unsigned to = from + (left < layout.block.value ? left : layout.block.value);
  unsigned first = from / STRETCH;
  unsigned end = (to - 1) / STRETCH + 1;
  const double* mine = stretches + static_cast<unsigned long long>(blockIdx.y) * numbers + group;
  unsigned each = parts ? STRETCHES_OF_A_PART : 1;
  double total = 0;
  for (unsigned part = first / each; part * each < end; part += THREADS) {
    unsigned own = (part + threadIdx.x) * each;
    double sum = 0;
    for (unsigned i = own < first ? first : own; i < own + each && i < end; i++) {
      sum += mine[i];
    }
    tile[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (unsigned i = 0; i < THREADS && (part + i) * each < end; i++) {
        total += tile[i];
      }
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    out[static_cast<unsigned long long>(blockIdx.y) * layout.count + group] = total;
  }
}

// The sums of all other groups: a thread for a group. Registers for four blocks of a
// multiprocessor: for eight, some cards' would be spilled.
extern "C" __global__ void __launch_bounds__(THREADS, 4)
    sums_of_groups(const double* stretches, double* out, Layout layout, unsigned numbers,
                   int parts) {
  unsigned group = blockIdx.x * THREADS + threadIdx.x;
  if (group >= static_cast<unsigned>(layout.count)) {
    return;
  }
  const double* mine = stretches + static_cast<unsigned long long>(blockIdx.y) * numbers;
  // The rows that the group reaches into: so many, and as digits along the axes.
  unsigned rows = 1;
#pragma unroll 1
  for (int i = 0; i < layout.outer; i++) {
    Axis axis = layout.axes[i];
    int blocks = (axis.size - 1) / axis.block + 1;
    int from = static_cast<int>(group) / axis.stride % blocks * axis.block;
    rows *= axis.size - from < axis.block ? axis.size - from : axis.block;
  }
  unsigned block = group % layout.blocks;
  unsigned from = block * layout.block.value;
  unsigned left = layout.columns.value - from;
  unsigned to = from + (left < layout.block.value ? left : layout.block.value);
  OrderedSum sum = {0, 0, 0, parts};
#pragma unroll 1
  for (unsigned k = 0; k < rows; k++) {
    unsigned row = 0;
    unsigned rest = k;
    unsigned weight = 1;
#pragma unroll 1
    for (int i = layout.outer - 1; i >= 0; i--) {
      Axis axis = layout.axes[i];
      int blocks = (axis.size - 1) / axis.block + 1;
      int start = static_cast<int>(group) / axis.stride % blocks * axis.block;
      unsigned length = axis.size - start < axis.block ? axis.size - start : axis.block;
      row += (start + rest % length) * weight;
      rest /= length;
      weight *= axis.size;
    }
    unsigned run = row * layout.blocks + block;
    unsigned end = (row * layout.columns.value + to - 1) / STRETCH;
#pragma unroll 1
    for (unsigned chunk = (row * layout.columns.value + from) / STRETCH; chunk <= end; chunk++) {
      sum.add(mine[run + chunk], chunk);
    }
  }
  out[static_cast<unsigned long long>(blockIdx.y) * layout.count + group] = sum.result();
}
