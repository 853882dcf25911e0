#include "audit/show.h"

#include <sstream>

#include "audit/core.h"
#include "audit/files.h"
#include "audit/words.h"

namespace audit {
namespace {

/// The lines of the files that are at hand.
class Sources {
 public:
  Sources(const Json& files, const std::string& folder, const std::string& library) : files_(files) {
    for (const Json& file : files) {
      const std::string& path = Text(file.at("path"));
      const bool in_library = path.starts_with("<std.") && path.size() > 6;
      const std::string& root = in_library ? library : folder;
      std::vector<std::string>& lines = lines_.emplace_back();
      if (root.empty()) continue;
      const std::string bytes =
          ReadBytes(root + "/" + (in_library ? path.substr(5, path.size() - 6) + ".route" : path));
      Need(file.at("sha256") == Json(Sha256(bytes)), "this is another file than the one that the pack is about", path);
      std::istringstream in(bytes);
      for (std::string line; std::getline(in, line);) lines.push_back(line);
    }
  }

  /// The declaration that begins at a place: up to an empty line or the next one that is not indented.
  auto At(const Json& place) const -> std::string {
    const std::size_t file = Natural(place.at(0)), first = Natural(place.at(1));
    std::string text = "  from " + Text(files_.at(file).at("path")) + ":" + std::to_string(first) + "\n";
    const std::vector<std::string>& lines = lines_.at(file);
    for (std::size_t i = first; i > 0 && i <= lines.size(); ++i) {
      const std::string& line = lines[i - 1];
      if (i > first && (line.empty() || (line[0] != ' ' && line[0] != '\t' && line[0] != '}'))) break;
      text += "    | " + line + "\n";
    }
    return text;
  }

 private:
  const Json& files_;
  std::vector<std::vector<std::string>> lines_;
};

/// What of a test of deployments is asked of services. By this `CheckPack` compares the two tests of a pair; it is as true as the core.
auto AskedOfServices(const Json& core) -> std::string {
  if (core.at("services").empty()) return "";
  std::string lacking = "model, capabilities, prices, first_token_ms, quality, context_tokens", own;
  for (const Json& property : core.at("properties")) {
    if (property.at("of_models") == true) lacking += ", " + Text(property.at("name"));
  }
  for (const Json& tag : core.at("own_tags")) own += (own.empty() ? "" : ", ") + Text(tag);
  return "what is asked of deployments is asked of services, but for what only models have: " + lacking +
         ", and each tag that no service carries and that is none of those that deployments carry themselves (" +
         (own.empty() ? "none" : own) + ")\n";
}

}  // namespace

auto Show(const Json& pack, const std::string& folder, const std::string& library) -> std::string {
  const Json core = Core(pack.at("core")).json;
  const Sources sources(pack.at("files"), folder, library);
  std::string text = "policy " + Text(core.at("policy")) + " " + Text(core.at("version")) + "\n  core sha256 " +
                     Sha256(pack["core"].dump()) + "\n\n" + LimitsText(core.at("limits")) + "\n\n";
  for (const Json& attribute : core.at("attributes")) text += AttributeText(attribute) + "\n";
  text += "\n";
  for (const Json& deployment : core.at("deployments")) text += "deployment " + FactsText(core, deployment) + "\n";
  for (const Json& service : core.at("services")) text += "service " + FactsText(core, service) + "\n";
  text += AskedOfServices(core);
  for (const auto& [list, word] : {std::pair("refusals", "refusal"), std::pair("rules", "rule"),
                                   std::pair("routes", "route"), std::pair("guarantees", "guarantee")}) {
    for (std::size_t i = 0; i < core.at(list).size(); ++i) {
      const Json& entry = core[list][i];
      const Json& layer = core.at("layers").at(Natural(entry.at("layer")));
      text += std::string("\n") + word + " " + Text(entry.at("name")) + " (of policy " + Text(layer.at("name")) + ")\n";
      for (const std::string& line : Meaning(core, list, entry)) text += "  " + line + "\n";
      text += sources.At(pack.at("places").at(list).at(i));
    }
  }
  return Printable(std::move(text));
}

}  // namespace audit
