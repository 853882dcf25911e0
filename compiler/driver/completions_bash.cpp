#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/completions.h"

// The script is a table, written from the description, and a few functions, which never change, that walk along the
// words that are typed. The table says what can stand for a value in words of its own: word:W, file:.ENDING, folder,
// code, command.

namespace route::driver {
namespace {

auto ValueWords(const std::string& placeholder) -> std::string {
  Values values = ReadPlaceholder(placeholder);
  std::string text;
  for (const std::string& word : values.words) text += " word:" + word;
  for (const std::string& ending : values.endings) text += " file:" + ending;
  if (values.folders) text += " folder";
  if (values.codes) text += " code";
  if (values.commands) text += " command";
  return text.empty() ? "" : text.substr(1);
}

auto Table(const std::vector<const Command*>& commands) -> std::string {
  std::string within;
  std::string options;
  std::string values;
  for (const Command* command : commands) {
    std::string key = JoinWords(*command, " ");
    std::string words;
    for (const Command& inner : command->commands) words += " " + inner.words.back();
    if (!words.empty()) within += "    '" + key + "') echo '" + words.substr(1) + "' ;;\n";
    std::string names;
    for (const Argument& option : command->options) {
      for (const std::string& name : option.names) {
        names += (names.empty() ? "" : " ") + name;
        if (!option.placeholder.empty())
          values += "    '" + key + " " + name + "') echo '" + ValueWords(option.placeholder) + "' ;;\n";
      }
    }
    options += "    '" + key + "') echo '" + names + "' ;;\n";
    std::size_t place = 0;
    for (const Argument& argument : command->arguments) {
      std::string pattern = argument.repeats ? "'" + key + " '[0-9]*" : "'" + key + " " + std::to_string(++place) + "'";
      values += "    " + pattern + ") echo '" + ValueWords(argument.placeholder) + "' ;;\n";
    }
  }
  return "# The commands within a command.\n_routec_commands() {\n  case \"$1\" in\n" + within + "  esac\n}\n\n" +
         "# The options of a command.\n_routec_options() {\n  case \"$1\" in\n" + options + "  esac\n}\n\n" +
         "# What may stand for the value of an option, or for the argument at a place. Fails if there is no value.\n" +
         "_routec_values() {\n  case \"$1\" in\n" + values + "    *) return 1 ;;\n  esac\n}\n\n";
}

constexpr const char* kFunctions = R"script(_routec_add() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <("$@")
}

_routec_add_files() {  # the ending that they have; folders lead to more
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do
    if [[ -d $file || $file == *"$2" ]]; then COMPREPLY+=("$file"); fi
  done < <(compgen -f -- "$1")
}

_routec_add_values() {  # what is typed so far, the kinds of values
  local cur=$1 kind
  shift
  for kind in "$@"; do
    case $kind in
      word:*) _routec_add compgen -W "${kind#word:}" -- "$cur" ;;
      file:*) _routec_add_files "$cur" "${kind#file:}" ;;
      folder) compopt -o filenames 2>/dev/null; _routec_add compgen -d -- "$cur" ;;
      code) _routec_add compgen -W "$_routec_codes" -- "$cur" ;;
      command) _routec_add compgen -W "$(_routec_commands '')" -- "$cur" ;;
    esac
  done
}

_routec() {
  local cur=${COMP_WORDS[COMP_CWORD]} command='' option='' place=1 values word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then continue; fi  # bash divides --format=json at the `=`
    if [[ -n $option ]]; then
      option=''
    elif [[ $word == -* ]]; then
      if _routec_values "$command $word" >/dev/null; then option=$word; fi
    elif [[ " $(_routec_commands "$command") " == *" $word "* ]]; then
      command=${command:+$command }$word
    else
      place=$((place + 1))
    fi
  done
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ -n $option ]]; then
    values=$(_routec_values "$command $option")
    # shellcheck disable=SC2086  # kinds of values are words
    _routec_add_values "$cur" $values
  elif [[ $cur == -* ]]; then
    _routec_add compgen -W "$(_routec_options "$command")" -- "$cur"
  else
    _routec_add compgen -W "$(_routec_commands "$command")" -- "$cur"
    values=$(_routec_values "$command $place") || return 0
    # shellcheck disable=SC2086
    _routec_add_values "$cur" $values
  fi
}

complete -F _routec routec
)script";

}  // namespace

auto BashCompletions(const Command& routec) -> std::string {
  std::string codes;
  for (const auto& entry : diagnostics::Catalogue()) codes += (codes.empty() ? "" : " ") + std::string(entry.name);
  return "# Completions of routec for bash. Written by `routec completions bash`.\n\n_routec_codes='" + codes +
         "'\n\n" + Table(WithAllWithin(routec)) + kFunctions;
}

}  // namespace route::driver
