#include "audit/files.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include "audit/attestation.h"
#include "audit/proof.h"
#include "audit/shape.h"
#include "audit/words.h"

namespace audit {
namespace {

constexpr std::uint64_t kMostPolicies = 1024, kMostParts = std::uint64_t{1} << 24U;
constexpr std::uint64_t kMostText = std::uint64_t{1} << 27U;
constexpr std::size_t kEnvelope = 56;

/// Nothing but canonical JSON, with integers below 2^63 and not nested deeply.
auto ReadText(const std::string& text) -> Json {
  constexpr int kDeepest = 1000;
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  const auto parts = std::ranges::count_if(text, [](char c) { return c == ',' || c == '[' || c == '{'; });
  Need(static_cast<std::uint64_t>(parts) <= kMostParts, "the proof pack has more than 16777216 parts");
  Json pack = Json::parse(text, [](int depth, Json::parse_event_t event, const Json& value) {
    const bool is_number = event == Json::parse_event_t::value && value.is_number();
    const bool fits = !is_number || (value.is_number_unsigned() ? value.get<std::uint64_t>() <= kLargest : value.is_number_integer());
    Need(depth <= kDeepest && fits, "the proof pack is nested too deeply or has another number than an integer");
    return true;
  });
  Need(pack.dump() == text, "the proof pack is not canonical JSON");
  return pack;
}

void CheckSources(const CheckOptions& options, Checked& checked) {
  for (const Json& file : checked.pack.at("files")) {
    const std::string& path = Text(file.at("path"));
    const bool in_library = path.starts_with("<std.") && path.ends_with(">");
    if (in_library && options.library.empty()) {
      checked.not_compared.push_back(path);
      continue;
    }
    const std::string bytes = ReadBytes(in_library ? options.library + "/" + path.substr(5, path.size() - 6) + ".route"
                                                   : options.sources + "/" + path);
    Need(file.at("sha256") == Json(Sha256(bytes)), "this is another file than the one that the pack is about", path);
    checked.compared.push_back(path);
  }
}

/// An attribute as it is declared, without the classes that the policy's conditions make of its values.
auto Declaration(Json attribute) -> Json {
  for (const char* name : {"cuts", "prefixes", "texts", "countries", "first_dimension"}) attribute.erase(name);
  return attribute;
}

/// The base's attributes, rules, refusals and guarantees stand in this core and mean the same, and no deployment has other
/// facts there, nor a service: only that makes what the base promises of what is not allowed hold here too.
void CheckBase(const Json& core, const Json& base) {
  const auto need = [&](const char* list, const auto& same) {
    for (const Json& entry : base.at(list)) {
      if (entry.value("implied", false)) continue;
      const auto is_kept = [&](const Json& each) { return each.at("name") == entry.at("name") && same(each, entry); };
      const bool kept = std::any_of(core.at(list).begin(), core.at(list).end(), is_kept);
      Need(kept, "the base has something that this policy lacks", {list, entry.at("name")});
    }
  };
  need("attributes", [](const Json& here, const Json& there) { return Declaration(here) == Declaration(there); });
  for (const std::string list : {"rules", "refusals", "guarantees"}) {
    need(list.c_str(), [&](const Json& here, const Json& there) { return Meaning(core, list, here) == Meaning(base, list, there); });
  }
  for (const char* list : {"deployments", "services"}) {
    for (const Json& here : core.at(list)) {
      for (const Json& there : base.at(list)) {
        Need(there.at("name") != here.at("name") || there == here, "a deployment or service has other facts in the base", here["name"]);
      }
    }
  }
}

}  // namespace

auto ReadBytes(const std::filesystem::path& path, std::uint64_t most) -> std::string {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);  // to open a pipe is to wait for whoever writes to it
  const std::uint64_t size = is_file ? std::filesystem::file_size(path, error) : 0;
  std::ifstream in(is_file ? path : "", std::ios::binary);
  std::ostringstream bytes;
  if (!in || error || size > most || (size > 0 && !(bytes << in.rdbuf()))) {
    throw Unreadable(path.string() + " cannot be read or has more than " + std::to_string(most >> 20U) + " MiB");
  }
  return std::move(bytes).str();
}

auto OpenPack(const std::string& bytes) -> Json {
  Need(bytes.starts_with("\x89RPP\r\n\x1a\n"), "this is not a proof pack");
  Need(Unsigned(bytes, 8, 8) == 4, "this proof pack has another version than 4, the only one that is understood");
  const std::uint64_t size = Unsigned(bytes, kEnvelope - 8, 8);
  const bool is_whole = Sha256(bytes.substr(kEnvelope - 8)) == Hex(bytes.substr(16, 32));
  Need(is_whole, "the proof pack is damaged: its checksum is another one");
  Need(size <= kMostText, "the proof pack unpacks to more than 128 MiB");
  std::string text(size, '\0');
  uLongf written = size, taken = bytes.size() - kEnvelope;
  const auto* packed = reinterpret_cast<const Bytef*>(bytes.data() + kEnvelope);
  const int code = uncompress2(reinterpret_cast<Bytef*>(text.data()), &written, packed, &taken);
  Need(code == Z_OK && written == size && taken == bytes.size() - kEnvelope, "the proof pack does not unpack");
  Json pack = ReadText(text);
  CheckShape(pack);
  return pack;
}

auto BundleIn(const std::string& bytes, const std::string& sha256) -> std::string {
  if (Sha256(bytes) == sha256) return bytes;
  const std::uint64_t policies = bytes.starts_with("\x89RTC\r\n\x1a\n") ? Unsigned(bytes, 12, 4) : 0;
  Need(policies <= kMostPolicies, "the bundle has more than 1024 policies");
  std::uint64_t end = 24 + 16 * policies;
  for (std::uint64_t i = 0; i < policies; ++i) {
    const std::uint64_t at = Unsigned(bytes, 24 + 16 * i, 8), size = Unsigned(bytes, 32 + 16 * i, 8);
    Need(at >= end && at <= bytes.size() && size <= bytes.size() - at, "the policies of the bundle do not follow each other");
    if (Sha256(bytes.substr(at, size)) == sha256) return bytes.substr(at, size);
    end = at + size;
  }
  throw Rejected("the bundle is another one than the proof pack is about: its SHA-256 is not " + sha256);
}

auto Check(const CheckOptions& options) -> Checked {
  const std::string bytes = ReadBytes(options.pack), bundles = ReadBytes(options.bundle);
  const Json pack = OpenPack(bytes);
  Checked checked{.pack = pack, .pack_hash = Sha256(bytes), .bundle_hash = Text(pack.at("bundle").at("sha256"))};
  checked.verdicts = CheckPack(pack, BundleIn(bundles, checked.bundle_hash));
  CheckSources(options, checked);
  if (!options.attestation.empty()) {
    const std::string key = options.key.empty() ? "" : ReadBytes(options.key, kMostSignedBytes);
    CheckAttestation(ReadBytes(options.attestation, kMostSignedBytes), key, checked.bundle_hash, checked.pack_hash);
  }
  if (!options.base.empty()) {
    const Json base = Core(OpenPack(ReadBytes(options.base)).at("core")).json;
    CheckBase(Core(pack["core"]).json, base);
    checked.base = Text(base.at("policy"));
  }
  return checked;
}

}  // namespace audit
