// A stand-in for NVIDIA's driver library: the same names, and the kernels of kernels.cu compiled
// for the CPU. What the driver would refuse, it refuses with the same code.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fibres.h"
#include "memory.h"
#include "ptx.h"
#include "streams.h"

#include "kernels.cu"

namespace {

using standin::Index;
using standin::Multiprocessor;

enum {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201,
  NO_BINARY_FOR_GPU = 209,
  INVALID_PTX = 218,
  UNSUPPORTED_PTX_VERSION = 222,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  LAUNCH_OUT_OF_RESOURCES = 701,
  LAUNCH_FAILED = 719
};

// A kernel, called with its parameters one behind the other as they lie in a launch's buffer.
struct Kernel {
  std::size_t bytes;
  std::function<std::function<void()>(const char*)> bind;
};

template <typename T>
T take(const char* buffer, std::size_t& at) {
  at = (at + alignof(T) - 1) / alignof(T) * alignof(T);
  T value;
  std::memcpy(&value, buffer + at, sizeof(T));
  at += sizeof(T);
  return value;
}

template <typename... A>
Kernel kernel(void (*function)(A...)) {
  std::size_t bytes = 0;
  ((bytes = (bytes + alignof(A) - 1) / alignof(A) * alignof(A) + sizeof(A)), ...);
  return {bytes, [function](const char* buffer) {
            std::size_t at = 0;
            // Braces: from left to right.
            std::tuple<A...> arguments{take<A>(buffer, at)...};
            return std::function<void()>([function, arguments] { std::apply(function, arguments); });
          }};
}

const std::map<std::string, Kernel>& kernels() {
  static const std::map<std::string, Kernel> all = {
#define KERNEL(name) {#name, kernel(&name)},
#include "kernels.inc"
#undef KERNEL
  };
  return all;
}

struct Function {
  std::string name;
  std::size_t bytes;
};

struct Module {
  std::map<std::string, std::unique_ptr<Function>> functions;
};

struct Event {
  standin::Stream* stream = nullptr;
  std::uint64_t number = 0;
};

// What tests set and read.
std::atomic<long long> driver_version{13000};
std::atomic<long long> devices{1};
std::atomic<long long> compute_capability{90};
// What every call answers once a kernel has broken the context, as with a real driver.
std::atomic<long long> lost{SUCCESS};
std::atomic<long long> launches{0};
std::atomic<long long> uploads{0};
std::atomic<long long> downloads{0};
std::atomic<long long> live_streams{0};
std::atomic<long long> live_events{0};
standin::Memory memory;
std::atomic<long long> contexts{0};
std::atomic<bool> initialized{false};
thread_local std::vector<int> current;

std::mutex guard;
std::map<std::uint64_t, std::size_t> pinned;
std::set<const void*> streams;
// Calls that are to fail: after how many, and with what.
std::map<std::string, std::pair<long long, int>> failures;

int failure(const char* call) {
  std::lock_guard<std::mutex> lock(guard);
  auto found = failures.find(call);
  if (found == failures.end() || found->second.first-- > 0) {
    return SUCCESS;
  }
  int code = found->second.second;
  failures.erase(found);
  return code;
}

int enter(const char* call, bool context) {
  if (!initialized) {
    return NOT_INITIALIZED;
  }
  if (int code = failure(call)) {
    return code;
  }
  if (context && lost != SUCCESS) {
    return static_cast<int>(lost);
  }
  return context && current.empty() ? INVALID_CONTEXT : SUCCESS;
}

#define ENTER(context)                          \
  do {                                          \
    if (int code = enter(__func__, context)) {  \
      return code;                              \
    }                                           \
  } while (false)

bool is_pinned(const void* host, std::size_t bytes) {
  std::lock_guard<std::mutex> lock(guard);
  auto address = reinterpret_cast<std::uint64_t>(host);
  auto after = pinned.upper_bound(address);
  return after != pinned.begin() && address + bytes <= (--after)->first + after->second;
}

standin::Stream* stream_of(void* handle) {
  std::lock_guard<std::mutex> lock(guard);
  return streams.count(handle) == 1 ? static_cast<standin::Stream*>(handle) : nullptr;
}

// A copy in a stream's order; one with pageable memory is done when the call returns.
int copy(void* handle, void* to, const void* from, std::size_t bytes, const void* host) {
  standin::Stream* stream = stream_of(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  std::uint64_t number = stream->give([=](Multiprocessor&) {
    std::memcpy(to, from, bytes);
    return SUCCESS;
  });
  return host == nullptr || is_pinned(host, bytes) ? SUCCESS : stream->wait(number);
}

const std::pair<int, std::pair<const char*, const char*>> ERRORS[] = {
    {SUCCESS, {"CUDA_SUCCESS", "no error"}},
    {INVALID_VALUE, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
    {OUT_OF_MEMORY, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
    {NOT_INITIALIZED, {"CUDA_ERROR_NOT_INITIALIZED", "initialization error"}},
    {100, {"CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"}},
    {INVALID_DEVICE, {"CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"}},
    {INVALID_CONTEXT, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
    {NO_BINARY_FOR_GPU,
     {"CUDA_ERROR_NO_BINARY_FOR_GPU",
      "no kernel image is available for execution on the device"}},
    {INVALID_PTX, {"CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"}},
    {UNSUPPORTED_PTX_VERSION,
     {"CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
      "the provided PTX was compiled with an unsupported toolchain."}},
    {INVALID_HANDLE, {"CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"}},
    {NOT_FOUND, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
    {700, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
    {LAUNCH_OUT_OF_RESOURCES,
     {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"}},
    {LAUNCH_FAILED, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}}};

int text(int error, const char** out, bool name) {
  for (const auto& known : ERRORS) {
    if (known.first == error) {
      *out = name ? known.second.first : known.second.second;
      return SUCCESS;
    }
  }
  *out = nullptr;
  return INVALID_VALUE;
}

// The PTX that a driver's toolkit brought: 8.x with CUDA 12.x, 7.x with 11.x, 6.x before.
int newest_ptx(long long driver) {
  long long major = driver / 1000;
  long long minor = driver % 1000 / 10;
  return static_cast<int>(major == 9    ? 60 + minor
                          : major == 10 ? 63 + minor
                                        : (major - 4) * 10 + minor);
}

}  // namespace

extern "C" {

// ---- for tests ----

long long standin_get(const char* name) {
  std::string what = name;
  if (what == "pinned") {
    std::lock_guard<std::mutex> lock(guard);
    return static_cast<long long>(pinned.size());
  }
  return what == "launches"      ? launches.load()
         : what == "uploads"     ? uploads.load()
         : what == "downloads"   ? downloads.load()
         : what == "allocations" ? static_cast<long long>(memory.allocations())
         : what == "used"        ? static_cast<long long>(memory.used())
         : what == "overruns"    ? static_cast<long long>(memory.overruns())
         : what == "streams"     ? live_streams.load()
         : what == "events"      ? live_events.load()
         : what == "contexts"    ? contexts.load()
         : what == "pushed"      ? static_cast<long long>(current.size())
                                 : -1;
}

void standin_set(const char* name, long long value) {
  std::string what = name;
  if (what == "driver_version") {
    driver_version = value;
  } else if (what == "devices") {
    devices = value;
  } else if (what == "compute_capability") {
    compute_capability = value;
  } else if (what == "lost") {
    lost = value;
  } else if (what == "memory") {
    memory.set_total(static_cast<std::uint64_t>(value));
  }
}

// The call after so many fails.
void standin_fail(const char* call, int code, long long after) {
  std::lock_guard<std::mutex> lock(guard);
  failures[call] = {after, code};
}

// ---- the driver ----

int cuInit(unsigned flags) {
  if (flags != 0) {
    return INVALID_VALUE;
  }
  initialized = true;
  return failure(__func__);
}

int cuDriverGetVersion(int* version) {
  *version = static_cast<int>(driver_version);
  return SUCCESS;
}

int cuGetErrorName(int error, const char** out) { return text(error, out, true); }
int cuGetErrorString(int error, const char** out) { return text(error, out, false); }

int cuDeviceGetCount(int* count) {
  ENTER(false);
  *count = static_cast<int>(devices);
  return SUCCESS;
}

int cuDeviceGet(int* device, int ordinal) {
  ENTER(false);
  *device = ordinal;
  return ordinal >= 0 && ordinal < devices ? SUCCESS : INVALID_DEVICE;
}

int cuDeviceGetName(char* name, int length, int device) {
  ENTER(false);
  std::snprintf(name, static_cast<std::size_t>(length), "Stand-in %d", device);
  return SUCCESS;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  ENTER(false);
  *bytes = memory.total();
  return SUCCESS;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
  ENTER(false);
  switch (attribute) {
    case 16:  // multiprocessors
      *value = 2;
      return SUCCESS;
    case 75:  // compute capability
      *value = static_cast<int>(compute_capability / 10);
      return SUCCESS;
    case 76:
      *value = static_cast<int>(compute_capability % 10);
      return SUCCESS;
    default:
      return INVALID_VALUE;
  }
}

int cuDevicePrimaryCtxRetain(void** context, int device) {
  ENTER(false);
  contexts++;
  *context = reinterpret_cast<void*>(static_cast<std::intptr_t>(device) + 1);
  return SUCCESS;
}

int cuDevicePrimaryCtxRelease(int) {
  ENTER(false);
  contexts--;
  return SUCCESS;
}

int cuCtxPushCurrent_v2(void* context) {
  ENTER(false);
  current.push_back(static_cast<int>(reinterpret_cast<std::intptr_t>(context)));
  return SUCCESS;
}

int cuCtxPopCurrent_v2(void** context) {
  ENTER(false);
  if (current.empty()) {
    return INVALID_CONTEXT;
  }
  *context = reinterpret_cast<void*>(static_cast<std::intptr_t>(current.back()));
  current.pop_back();
  return SUCCESS;
}

int cuModuleLoadData(void** out, const void* image) {
  ENTER(true);
  standin::Ptx ptx = standin::Ptx::parse(static_cast<const char*>(image));
  if (ptx.version == 0 || ptx.target == 0) {
    return INVALID_PTX;
  }
  if (ptx.version > newest_ptx(driver_version)) {
    return UNSUPPORTED_PTX_VERSION;
  }
  if (ptx.target > compute_capability) {
    return NO_BINARY_FOR_GPU;
  }
  auto module = std::make_unique<Module>();
  for (const auto& entry : ptx.entries) {
    auto compiled = kernels().find(entry.first);
    // The PTX is of other sources.
    if (compiled == kernels().end() || compiled->second.bytes != entry.second) {
      std::fprintf(stderr, "stand-in: the kernel %s takes %zu bytes in the PTX\n",
                   entry.first.c_str(), entry.second);
      return INVALID_PTX;
    }
    module->functions[entry.first] =
        std::unique_ptr<Function>(new Function{entry.first, entry.second});
  }
  *out = module.release();
  return SUCCESS;
}

int cuModuleUnload(void* module) {
  ENTER(true);
  delete static_cast<Module*>(module);
  return SUCCESS;
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
  ENTER(true);
  auto& functions = static_cast<Module*>(module)->functions;
  auto found = functions.find(name);
  if (found == functions.end()) {
    return NOT_FOUND;
  }
  *function = found->second.get();
  return SUCCESS;
}

int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  ENTER(true);
  *total = memory.total();
  *free = memory.total() - memory.used();
  return SUCCESS;
}

int cuMemAlloc_v2(std::uint64_t* address, std::size_t bytes) {
  ENTER(true);
  if (bytes == 0) {
    return INVALID_VALUE;
  }
  *address = memory.allocate(bytes);
  return *address == 0 ? OUT_OF_MEMORY : SUCCESS;
}

int cuMemFree_v2(std::uint64_t address) {
  ENTER(true);
  // As the driver does: after all that was given to any stream.
  std::vector<const void*> all;
  {
    std::lock_guard<std::mutex> lock(guard);
    all.assign(streams.begin(), streams.end());
  }
  for (const void* each : all) {
    auto* stream = static_cast<standin::Stream*>(const_cast<void*>(each));
    stream->wait(stream->given());
  }
  return memory.free(address) ? SUCCESS : INVALID_VALUE;
}

int cuMemHostAlloc(void** host, std::size_t bytes, unsigned) {
  ENTER(true);
  *host = std::malloc(bytes);
  std::lock_guard<std::mutex> lock(guard);
  pinned[reinterpret_cast<std::uint64_t>(*host)] = bytes;
  return SUCCESS;
}

int cuMemFreeHost(void* host) {
  ENTER(true);
  std::lock_guard<std::mutex> lock(guard);
  if (pinned.erase(reinterpret_cast<std::uint64_t>(host)) == 0) {
    return INVALID_VALUE;
  }
  std::free(host);
  return SUCCESS;
}

int cuMemcpyHtoDAsync_v2(std::uint64_t to, const void* from, std::size_t bytes, void* stream) {
  ENTER(true);
  if (!memory.holds(to, bytes)) {
    return INVALID_VALUE;
  }
  uploads++;
  return copy(stream, reinterpret_cast<void*>(to), from, bytes, from);
}

int cuMemcpyDtoHAsync_v2(void* to, std::uint64_t from, std::size_t bytes, void* stream) {
  ENTER(true);
  if (!memory.holds(from, bytes)) {
    return INVALID_VALUE;
  }
  downloads++;
  return copy(stream, to, reinterpret_cast<const void*>(from), bytes, to);
}

int cuMemcpyDtoDAsync_v2(std::uint64_t to, std::uint64_t from, std::size_t bytes, void* stream) {
  ENTER(true);
  if (!memory.holds(to, bytes) || !memory.holds(from, bytes)) {
    return INVALID_VALUE;
  }
  return copy(stream, reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes,
              nullptr);
}

int cuMemsetD32Async(std::uint64_t to, unsigned value, std::size_t count, void* handle) {
  ENTER(true);
  standin::Stream* stream = stream_of(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (to % 4 != 0 || !memory.holds(to, count * 4)) {
    return INVALID_VALUE;
  }
  stream->give([=](Multiprocessor&) {
    auto* values = reinterpret_cast<unsigned*>(to);
    std::fill(values, values + count, value);
    return SUCCESS;
  });
  return SUCCESS;
}

int cuStreamCreate(void** stream, unsigned) {
  ENTER(true);
  *stream = new standin::Stream();
  live_streams++;
  std::lock_guard<std::mutex> lock(guard);
  streams.insert(*stream);
  return SUCCESS;
}

int cuStreamDestroy_v2(void* handle) {
  ENTER(true);
  standin::Stream* stream = stream_of(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  {
    std::lock_guard<std::mutex> lock(guard);
    streams.erase(handle);
  }
  live_streams--;
  delete stream;
  return SUCCESS;
}

int cuStreamSynchronize(void* handle) {
  ENTER(true);
  standin::Stream* stream = stream_of(handle);
  return stream == nullptr ? INVALID_HANDLE : stream->wait(stream->given());
}

int cuEventCreate(void** event, unsigned) {
  ENTER(true);
  live_events++;
  *event = new Event();
  return SUCCESS;
}

int cuEventDestroy_v2(void* event) {
  ENTER(true);
  live_events--;
  delete static_cast<Event*>(event);
  return SUCCESS;
}

int cuEventRecord(void* event, void* handle) {
  ENTER(true);
  standin::Stream* stream = stream_of(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  *static_cast<Event*>(event) = {stream, stream->given()};
  return SUCCESS;
}

int cuEventSynchronize(void* handle) {
  ENTER(true);
  auto* event = static_cast<Event*>(handle);
  return event->stream == nullptr ? SUCCESS : event->stream->wait(event->number);
}

int cuEventElapsedTime(float* milliseconds, void*, void*) {
  ENTER(true);
  // A stand-in's times would say nothing.
  *milliseconds = 0;
  return SUCCESS;
}

int cuLaunchKernel(void* function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z,
                   unsigned threads_x, unsigned threads_y, unsigned threads_z, unsigned shared,
                   void* handle, void** parameters, void** extra) {
  ENTER(true);
  standin::Stream* stream = stream_of(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  std::uint64_t threads = std::uint64_t{threads_x} * threads_y * threads_z;
  if (std::uint64_t{blocks_x} * blocks_y * blocks_z == 0 || threads == 0 || threads > 1024 ||
      blocks_x > 0x7fffffffu || blocks_y > 65535 || blocks_z > 65535 || shared != 0 ||
      parameters != nullptr || extra == nullptr) {
    return INVALID_VALUE;
  }
  const auto* called = static_cast<const Function*>(function);
  const char* buffer = nullptr;
  std::size_t bytes = 0;
  for (; *extra != nullptr; extra += 2) {
    if (*extra == reinterpret_cast<void*>(1)) {
      buffer = static_cast<const char*>(extra[1]);
    } else if (*extra == reinterpret_cast<void*>(2)) {
      bytes = *static_cast<const std::size_t*>(extra[1]);
    }
  }
  if (buffer == nullptr || bytes != called->bytes) {
    return INVALID_VALUE;
  }
  // The parameters are copied: the caller may use the buffer again.
  std::function<void()> body = kernels().at(called->name).bind(buffer);
  std::uint64_t number = static_cast<std::uint64_t>(++launches);
  Index grid = {blocks_x, blocks_y, blocks_z};
  Index block = {threads_x, threads_y, threads_z};
  std::string name = called->name;
  stream->give([=](Multiprocessor& multiprocessor) {
    try {
      multiprocessor.run(grid, block, number, body);
      return static_cast<int>(SUCCESS);
    } catch (const standin::KernelFault& fault) {
      std::fprintf(stderr, "stand-in: %s: %s\n", name.c_str(), fault.what());
      return static_cast<int>(LAUNCH_FAILED);
    }
  });
  return SUCCESS;
}

}  // extern "C"
