#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/text.h"

/// A JSON object of objects, such as LiteLLM's price list, read as rows.
namespace route::import {

inline constexpr std::size_t kMaxJsonBytes = 64U << 20U;
inline constexpr std::size_t kMaxRows = 100'000;
inline constexpr std::size_t kMaxFields = 256;      ///< of one row
inline constexpr std::size_t kMaxTextBytes = 2000;  ///< of a key or a text
inline constexpr std::size_t kMaxDepth = 32;

/// A scalar as it is written: numbers keep their digits, so that no price goes through a binary fraction.
struct Scalar {
  enum class Kind : std::uint8_t { kNumber, kText, kTrue, kFalse, kNull };
  Kind kind = Kind::kNull;
  std::string text;  ///< of a number or a text
};

struct Field {
  std::string name;
  Scalar value;
};

/// The scalar fields of one thing, in order, each name once.
using Fields = std::vector<Field>;

/// The value of a field; nothing if it is not there.
auto Find(const Fields& fields, std::string_view name) -> const Scalar*;
/// The text of a field that is a text; empty otherwise.
auto TextOf(const Fields& fields, std::string_view name) -> std::string_view;
/// Replaces a field, or adds it.
void Set(Fields& fields, std::string_view name, Scalar value);

/// One entry of the outer object.
struct JsonRow {
  std::string key;
  std::uint32_t line = 1;  ///< of its key
  enum class Shape : std::uint8_t { kObject, kScalar, kList };
  Shape shape = Shape::kObject;
  Fields fields;                     ///< of an object: what is a scalar there; lists and objects within it are skipped
  Scalar scalar;                     ///< of a scalar
  std::vector<std::string> regions;  ///< the texts of its list `supported_regions`
};

/// Reads the rows in order; a key that stands twice gives two rows. One pass, without recursion; memory is bounded by
/// the size of the text and by the limits above, and what exceeds one of them is an error at its place, as is anything
/// that is not JSON.
auto ReadJsonRows(std::string_view text) -> std::expected<std::vector<JsonRow>, InputError>;

}  // namespace route::import
