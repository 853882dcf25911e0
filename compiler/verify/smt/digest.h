#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/verify/smt/terms.h"

struct evp_md_ctx_st;

/// What a formula is, in 16 bytes, whatever else is in the graph: equal formulas of two programs have the same digest.
namespace route::smt {

/// The first half of a SHA-256 digest.
using Digest = std::array<std::byte, 16>;

/// Digests of what is added, one after the other.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  auto operator=(const Hasher&) -> Hasher& = delete;

  void Add(std::span<const std::byte> bytes);
  void Add(std::string_view text);  ///< with its length, so that two texts never read as one
  void Add(std::uint64_t number);
  void Add(const Digest& digest) { Add(std::span<const std::byte>(digest)); }

  /// The digest of everything since the last call.
  auto Finish() -> Digest;

 private:
  void Begin();

  evp_md_ctx_st* context_;
};

/// The digests of a graph's terms, each worked out once. A conjunction's does not depend on the order of its children,
/// a definition's is that of what it stands for, and a variable's says by its name and by that of its row or choice
/// which one it is.
class TermDigests {
 public:
  explicit TermDigests(const TermGraph& graph) : graph_(graph) {}

  /// What a variable's digest is made of beside its name. Before anything that uses it is asked for.
  void Describe(Term variable, std::string_view context);

  auto Of(Term term) -> Digest;

 private:
  auto Make(std::uint32_t node) -> Digest;
  auto IsKnown(std::uint32_t node) const -> bool { return node < known_.size() && known_[node]; }
  void Store(std::uint32_t node, const Digest& digest);

  const TermGraph& graph_;
  Hasher hasher_;
  std::vector<Digest> digests_;  // of the nodes, not negated
  std::vector<bool> known_;
};

}  // namespace route::smt
