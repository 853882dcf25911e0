#include "compiler/syntax/stray.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/base/lookalike.h"
#include "compiler/base/utf8.h"

namespace route::syntax {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using diagnostics::Edit;

constexpr std::size_t kMostEdits = 10'000;
constexpr char32_t kEuro = 0x20AC;

auto IsBlank(char c) -> bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
auto IsDigit(char c) -> bool { return c >= '0' && c <= '9'; }
auto IsNameCharacter(char c) -> bool {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
}

auto IsWideBlank(char32_t c) -> bool { return c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000; }
auto IsCurlyQuote(char32_t c) -> bool { return c >= 0x201C && c <= 0x201F; }

/// What is known about one kind of stray character.
struct Advice {
  std::string hint;
  std::string title;  ///< of the fix
};

class StrayReporter {
 public:
  StrayReporter(const SourceSet& sources, const std::vector<Span>& strays, diagnostics::Emitter& emitter)
      : sources_(sources), strays_(strays), emitter_(emitter) {}

  void Report() {
    std::map<std::string_view, std::vector<Span>> kinds;
    std::vector<std::string_view> order;
    for (Span stray : strays_) {
      std::string_view kind = KindOf(sources_.Text(stray));
      std::vector<Span>& places = kinds[kind];
      if (places.empty()) order.push_back(kind);
      places.push_back(stray);
    }
    for (std::string_view kind : order) ReportKind(kinds[kind]);
  }

 private:
  /// Each character is a kind of its own, but quotes that open and close a text are one.
  static auto KindOf(std::string_view character) -> std::string_view {
    return IsCurlyQuote(DecodeUtf8(character, 0).code_point) ? "\u201C" : character;
  }

  void ReportKind(const std::vector<Span>& places) {
    std::string character(sources_.Text(places.front()));
    char32_t c = DecodeUtf8(character, 0).code_point;
    std::string shown = IsWideBlank(c) ? CodePointName(c) : "`" + character + "`";
    const std::string what = c == '/' ? shown : "the character " + shown;
    Builder builder(Code::kR0103, places.front(), what + " means nothing here");
    Advice advice = AdviceOn(c, places.front());
    if (!advice.hint.empty()) std::move(builder).WithHint(advice.hint);
    std::vector<Edit> edits = EditsOf(c, places);
    if (!edits.empty()) std::move(builder).WithFix({advice.title, std::move(edits)});
    emitter_.Report(std::move(builder));
  }

  auto AdviceOn(char32_t c, Span first) const -> Advice {
    switch (c) {
      case '\'': return {"texts are written in double quotes", "write double quotes"};
      case '&': return {"write `and`", "write `and` instead of `&&`"};
      case '|': return {"write `or`", "write `or` instead of `||`"};
      case '!': return {"write `not`, or `is not`", "write `not` and `is not`"};
      case '/': return {"a comment begins with `#`", "write `#` instead of each `//`"};
      case '*': return {"a comment begins with `#` and ends with its line", ""};
      case ':': return {"names and values stand side by side, without a `:`", "take out each `:`"};
      case ';': return {"a declaration needs no mark at its end", "take out each `;`"};
      case 0x2264: return {"write `<=`", "write `<=`"};
      case 0x2265: return {"write `>=`", "write `>=`"};
      case 0x2260: return {"write `is not`", "write `is not`"};
      case '$':
      case kEuro:
        if (auto amount = AmountBehind(first)) {
          return {"write `" + amount->replacement + "`", "write the currency behind each amount"};
        }
        return {};
      case '-':
        if (auto date = DateAround(first)) {
          return {"a date has two digits for month and day: write `" + date->replacement + "`", "write dates with two digits for month and day"};
        }
        if (auto header = HeaderAround(first)) {
          std::string text = "`\"" + std::string(sources_.Text(*header)) + "\"`";
          return {"the name of a header is a text: write " + text, "write the names of headers in double quotes"};
        }
        if (auto name = NameAround(first)) {
          return {"names have no `-`: write `" + *name + "`", "write `_` instead of each `-` in a name"};
        }
        return {"numbers start at 0, and names have no `-`", ""};
      default: break;
    }
    if (IsWideBlank(c)) return {"put a common blank in its place", "put common blanks in its place"};
    if (IsCurlyQuote(c)) return {"texts are written in straight double quotes", "write straight double quotes"};
    if (auto letter = AsciiLookalike(c)) {
      std::string text = "`" + std::string(1, *letter) + "`";
      return {"this is not the letter " + text + " but " + CodePointName(c) + ", which looks like it: write " + text,
              "write the letter " + text};
    }
    if (c >= 0x80) {
      return {"names are made of the letters a to z, digits and `_`; other characters belong in texts and comments", ""};
    }
    return {};
  }

