#include "compiler/import/yaml.h"

#include <llvm/ADT/SmallString.h>
#include <llvm/Support/Casting.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/YAMLParser.h>

#include <algorithm>
#include <map>
#include <optional>

#include "compiler/base/source.h"
#include "compiler/base/utf8.h"

namespace route::import {
namespace {

constexpr std::size_t kNodeCost = 64;

/// Carries the first problem out of the recursion, which is at most kMaxYamlDepth deep.
struct Problem {
  std::size_t offset = 0;
  std::string message;
};

/// An anchored node, with what a copy of it costs.
struct Anchored {
  YamlNode node;
  std::size_t cost = 0;
  std::size_t height = 0;
};

/// The parser's own sentence in the form of ours.
auto Sentence(std::string message) -> std::string {
  if (!message.empty() && message.front() >= 'A' && message.front() <= 'Z')
    message.replace(0, 1, Lower(message.substr(0, 1)));
  if (message.ends_with('.')) message.pop_back();
  return "this is not YAML: " + message;
}

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const SourceFile& file) : text_(text), file_(file) {}

  auto Build() -> std::expected<YamlNode, Problem> {
    llvm::SourceMgr manager;
    manager.setDiagHandler(
        [](const llvm::SMDiagnostic& diagnostic, void* self) {
          static_cast<TreeBuilder*>(self)->Fail(diagnostic.getLoc().getPointer(),
                                                Sentence(diagnostic.getMessage().str()));
        },
        this);
    llvm::yaml::Stream stream(llvm::StringRef(text_.data(), text_.size()), manager, /*ShowColors=*/false);
    // The stream reads from its own view of these bytes, so pointers into it are pointers into them.
    auto document = stream.begin();
    if (document == stream.end()) return Result(YamlNode{});
    llvm::yaml::Node* root = document->getRoot();
    YamlNode tree;
    if (root != nullptr) tree = Read(*root, 0).node;
    if (!problem_ && !stream.failed() && ++document != stream.end()) {
      Fail(text_.data() + text_.size(), "there is more than one document");
    }
    if (!problem_ && stream.failed()) Fail(text_.data(), "this is not YAML");
    return Result(std::move(tree));
  }

 private:
  auto Result(YamlNode tree) -> std::expected<YamlNode, Problem> {
    if (problem_) return std::unexpected(*problem_);
    return tree;
  }

  void Fail(const char* at, std::string message) {
    if (problem_) return;
    bool inside = at >= text_.data() && at <= text_.data() + text_.size();
    problem_ = Problem{inside ? static_cast<std::size_t>(at - text_.data()) : text_.size(), std::move(message)};
  }
  void Fail(const llvm::yaml::Node& node, std::string message) { Fail(Start(node), std::move(message)); }

  /// Where a node begins. The parser says what comes after a bracket, and what comes after an alias.
  auto Start(const llvm::yaml::Node& node) const -> const char* {
    if (const auto* alias = llvm::dyn_cast<llvm::yaml::AliasNode>(&node)) return alias->getName().data() - 1;
    const char* at = node.getSourceRange().Start.getPointer();
    bool brackets = llvm::isa<llvm::yaml::SequenceNode>(&node) || llvm::isa<llvm::yaml::MappingNode>(&node);
    if (!brackets || at <= text_.data() || at > text_.data() + text_.size()) return at;
    std::size_t before = text_.find_last_not_of(" \t\r\n", static_cast<std::size_t>(at - text_.data()) - 1);
    bool opens = before != std::string_view::npos && (text_[before] == '[' || text_[before] == '{');
    return opens ? text_.data() + before : at;
  }

  void Place(const llvm::yaml::Node& node, YamlNode& result) {
    const char* at = Start(node);
    if (at < text_.data() || at > text_.data() + text_.size()) return;
    LineColumn place = file_.Locate(static_cast<std::uint32_t>(at - text_.data()));
    result.line = place.line;
    result.column = place.column;
  }

  /// Takes from what the tree may take; false if that is used up.
  auto Spend(const llvm::yaml::Node& node, std::size_t cost) -> bool {
    spent_ += cost;
    if (spent_ <= kMaxYamlExpanded) return true;
    Fail(node, "with its aliases written out, this document is larger than " + std::to_string(kMaxYamlExpanded >> 20U) +
                   " MiB");
    return false;
  }

  auto Read(llvm::yaml::Node& node, std::size_t depth) -> Anchored {
    Anchored result;
    Place(node, result.node);
    if (problem_) return result;
    if (depth == kMaxYamlDepth) {
      Fail(node, "lists and maps are nested more than " + std::to_string(kMaxYamlDepth) + " deep");
      return result;
    }
    std::string anchor = node.getAnchor().str();
    if (auto* alias = llvm::dyn_cast<llvm::yaml::AliasNode>(&node)) return Copy(*alias, depth);
    if (auto* scalar = llvm::dyn_cast<llvm::yaml::ScalarNode>(&node)) {
      llvm::SmallString<64> storage;
      result.node.text = scalar->getValue(storage).str();
      bool quoted = scalar->getRawValue().starts_with("\"") || scalar->getRawValue().starts_with("'");
      bool null = !quoted && (result.node.text.empty() || result.node.text == "~" || result.node.text == "null");
      result.node.kind = quoted ? YamlNode::Kind::kQuoted : null ? YamlNode::Kind::kNull : YamlNode::Kind::kPlain;
    } else if (auto* block = llvm::dyn_cast<llvm::yaml::BlockScalarNode>(&node)) {
      result.node.text = block->getValue().str();
      result.node.kind = YamlNode::Kind::kQuoted;
    } else if (auto* list = llvm::dyn_cast<llvm::yaml::SequenceNode>(&node)) {
      ReadList(*list, depth, result);
    } else if (auto* map = llvm::dyn_cast<llvm::yaml::MappingNode>(&node)) {
      ReadMap(*map, depth, result);
    }
    std::size_t own = kNodeCost + result.node.text.size();
    result.cost += own;
    if (!Spend(node, own)) return result;
    if (!anchor.empty() && Spend(node, result.cost)) anchors_[anchor] = result;
    return result;
  }

