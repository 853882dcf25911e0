#include "compiler/resolve/load.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "compiler/base/read_file.h"
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

  /// `owner` is the policy that the file belongs to, unless it begins one of its own.
  void Read(FileId file, std::uint32_t owner) {
    const std::string path = sources_.Get(file).path();
    const std::string identity = IdentityOf(path);
    states_[identity] = State::kOpen;
    bytes_ += sources_.Get(file).text().size();
    ast::File tree = syntax::Parse(sources_, file, emitter_);
    if (owner != kLibrary) owner = OwnerOf(tree, owner);
    if (result_.file_layers.size() <= file.index) result_.file_layers.resize(file.index + 1);
    result_.file_layers[file.index] = owner;
    files_[identity] = file;
    std::set<std::string> imported;
    for (const ast::Declaration& declaration : tree.declarations) {
      if (const auto* import = std::get_if<ast::Import>(&declaration)) {
        Import(*import, path, owner, imported);
      } else {
        result_.declarations.push_back({&declaration, 0});
        declared_in_.push_back(file);
      }
    }
    result_.files.push_back(std::move(tree));
    states_[identity] = State::kDone;
  }

  auto Take() && -> LoadedPolicy {
    for (std::size_t i = 0; i < policies_.size(); ++i) {
      const ast::PolicyLine* line = policies_[i].line;
      if (line == nullptr || !line->extends || policies_[i].base) continue;
      emitter_.Report(Builder(Code::kR0406, line->extends->span, "no imported file begins the policy `" + line->extends->text + "`")
                          .WithHint("import the file that says `policy " + line->extends->text + "`"));
    }
    ShareWithBases();
    // A policy that is extended was begun later than the one that extends it, and is the layer below.
    auto last = static_cast<std::uint32_t>(policies_.size() - 1);
    auto layer_of = [last](std::uint32_t owner) { return owner == kLibrary ? 0 : last - owner; };
    for (std::uint32_t& layer : result_.file_layers) layer = layer_of(layer);
    for (std::size_t i = 0; i < declared_in_.size(); ++i) {
      result_.declarations[i].layer = result_.file_layers[declared_in_[i].index];
    }
    std::ranges::stable_sort(result_.declarations, {}, &LoadedDeclaration::layer);
    result_.layers = last + 1;
    return std::move(result_);
  }

 private:
  /// A file that several policies import belongs to the one that the others extend, whichever names it first.
  void ShareWithBases() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& [importing, path] : imports_) {
        auto imported = files_.find(path);
        if (imported == files_.end() || begins_policy_.contains(imported->second)) continue;
        std::uint32_t owner = result_.file_layers[importing.index];
        std::uint32_t& shared = result_.file_layers[imported->second.index];
        if (owner <= shared) continue;
        shared = owner;
        changed = true;
      }
    }
  }

  enum class State : std::uint8_t { kOpen, kDone };

  struct PolicyOfFiles {
    const ast::PolicyLine* line = nullptr;
    bool base = false;  ///< the policy that it extends was found
  };

  /// The policy that a file belongs to: its importer's, or the next layer below if it is what that policy extends.
  auto OwnerOf(const ast::File& tree, std::uint32_t importer) -> std::uint32_t {
    const ast::PolicyLine* line = nullptr;
    for (const ast::Declaration& declaration : tree.declarations) {
      if (line == nullptr) line = std::get_if<ast::PolicyLine>(&declaration);
    }
    if (policies_.empty()) {
      policies_.push_back({line});
      return 0;
    }
    PolicyOfFiles& above = policies_[importer];
    bool extended = line != nullptr && above.line != nullptr && above.line->extends && !above.base &&
                    above.line->extends->text == line->name.text;
    if (!extended) return importer;
    above.base = true;
    begins_policy_.insert(tree.id);
    policies_.push_back({line});
    return static_cast<std::uint32_t>(policies_.size() - 1);
  }

  void Import(const ast::Import& import, const std::string& importing, std::uint32_t owner, std::set<std::string>& imported) {
    if (import.path) {
      ImportFile(import, importing, owner, imported);
    } else {
      ImportLibrary(import, imported);
    }
  }

  void ImportFile(const ast::Import& import, const std::string& importing, std::uint32_t owner,
                  std::set<std::string>& imported) {
    std::filesystem::path named(import.path->text);
    if (named.is_absolute() || named.extension() != ".route") {
      Builder builder(Code::kR0210, import.path->span, "`" + import.path->text + "` cannot be imported");
      if (stdlib::LibraryFile(import.path->text)) {
        std::move(builder)
            .WithFix(diagnostics::Replace(sources_, import.path->span, import.path->text))
            .WithHint("a file of the library is written without quotes: `import " + import.path->text + "`");
      } else {
        std::move(builder).WithHint("name a file that ends in `.route`, relative to this file");
      }
      emitter_.Report(std::move(builder));
      return;
    }
    std::string path = JoinPaths(importing, named);
    imports_.emplace_back(import.span.file, IdentityOf(path));
    if (Known(path, import, imported)) return;
    // One byte more than the parser takes is enough for the parser to say how large a file may be.
    auto text = ReadFileUpTo(path, syntax::kMaxFileBytes, FileKind::kRegular);
    if (text && bytes_ + text->size() > kMaxPolicyBytes) {
      emitter_.Report(Builder(Code::kR0210, import.path->span,
                              "with `" + path + "` the files of this policy are larger than " +
                                  std::to_string(kMaxPolicyBytes >> 20U) + " MiB together")
                          .WithHint("import less"));
      return;
    }
    if (!text) {
      emitter_.Report(Builder(Code::kR0210, import.path->span, text.error())
                          .WithHint("an import is relative to the file that it stands in"));
      return;
    }
    Add(path, std::move(*text), import, owner);
  }

  void ImportLibrary(const ast::Import& import, std::set<std::string>& imported) {
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
    if (Known(path, import, imported)) return;
    Add(path, std::string(*text), import, kLibrary);
  }

  /// What the states of files go by: a file may have several names.
  static auto IdentityOf(const std::string& path) -> std::string {
    return path.starts_with('<') ? path : FileIdentity(path);
  }

  /// The name of an imported file, as short as it can be and still be that file: behind a symbolic link, `x/..` is
  /// another folder than the one that `x` is in.
  static auto JoinPaths(const std::string& importing, const std::filesystem::path& named) -> std::string {
    std::filesystem::path joined = std::filesystem::path(importing).parent_path() / named;
    std::string normal = joined.lexically_normal().string();
    std::error_code ignored;
    bool same = FileIdentity(joined.string()) == FileIdentity(normal);
    bool some = std::filesystem::exists(joined, ignored) || std::filesystem::exists(normal, ignored);
    return same || !some ? normal : joined.string();
  }

  auto Known(const std::string& path, const ast::Import& import, std::set<std::string>& imported) -> bool {
    const std::string identity = IdentityOf(path);
    bool again = !imported.insert(identity).second;
    auto found = states_.find(identity);
    if (found == states_.end()) return false;
    if (found->second == State::kOpen) {
      emitter_.Report(Builder(Code::kR0210, import.span, "`" + path + "` imports itself, directly or through other files")
                          .WithHint("take this import out, or move what both files need into a third"));
    } else if (again) {
      emitter_.Report(Builder(Code::kR0212, import.span, "`" + path + "` is already imported")
                          .WithHint("take one of the two lines out")
                          .WithRules({path})
                          .WithFix(diagnostics::DeleteStatement(sources_, import.span)));
    }
    return true;
  }

  void Add(const std::string& path, std::string text, const ast::Import& import, std::uint32_t owner) {
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
    Read(sources_.Add(path, std::move(text)), owner);
    --depth_;
  }

  static constexpr std::uint32_t kMaxDepth = 50;
  static constexpr std::uint64_t kMaxPolicyBytes = 256ULL << 20U;  ///< of all files together, R0210
  /// The library belongs to no policy: whoever imports it, what it says is there for the base, too.
  static constexpr std::uint32_t kLibrary = std::numeric_limits<std::uint32_t>::max();

  SourceSet& sources_;
  diagnostics::Emitter& emitter_;
  LoadedPolicy result_;
  std::map<std::string, State> states_;
  std::map<std::string, FileId> files_;  // by identity
  std::set<FileId> begins_policy_;                      // those that another policy extends
  std::vector<std::pair<FileId, std::string>> imports_;  // who imports which file, whether it was read or not
  std::vector<FileId> declared_in_;                     // of each declaration
  std::vector<PolicyOfFiles> policies_;  // the root's first, each extended by the one before it
  std::uint32_t depth_ = 0;
  std::uint64_t bytes_ = 0;  // of all files together
};

}  // namespace

auto Load(SourceSet& sources, FileId root, diagnostics::Emitter& emitter) -> LoadedPolicy {
  Loader loader(sources, emitter);
  loader.Read(root, 0);
  return std::move(loader).Take();
}

}  // namespace route::resolve
