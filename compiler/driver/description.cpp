#include "compiler/driver/description.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <string_view>

namespace route::driver {
namespace {

/// Without the full stop that the program's own description ends with.
auto WithoutStop(std::string text) -> std::string {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

auto DescribeOption(const CLI::Option& option) -> Argument {
  Argument argument;
  for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
  if (option.get_items_expected_max() != 0) {
    argument.placeholder = option.get_option_text().empty() ? "TEXT" : option.get_option_text();
    argument.repeats = option.get_expected_max() > 1;
  }
  argument.meaning = option.get_description();
  argument.required = option.get_required();
  return argument;
}

auto DescribeWithin(const CLI::App& app, std::vector<std::string> words) -> Command {
  Command command;
  command.words = std::move(words);
  command.summary = WithoutStop(app.get_description());
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? command.arguments : command.options).push_back(DescribeOption(*option));
  }
  for (const CLI::App* within : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> longer = command.words;
    longer.push_back(within->get_name());
    command.commands.push_back(DescribeWithin(*within, std::move(longer)));
  }
  return command;
}

}  // namespace

auto ReadPlaceholder(const std::string& placeholder) -> Values {
  constexpr std::string_view kFile = "FILE";
  Values values;
  std::istringstream parts(placeholder);
  for (std::string part; std::getline(parts, part, '|');) {
    if (part == "DIR") {
      values.folders = true;
    } else if (part == "CODE") {
      values.codes = true;
    } else if (part == "COMMAND") {
      values.commands = true;
    } else if (part.starts_with(kFile)) {
      values.endings.push_back(part.substr(kFile.size()));
    } else if (!part.empty() && part.front() >= 'a' && part.front() <= 'z') {
      values.words.push_back(part);
    }
  }
  return values;
}

auto Describe(const CLI::App& app) -> Command {
  return DescribeWithin(app, {});
}

auto JoinWords(const Command& command, const std::string& separator) -> std::string {
  std::string text;
  for (const std::string& word : command.words) text += (text.empty() ? "" : separator) + word;
  return text;
}

auto WithAllWithin(const Command& command) -> std::vector<const Command*> {
  std::vector<const Command*> all{&command};
  for (const Command& within : command.commands) {
    for (const Command* each : WithAllWithin(within)) all.push_back(each);
  }
  return all;
}

}  // namespace route::driver
