#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/render.h"
#include "compiler/driver/command_line.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/format/diff.h"
#include "compiler/format/format.h"
#include "compiler/prove/core_text.h"
#include "compiler/syntax/parse.h"

namespace route::driver {
namespace {

constexpr std::string_view kStandardInput = "-";

enum class Result : std::uint8_t { kUnchanged, kWouldChange, kChanged, kCore, kFailed };

auto ResultName(Result result) -> const char* {
  switch (result) {
    case Result::kUnchanged:
      return "unchanged";
    case Result::kWouldChange:
      return "would_change";
    case Result::kChanged:
      return "changed";
    case Result::kCore:
      return "core";
    case Result::kFailed:
      return "failed";
  }
  return "";
}

/// Formats the files that are named, one after the other; what is wrong with one of them is no reason not to do the
/// rest.
class Formatter {
 public:
  Formatter(const FmtOptions& options, const CommonOptions& common) : options_(options), common_(common) {}

  auto Run() -> int {
    for (const std::string& file : options_.files) {
      options_.output == FmtOptions::Output::kCore ? PrintCore(file) : FormatFile(file);
    }
    if (common_.format == Format::kJson) {
      PrintJson({{"schema", "route.fmt/1"}, {"files", rows_}, {"diagnostics", diagnostics_}});
    }
    return code_;
  }

 private:
  void FormatFile(const std::string& file) {
    bool standard_input = file == kStandardInput;
    std::string name = standard_input ? "<stdin>" : file;
    // More than the parser takes, so that it is the parser that says how large a file may be.
    constexpr std::uint64_t limit = 2 * syntax::kMaxFileBytes;
    auto text = standard_input ? ReadStandardInput(limit) : ReadFile(file, limit);
    if (!text) {
      PrintUsageError(text.error());
      return AddRow(name, Result::kFailed, kWrongUsage);
    }
    Compilation compilation;
    FileId id = compilation.sources.Add(name, std::move(*text));
    auto formatted = format::Format(compilation.sources, id, compilation.emitter);
    if (!formatted) {
      PrintProblems(compilation);
      return AddRow(name, Result::kFailed, kPolicyHasErrors);
    }
    std::string_view before = compilation.sources.Get(id).text();
    if (options_.output == FmtOptions::Output::kDiff) PrintDiff(name, before, *formatted);
    if (standard_input) {
      FinishStandardInput(name, before, *formatted);
    } else {
      FinishFile(file, before, *formatted);
    }
  }

  /// The core is of the whole policy, with what the file imports.
  void PrintCore(const std::string& file) {
    const auto compilation = ReadPolicy(file, common_);
    if (compilation == nullptr) return AddRow(file, Result::kFailed, kWrongUsage);
    if (compilation->emitter.has_errors()) {
      PrintProblems(*compilation);
      return AddRow(file, Result::kFailed, kPolicyHasErrors);
    }
    const std::string text = prove::CoreText(compilation->policy);
    if (IsText(common_.format)) llvm::outs() << text;
    AddRow(file, Result::kCore, kGood);
    rows_.back()["text"] = text;
  }

  auto ChangesNothing() const -> bool {
    return options_.check == FmtOptions::Check::kYes || options_.output == FmtOptions::Output::kDiff;
  }

  void FinishFile(const std::string& file, std::string_view before, const std::string& after) {
    if (before == after) return AddRow(file, Result::kUnchanged, kGood);
    if (ChangesNothing()) return WouldChange(file);
    if (auto written = WriteFileAtomically(file, after); !written) {
      PrintUsageError(written.error());
      return AddRow(file, Result::kFailed, kWrongUsage);
    }
    if (IsText(common_.format)) llvm::outs() << "formatted " << diagnostics::Printable(file) << "\n";
    AddRow(file, Result::kChanged, kGood);
  }

  void FinishStandardInput(const std::string& name, std::string_view before, const std::string& after) {
    if (ChangesNothing()) return before == after ? AddRow(name, Result::kUnchanged, kGood) : WouldChange(name);
    if (IsText(common_.format)) llvm::outs() << after;
    AddRow(name, before == after ? Result::kUnchanged : Result::kChanged, kGood);
    rows_.back()["text"] = after;
  }

  void WouldChange(const std::string& name) {
    bool check = options_.check == FmtOptions::Check::kYes;
    // A diff names the file already.
    if (IsText(common_.format) && options_.output == FmtOptions::Output::kFile) {
      llvm::outs() << "would format " << diagnostics::Printable(name) << "\n";
    }
    AddRow(name, Result::kWouldChange, check ? kPolicyHasErrors : kGood);
  }

  void PrintDiff(const std::string& name, std::string_view before, const std::string& after) {
    diff_ = format::UnifiedDiff(name, name, before, after);
    if (IsText(common_.format)) llvm::outs() << diff_;
  }

  void PrintProblems(const Compilation& compilation) {
    if (IsText(common_.format)) return PrintDiagnostics(compilation, common_, Stream::kErr);
    for (auto& row : diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources)) {
      diagnostics_.push_back(std::move(row));
    }
  }

  void AddRow(const std::string& file, Result result, int code) {
    rows_.push_back({{"file", file}, {"result", ResultName(result)}});
    if (options_.output == FmtOptions::Output::kDiff && result != Result::kFailed) rows_.back()["diff"] = diff_;
    code_ = std::max(code_, code);
  }

  const FmtOptions& options_;
  const CommonOptions& common_;
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json diagnostics_ = nlohmann::ordered_json::array();
  std::string diff_;  ///< of the file at hand
  int code_ = kGood;
};

auto Fmt(const FmtOptions& options, const CommonOptions& common) -> int {
  return Formatter(options, common).Run();
}

}  // namespace

void AddFmtCommand(CommandLine& line) {
  auto [fmt, options] = line.Add<FmtOptions>("fmt", "Puts policy files into their canonical form, in place", Fmt);
  fmt->add_option("files", options->files, "the files; `-` reads standard input and writes standard output")
      ->required()
      ->option_text("FILE.route...");
  fmt->add_flag_callback(
      "--check", [options = options] { options->check = FmtOptions::Check::kYes; },
      "change nothing; name the files that would change and exit with 1 if there are any");
  fmt->add_flag_callback(
      "--diff", [options = options] { options->output = FmtOptions::Output::kDiff; },
      "change nothing; print what would change");
  fmt->add_flag_callback(
      "--core", [options = options] { options->output = FmtOptions::Output::kCore; },
      "change nothing; print the policy core as text that is read without a grammar, for who checks a proof pack");
  line.WithFormat(fmt);
}

}  // namespace route::driver
