#include "fibres.h"

#include <algorithm>

namespace standin {

thread_local Position* position = nullptr;

namespace {

thread_local Multiprocessor* active = nullptr;

// Not a number, in float, double and integer alike a value that no kernel expects.
constexpr std::uint64_t POISON = 0xfff7dead7fb7deadull;

}  // namespace

void* shared(int id, std::size_t bytes) { return active->shared(id, bytes); }
void synchronize_block() { active->synchronize_block(); }
std::uint64_t exchange(unsigned mask, std::uint64_t value, unsigned from) {
  return active->exchange(mask, value, from);
}
bool all_of(unsigned mask, bool holds) { return active->all_of(mask, holds); }
void access_four(const void* at) { active->access_four(at); }

#if defined(__x86_64__)
// Saves what a called function must keep and the stack pointer, and goes on where another stopped.
extern "C" void standin_switch(void** save, void* load);
asm(R"(
.text
.type standin_switch, @function
standin_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size standin_switch, .-standin_switch
)");

static void first() {
  active->run_body();
  __builtin_unreachable();
}

void Multiprocessor::start(Fibre& fibre) {
  auto top = reinterpret_cast<std::uintptr_t>(fibre.stack.get() + Fibre::STACK) / 16 * 16;
  // As if it had been called: the address to return to lies 8 below a multiple of 16.
  void** frame = reinterpret_cast<void**>(top) - 8;
  std::fill(frame, frame + 8, nullptr);
  frame[6] = reinterpret_cast<void*>(&first);
  fibre.pointer = frame;
}

void Multiprocessor::resume(Fibre& fibre) {
  running_ = &fibre;
  position = &fibre.position;
  standin_switch(&scheduler_, fibre.pointer);
}

void Multiprocessor::yield() { standin_switch(&running_->pointer, scheduler_); }
#else
static void first() { active->run_body(); }

void Multiprocessor::start(Fibre& fibre) {
  getcontext(&fibre.context);
  fibre.context.uc_stack.ss_sp = fibre.stack.get();
  fibre.context.uc_stack.ss_size = Fibre::STACK;
  fibre.context.uc_link = nullptr;
  makecontext(&fibre.context, first, 0);
}

void Multiprocessor::resume(Fibre& fibre) {
  running_ = &fibre;
  position = &fibre.position;
  swapcontext(&scheduler_, &fibre.context);
}

void Multiprocessor::yield() { swapcontext(&running_->context, &scheduler_); }
#endif

void Multiprocessor::run_body() {
  (*body_)();
  running_->done = true;
  yield();
}

void Multiprocessor::run(Index blocks, Index threads, std::uint64_t launch,
                         const std::function<void()>& body) {
  active = this;
  body_ = &body;
  threads_ = threads.x * threads.y * threads.z;
  while (fibres_.size() < threads_) {
    fibres_.push_back(std::make_unique<Fibre>());
  }
  std::uint64_t count = std::uint64_t{blocks.x} * blocks.y * blocks.z;
  // A start and a step that reach every block once: the step shares no factor with the count.
  std::uint64_t start = launch * 7919 % count;
  std::uint64_t step = launch % 3 == 0 ? 1 : launch % 3 == 1 ? count - 1 : count / 2 + 1;
  auto divisor = [](std::uint64_t a, std::uint64_t b) {
    while (b != 0) {
      std::uint64_t rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  };
  while (step == 0 || divisor(step, count) != 1) {
    step++;
  }
  for (std::uint64_t i = 0; i < count; i++) {
    std::uint64_t at = (start + i * step) % count;
    Index block = {static_cast<unsigned>(at % blocks.x),
                   static_cast<unsigned>(at / blocks.x % blocks.y),
                   static_cast<unsigned>(at / blocks.x / blocks.y)};
    run_block(block, blocks, threads, (launch + i) % 2 == 1);
  }
}

void Multiprocessor::run_block(Index block, Index blocks, Index threads, bool backwards) {
  for (auto& entry : shared_) {
    std::fill(entry.second.begin(), entry.second.end(), POISON);
  }
  block_ = Barrier();
  warps_.assign((threads_ + 31) / 32 * 32, Barrier());
  fault_ = nullptr;
  for (unsigned t = 0; t < threads_; t++) {
    Fibre& fibre = *fibres_[t];
    Index thread = {t % threads.x, t / threads.x % threads.y, t / threads.x / threads.y};
    fibre.position = {thread, block, threads, blocks};
    fibre.waits = nullptr;
    fibre.done = false;
    start(fibre);
  }
  unsigned left = threads_;
  while (left > 0) {
    bool progress = false;
    for (unsigned i = 0; i < threads_; i++) {
      Fibre& fibre = *fibres_[backwards ? threads_ - 1 - i : i];
      if (fibre.done ||
          (fibre.waits != nullptr && fibre.waits->generation == fibre.generation)) {
        continue;
      }
      progress = true;
      resume(fibre);
      left -= fibre.done ? 1 : 0;
    }
    if (fault_ != nullptr) {
      throw KernelFault(fault_);
    }
    if (!progress) {
      throw KernelFault("threads wait at a barrier that others never reach");
    }
  }
}

void* Multiprocessor::shared(int id, std::size_t bytes) {
  std::vector<std::uint64_t>& memory = shared_[id];
  if (memory.size() * 8 < bytes) {
    memory.assign((bytes + 7) / 8, POISON);
  }
  return memory.data();
}

void Multiprocessor::wait(const Barrier& barrier, unsigned generation) {
  running_->waits = &barrier;
  running_->generation = generation;
  yield();
  running_->waits = nullptr;
}

void Multiprocessor::synchronize_block() {
  unsigned generation = block_.generation;
  if (++block_.arrived == threads_) {
    block_.arrived = 0;
    block_.generation++;
  } else {
    wait(block_, generation);
  }
}

Barrier& Multiprocessor::meet(unsigned mask, std::uint64_t value, unsigned* generation) {
  unsigned thread = position->thread.x;
  unsigned lane = thread % 32;
  Barrier& barrier = warps_[thread / 32 * 32 + __builtin_ctz(mask)];
  if ((mask >> lane & 1) == 0) {
    fault_ = "a lane is not in the mask that it gives";
  }
  if (barrier.arrived > 0 && barrier.mask != mask) {
    fault_ = "lanes meet with different masks";
  }
  *generation = barrier.generation;
  barrier.mask = mask;
  if (barrier.arrived == 0) {
    std::fill(barrier.values[*generation % 2], barrier.values[*generation % 2] + 32, POISON);
  }
  barrier.values[*generation % 2][lane] = value;
  if (++barrier.arrived == static_cast<unsigned>(__builtin_popcount(mask))) {
    barrier.arrived = 0;
    barrier.generation++;
  } else {
    wait(barrier, *generation);
  }
  return barrier;
}

std::uint64_t Multiprocessor::exchange(unsigned mask, std::uint64_t value, unsigned from) {
  unsigned generation;
  Barrier& barrier = meet(mask, value, &generation);
  // The other half is written to next; this one only when all have met once more.
  return barrier.values[generation % 2][from % 32];
}

bool Multiprocessor::all_of(unsigned mask, bool holds) {
  unsigned generation;
  Barrier& barrier = meet(mask, holds ? 1 : 0, &generation);
  for (unsigned lane = 0; lane < 32; lane++) {
    if ((mask >> lane & 1) == 1 && barrier.values[generation % 2][lane] != 1) {
      return false;
    }
  }
  return true;
}

void Multiprocessor::access_four(const void* at) {
  if (reinterpret_cast<std::uintptr_t>(at) % 16 != 0) {
    fault_ = "an access of 128 bits is not at a multiple of 16 bytes";
  }
}

}  // namespace standin
