// Any bytes as a file to format: the result has the same words, comments and syntax tree, formatting it again changes
// nothing, and a file with errors is not formatted.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/format/properties.h"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (std::string wrong = route::WhatIsWrongWithFormatting(text); !wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
