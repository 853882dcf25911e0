#pragma once

#include <cstdint>
#include <string_view>

/// The benchmark's policies as a programmer would write them by hand: one `if` for each refusal, rule and route, with numbers
/// for names. `make_chain.cpp` writes these functions.
namespace route::bench {

/// By the order of MakePolicy's attributes; only the member that an attribute's kind uses is set.
struct ChainRequest {
  std::uint32_t index[12] = {};   ///< one of, country
  std::uint64_t members[12] = {};  ///< any of
  std::int64_t number[12] = {};    ///< millionths, days, 0 and 1
  std::string_view text[12] = {};
};

struct ChainAnswer {
  std::uint32_t refusal = 0xFFFF'FFFF;
  std::uint32_t route = 0xFFFF'FFFF;
  bool reaches = false;
  std::uint64_t allowed[16] = {};
};

void Chain100(const ChainRequest& request, ChainAnswer& answer);
void Chain1000(const ChainRequest& request, ChainAnswer& answer);
/// Takes minutes to compile, so that it is only in what `ninja bench_decide` runs; elsewhere it is null.
[[gnu::weak]] void Chain10000(const ChainRequest& request, ChainAnswer& answer);

}  // namespace route::bench
