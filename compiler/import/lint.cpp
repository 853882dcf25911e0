#include "compiler/import/lint.h"

#include <algorithm>
#include <map>

#include "compiler/import/text.h"

namespace route::import {

auto LintName(LintKind kind) -> std::string_view {
  switch (kind) {
#define ROUTE_LINT(enumerator, name, summary) \
  case LintKind::enumerator:                  \
    return name;
#include "compiler/import/lint.def"
#undef ROUTE_LINT
  }
  return {};
}

auto LintSummary(LintKind kind) -> std::string_view {
  switch (kind) {
#define ROUTE_LINT(enumerator, name, summary) \
  case LintKind::enumerator:                  \
    return summary;
#include "compiler/import/lint.def"
#undef ROUTE_LINT
  }
  return {};
}

auto ActionName(LintAction action) -> std::string_view {
  switch (action) {
    case LintAction::kLeftOut: return "left out";
    case LintAction::kCorrected: return "corrected";
    case LintAction::kKept: return "kept";
  }
  return {};
}

void Lints::Add(LintKind kind, LintAction action, const Subject& subject, std::string message) {
  all_.push_back({kind, action, subject.line, Printable(subject.key), std::move(message)});
}

void Lints::LeaveOutFrom(std::size_t first) {
  for (std::size_t i = first; i < all_.size(); ++i) all_[i].action = LintAction::kLeftOut;
}

auto Lints::TakeSorted() -> std::vector<Lint> {
  std::ranges::stable_sort(all_, {}, &Lint::line);
  return std::move(all_);
}

auto CountLints(const std::vector<Lint>& lints) -> std::vector<LintCount> {
  std::map<std::pair<LintKind, LintAction>, std::size_t> counts;
  for (const Lint& lint : lints) ++counts[{lint.kind, lint.action}];
  std::vector<LintCount> result;
  for (const auto& [what, count] : counts) result.push_back({what.first, what.second, count});
  return result;
}

}  // namespace route::import
