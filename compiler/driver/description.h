#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

/// The command line of routec as data: the one description from which completions and manual pages are written.
namespace route::driver {

/// What may stand for a value, read from its placeholder (`text|json`, `FILE.route`, `CODE|FILE.route`).
struct Values {
  std::vector<std::string> words;    ///< a closed list: placeholders in lower case
  std::vector<std::string> endings;  ///< FILE.route: files that end so; an empty ending: any file
  bool folders = false;              ///< DIR
  bool codes = false;                ///< CODE: a diagnostic code
  bool commands = false;             ///< COMMAND: a command of routec
};
auto ReadPlaceholder(const std::string& placeholder) -> Values;

/// An option, a flag or an argument.
struct Argument {
  std::vector<std::string> names;  ///< `-o` and `--output`, the short one first; none for an argument
  std::string placeholder;         ///< of its value; empty for a flag
  std::string meaning;             ///< in a few words, code in backticks, without a full stop
  bool required = false;
  bool repeats = false;  ///< several values can follow each other
};

struct Command {
  std::vector<std::string> words;  ///< what is typed after `routec`; none for routec itself
  std::string summary;             ///< in a few words, without a full stop
  std::vector<Argument> options;
  std::vector<Argument> arguments;
  std::vector<Command> commands;  ///< within this one, in the order in which they were described
};
auto Describe(const CLI::App& app) -> Command;

/// The words of a command, joined by `separator`.
auto JoinWords(const Command& command, const std::string& separator) -> std::string;

/// A command and all within it, each before those within it.
auto WithAllWithin(const Command& command) -> std::vector<const Command*>;

}  // namespace route::driver
