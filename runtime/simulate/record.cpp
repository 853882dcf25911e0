#include "runtime/simulate/record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace route {
namespace {

auto IsBlank(char c) -> bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

auto IsNumberPart(char c) -> bool {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line) {}

  auto Read(std::vector<Member>& members) -> std::expected<void, std::string> {
    if (!Take('{')) return Wrong("expected a JSON object");
    if (Take('}')) return End();
    for (;;) {
      Member member;
      if (!Take('"') || !TakeText(member.name) || !Take(':')) return Wrong("expected `\"name\": value`");
      if (!TakeValue(member)) return Wrong("expected a text, a number, true, false, null or a list of texts");
      members.push_back(member);
      if (Take('}')) return End();
      if (!Take(',')) return Wrong("expected `,` or `}`");
    }
  }

 private:
  auto Wrong(std::string_view what) const -> std::unexpected<std::string> {
    return std::unexpected(std::string(what) + " at column " + std::to_string(at_ + 1));
  }

  auto End() -> std::expected<void, std::string> {
    SkipBlanks();
    if (at_ != line_.size()) return Wrong("expected the end of the line");
    return {};
  }

  void SkipBlanks() {
    while (at_ < line_.size() && IsBlank(line_[at_])) ++at_;
  }

  auto Take(char c) -> bool {
    SkipBlanks();
    if (at_ >= line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// What follows the opening quote, up to the closing one.
  auto TakeText(std::string_view& text) -> bool {
    const std::size_t begin = at_;
    for (; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(line_[at_]) < 0x20) return false;
      if (line_[at_] == '\\') ++at_;
    }
    if (at_ >= line_.size()) return false;
    text = line_.substr(begin, at_++ - begin);
    return true;
  }

  auto TakeWord(std::string_view word) -> bool {
    if (!line_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  auto TakeValue(Member& member) -> bool {
    SkipBlanks();
    if (at_ >= line_.size()) return false;
    const std::size_t begin = at_;
    switch (line_[at_]) {
      case '"':
        ++at_;
        member.kind = Member::Kind::kText;
        return TakeText(member.raw);
      case '[':
        ++at_;
        member.kind = Member::Kind::kList;
        return TakeList(member.raw);
      case 't':
        member.kind = Member::Kind::kTrue;
        member.raw = "true";
        return TakeWord("true");
      case 'f':
        member.kind = Member::Kind::kFalse;
        member.raw = "false";
        return TakeWord("false");
      case 'n':
        member.kind = Member::Kind::kNull;
        return TakeWord("null");
      default:
        while (at_ < line_.size() && IsNumberPart(line_[at_])) ++at_;
        member.kind = Member::Kind::kNumber;
        member.raw = line_.substr(begin, at_ - begin);
        return at_ != begin;
    }
  }

  /// Texts between commas, up to the closing bracket.
  auto TakeList(std::string_view& list) -> bool {
    const std::size_t begin = at_;
    if (Take(']')) {
      list = {};
      return true;
    }
    for (;;) {
      std::string_view text;
      if (!Take('"') || !TakeText(text)) return false;
      if (Take(']')) break;
      if (!Take(',')) return false;
    }
    list = line_.substr(begin, at_ - 1 - begin);
    return true;
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

auto ReadRecord(std::string_view line, std::vector<Member>& members) -> std::expected<void, std::string> {
  members.clear();
  return Reader(line).Read(members);
}

auto TextOf(const Member& member) -> std::expected<std::string, std::string> {
  const bool is_plain = member.raw.find('\\') == std::string_view::npos;
  if (member.kind == Member::Kind::kText && !is_plain) {
    auto value = nlohmann::json::parse("\"" + std::string(member.raw) + "\"", nullptr, false);
    if (!value.is_string()) return std::unexpected("it has an escape that is not JSON's");
    return value.get<std::string>();
  }
  if (member.kind == Member::Kind::kList) {
    const auto list = nlohmann::json::parse("[" + std::string(member.raw) + "]", nullptr, false);
    if (!list.is_array()) return std::unexpected("it has an escape that is not JSON's");
    std::string joined;
    for (const auto& entry : list) joined += (joined.empty() ? "" : ",") + entry.get<std::string>();
    return joined;
  }
  return std::string(member.raw);
}

}  // namespace route