  /// One edit for each place where it is sure what was meant.
  auto EditsOf(char32_t c, const std::vector<Span>& places) const -> std::vector<Edit> {
    if (c == '\'' || IsCurlyQuote(c)) return Quotes(places);
    if (c == '&' || c == '|') return Doubled(places, c == '&' ? "and" : "or");
    std::vector<Edit> edits;
    for (Span place : places) {
      if (edits.size() == kMostEdits) break;  // the rest is for the next round
      if (auto edit = EditOf(c, place)) edits.push_back(std::move(*edit));
    }
    return edits;
  }

  auto EditOf(char32_t c, Span place) const -> std::optional<Edit> {
    std::string_view text = TextOf(place.file);
    switch (c) {
      case '!':
        if (At(text, place.end) == '=') return Word({place.file, place.begin, place.end + 1}, "is not");
        if (text.substr(place.end, 2) == "is" && !IsNameCharacter(At(text, place.end + 2))) {
          return Word({place.file, place.begin, place.end + 2}, "is not");
        }
        return IsNameCharacter(At(text, place.end)) || At(text, place.end) == '(' ? std::optional(Word(place, "not"))
                                                                                 : std::nullopt;
      case '/': return Edit{place, "#"};
      case ':': {
        const bool is_behind_name = place.begin > 0 && IsNameCharacter(text[place.begin - 1]);
        return is_behind_name && IsBlank(At(text, place.end)) ? std::optional(Edit{place, ""}) : std::nullopt;
      }
      case ';': return EndsLine(text, place.end) ? std::optional(Edit{place, ""}) : std::nullopt;
      case '$':
      case kEuro: return AmountBehind(place);
      case '-':
        if (auto date = DateAround(place)) {
          const bool first = sources_.Text({place.file, date->span.begin, place.begin}).find('-') == std::string_view::npos;
          return first ? date : std::nullopt;
        }
        if (auto header = HeaderAround(place)) {
          bool first = sources_.Text({place.file, header->begin, place.begin}).find('-') == std::string_view::npos;
          if (!first) return std::nullopt;
          return Edit{*header, "\"" + std::string(sources_.Text(*header)) + "\""};
        }
        return NameAround(place) ? std::optional(Edit{place, "_"}) : std::nullopt;
      case 0x2264: return Edit{place, "<="};
      case 0x2265: return Edit{place, ">="};
      case 0x2260: return Word(place, "is not");
      default: break;
    }
    if (IsWideBlank(c)) return Edit{place, " "};
    auto letter = AsciiLookalike(c);
    bool in_name = place.begin > 0 && IsNameCharacter(text[place.begin - 1]);
    if (!letter || !(in_name || IsNameCharacter(At(text, place.end)))) return std::nullopt;
    return Edit{place, std::string(1, *letter)};
  }

  auto TextOf(FileId file) const -> std::string_view { return sources_.Get(file).text(); }

  static auto At(std::string_view text, std::size_t i) -> char { return i < text.size() ? text[i] : '\n'; }

  /// Only blanks, a comment or a `}` follow on the line.
  static auto EndsLine(std::string_view text, std::size_t at) -> bool {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) ++at;
    char c = At(text, at);
    return c == '\n' || c == '#' || c == '}';
  }

  /// A word in the place of a sign, with blanks around it.
  auto Word(Span place, std::string word) const -> Edit {
    std::string_view text = TextOf(place.file);
    if (place.begin > 0 && !IsBlank(text[place.begin - 1]) && text[place.begin - 1] != '(') word.insert(0, " ");
    if (!IsBlank(At(text, place.end))) word += " ";
    return {place, std::move(word)};
  }

