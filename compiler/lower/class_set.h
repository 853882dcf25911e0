#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace route::lower {

/// A set of classes of one dimension, which has a fixed number of them. Two sets that meet in an operation are of
/// the same dimension.
class ClassSet {
 public:
  /// The classes whose entry is true.
  explicit ClassSet(const std::vector<bool>& members);

  auto Intersect(const ClassSet& other) const -> ClassSet;
  auto Unite(const ClassSet& other) const -> ClassSet;
  auto Complement() const -> ClassSet;

  auto IsEmpty() const -> bool;
  auto IsFull() const -> bool;
  auto Contains(const ClassSet& other) const -> bool;

  /// The members, ascending.
  auto Members() const -> std::vector<std::uint16_t>;

  /// The members as runs of neighbours, both ends included, ascending.
  auto Runs() const -> std::vector<std::pair<std::uint16_t, std::uint16_t>>;

  auto Hash() const -> std::uint64_t;

  friend auto operator<=>(const ClassSet&, const ClassSet&) = default;

 private:
  std::size_t classes_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace route::lower
