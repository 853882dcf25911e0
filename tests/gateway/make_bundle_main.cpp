// make_gateway_bundle FILE [--unverified]: writes the sample policy of the gateway's tests as a bundle.

#include <cstdio>
#include <fstream>
#include <string_view>

#include "tests/gateway/make_bundle.h"

auto main(int argc, char** argv) -> int {
  if (argc < 2) {
    std::fputs("usage: make_gateway_bundle FILE [--unverified]\n", stderr);
    return 2;
  }
  const bool unverified = argc > 2 && std::string_view(argv[2]) == "--unverified";
  using route::testing::Verified;
  const auto bytes = route::testing::SamplePolicy(unverified ? Verified::kNo : Verified::kYes);
  std::ofstream file(argv[1], std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file ? 0 : 1;
}
