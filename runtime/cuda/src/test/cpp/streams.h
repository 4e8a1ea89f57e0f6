// Streams that really run apart from the caller: each has a thread, and what is given to it runs
// in its order, later.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "fibres.h"

namespace standin {

class Stream {
 public:
  Stream();
  ~Stream();

  // So many things were given to it up to now, this one among them.
  std::uint64_t give(std::function<int(Multiprocessor&)> work);
  std::uint64_t given();
  // Waits; the first error of what has run.
  int wait(std::uint64_t number);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<int(Multiprocessor&)>> work_;
  std::uint64_t given_ = 0;
  std::uint64_t done_ = 0;
  int error_ = 0;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace standin
