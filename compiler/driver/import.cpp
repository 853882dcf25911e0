#include "compiler/driver/import.h"

#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/raw_ostream.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/format/format.h"
#include "compiler/import/json_rows.h"
#include "compiler/import/yaml.h"
#include "runtime/table/sha256.h"

namespace route::driver {
namespace {

using import::Imported;
using import::Lint;

/// A file that is imported, with what the header says of it.
struct Input {
  std::string path;
  std::string text;
  import::Origin origin;
};

auto ReadInput(const std::string& path, std::uint64_t limit) -> std::optional<Input> {
  auto text = ReadFile(path, limit);
  if (!text) {
    PrintUsageError(text.error());
    return std::nullopt;
  }
  import::Origin origin{ToolVersion(), std::filesystem::path(path).filename().string(), Sha256Hex(*text)};
  return Input{path, std::move(*text), std::move(origin)};
}

void PrintInputError(const std::string& path, const import::InputError& error) {
  std::string place = error.line == 0 ? "" : ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
  PrintUsageError(path + place + ": " + error.message);
}

auto IsInput(const std::string& output, const std::string& input) -> bool {
  if (output.empty() || input.empty() || !IsSameFile(output, input)) return false;
  PrintUsageError("`" + output + "` is what is imported; name another file to write to");
  return true;
}

auto WrittenWhere(const ImportOptions& options, const Imported& imported) -> std::string {
  bool refused = options.strict == ImportOptions::Strict::kYes && !imported.lints.empty();
  if (refused || imported.taken == 0) return {};
  return options.output.empty() ? "standard output" : options.output;
}

/// All that is said about the input, as one text: a bad file may have a hundred thousand lints.
auto LintText(const Input& input, const Imported& imported) -> std::string {
  std::string text;
  llvm::raw_string_ostream out(text);
  for (const Lint& lint : imported.lints) {
    out << input.path << ":" << lint.line << ": " << lint.key << ": " << lint.message << ": "
        << import::ActionName(lint.action) << " [" << import::LintName(lint.kind) << "]\n";
  }
  if (!imported.lints.empty()) out << "\n";
  for (const import::LintCount& count : import::CountLints(imported.lints)) {
    out << llvm::formatv("{0,6} {1,-11}{2}: {3}\n", count.count, import::ActionName(count.action),
                         import::LintName(count.kind), import::LintSummary(count.kind));
  }
  out << "read " << import::Counted(imported.read, imported.unit) << ", looked at "
      << import::Counted(imported.considered, imported.unit) << ", took "
      << import::Counted(imported.taken, "deployment") << "\n";
  return text;
}

void PrintText(const Input& input, const ImportOptions& options, const Imported& imported) {
  llvm::errs() << LintText(input, imported);
  std::string where = WrittenWhere(options, imported);
  if (where.empty()) {
    llvm::errs() << (imported.taken == 0 ? "nothing is left to write\n"
                                         : "nothing was written: --strict allows no lint\n");
  } else if (options.output.empty()) {
    llvm::outs() << imported.text;
  } else {
    llvm::errs() << "wrote " << where << "\n";
  }
}

void PrintDocument(const Input& input, const ImportOptions& options, const Imported& imported) {
  nlohmann::ordered_json document;
  document["schema"] = "route.import/1";
  document["source"] = input.path;
  document["sha256"] = input.origin.sha256;
  std::string where = WrittenWhere(options, imported);
  document["written"] = !where.empty();
  if (!where.empty() && !options.output.empty()) document["output"] = options.output;
  if (!where.empty() && options.output.empty()) document["catalogue"] = imported.text;
  document["rows"] = {{"read", imported.read}, {"considered", imported.considered}, {"taken", imported.taken}};
  auto& lints = document["lints"] = nlohmann::ordered_json::array();
  for (const Lint& lint : imported.lints) {
    lints.push_back({{"lint", import::LintName(lint.kind)},
                     {"action", import::ActionName(lint.action)},
                     {"file", input.path},
                     {"line", lint.line},
                     {"key", lint.key},
                     {"message", lint.message}});
  }
  auto& counts = document["counts"] = nlohmann::ordered_json::array();
  for (const import::LintCount& count : import::CountLints(imported.lints)) {
    counts.push_back(
        {{"lint", import::LintName(count.kind)}, {"action", import::ActionName(count.action)}, {"count", count.count}});
  }
  PrintJson(document);
}

/// As `routec fmt` writes it.
auto Canonical(std::string text) -> std::string {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("imported.route", std::move(text));
  auto formatted = format::Format(sources, file, emitter);
  if (!formatted) throw InternalError("an import wrote text that does not parse: " + emitter.diagnostics().front().message);
  return std::move(*formatted);
}

auto Finish(const Input& input, const ImportOptions& options, const CommonOptions& common, Imported imported) -> int {
  if (imported.taken > 0) imported.text = Canonical(std::move(imported.text));
  bool written = !WrittenWhere(options, imported).empty();
  if (written && !options.output.empty()) {
    if (auto done = WriteFileAtomically(options.output, imported.text); !done) {
      PrintUsageError(done.error());
      return kWrongUsage;
    }
  }
  if (common.format == Format::kJson) {
    PrintDocument(input, options, imported);
  } else {
    PrintText(input, options, imported);
  }
  return written ? kGood : kPolicyHasErrors;
}

}  // namespace

auto ImportPrices(const ImportPricesOptions& options, const CommonOptions& common) -> int {
  if (IsInput(options.common.output, options.common.input)) return kWrongUsage;
  auto input = ReadInput(options.common.input, import::kMaxJsonBytes);
  if (!input) return kWrongUsage;
  import::PriceOptions price_options = options.filters;
  price_options.origin = input->origin;
  price_options.statements = options.common.statements;
  price_options.today = common.today;
  auto imported = import::ImportPrices(input->text, price_options);
  if (!imported) {
    PrintInputError(input->path, imported.error());
    return kWrongUsage;
  }
  return Finish(*input, options.common, common, std::move(*imported));
}

auto ImportConfig(const ImportConfigOptions& options, const CommonOptions& common) -> int {
  if (IsInput(options.common.output, options.common.input) || IsInput(options.common.output, options.prices))
    return kWrongUsage;
  auto input = ReadInput(options.common.input, import::kMaxYamlBytes);
  if (!input) return kWrongUsage;
  std::optional<Input> prices;
  if (!options.prices.empty()) {
    prices = ReadInput(options.prices, import::kMaxJsonBytes);
    if (!prices) return kWrongUsage;
  }
  import::ConfigOptions config_options;
  config_options.origin = input->origin;
  if (prices) {
    config_options.prices_origin = prices->origin;
    config_options.prices = prices->text;
  }
  config_options.policy = options.policy;
  config_options.statements = options.common.statements;
  config_options.today = common.today;
  auto imported = import::ImportConfig(input->text, config_options);
  if (!imported) {
    bool in_prices = imported.error().file == import::ConfigError::File::kPrices;
    PrintInputError(in_prices ? prices->path : input->path, imported.error().error);
    return kWrongUsage;
  }
  return Finish(*input, options.common, common, std::move(*imported));
}

}  // namespace route::driver
