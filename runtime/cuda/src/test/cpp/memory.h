// The device's memory: each allocation between guards, filled with garbage, and looked up by address.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

namespace standin {

class Memory {
 public:
  // 0 if there is not so much left.
  std::uint64_t allocate(std::uint64_t bytes);
  bool free(std::uint64_t address);
  // Whether the bytes lie in one allocation.
  bool holds(std::uint64_t address, std::uint64_t bytes);

  std::uint64_t total();
  std::uint64_t used();
  std::uint64_t allocations();
  // Allocations that something was written beyond.
  std::uint64_t overruns();
  void set_total(std::uint64_t bytes);

 private:
  static constexpr std::uint64_t GUARD = 256;
  static constexpr unsigned char GUARD_BYTE = 0xa5;

  static bool intact(std::uint64_t address, std::uint64_t bytes);

  std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> sizes_;
  std::uint64_t total_ = std::uint64_t{1} << 30;
  std::uint64_t used_ = 0;
  std::uint64_t overruns_ = 0;
};

}  // namespace standin