  /// `&&` and `||`: two of the characters side by side.
  auto Doubled(const std::vector<Span>& places, const std::string& word) const -> std::vector<Edit> {
    std::vector<Edit> edits;
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
      if (edits.size() == kMostEdits) break;
      if (places[i].end != places[i + 1].begin) continue;
      edits.push_back(Word({places[i].file, places[i].begin, places[i + 1].end}, word));
      ++i;
    }
    return edits;
  }

  /// `'a text'`: two on one line, with nothing between them that would mean something else in double quotes.
  auto Quotes(const std::vector<Span>& places) const -> std::vector<Edit> {
    std::vector<Edit> edits;
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
      if (edits.size() == kMostEdits) break;
      std::string_view between = sources_.Text({places[i].file, places[i].end, places[i + 1].begin});
      if (between.empty() || between.find_first_of("\"\\\n\r#") != std::string_view::npos) continue;
      edits.push_back({places[i], "\""});
      edits.push_back({places[i + 1], "\""});
      ++i;
    }
    return edits;
  }

  /// The letters, digits, `_` and `-` around a place, at most a hundred on either side.
  auto WordAround(Span place) const -> Span {
    constexpr std::uint32_t kLongest = 100;
    std::string_view text = TextOf(place.file);
    auto belongs = [&](std::size_t i) { return IsNameCharacter(text[i]) || text[i] == '-'; };
    std::uint32_t begin = place.begin;
    while (begin > 0 && belongs(begin - 1) && place.begin - begin < kLongest) --begin;
    std::uint32_t end = place.end;
    while (end < text.size() && belongs(end) && end - place.end < kLongest) ++end;
    return {place.file, begin, end};
  }

  /// `$1.50` as `1.50 USD`; a currency that is there already stays.
  auto AmountBehind(Span place) const -> std::optional<Edit> {
    const std::string_view text = TextOf(place.file);
    const std::string_view rest = text.substr(place.end);
    const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789_.kM"));
    if (number.empty() || !IsDigit(number.front())) return std::nullopt;
    const std::string currency = text[place.begin] == '$' ? "USD" : "EUR";
    const std::size_t next = rest.find_first_not_of(" \t", number.size());
    const auto end = place.end + static_cast<std::uint32_t>(number.size());
    if (next != std::string_view::npos && rest.substr(next).starts_with(currency)) {
      const auto past = place.end + static_cast<std::uint32_t>(next + currency.size());
      return Edit{{place.file, place.begin, past}, std::string(number) + " " + currency};
    }
    return Edit{{place.file, place.begin, end}, std::string(number) + " " + currency};
  }

  /// `2027-2-1` as `2027-02-01`.
  auto DateAround(Span place) const -> std::optional<Edit> {
    const Span word = WordAround(place);
    std::string_view rest = sources_.Text(word);
    std::string date;
    for (const std::size_t digits : {std::size_t{4}, std::size_t{2}, std::size_t{2}}) {
      const std::size_t end = std::min(rest.find('-'), rest.size());
      const std::string_view number = rest.substr(0, end);
      if (number.empty() || number.size() > digits || !std::ranges::all_of(number, IsDigit)) return std::nullopt;
      if (date.empty() && number.size() != digits) return std::nullopt;
      date += (date.empty() ? "" : "-") + std::string(digits - number.size(), '0') + std::string(number);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!rest.empty() || sources_.Text(word).ends_with('-')) return std::nullopt;
    return Edit{word, date};
  }

  /// The word with a `-` in it, if it stands behind the word `header`.
  auto HeaderAround(Span place) const -> std::optional<Span> {
    constexpr std::string_view kHeader = "header";
    Span word = WordAround(place);
    std::string_view text = TextOf(place.file).substr(0, word.begin);
    std::size_t before = text.find_last_not_of(" \t");
    if (before == std::string_view::npos || before + 1 == word.begin || !text.substr(0, before + 1).ends_with(kHeader)) {
      return std::nullopt;
    }
    return word;
  }

  /// The name that would result if each `-` in it were a `_`; nothing if the `-` does not stand in a name.
  auto NameAround(Span place) const -> std::optional<std::string> {
    std::string name(sources_.Text(WordAround(place)));
    if (IsDigit(name.front()) || name.front() == '-' || name.back() == '-') return std::nullopt;
    std::ranges::replace(name, '-', '_');
    return name;
  }

  const SourceSet& sources_;
  const std::vector<Span>& strays_;
  diagnostics::Emitter& emitter_;
};

}  // namespace

void ReportStrayCharacters(const SourceSet& sources, const std::vector<Span>& strays, diagnostics::Emitter& emitter) {
  StrayReporter(sources, strays, emitter).Report();
}

}  // namespace route::syntax
