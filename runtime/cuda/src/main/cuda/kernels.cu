// All kernels of Bitfold, one module. They give the bits of dev.bitfold.kernel.reference: float32
// with one rounding per operation (compiled with -fmad=false), sums in a fixed order.
#include "activations.cuh"
#include "blocks.cuh"
#include "codes.cuh"
#include "histogram.cuh"
#include "maxima.cuh"
#include "norms.cuh"
#include "products.cuh"
#include "rounding.cuh"
#include "scales.cuh"
#include "sums.cuh"
