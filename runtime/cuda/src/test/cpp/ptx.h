// What a driver reads in a module's PTX, as far as the stand-in needs it.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace standin {

struct Ptx {
  // 63 of .version 6.3; 0 if there is none.
  int version = 0;
  // 75 of .target sm_75.
  int target = 0;
  // Bytes of each kernel's parameters.
  std::map<std::string, std::size_t> entries;

  static Ptx parse(const std::string& text);
};

}  // namespace standin
