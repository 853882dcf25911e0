#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "compiler/base/internal_error.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/pipeline.h"
#include "compiler/pages/pages.h"
#include "compiler/pages/render_page.h"

namespace route::driver {
namespace {

constexpr std::size_t kPageColumns = 80;
constexpr std::size_t kFamilyLength = 3;  // `R05`, by which the catalogue groups its codes

/// What a code that does not exist may have been meant to be.
auto Suggestion(const std::string& code) -> std::string {
  std::vector<std::string> all;
  std::string family;
  for (const auto& entry : diagnostics::Catalogue()) {
    all.emplace_back(entry.name);
    if (entry.name.substr(0, kFamilyLength) == code.substr(0, kFamilyLength)) {
      family += (family.empty() ? "" : ", ") + std::string(entry.name);
    }
  }
  if (std::string near = diagnostics::NearestName(code, all); !near.empty()) return "did you mean `" + near + "`?";
  if (IsWrittenLikeACode(code) && !family.empty()) return "codes that begin like it: " + family;
  return "a code is written like `" + all.front() + "`, as in `routec explain " + all.front() + "`";
}

}  // namespace

auto IsWrittenLikeACode(std::string_view text) -> bool {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 5 && text.front() == 'R' && std::ranges::all_of(text.substr(1), is_digit);
}

auto ExplainCode(const std::string& code, const CommonOptions& common) -> int {
  auto entry = std::ranges::find(diagnostics::Catalogue(), code, &diagnostics::CatalogueEntry::name);
  if (entry == diagnostics::Catalogue().end()) {
    PrintUsageError("there is no diagnostic code `" + code + "`: " + Suggestion(code));
    return kWrongUsage;
  }
  auto page = pages::PageOf(code);
  if (!page) throw InternalError("the code " + code + " has no page in docs/diagnostics");
  if (common.format == Format::kJson) {
    nlohmann::ordered_json document;
    document["schema"] = "route.page/1";
    document["code"] = entry->name;
    document["severity"] = entry->severity == diagnostics::Severity::kError ? "error" : "warning";
    document["title"] = entry->title;
    document["markdown"] = *page;
    PrintJson(document);
    return kGood;
  }
  if (common.format == Format::kMarkdown) {
    llvm::outs() << *page;
    llvm::outs().flush();
    return kGood;
  }
  SetColours(llvm::outs(), common);
  pages::RenderPage(*page, kPageColumns, llvm::outs());
  llvm::outs().flush();
  return kGood;
}

}  // namespace route::driver
