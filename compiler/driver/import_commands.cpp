#include "compiler/driver/command_line.h"
#include "compiler/driver/import.h"
#include "compiler/import/names.h"

namespace route::driver {
namespace {

auto ParseCountryOption(const std::string& option, const std::string& text) -> Country {
  auto country = ParseCountry(text);
  if (!country)
    throw CLI::ValidationError(
        option, "`" + text + "` is no country: write the two capital letters of ISO 3166-1, for example FR");
  return *country;
}

void WithImportOptions(CommandLine& line, CLI::App* command, ImportOptions* options, const std::string& input) {
  command->add_option("input", options->input, "the file to import")->required()->option_text(input);
  command->add_option("-o,--output", options->output, "the catalogue to write; standard output if it is not given")
      ->option_text("FILE.route");
  command->add_flag_callback(
      "--strict", [options] { options->strict = ImportOptions::Strict::kYes; },
      "write nothing and exit with 1 if there is any lint");
  command
      ->add_option_function<std::string>(
          "--assume-processed-in",
          [options](const std::string& text) {
            options->statements.processed_in = ParseCountryOption("--assume-processed-in", text);
          },
          "the country in which is processed what does not say its own")
      ->option_text("CC");
  command
      ->add_option_function<std::vector<std::string>>(
          "--headquarters",
          [options](const std::vector<std::string>& pairs) {
            for (const std::string& pair : pairs) {
              std::size_t equals = pair.find('=');
              if (equals == std::string::npos || equals == 0) {
                throw CLI::ValidationError("--headquarters", "`" + pair + "` is not of the form provider=CC");
              }
              options->statements.headquarters.insert_or_assign(
                  pair.substr(0, equals), ParseCountryOption("--headquarters", pair.substr(equals + 1)));
            }
          },
          "where a provider is headquartered, for example novita=US; may be given several times")
      ->option_text("PROVIDER=CC")
      ->delimiter(',');
  line.WithOutput(command);
}

void AddPrices(CommandLine& line, CLI::App* parent) {
  auto [command, options] = line.AddTo<ImportPricesOptions>(
      parent, "litellm-prices", "Makes a catalogue of LiteLLM's model_prices_and_context_window.json", ImportPrices);
  import::PriceOptions& filters = options->filters;
  command->add_option("--provider", filters.providers, "only these providers")->delimiter(',')->option_text("A,B");
  command->add_option("--match", filters.matches, "only keys of this form; `*` stands for any text")
      ->option_text("GLOB");
  command->add_option("--mode", filters.modes, "only these modes (chat,responses unless given)")
      ->delimiter(',')
      ->check(CLI::Validator(
          [](const std::string& mode) {
            return import::IsMode(mode) ? std::string() : "`" + mode + "` is no mode of LiteLLM's";
          },
          ""))
      ->option_text("A,B");
  command
      ->add_option("--region", filters.regions,
                   "only these regions, zones or countries, for example eu-central-1 or DE")
      ->delimiter(',')
      ->option_text("A,B");
  command->add_option("--limit", filters.limit, "at most so many deployments, the first of the file")
      ->check(CLI::PositiveNumber.description(""))
      ->option_text("N");
  WithImportOptions(line, command, &options->common, "FILE.json");
}

void AddConfig(CommandLine& line, CLI::App* parent) {
  auto [command, options] = line.AddTo<ImportConfigOptions>(
      parent, "litellm-config", "Makes a catalogue of the configuration of LiteLLM's proxy", ImportConfig);
  command->add_option("--prices", options->prices, "LiteLLM's price list, for what the configuration does not say")
      ->option_text("FILE.json");
  command->add_option("--policy", options->policy, "write a whole policy of this name, with its routes")
      ->check(CLI::Validator(
          [](const std::string& name) {
            return import::IsName(name) ? std::string()
                                        : "`" + name + "` cannot be a name; `" + import::Identifier(name) + "` can";
          },
          ""))
      ->option_text("NAME");
  WithImportOptions(line, command, &options->common, "FILE.yaml");
}

}  // namespace

void AddImportCommands(CommandLine& line) {
  CLI::App* command = line.app().add_subcommand("import", "Makes a catalogue of another program's file");
  command->require_subcommand(1);
  AddPrices(line, command);
  AddConfig(line, command);
}

}  // namespace route::driver
