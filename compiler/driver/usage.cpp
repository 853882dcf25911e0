#include "compiler/driver/usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/description.h"

namespace route::driver {
namespace {

auto Quoted(const std::string& word) -> std::string {
  return "`" + word + "`";
}

auto DidYouMean(const std::string& word, const std::vector<std::string>& known) -> std::string {
  std::string nearest = diagnostics::NearestName(word, known);
  return nearest.empty() ? std::string() : "did you mean " + Quoted(nearest) + "?";
}

/// The command that was being read: `routec check`, or `routec` if none was named.
struct Reading {
  const CLI::App* command;
  std::string words;
};

auto CommandBeingRead(const CLI::App& routec) -> Reading {
  Reading reading{&routec, routec.get_name()};
  while (!reading.command->get_subcommands().empty()) {
    reading.command = reading.command->get_subcommands().back();
    reading.words += " " + reading.command->get_name();
  }
  return reading;
}

/// Every name of every option.
auto OptionNames(const CLI::App& command) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

auto NoSuchCommand(const Reading& reading, const std::string& word) -> std::string {
  std::vector<std::string> commands;
  for (const CLI::App* each : reading.command->get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(each->get_name());
  }
  std::string hint = DidYouMean(word, commands);
  if (hint.empty()) hint = Quoted(reading.words + " --help") + " lists them";
  return Quoted(reading.words) + " has no command " + Quoted(word) + "; " + hint;
}

auto NoSuchOption(const Reading& reading, const std::string& word) -> std::string {
  std::string name = word.substr(0, word.find('='));
  std::string hint = DidYouMean(name, OptionNames(*reading.command));
  if (hint.empty()) hint = Quoted(reading.words + " --help") + " lists them";
  return Quoted(reading.words) + " has no option " + Quoted(name) + "; " + hint;
}

/// `FILE.route` or `-o FILE.rtb`: how an option is written.
auto WrittenAs(const CLI::Option& option) -> std::string {
  if (option.get_positional()) return option.get_option_text();
  std::string name =
      option.get_snames().empty() ? "--" + option.get_lnames().front() : "-" + option.get_snames().front();
  return name + " " + option.get_option_text();
}

auto Missing(const Reading& reading) -> std::string {
  for (const CLI::Option* option : reading.command->get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    std::string written = WrittenAs(*option);
    return Quoted(reading.words) + " needs " + Quoted(written) + ": " + option->get_description();
  }
  return {};
}

/// The option that an error of CLI11 names before its first colon.
auto OptionOf(const Reading& reading, std::string_view message) -> const CLI::Option* {
  std::string_view name = message.substr(0, message.find(':'));
  for (const CLI::Option* option : reading.command->get_options()) {
    if (option->get_name() == name || option->check_name(std::string(name))) return option;
  }
  return nullptr;
}

/// `text|plain|json` as a list, if the option takes one of several words.
auto WordsOf(const CLI::Option& option) -> std::vector<std::string> {
  std::vector<std::string> words = ReadPlaceholder(option.get_option_text()).words;
  return words.size() > 1 ? words : std::vector<std::string>();
}

/// An option with a value that it cannot have.
auto WrongValue(const CLI::Option& option) -> std::string {
  std::vector<std::string> words = WordsOf(option);
  if (words.empty()) return {};
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + Quoted(words[i]);
  }
  for (const std::string& given : option.results()) {
    if (std::ranges::find(words, given) != words.end()) continue;
    std::string name = option.get_positional() ? "" : option.get_name() + " ";
    return name + Quoted(given) + " is none of " + list;
  }
  return {};
}

}  // namespace

auto DescribeUsageError(const CLI::App& routec, const CLI::ParseError& error) -> std::string {
  const Reading reading = CommandBeingRead(routec);
  const std::string message = error.what();
  const std::string help = "; " + Quoted(reading.words + " --help") + " says more";
  if (const CLI::Option* option = OptionOf(reading, message)) {
    std::string wrong = WrongValue(*option);
    if (!wrong.empty()) return wrong;
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && option->results().empty()) {
      return Quoted(option->get_name()) + " needs a value: " + option->get_option_text();
    }
    return message + help;
  }
  const std::vector<std::string> unread = reading.command->remaining();
  const bool wants_command = reading.command->get_require_subcommand_min() > 0;
  auto option = std::ranges::find_if(unread, [](const std::string& word) { return word.size() > 1 && word[0] == '-'; });
  if (option != unread.end()) return NoSuchOption(reading, *option);
  if (wants_command && !unread.empty()) return NoSuchCommand(reading, unread.front());
  if (wants_command) {
    return "say what to do, for example " +
           Quoted(reading.words + (reading.command == &routec ? " check FILE.route" : " COMMAND")) + "; " +
           Quoted(reading.words + " --help") + " lists the commands";
  }
  if (std::string missing = Missing(reading); !missing.empty()) return missing + help;
  if (!unread.empty()) return Quoted(reading.words) + " has no use for " + Quoted(unread.front()) + help;
  return message + help;
}

}  // namespace route::driver
