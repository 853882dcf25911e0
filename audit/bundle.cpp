#include <openssl/sha.h>

#include <map>
#include <sstream>

#include "audit/core.h"

namespace audit {

auto Hex(const std::string& bytes) -> std::string {
  std::string hex;
  for (const unsigned char byte : bytes) hex += {"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]};
  return hex;
}

auto Sha256(const std::string& bytes) -> std::string {
  std::string digest(SHA256_DIGEST_LENGTH, 0);
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return Hex(digest);
}

auto Unsigned(const std::string& bytes, std::uint64_t at, std::size_t size) -> std::uint64_t {
  Need(at <= bytes.size() && size <= bytes.size() - at, "a file ends too early");
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

namespace {

constexpr std::uint64_t kNone = 0xFFFFFFFF, kHeader = 64, kSections = 128, kFirstSection = 304, kServiceHeader = 24, kCellBytes = 64;

/// The header and the sections in their order, each with the fields of a record: its name, its type and what it is of. Types: s
/// string, p place, r range, b u8, h u16, u u32, o u32 that may be none, q u64, i i64, z a byte that is zero.
const char* const kLayouts = R"(
header policy:s version:s tool:s verified:u:flags attempts:u deadline_ms:u definitions:u refusals_terms:u routes_terms:u rules_terms:u
       mask_cells:u answer_tokens:u cost_hundredth_cents:u;
attributes name:s default:s kind:b:kinds unit:b:units has_default:b:flags :z first_dimension:u maximum:i sources:r:sources values:r:names
           prefixes:r:names texts:r:names cuts:r:cuts countries:r:countries;
sources argument:s kind:b:origins :z :z :z :z :z :z :z; names :s; cuts :i; countries :h; dimensions attribute:u member:u classes:u;
deployments name:s model:s vendor:s endpoint:s upstream_model:s key_env:s price_in:i price_out:i processed_in:h headquarters:h :z :z :z :z;
files path:s sha256:s policy:s; rules name:s because:s place:p implied:u:flags mask:u; refusals name:s reason:s place:p;
routes name:s place:p tiers:r:tiers; tiers label:s candidates:r:candidates order:u:orders limit:o within_ms:o retries:o;
candidates deployment:u weight:u; guarantees name:s text:s place:p verdict:u:verdicts :z :z :z :z; levels definitions:u terms:u;
owners :u; lines first:u direct:u searched:u; columns dimension:u cell:u run:u runs:u; runs first:h cell:h;
masks 0:q 1:q 2:q 3:q 4:q 5:q 6:q 7:q; cells 0:q 1:q 2:q 3:q 4:q 5:q 6:q 7:q; strings :b)";
const char* const kServiceLayouts = R"(; service_header screens_terms:u :z :z :z :z;
services name:s vendor:s endpoint:s key_env:s question:s processed_in:h headquarters:h kind:u:origins within_ms:u :z :z :z :z;
screens services:q by:u index:u)";
const Json kWords = {{"flags", {false, true}}, {"kinds", {"one of", "any of", "yes/no", "number", "text", "country", "date"}},
                     {"units", {"", "tokens", "ms", "%", "USD", "EUR", "time of day"}}, {"verdicts", {"proved", "violated", "unknown"}},
                     {"origins", {"tenant", "header", "request", "classifier", "detector", "budget", "clock"}},
                     {"orders", {"as listed", "by weight", "cheapest", "fastest", "quality"}}};

auto SizeOf(char type) -> std::uint64_t {
  const std::size_t at = std::string_view("bzh uo").find(type);
  return at == std::string_view::npos ? 8 : std::uint64_t{1} << (at / 2);
}

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {
    const bool has_services = Unsigned(bytes, 8, 8) == 4;
    Need(bytes.starts_with("\x89RTB\r\n\x1a\n") && (has_services || Unsigned(bytes, 8, 8) == 3), "the bundle is not one of version 3 or 4");
    std::istringstream layouts(std::string(kLayouts) + (has_services ? kServiceLayouts : ""));
    std::uint64_t end = kHeader, entry = kSections - 8;  // the header has no entry, and that of services stands where one would be
    for (std::string layout, name, field; std::getline(layouts, layout, ';'); entry += 8) {
      std::istringstream fields(layout);
      fields >> name;
      Section& section = sections_[name];
      for (; fields >> field; section.size += SizeOf(section.fields.back().type)) {
        const std::size_t type = field.find(':') + 1;
        section.fields.push_back({field.substr(0, type - 1), field[type], field.size() > type + 2 ? field.substr(type + 2) : ""});
      }
      const bool is_header = name.ends_with("header"), is_wide = name == "masks" || name == "cells";
      section.begin = name == "service_header" ? entry : is_wide ? (end + 63) / 64 * 64 : (end + 7) / 8 * 8;
      section.count = is_header ? 1 : Unsigned(bytes, entry + 4, 4);
      Need(is_header || Unsigned(bytes, entry, 4) == section.begin, "the bundle's sections do not follow each other");
      for (; end < section.begin; ++end) Need(Unsigned(bytes, end, 1) == 0, "the bundle has something between its sections");
      if (!is_header) end = section.begin + section.count * section.size;
      if (name == "header") end = kFirstSection + (has_services ? kServiceHeader : 0);
    }
    const bool is_whole = end == bytes.size() && Unsigned(bytes, 16, 8) == end && Unsigned(bytes, 24, 8) == 0;
    Need(is_whole && Hex(bytes.substr(32, 32)) == Sha256(bytes.substr(kHeader)), "the bundle's size or checksum is another one");
  }

  /// Every section that is no range's.
  auto ReadAll() -> Json {
    Json all = Record("header", 0);
    all.update(sections_.contains("service_header") ? Record("service_header", 0) : Json{{"screens_terms", 0U}});
    for (const char* name : {"attributes", "dimensions", "deployments", "files", "rules", "refusals", "routes", "guarantees",
                             "levels", "owners", "lines", "columns", "runs", "services", "screens"}) {
      all[name] = Records(name, 0, sections_[name].count);
    }
    for (const char* name : {"masks", "cells"}) all[name] = bytes_.substr(sections_[name].begin, sections_[name].count * kCellBytes);
    for (const char* name : {"sources", "names", "cuts", "countries", "tiers", "candidates"}) {
      Need(sections_[name].next == sections_[name].count, "the bundle has records that nothing speaks of", name);
    }
    return all;
  }

 private:
  struct Field {
    std::string name;
    char type;       // see `kLayouts`
    std::string of;  // the list of words that a number stands for one of, or the section that a range is of
  };
  struct Section {
    std::vector<Field> fields;
    std::uint64_t begin = 0, count = 0, size = 0;
    std::uint64_t next = 0;  // the first record that no range has yet had
  };

  auto Records(const std::string& section, std::uint64_t first, std::uint64_t count) -> Json {
    Json records = Json::array();
    for (std::uint64_t i = first; i < first + count; ++i) records.push_back(Record(section, i));
    return records;
  }

  auto Record(const std::string& section, std::uint64_t number) -> Json {
    const Section& here = sections_.at(section);
    std::uint64_t at = here.begin + here.size * number;
    Json record = Json::object();
    for (const Field& field : here.fields) {
      const std::uint64_t value = Unsigned(bytes_, at, SizeOf(field.type)), low = value & kNone, high = value >> 32U;
      at += SizeOf(field.type);
      Json read = value;
      if (field.type == 's') {
        Need(low + high <= sections_["strings"].count, "the bundle has a string outside of its strings");
        read = bytes_.substr(sections_["strings"].begin + low, high);
      } else if (field.type == 'r') {
        Section& of = sections_.at(field.of);
        Need(low == of.next && low + high <= of.count, "the bundle's ranges do not follow each other", section);
        of.next += high;
        read = Records(field.of, low, high);
      } else if (field.type == 'p') {
        read = low == kNone && high == 0 ? Json() : Json({low, high});
      } else if (field.type == 'i') {
        read = static_cast<std::int64_t>(value);
      } else if (field.type == 'z') {
        Need(value == 0, "the bundle has something where nothing belongs");
        continue;
      } else if (!field.of.empty()) {
        read = kWords[field.of].at(value);
      } else if (field.type == 'o' && value == kNone) {
        read = nullptr;
      }
      (field.name.empty() ? record : record[field.name]) = std::move(read);
    }
    return record;
  }

  const std::string& bytes_;
  std::map<std::string, Section> sections_;
};

}  // namespace

auto ReadBundle(const std::string& bytes) -> Json { return Reader(bytes).ReadAll(); }

}  // namespace audit
