#include "streams.h"

namespace standin {

Stream::Stream() : thread_([this] { run(); }) {}

Stream::~Stream() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::uint64_t Stream::give(std::function<int(Multiprocessor&)> work) {
  std::uint64_t number;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    work_.push_back(std::move(work));
    number = ++given_;
  }
  changed_.notify_all();
  return number;
}

std::uint64_t Stream::given() {
  std::lock_guard<std::mutex> lock(mutex_);
  return given_;
}

int Stream::wait(std::uint64_t number) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return done_ >= number; });
  return error_;
}

void Stream::run() {
  Multiprocessor multiprocessor;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closed_ || !work_.empty(); });
    if (work_.empty()) {
      return;
    }
    std::function<int(Multiprocessor&)> work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    int error = work(multiprocessor);
    lock.lock();
    // What failed once has failed for good, as a context of CUDA has.
    error_ = error_ == 0 ? error : error_;
    done_++;
    changed_.notify_all();
  }
}

}  // namespace standin
