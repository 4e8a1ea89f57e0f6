#include "memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace standin {

std::uint64_t Memory::allocate(std::uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (bytes == 0 || bytes > total_ - used_) {
    return 0;
  }
  std::uint64_t room = (bytes + 255) / 256 * 256;
  auto* start = static_cast<unsigned char*>(std::aligned_alloc(256, room + 2 * GUARD));
  if (start == nullptr) {
    return 0;
  }
  // As a float or a double a NaN.
  std::memset(start, 0xff, room + 2 * GUARD);
  std::memset(start, GUARD_BYTE, GUARD);
  std::memset(start + GUARD + bytes, GUARD_BYTE, GUARD);
  std::uint64_t address = reinterpret_cast<std::uint64_t>(start) + GUARD;
  sizes_[address] = bytes;
  used_ += bytes;
  return address;
}

bool Memory::intact(std::uint64_t address, std::uint64_t bytes) {
  auto* at = reinterpret_cast<const unsigned char*>(address);
  auto guards = [](unsigned char byte) { return byte == GUARD_BYTE; };
  return std::all_of(at - GUARD, at, guards) &&
         std::all_of(at + bytes, at + bytes + GUARD, guards);
}

bool Memory::free(std::uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = sizes_.find(address);
  if (found == sizes_.end()) {
    return false;
  }
  overruns_ += intact(address, found->second) ? 0 : 1;
  used_ -= found->second;
  std::free(reinterpret_cast<unsigned char*>(address) - GUARD);
  sizes_.erase(found);
  return true;
}

bool Memory::holds(std::uint64_t address, std::uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto after = sizes_.upper_bound(address);
  if (after == sizes_.begin()) {
    return false;
  }
  --after;
  std::uint64_t offset = address - after->first;
  return offset <= after->second && bytes <= after->second - offset;
}

std::uint64_t Memory::total() {
  std::lock_guard<std::mutex> lock(mutex_);
  return total_;
}

std::uint64_t Memory::used() {
  std::lock_guard<std::mutex> lock(mutex_);
  return used_;
}

std::uint64_t Memory::allocations() {
  std::lock_guard<std::mutex> lock(mutex_);
  return sizes_.size();
}

std::uint64_t Memory::overruns() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::uint64_t overruns = overruns_;
  for (const auto& allocation : sizes_) {
    overruns += intact(allocation.first, allocation.second) ? 0 : 1;
  }
  return overruns;
}

void Memory::set_total(std::uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  total_ = bytes < used_ ? used_ : bytes;
}

}  // namespace standin
