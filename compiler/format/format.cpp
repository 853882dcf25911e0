#include "compiler/format/format.h"

#include <vector>

#include "compiler/base/internal_error.h"
#include "compiler/format/declaration.h"
#include "compiler/syntax/outline.h"
#include "compiler/syntax/parse.h"

namespace route::format {
namespace {

struct Declaration {
  Range range;
  Form form = Form::kRow;
};

auto DeclarationsOf(const Words& words) -> std::vector<Declaration> {
  std::vector<Declaration> declarations;
  for (std::size_t first = 0; first < words.size();) {
    Range range{first, words.DeclarationEnd(first)};
    declarations.push_back({range, FormOf(words, range)});
    first = range.last;
  }
  return declarations;
}

/// The rows that form a table from this declaration on: neighbours of the same kind with no blank line between them.
auto TableFrom(const Words& words, const std::vector<Declaration>& declarations, std::size_t begin)
    -> std::vector<Range> {
  std::vector<Range> rows;
  std::string_view keyword = words.Text(declarations[begin].range.first);
  for (std::size_t i = begin; i < declarations.size(); ++i) {
    std::size_t first = declarations[i].range.first;
    if (declarations[i].form != Form::kRow || words.Text(first) != keyword) break;
    if (i > begin && words.AnyBlankLineBefore(first)) break;
    rows.push_back(declarations[i].range);
  }
  return rows;
}

auto Canonical(const Words& words) -> std::optional<std::string> {
  Page page;
  std::vector<Declaration> declarations = DeclarationsOf(words);
  for (std::size_t i = 0; i < declarations.size();) {
    if (declarations[i].form == Form::kParts) {
      PutParts(words, page, declarations[i++].range);
    } else {
      std::vector<Range> rows = TableFrom(words, declarations, i);
      PutRows(words, page, rows, 0, LastColumnOf(words.Text(rows[0].first)));
      i += rows.size();
    }
  }
  page.PutComments(words.CommentsBefore(words.size()), 0, Page::BlankLines::kKeep);
  if (page.overflowed()) return std::nullopt;
  return page.Finish();
}

}  // namespace

auto Format(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> std::optional<std::string> {
  std::size_t errors = emitter.error_count();
  std::vector<syntax::Word> outline = syntax::ReadOutline(sources, file, emitter);
  if (emitter.error_count() > errors) return std::nullopt;
  std::string_view text = sources.Get(file).text();
  auto canonical = Canonical(Words(text, outline));
  if (!canonical) {
    emitter.Report(diagnostics::Builder(diagnostics::Code::kR0105, {file, 0, 0},
                                        "formatted, this file would be larger than " +
                                            std::to_string(syntax::kMaxFileBytes >> 20U) + " MiB")
                       .WithHint("divide it and `import` the parts"));
    return std::nullopt;
  }
  if (!syntax::SameWords(text, outline, *canonical)) {
    throw InternalError("formatting `" + sources.Get(file).path() + "` would change its words");
  }
  return canonical;
}

}  // namespace route::format
