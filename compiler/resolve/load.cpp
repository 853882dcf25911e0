#include "compiler/resolve/load.h"

#include <filesystem>
#include <map>
#include <utility>

#include "compiler/diagnostics/fixes.h"
#include "compiler/syntax/parse.h"
#include "stdlib/library.h"

namespace route::resolve {
namespace {

using diagnostics::Builder;
using diagnostics::Code;

class Loader {
 public:
  Loader(SourceSet& sources, diagnostics::Emitter& emitter) : sources_(sources), emitter_(emitter) {}

  void Read(FileId file) {
    const std::string path = sources_.Get(file).path();
    states_[path] = State::kOpen;
    ast::File tree = syntax::Parse(sources_, file, emitter_);
    for (ast::Declaration& declaration : tree.declarations) {
      if (const auto* import = std::get_if<ast::Import>(&declaration)) {
        Import(*import, path);
      } else {
        result_.declarations.push_back(declaration);
      }
    }
    result_.files.push_back(std::move(tree));
    states_[path] = State::kDone;
  }

  auto Take() && -> LoadedPolicy { return std::move(result_); }

 private:
  enum class State : std::uint8_t { kOpen, kDone };

  void Import(const ast::Import& import, const std::string& importing) {
    if (import.path) {
      ImportFile(import, importing);
    } else {
      ImportLibrary(import);
    }
  }

  void ImportFile(const ast::Import& import, const std::string& importing) {
    std::filesystem::path named(import.path->text);
    if (named.is_absolute() || named.extension() != ".route") {
      emitter_.Report(Builder(Code::kR0210, import.path->span, "`" + import.path->text + "` cannot be imported")
                          .WithHint("name a file that ends in `.route`, relative to this file"));
      return;
    }
    std::string path = (std::filesystem::path(importing).parent_path() / named).lexically_normal().string();
    if (Known(path, import)) return;
    auto text = ReadFile(path, 16 * syntax::kMaxFileBytes);
    if (!text) {
      emitter_.Report(Builder(Code::kR0210, import.path->span, text.error())
                          .WithHint("an import is relative to the file that it stands in"));
      return;
    }
    Add(path, std::move(*text), import);
  }

  void ImportLibrary(const ast::Import& import) {
    std::string name;
    for (const ast::Name& part : import.library) name += (name.empty() ? "" : ".") + part.text;
    auto text = stdlib::LibraryFile(name);
    if (!text) {
      std::string nearest = diagnostics::NearestName(name, stdlib::LibraryFiles());
      std::string known;
      for (const std::string& file : stdlib::LibraryFiles()) known += (known.empty() ? "`" : ", `") + file + "`";
      Builder builder(Code::kR0210, import.span, "the library has no file `" + name + "`");
      if (!nearest.empty() && diagnostics::OnlyNearestName(name, stdlib::LibraryFiles()) == nearest) {
        Span written = Join(import.library.front().span, import.library.back().span);
        std::move(builder).WithFix(diagnostics::Replace(sources_, written, nearest));
      }
      emitter_.Report(std::move(builder).WithHint(nearest.empty() ? "it has " + known : "did you mean `" + nearest + "`?"));
      return;
    }
    std::string path = "<" + name + ">";
    if (Known(path, import)) return;
    Add(path, std::string(*text), import);
  }

  auto Known(const std::string& path, const ast::Import& import) -> bool {
    auto found = states_.find(path);
    if (found == states_.end()) return false;
    if (found->second == State::kOpen) {
      emitter_.Report(Builder(Code::kR0210, import.span, "`" + path + "` imports itself, directly or through other files")
                          .WithHint("take this import out, or move what both files need into a third"));
    } else {
      emitter_.Report(Builder(Code::kR0212, import.span, "`" + path + "` is already imported")
                          .WithHint("take one of the two lines out")
                          .WithRules({path})
                          .WithFix(diagnostics::DeleteStatement(sources_, import.span)));
    }
    return true;
  }

  void Add(const std::string& path, std::string text, const ast::Import& import) {
    if (sources_.size() >= kMaxFiles) {
      emitter_.Report(Builder(Code::kR0210, import.span, "more than " + std::to_string(kMaxFiles) + " files are imported"));
      return;
    }
    if (depth_ >= kMaxDepth) {
      emitter_.Report(Builder(Code::kR0210, import.span,
                              "imports lead through more than " + std::to_string(kMaxDepth) + " files in a row"));
      return;
    }
    ++depth_;
    Read(sources_.Add(path, std::move(text)));
    --depth_;
  }

  static constexpr std::uint32_t kMaxDepth = 50;

  SourceSet& sources_;
  diagnostics::Emitter& emitter_;
  LoadedPolicy result_;
  std::map<std::string, State> states_;
  std::uint32_t depth_ = 0;
};

}  // namespace

auto Load(SourceSet& sources, FileId root, diagnostics::Emitter& emitter) -> LoadedPolicy {
  Loader loader(sources, emitter);
  loader.Read(root);
  return std::move(loader).Take();
}

}  // namespace route::resolve
