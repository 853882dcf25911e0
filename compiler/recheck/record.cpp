#include "compiler/recheck/record.h"

namespace route::recheck {

void Differs(const std::string& message) {
  throw Mismatch{Mismatch::Kind::kDiffers, message};
}

void Expect(std::uint64_t found, std::uint64_t expected, std::string_view what) {
  if (found == expected) return;
  Differs(std::string(what) + " is " + std::to_string(found) + " and not " + std::to_string(expected));
}

auto Record::Take(unsigned size) -> std::uint64_t {
  if (next_ > bytes_.size() || size > bytes_.size() - next_) Differs("the file ends within a record");
  std::uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(bytes_[next_ + i]) << (8 * i);
  next_ += size;
  return value;
}

}  // namespace route::recheck
