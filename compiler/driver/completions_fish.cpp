#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/completions.h"

namespace route::driver {
namespace {

/// In single quotes fish reads a backslash only before a quote or another backslash.
auto Quoted(const std::string& text) -> std::string {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

/// Begins a line that holds where the words of a command have been typed.
auto Line(const Command& command) -> std::string {
  std::string condition;
  for (const std::string& word : command.words) {
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
  }
  if (condition.empty()) condition = "__fish_use_subcommand";
  return "complete -c routec -n " + Quoted(condition);
}

/// `-a …` for what may stand for a value; codes and commands come with what they mean, each on a line of its own.
auto ValueLines(const Command& routec, const std::string& begin, const std::string& placeholder) -> std::string {
  Values values = ReadPlaceholder(placeholder);
  std::string text;
  for (const std::string& word : values.words) text += begin + " -a " + word + "\n";
  for (const std::string& ending : values.endings) {
    text += begin + " -k -a '(__fish_complete_suffix \"" + ending + "\")'\n";
  }
  if (values.folders) text += begin + " -a '(__fish_complete_directories)'\n";
  if (values.codes) {
    for (const auto& entry : diagnostics::Catalogue()) {
      text += begin + " -a " + std::string(entry.name) + " -d " + Quoted(std::string(entry.title)) + "\n";
    }
  }
  if (values.commands) {
    for (const Command& command : routec.commands) {
      text += begin + " -a " + command.words.back() + " -d " + Quoted(command.summary) + "\n";
    }
  }
  return text;
}

auto OptionLines(const Command& routec, const Command& command, const Argument& option) -> std::string {
  std::string begin = Line(command);
  for (const std::string& name : option.names)
    begin += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (option.placeholder.empty()) return begin + " -d " + Quoted(option.meaning) + "\n";
  begin += " -x";
  return begin + " -d " + Quoted(option.meaning) + "\n" + ValueLines(routec, begin, option.placeholder);
}

}  // namespace

auto FishCompletions(const Command& routec) -> std::string {
  std::string text =
      "# Completions of routec for fish. Written by `routec completions fish`.\n\ncomplete -c routec -f\n";
  for (const Command* command : WithAllWithin(routec)) {
    text += "\n";
    for (const Command& within : command->commands) {
      text += Line(*command) + " -a " + within.words.back() + " -d " + Quoted(within.summary) + "\n";
    }
    for (const Argument& option : command->options) text += OptionLines(routec, *command, option);
    for (const Argument& argument : command->arguments)
      text += ValueLines(routec, Line(*command), argument.placeholder);
  }
  return text;
}

}  // namespace route::driver