  auto Copy(llvm::yaml::AliasNode& alias, std::size_t depth) -> Anchored {
    auto found = anchors_.find(alias.getName().str());
    if (found == anchors_.end()) {
      Fail(alias, "there is no anchor `" + Printable(alias.getName().str()) + "` above");
      return {};
    }
    const Anchored& anchored = found->second;
    if (depth + anchored.height >= kMaxYamlDepth) {
      Fail(alias, "with this alias written out, lists and maps are nested more than " + std::to_string(kMaxYamlDepth) +
                      " deep");
      return {};
    }
    if (!Spend(alias, anchored.cost)) return {};
    Anchored copy = anchored;
    Place(alias, copy.node);
    return copy;
  }

  void Include(const Anchored& child, Anchored& parent) {
    parent.cost += child.cost;
    parent.height = std::max(parent.height, child.height + 1);
  }

  void ReadList(llvm::yaml::SequenceNode& list, std::size_t depth, Anchored& result) {
    result.node.kind = YamlNode::Kind::kList;
    for (llvm::yaml::Node& item : list) {
      Anchored child = Read(item, depth + 1);
      if (problem_) return;
      Include(child, result);
      result.node.items.push_back(std::move(child.node));
    }
  }

  void ReadMap(llvm::yaml::MappingNode& map, std::size_t depth, Anchored& result) {
    result.node.kind = YamlNode::Kind::kMap;
    std::map<std::string, std::size_t> seen;
    std::vector<Anchored> merged;
    for (llvm::yaml::KeyValueNode& pair : map) {
      llvm::yaml::Node* key_node = pair.getKey();
      if (key_node == nullptr || problem_) return;
      Anchored key = Read(*key_node, depth + 1);
      llvm::yaml::Node* value_node = problem_ ? nullptr : pair.getValue();
      if (value_node == nullptr) return;
      if (!key.node.IsScalar()) return Fail(*key_node, "a key must be a text");
      Anchored value = Read(*value_node, depth + 1);
      if (problem_) return;
      Include(value, result);
      if (key.node.kind == YamlNode::Kind::kPlain && key.node.text == "<<") {
        merged.push_back(std::move(value));
        continue;
      }
      if (!seen.try_emplace(key.node.text, result.node.entries.size()).second) {
        return Fail(*key_node, "the key `" + Printable(key.node.text) + "` stands twice");
      }
      result.cost += key.cost;
      result.node.entries.push_back({std::move(key.node.text), key.node.line, std::move(value.node)});
    }
    for (Anchored& source : merged) Merge(source.node, seen, result.node);
  }

  /// `<<: *defaults` and `<<: [*a, *b]`: what a map does not say itself.
  void Merge(const YamlNode& source, std::map<std::string, std::size_t>& seen, YamlNode& into) {
    for (const YamlNode& item : source.items) Merge(item, seen, into);
    for (const YamlEntry& entry : source.entries) {
      if (seen.try_emplace(entry.key, into.entries.size()).second) into.entries.push_back(entry);
    }
  }

  std::string_view text_;
  const SourceFile& file_;
  std::optional<Problem> problem_;
  std::map<std::string, Anchored> anchors_;
  std::size_t spent_ = 0;
};

/// The offset of the first byte that the parser must not see.
auto FirstBadByte(std::string_view text) -> std::optional<std::size_t> {
  for (std::size_t i = 0; i < text.size();) {
    Utf8Character character = DecodeUtf8(text, i);
    if (character.length == 0 || character.code_point == 0) return i;
    i += character.length;
  }
  return std::nullopt;
}

}  // namespace

auto YamlNode::Find(std::string_view key) const -> const YamlNode* {
  auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &found->value;
}

auto ReadYaml(std::string_view text) -> std::expected<YamlNode, InputError> {
  if (text.size() > kMaxYamlBytes) {
    return std::unexpected(
        InputError{0, 0, "the file is larger than " + std::to_string(kMaxYamlBytes >> 20U) + " MiB"});
  }
  SourceFile file({}, std::string(text));
  Problem problem;
  if (auto bad = FirstBadByte(text)) {
    problem = {*bad, "this byte is no text in UTF-8"};
  } else {
    auto tree = TreeBuilder(file.text(), file).Build();
    if (tree) return std::move(*tree);
    problem = tree.error();
  }
  LineColumn place = file.Locate(static_cast<std::uint32_t>(problem.offset));
  return std::unexpected(InputError{place.line, place.column, Printable(problem.message)});
}

}  // namespace route::import
