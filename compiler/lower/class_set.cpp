#include "compiler/lower/class_set.h"

#include <algorithm>
#include <bit>

namespace route::lower {

ClassSet::ClassSet(const std::vector<bool>& members) : classes_(members.size()), words_((members.size() + 63) / 64, 0) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i]) words_[i / 64] |= std::uint64_t{1} << (i % 64);
  }
}

auto ClassSet::Intersect(const ClassSet& other) const -> ClassSet {
  ClassSet result = *this;
  for (std::size_t i = 0; i < words_.size(); ++i) result.words_[i] &= other.words_[i];
  return result;
}

auto ClassSet::Unite(const ClassSet& other) const -> ClassSet {
  ClassSet result = *this;
  for (std::size_t i = 0; i < words_.size(); ++i) result.words_[i] |= other.words_[i];
  return result;
}

auto ClassSet::Complement() const -> ClassSet {
  ClassSet result = *this;
  for (std::uint64_t& word : result.words_) word = ~word;
  if (classes_ % 64 != 0) result.words_.back() &= (std::uint64_t{1} << (classes_ % 64)) - 1;
  return result;
}

auto ClassSet::IsEmpty() const -> bool {
  return std::ranges::all_of(words_, [](std::uint64_t word) { return word == 0; });
}

auto ClassSet::IsFull() const -> bool {
  return Complement().IsEmpty();
}

auto ClassSet::Contains(const ClassSet& other) const -> bool {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((other.words_[i] & ~words_[i]) != 0) return false;
  }
  return true;
}

auto ClassSet::Members() const -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> members;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
      members.push_back(static_cast<std::uint16_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
    }
  }
  return members;
}

auto ClassSet::Runs() const -> std::vector<std::pair<std::uint16_t, std::uint16_t>> {
  std::vector<std::pair<std::uint16_t, std::uint16_t>> runs;
  for (const std::uint16_t member : Members()) {
    if (!runs.empty() && runs.back().second + 1 == member) {
      runs.back().second = member;
    } else {
      runs.emplace_back(member, member);
    }
  }
  return runs;
}

auto ClassSet::Hash() const -> std::uint64_t {
  std::uint64_t hash = classes_;
  for (const std::uint64_t word : words_) {
    hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15;
    hash ^= hash >> 32U;
  }
  return hash;
}

}  // namespace route::lower
