#include "ptx.h"

#include <cstdlib>

namespace standin {

namespace {

std::size_t number_after(const std::string& text, const std::string& word, std::size_t otherwise) {
  std::size_t at = text.find(word);
  return at == std::string::npos ? otherwise
                                 : std::strtoul(text.c_str() + at + word.size(), nullptr, 10);
}

// Bytes of parameters, each at a multiple of its alignment.
std::size_t bytes_of(const std::string& parameters) {
  std::size_t bytes = 0;
  std::size_t at = 0;
  while ((at = parameters.find(".param", at)) != std::string::npos) {
    std::size_t end = parameters.find_first_of(",)", at);
    std::string one = parameters.substr(at, end - at);
    std::size_t size;
    std::size_t align;
    if (one.find(".b8") != std::string::npos) {
      size = number_after(one, "[", 1);
      align = number_after(one, ".align ", 1);
    } else {
      std::size_t type = one.find_first_of("0123456789");
      size = std::strtoul(one.c_str() + type, nullptr, 10) / 8;
      align = size;
    }
    bytes = (bytes + align - 1) / align * align + size;
    at = end;
  }
  return bytes;
}

}  // namespace

Ptx Ptx::parse(const std::string& text) {
  Ptx ptx;
  std::size_t at = text.find("\n.version ");
  if (at != std::string::npos) {
    char* end;
    long major = std::strtol(text.c_str() + at + 10, &end, 10);
    ptx.version = static_cast<int>(major * 10 + std::strtol(end + 1, nullptr, 10));
  }
  ptx.target = static_cast<int>(number_after(text, "\n.target sm_", 0));
  const std::string entry = ".visible .entry ";
  at = 0;
  while ((at = text.find(entry, at)) != std::string::npos) {
    at += entry.size();
    std::size_t open = text.find('(', at);
    std::size_t close = text.find(')', open);
    std::string name = text.substr(at, open - at);
    ptx.entries[name] = bytes_of(text.substr(open, close - open + 1));
    at = close;
  }
  return ptx;
}

}  // namespace standin
