#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/text.h"

/// YAML as a tree with places.
///
/// The parser is LLVM's, which the compiler links anyway: it is fuzzed, gives every node its place, reads nodes one at
/// a time, so that depth can be limited before it recurses, and leaves aliases alone, so that this file decides how far
/// they may grow. yaml-cpp would be one more package for the same events.
namespace route::import {

inline constexpr std::size_t kMaxYamlBytes = 4U << 20U;
inline constexpr std::size_t kMaxYamlDepth = 32;
/// What the tree may take with every alias written out: 64 bytes a node and its text.
inline constexpr std::size_t kMaxYamlExpanded = 16U << 20U;

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kPlain, kQuoted, kList, kMap };
  Kind kind = Kind::kNull;
  std::uint32_t line = 1;  ///< of its first character; for what came by an alias, of the alias
  std::uint32_t column = 1;
  std::string text;                ///< of a scalar; block scalars count as quoted
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map, each key once; `<<` is merged already

  auto IsScalar() const -> bool { return kind == Kind::kPlain || kind == Kind::kQuoted; }
  /// The value under a key; nothing if this is no map or has no such key.
  auto Find(std::string_view key) const -> const YamlNode*;
};

struct YamlEntry {
  std::string key;
  std::uint32_t line = 1;
  YamlNode value;
};

/// Reads the one document of a text. Anything that is not YAML, a second document, a key that stands twice, an alias of
/// nothing and an exceeded limit are errors at their place. Plain `null`, `~` and an empty value are null; what else a
/// plain scalar means is left to the caller. Cost: linear in the text and the written-out tree, with at most 1,024
/// steps for each token in deep one-line texts.
auto ReadYaml(std::string_view text) -> std::expected<YamlNode, InputError>;

}  // namespace route::import
