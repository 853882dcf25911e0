#include "compiler/verify/minimal_set.h"

#include <algorithm>

namespace route::verify {

auto MinimalSet(std::size_t count, const Contradict& contradict) -> std::vector<std::size_t> {
  std::vector<std::size_t> kept;  // the last first
  std::size_t end = count;        // `kept` and the first `end` contradict
  while (end > 0 && !contradict(kept, 0)) {
    std::size_t begin = 0;  // `kept` and the first `begin` do not, as far as is known
    while (begin + 1 < end) {
      const std::size_t middle = begin + (end - begin) / 2;
      if (const auto enough = contradict(kept, middle)) {
        end = std::min(middle, *enough);  // before `begin`, if what was not known there turns out now
      } else {
        begin = middle;
      }
    }
    if (end == 0) break;
    kept.push_back(--end);
  }
  std::ranges::reverse(kept);
  return kept;
}

}  // namespace route::verify
