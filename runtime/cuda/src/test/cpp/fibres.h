// Runs the threads of a block as fibres: each on a stack of its own, until it waits or ends.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cuda_on_cpu.h"

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace standin {

// What is wrong with a kernel: threads that do not reach a barrier, and the like.
struct KernelFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Barrier {
  unsigned arrived = 0;
  unsigned generation = 0;
  unsigned mask = 0;
  std::uint64_t values[2][32];
};

struct Fibre {
  static constexpr std::size_t STACK = 64 * 1024;
  std::unique_ptr<char[]> stack{new char[STACK]};
  Position position;
  const Barrier* waits = nullptr;
  unsigned generation = 0;
  bool done = false;
#if defined(__x86_64__)
  void* pointer = nullptr;
#else
  ucontext_t context;
#endif
};

// A streaming multiprocessor: it runs one block at a time.
class Multiprocessor {
 public:
  // Runs all blocks, in an order that changes from launch to launch.
  void run(Index blocks, Index threads, std::uint64_t launch, const std::function<void()>& body);

  void* shared(int id, std::size_t bytes);
  void synchronize_block();
  std::uint64_t exchange(unsigned mask, std::uint64_t value, unsigned from);
  bool all_of(unsigned mask, bool holds);
  void access_four(const void* at);
  // Of the running fibre: called by its first function.
  void run_body();

 private:
  void run_block(Index block, Index blocks, Index threads, bool backwards);
  void start(Fibre& fibre);
  void resume(Fibre& fibre);
  void yield();
  void wait(const Barrier& barrier, unsigned generation);
  // Waits for the lanes of a mask, and gives the barrier and the generation of the meeting.
  Barrier& meet(unsigned mask, std::uint64_t value, unsigned* generation);

  std::vector<std::unique_ptr<Fibre>> fibres_;
  Fibre* running_ = nullptr;
  unsigned threads_ = 0;
  Barrier block_;
  // Of a warp one for each lowest lane of a mask.
  std::vector<Barrier> warps_;
  std::map<int, std::vector<std::uint64_t>> shared_;
  const std::function<void()>* body_ = nullptr;
  const char* fault_ = nullptr;
#if defined(__x86_64__)
  void* scheduler_ = nullptr;
#else
  ucontext_t scheduler_;
#endif
};

}  // namespace standin
