#include "compiler/import/json_rows.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/base/source.h"

namespace route::import {
namespace {

/// How much of the text the parser has read.
struct Progress {
  std::size_t offset = 0;
  std::uint32_t line = 1;
};

/// Hands the parser one byte after another and counts them, for its events carry no places.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Progress* progress) : at_(at), progress_(progress) {}
  auto operator*() const -> reference { return *at_; }
  auto operator++() -> CountingIterator& {
    if (*at_ == '\n') ++progress_->line;
    ++progress_->offset;
    ++at_;
    return *this;
  }
  auto operator==(const CountingIterator& other) const -> bool { return at_ == other.at_; }

 private:
  const char* at_;
  Progress* progress_;
};

/// The parser's own sentence without its prefix: `unexpected end of input; expected '}'`.
auto Sentence(std::string_view what) -> std::string {
  for (std::string_view mark : {" - ", ": "}) {
    std::size_t at = what.find(mark);
    if (at != std::string_view::npos) what.remove_prefix(at + mark.size());
    if (mark == " - " && at != std::string_view::npos) break;
  }
  return "this is not JSON: " + Printable(what);
}

/// Receives the parser's events. Depth 1 is the outer object, depth 2 a row.
class RowReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit RowReader(const Progress& progress) : progress_(progress) {}

  std::vector<JsonRow> rows;
  std::optional<std::string> problem;  ///< why this reader stopped the parser
  std::size_t problem_offset = 0;

  auto null() -> bool override { return Take({}); }
  auto boolean(bool value) -> bool override { return Take({value ? Scalar::Kind::kTrue : Scalar::Kind::kFalse, {}}); }
  auto number_integer(number_integer_t value) -> bool override {
    return Take({Scalar::Kind::kNumber, std::to_string(value)});
  }
  auto number_unsigned(number_unsigned_t value) -> bool override {
    return Take({Scalar::Kind::kNumber, std::to_string(value)});
  }
  auto number_float(number_float_t, const string_t& text) -> bool override {
    return text.size() > kMaxTextBytes ? TooLong() : Take({Scalar::Kind::kNumber, text});
  }
  auto string(string_t& text) -> bool override {
    if (text.size() > kMaxTextBytes) return TooLong();
    return Take({Scalar::Kind::kText, std::move(text)});
  }
  auto binary(binary_t&) -> bool override { return Stop("there is no binary data in JSON"); }
  auto start_object(std::size_t) -> bool override { return Open(JsonRow::Shape::kObject); }
  auto end_object() -> bool override { return Close(); }
  auto start_array(std::size_t) -> bool override { return Open(JsonRow::Shape::kList); }
  auto end_array() -> bool override { return Close(); }

  auto key(string_t& text) -> bool override {
    if (text.size() > kMaxTextBytes) return TooLong();
    if (depth_ == 1) {
      if (rows.size() == kMaxRows) return Stop("there are more than " + std::to_string(kMaxRows) + " rows");
      rows.emplace_back();
      rows.back().key = std::move(text);
      rows.back().line = progress_.line;
    } else if (depth_ == 2) {
      field_ = std::move(text);
    }
    return true;
  }

  auto parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) -> bool override {
    if (!problem) Stop(Sentence(error.what()));
    return false;
  }

 private:
  auto Stop(std::string sentence) -> bool {
    problem = std::move(sentence);
    problem_offset = progress_.offset > 0 ? progress_.offset - 1 : 0;
    return false;
  }
  auto TooLong() -> bool { return Stop("this text is longer than " + std::to_string(kMaxTextBytes) + " bytes"); }

  auto Open(JsonRow::Shape shape) -> bool {
    if (depth_ == 0 && shape != JsonRow::Shape::kObject) return NotRows();
    if (depth_ == kMaxDepth)
      return Stop("objects and lists are nested more than " + std::to_string(kMaxDepth) + " deep");
    if (depth_ == 1) rows.back().shape = shape;
    if (depth_ == 2 && rows.back().shape == JsonRow::Shape::kObject) {
      in_regions_ = shape == JsonRow::Shape::kList && field_ == "supported_regions";
    }
    ++depth_;
    return true;
  }

  auto Close() -> bool {
    --depth_;
    if (depth_ == 2) in_regions_ = false;
    return true;
  }

  auto Take(Scalar value) -> bool {
    if (depth_ == 0) return NotRows();
    if (depth_ == 1) {
      rows.back().shape = JsonRow::Shape::kScalar;
      rows.back().scalar = std::move(value);
    } else if (depth_ == 2 && rows.back().shape == JsonRow::Shape::kObject) {
      Set(rows.back().fields, field_, std::move(value));
      if (rows.back().fields.size() > kMaxFields) {
        return Stop("this row has more than " + std::to_string(kMaxFields) + " fields");
      }
    } else if (depth_ == 3 && in_regions_ && rows.back().regions.size() < kMaxFields) {
      rows.back().regions.push_back(value.kind == Scalar::Kind::kText ? std::move(value.text) : std::string());
    }
    return true;
  }

  auto NotRows() -> bool { return Stop("a price list is one object whose entries are the models"); }

  const Progress& progress_;
  std::size_t depth_ = 0;
  std::string field_;
  bool in_regions_ = false;
};

}  // namespace

auto Find(const Fields& fields, std::string_view name) -> const Scalar* {
  auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &found->value;
}

auto TextOf(const Fields& fields, std::string_view name) -> std::string_view {
  const Scalar* value = Find(fields, name);
  return value != nullptr && value->kind == Scalar::Kind::kText ? std::string_view(value->text) : std::string_view();
}

void Set(Fields& fields, std::string_view name, Scalar value) {
  auto found = std::ranges::find(fields, name, &Field::name);
  if (found != fields.end()) {
    found->value = std::move(value);
  } else {
    fields.push_back({std::string(name), std::move(value)});
  }
}

auto ReadJsonRows(std::string_view text) -> std::expected<std::vector<JsonRow>, InputError> {
  if (text.size() > kMaxJsonBytes) {
    return std::unexpected(
        InputError{0, 0, "the file is larger than " + std::to_string(kMaxJsonBytes >> 20U) + " MiB"});
  }
  Progress progress;
  RowReader reader(progress);
  bool read = nlohmann::json::sax_parse(CountingIterator(text.data(), &progress),
                                        CountingIterator(text.data() + text.size(), &progress), &reader);
  if (read) return std::move(reader.rows);
  auto place = SourceFile({}, std::string(text)).Locate(static_cast<std::uint32_t>(reader.problem_offset));
  return std::unexpected(InputError{place.line, place.column, reader.problem.value_or("this is not JSON")});
}

}  // namespace route::import
