#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/completions.h"

namespace route::driver {
namespace {

/// Text within a specification of `_arguments` or `_describe`, in which some signs are syntax.
auto Escaped(const std::string& text) -> std::string {
  std::string escaped;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

auto SingleQuoted(const std::string& text) -> std::string {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

auto FunctionName(const Command& command) -> std::string {
  std::string words = JoinWords(command, "_");
  return words.empty() ? "_routec" : "_routec_" + words;
}

/// `:message:action` of a value.
auto Action(const Argument& argument) -> std::string {
  Values values = ReadPlaceholder(argument.placeholder);
  std::string words;
  for (const std::string& word : values.words) words += (words.empty() ? "" : " ") + word;
  // Several kinds at once are left to a function.
  std::vector<std::string> actions;
  if (!words.empty()) actions.push_back("(" + words + ")");
  for (const std::string& ending : values.endings) {
    actions.push_back(ending.empty() ? "_files" : "_files -g \"*" + ending + "\"");
  }
  if (values.folders) actions.emplace_back("_files -/");
  if (values.codes) actions.emplace_back("_routec_codes");
  if (values.commands) actions.emplace_back("_routec_command_names");
  std::string message = Escaped(argument.names.empty() ? argument.meaning : argument.placeholder);
  if (actions.empty()) return ":" + message + ": ";
  if (actions.size() == 1) return ":" + message + ":" + actions.front();
  // The shell reads these once more, so they are quoted for it.
  std::string alternatives = "_alternative";
  for (const std::string& action : actions) alternatives += " " + SingleQuoted("values:" + message + ":" + action);
  return ":" + message + ":{" + alternatives + "}";
}

auto OptionSpecs(const Argument& option) -> std::vector<std::string> {
  std::vector<std::string> specs;
  std::string all;
  for (const std::string& name : option.names) all += (all.empty() ? "" : " ") + name;
  for (const std::string& name : option.names) {
    std::string spec = "(" + all + ")" + name;
    if (!option.placeholder.empty() && name.starts_with("--")) spec += "=";
    spec += "[" + Escaped(option.meaning) + "]";
    if (!option.placeholder.empty()) spec += Action(option);
    specs.push_back(SingleQuoted(spec));
  }
  return specs;
}

auto CommandList(const Command& command, const std::string& indent) -> std::string {
  std::string text;
  for (const Command& within : command.commands) {
    text += indent + SingleQuoted(Escaped(within.words.back()) + ":" + Escaped(within.summary)) + "\n";
  }
  return text;
}

auto Function(const Command& command) -> std::string {
  std::string text = FunctionName(command) + "() {\n";
  if (!command.commands.empty()) text += "  local context state state_descr line\n  typeset -A opt_args\n";
  text += command.commands.empty() ? "  _arguments -s" : "  _arguments -C";
  for (const Argument& option : command.options) {
    for (const std::string& spec : OptionSpecs(option)) text += " \\\n    " + spec;
  }
  for (const Argument& argument : command.arguments) {
    text += " \\\n    " + SingleQuoted((argument.repeats ? "*" : argument.required ? "" : ":") + Action(argument));
  }
  if (command.commands.empty()) return text + "\n}\n\n";
  text +=
      " \\\n    '1: :->command' \\\n    '*:: :->rest'\n  case $state in\n    command)\n      local -a commands=(\n" +
      CommandList(command, "        ") +
      "      )\n      _describe command commands\n      ;;\n    rest)\n      case $words[1] in\n";
  for (const Command& within : command.commands) {
    text += "        " + within.words.back() + ") " + FunctionName(within) + " ;;\n";
  }
  return text + "      esac\n      ;;\n  esac\n}\n\n";
}

}  // namespace

auto ZshCompletions(const Command& routec) -> std::string {
  std::string text = "#compdef routec\n# Completions of routec for zsh. Written by `routec completions zsh`.\n\n";
  text += "_routec_codes() {\n  local -a codes=(\n";
  for (const auto& entry : diagnostics::Catalogue()) {
    text += "    " + SingleQuoted(std::string(entry.name) + ":" + Escaped(std::string(entry.title))) + "\n";
  }
  text += "  )\n  _describe code codes\n}\n\n_routec_command_names() {\n  local -a commands=(\n" +
          CommandList(routec, "    ") + "  )\n  _describe command commands\n}\n\n";
  for (const Command* command : WithAllWithin(routec)) text += Function(*command);
  // As a file of `fpath` this is the body of the function itself; read with `source` it registers it.
  return text + "if [[ $funcstack[1] == _routec ]]; then\n  _routec \"$@\"\nelse\n  compdef _routec routec\nfi\n";
}

}  // namespace route::driver
