#include "compiler/syntax/text_checks.h"

#include "compiler/base/utf8.h"

namespace route::syntax {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

/// The first bytes of a bundle (runtime/table/layout.h), of which the first belongs to no character.
constexpr std::string_view kBundleBegins = "\x89RTB";

}  // namespace

auto CheckText(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> bool {
  std::string_view text = sources.Get(file).text();
  constexpr std::size_t kMostReported = 100;
  std::size_t reported = 0;
  bool usable = true;
  for (std::size_t i = 0; i < text.size();) {
    auto at = static_cast<std::uint32_t>(i);
    Utf8Character decoded = DecodeUtf8(text, i);
    if (decoded.length == 0 && text.starts_with(kBundleBegins)) {
      emitter.Report(Builder(Code::kR0102, {file, at, at + 1}, "this file is a bundle, which `routec build` wrote, and no policy text")
                         .WithHint("`routec decide` says what a bundle decides; give the `.route` file here"));
      return false;
    }
    if (decoded.length == 0) {
      emitter.Report(Builder(Code::kR0102, {file, at, at + 1}, "this byte is not part of a UTF-8 character")
                         .WithHint("save the file as UTF-8"));
      return false;
    }
    if (IsMisleading(decoded.code_point)) {
      if (++reported > kMostReported) return false;
      emitter.Report(Builder(Code::kR0110, {file, at, at + decoded.length},
                             "the text holds the invisible character " + CodePointName(decoded.code_point) +
                                 ", which can make it read differently from what it says")
                         .WithHint("delete it")
                         .WithFix({"delete " + CodePointName(decoded.code_point),
                                   {{{file, at, at + decoded.length}, ""}}}));
      usable = false;
    }
    i += decoded.length;
  }
  return usable;
}

}  // namespace route::syntax
