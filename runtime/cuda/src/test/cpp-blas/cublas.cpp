// A stand-in for cuBLAS beside the driver's: the calls that Bitfold makes, in column-major order as
// there. What cuBLAS would refuse, it refuses with the same status.
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

extern "C" int cuStreamSynchronize(void* stream);

namespace {

enum {
  SUCCESS = 0,
  NOT_INITIALIZED = 1,
  INVALID_VALUE = 7,
  EXECUTION_FAILED = 13,
  NOT_SUPPORTED = 15
};

// CUDA_R_8I, CUDA_R_32I and CUBLAS_COMPUTE_32I.
enum { INT8 = 3, INT32 = 10, IN_INT32 = 72 };

struct Handle {
  void* stream = nullptr;
};

std::atomic<long long> handles{0};
std::atomic<long long> products{0};
std::atomic<long long> int8_products{0};
std::atomic<int> next_create{0};
std::atomic<int> next_product{0};

// Element (i, j) of what an operation makes of a column-major matrix.
template <typename T>
T element(const T* matrix, int operation, int leading, int i, int j) {
  return operation == 0 ? matrix[i + static_cast<long long>(j) * leading]
                        : matrix[j + static_cast<long long>(i) * leading];
}

}  // namespace

extern "C" {

long long blas_get(const char* name) {
  std::string what = name;
  return what == "handles" ? handles.load() : what == "products"    ? products.load()
         : what == "int8 products" ? int8_products.load()
                                   : -1;
}

// Has the next call fail.
void blas_fail(const char* call, int status) {
  (std::string(call) == "create" ? next_create : next_product) = status;
}

int cublasCreate_v2(void** handle) {
  if (int status = next_create.exchange(0)) {
    return status;
  }
  handles++;
  *handle = new Handle();
  return SUCCESS;
}

int cublasDestroy_v2(void* handle) {
  handles--;
  delete static_cast<Handle*>(handle);
  return SUCCESS;
}

int cublasGetVersion_v2(void* handle, int* version) {
  *version = 120405;
  return handle == nullptr ? NOT_INITIALIZED : SUCCESS;
}

int cublasSetStream_v2(void* handle, void* stream) {
  static_cast<Handle*>(handle)->stream = stream;
  return SUCCESS;
}

int cublasSgemm_v2(void* handle, int operation_a, int operation_b, int m, int n, int k,
                   const float* alpha, std::uint64_t a, int leading_a, std::uint64_t b,
                   int leading_b, const float* beta, std::uint64_t c, int leading_c) {
  if (int status = next_product.exchange(0)) {
    return status;
  }
  int rows_a = operation_a == 0 ? m : k;
  int rows_b = operation_b == 0 ? k : n;
  if (m < 0 || n < 0 || k < 0 || leading_a < rows_a || leading_b < rows_b || leading_c < m) {
    return INVALID_VALUE;
  }
  // What the stream was given before is done first.
  if (cuStreamSynchronize(static_cast<Handle*>(handle)->stream) != 0) {
    return EXECUTION_FAILED;
  }
  const auto* left = reinterpret_cast<const float*>(a);
  const auto* right = reinterpret_cast<const float*>(b);
  auto* out = reinterpret_cast<float*>(c);
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < m; i++) {
      double sum = 0;
      for (int l = 0; l < k; l++) {
        sum += static_cast<double>(element(left, operation_a, leading_a, i, l)) *
               element(right, operation_b, leading_b, l, j);
      }
      float* to = out + i + static_cast<long long>(j) * leading_c;
      // As there, what is multiplied by 0 is not read.
      *to = static_cast<float>(*alpha * sum + (*beta == 0 ? 0 : *beta * *to));
    }
  }
  products++;
  return SUCCESS;
}

// As there, int8 is taken by words only, and both matrices along k.
int cublasGemmEx(void* handle, int operation_a, int operation_b, int m, int n, int k,
                 const void* alpha, std::uint64_t a, int type_a, int leading_a, std::uint64_t b,
                 int type_b, int leading_b, const void* beta, std::uint64_t c, int type_c,
                 int leading_c, int compute, int algorithm) {
  if (int status = next_product.exchange(0)) {
    return status;
  }
  if (type_a != INT8 || type_b != INT8 || type_c != INT32 || compute != IN_INT32 ||
      algorithm != -1 || operation_a != 1 || operation_b != 0 ||
      (m | k | leading_a | leading_b | leading_c) % 4 != 0 || (a | b | c) % 4 != 0) {
    return NOT_SUPPORTED;
  }
  if (m < 0 || n < 0 || k < 0 || leading_a < k || leading_b < k || leading_c < m) {
    return INVALID_VALUE;
  }
  if (cuStreamSynchronize(static_cast<Handle*>(handle)->stream) != 0) {
    return EXECUTION_FAILED;
  }
  const auto* left = reinterpret_cast<const std::int8_t*>(a);
  const auto* right = reinterpret_cast<const std::int8_t*>(b);
  auto* out = reinterpret_cast<std::int32_t*>(c);
  std::int32_t times = *static_cast<const std::int32_t*>(alpha);
  std::int32_t kept = *static_cast<const std::int32_t*>(beta);
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < m; i++) {
      std::int32_t sum = 0;
      for (int l = 0; l < k; l++) {
        sum += element(left, operation_a, leading_a, i, l) *
               element(right, operation_b, leading_b, l, j);
      }
      std::int32_t* to = out + i + static_cast<long long>(j) * leading_c;
      *to = times * sum + (kept == 0 ? 0 : kept * *to);
    }
  }
  int8_products++;
  return SUCCESS;
}

}  // extern "C"
