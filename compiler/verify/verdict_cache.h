#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Answers to questions that were asked before, of this policy as it was or of another one.
///
/// A question is known by its content: the digest of the formula with all that it is made of, of the solver and of its
/// limit. After an edit, the questions that the edit has nothing to do with have the keys that they had. Only answers
/// are kept, never that a question was too hard.
///
/// What a cached answer is worth: that some request exists is tried out anew each time it is shown, on the evaluator
/// and on the table. That none exists is as good as the run that found it, and as the folder in which it is kept:
/// whoever can write there can make `routec` believe a proof. The file is bound to the program that wrote it.
namespace route::verify {

using QuestionKey = std::array<std::byte, 16>;

struct CachedAnswer {
  bool exists = false;                 ///< some request satisfies the question
  std::vector<std::uint16_t> classes;  ///< its classes, for a question that asks for them
  friend auto operator==(const CachedAnswer&, const CachedAnswer&) -> bool = default;
};

class VerdictCache {
 public:
  /// Entries that a file holds at most; those that were used longest ago go first.
  static constexpr std::size_t kMostEntries = 400'000;
  static constexpr std::size_t kMostFileBytes = std::size_t{64} << 20U;

  auto Find(const QuestionKey& key) -> const CachedAnswer*;
  void Add(const QuestionKey& key, CachedAnswer answer);

  struct Counts {
    std::size_t found = 0;
    std::size_t added = 0;
  };
  auto counts() const -> Counts { return counts_; }

  /// Adds what `bytes` hold, which `Write` gave for the same `program`. Nothing of them is taken if they are damaged or
  /// another program's; the error says which, as the end of a sentence that begins with the file's name.
  auto Read(std::string_view bytes, std::string_view program) -> std::expected<void, std::string>;

  /// The same entries always give the same bytes. What was found or added since `Read` counts as used now.
  auto Write(std::string_view program) const -> std::string;

 private:
  struct Entry {
    CachedAnswer answer;
    std::uint32_t used = 0;  // the run that used it last, counted from the first
  };

  std::map<QuestionKey, Entry> entries_;
  std::uint32_t run_ = 1;
  Counts counts_;
};

}  // namespace route::verify
