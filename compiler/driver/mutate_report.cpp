#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/xml.h"
#include "compiler/driver/mutate.h"
#include "compiler/explain/document.h"
#include "compiler/ir/words.h"

namespace route::driver {
namespace {

using diagnostics::XmlText;
using mutate::Fate;
using mutate::Result;
using Json = nlohmann::ordered_json;

/// One document for text and Markdown.
class Writer {
 public:
  Writer(const Compilation& compilation, const mutate::MutationReport& report, const MutateOptions& options)
      : sources_(compilation.sources), report_(report), options_(options) {}

  auto Write() -> explain::Document {
    const std::size_t counted = report_.results.size() - report_.Count(Fate::kEquivalent);
    document_.title = ir::Quoted(options_.policy) + ": " + std::to_string(report_.Count(Fate::kNoticed)) + " of " +
                      ir::Counted(counted, "change") + " noticed, " + std::to_string(report_.Score()) + "%";
    AddSummary();
    AddList(Fate::kSurvived, "What nobody notices");
    AddList(Fate::kUnknown, "What was not found out within the limits");
    if (options_.verbosity == MutateOptions::Verbosity::kEachMutant) {
      AddList(Fate::kNoticed, "What is noticed");
      AddList(Fate::kEquivalent, "What changes no decision");
    }
    return std::move(document_);
  }

 private:
  void AddSummary() {
    explain::Section section{.title = "In short", .text = {}, .points = {}};
    section.points.push_back(
        {"", std::to_string(report_.Count(Fate::kNoticed)) + " noticed by a test, a guarantee or `routec check`.", {}});
    section.points.push_back({"", std::to_string(report_.Count(Fate::kSurvived)) + " survived.", {}});
    section.points.push_back(
        {"",
         std::to_string(report_.Count(Fate::kEquivalent)) + " change no decision, as was proved, and do not count.",
         {}});
    if (report_.Count(Fate::kUnknown) > 0) {
      section.points.push_back(
          {"", std::to_string(report_.Count(Fate::kUnknown)) + " not found out within the limits.", {}});
    }
    if (options_.fail_under && report_.Score() < *options_.fail_under) {
      section.points.push_back(
          {"", std::to_string(report_.Score()) + "% is below " + std::to_string(*options_.fail_under) + "%.", {}});
    }
    document_.sections.push_back(std::move(section));
  }

  void AddList(Fate fate, const std::string& title) {
    explain::Section section{.title = title, .text = {}, .points = {}};
    for (const Result& result : report_.results) {
      if (result.fate != fate) continue;
      explain::Point point{
          .name = "", .text = sources_.Describe(result.span) + ": " + result.what + ".", .details = {}};
      if (result.effect) {
        point.details.push_back(result.effect->where + ": " + result.effect->what);
        point.details.push_back("for example " + result.effect->example);
      }
      if (!result.noticed_by.empty()) point.details.push_back("noticed by " + ir::EnumerateSome(result.noticed_by, 8));
      section.points.push_back(std::move(point));
    }
    if (!section.points.empty()) document_.sections.push_back(std::move(section));
  }

  const SourceSet& sources_;
  const mutate::MutationReport& report_;
  const MutateOptions& options_;
  explain::Document document_;
};

auto ToJson(const Compilation& compilation, const mutate::MutationReport& report, const MutateOptions& options)
    -> Json {
  Json document;
  document["schema"] = "route.mutate/1";
  document["policy"] = options.policy;
  document["score"] = report.Score();
  for (const Fate fate : {Fate::kNoticed, Fate::kSurvived, Fate::kEquivalent, Fate::kUnknown}) {
    document[std::string(mutate::FateName(fate))] = report.Count(fate);
  }
  document["mutants"] = Json::array();
  for (const Result& result : report.results) {
    Json row;
    row["kind"] = mutate::KindName(result.kind);
    row["file"] = compilation.sources.Get(result.span.file).path();
    row["line"] = compilation.sources.Begin(result.span).line;
    row["what"] = result.what;
    row["fate"] = mutate::FateName(result.fate);
    row["noticed_by"] = result.noticed_by;
    row["effect"] = nullptr;
    if (result.effect)
      row["effect"] = {
          {"where", result.effect->where}, {"what", result.effect->what}, {"example", result.effect->example}};
    document["mutants"].push_back(std::move(row));
  }
  return document;
}

void PrintJunit(const Compilation& compilation, const mutate::MutationReport& report, const MutateOptions& options) {
  llvm::raw_ostream& out = llvm::outs();
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"" << XmlText(options.policy)
      << "\" tests=\"" << report.results.size() << "\" failures=\"" << report.Count(Fate::kSurvived) << "\" errors=\""
      << report.Count(Fate::kUnknown) << "\" skipped=\"" << report.Count(Fate::kEquivalent) << "\">\n";
  for (const Result& result : report.results) {
    out << "    <testcase classname=\"" << XmlText(diagnostics::JunitClass(options.policy)) << "\" name=\""
        << XmlText(result.what) << "\" file=\"" << XmlText(compilation.sources.Get(result.span.file).path())
        << "\" line=\"" << compilation.sources.Begin(result.span).line << "\"";
    switch (result.fate) {
      case Fate::kNoticed:
        out << "/>\n";
        break;
      case Fate::kEquivalent:
        out << "><skipped message=\"no decision changes\"/></testcase>\n";
        break;
      case Fate::kUnknown:
        out << "><error message=\"not found out within the limits\"/></testcase>\n";
        break;
      case Fate::kSurvived:
        out << "><failure message=\"nobody notices\">";
        if (result.effect)
          out << XmlText(result.effect->where + ": " + result.effect->what + "\nfor example " + result.effect->example);
        out << "</failure></testcase>\n";
        break;
    }
  }
  out << "  </testsuite>\n</testsuites>\n";
}

}  // namespace

void PrintMutation(const Compilation& compilation, const mutate::MutationReport& report, const MutateOptions& options,
                   const CommonOptions& common) {
  switch (common.format) {
    case Format::kText:
    case Format::kPlain:
      llvm::outs() << explain::ToText(Writer(compilation, report, options).Write(), WidthOf(Stream::kOut));
      break;
    case Format::kMarkdown:
      llvm::outs() << explain::ToMarkdown(Writer(compilation, report, options).Write());
      break;
    case Format::kJson:
      PrintJson(ToJson(compilation, report, options));
      break;
    case Format::kJunit:
      PrintJunit(compilation, report, options);
      break;
    case Format::kSarif:
    case Format::kGithub:
      throw InternalError("a format that `mutate` does not have");
  }
  llvm::outs().flush();
}

}  // namespace route::driver
