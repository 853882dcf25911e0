#include "compiler/recheck/recheck.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "compiler/ir/text.h"
#include "compiler/recheck/classes.h"
#include "compiler/recheck/diagram.h"
#include "compiler/recheck/record.h"
#include "compiler/recheck/terms.h"
#include "runtime/values/country.h"

namespace route::recheck {
namespace {

constexpr std::uint32_t kNone = 0xFFFF'FFFF;
constexpr std::uint64_t kEnvelopeBytes = 64;
constexpr std::uint64_t kHeaderBytes = 64 + 22 * 8;
constexpr std::uint64_t kServiceHeaderBytes = 24;
constexpr std::uint32_t kLineBits = 512;
constexpr std::uint32_t kMostDefinitions = 28'672;

enum Section : std::uint8_t {
  kAttributes, kSources, kNames, kCuts, kCountries, kDimensions, kDeployments, kFiles, kRules, kRefusals, kRoutes, kTiers,
  kCandidates, kGuarantees, kLevels, kOwners, kLines, kColumns, kRuns, kMasks, kCells, kStrings,
  kServices, kScreens, kSectionCount  // these two only where the policy has services
};
constexpr std::array<std::uint32_t, kSectionCount> kEntryBytes = {80, 16, 8,  8, 2, 12, 72, 24, 32, 24, 24, 32,
                                                                  8,  32, 8, 4, 12, 16, 4,  64, 64, 1,  56, 16};

auto Sha256(std::span<const std::byte> bytes) -> std::array<std::uint8_t, 32> {
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

auto Hex(const std::array<std::uint8_t, 32>& digest) -> std::string {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

auto AlignUp(std::uint64_t value, std::uint64_t to) -> std::uint64_t { return (value + to - 1) / to * to; }

class Comparison {
 public:
  Comparison(std::span<const std::byte> bundle, const ir::Policy& policy, const Statement& statement)
      : bundle_(bundle), policy_(policy), statement_(statement), classes_(policy) {}

  void Run() {
    CheckEnvelope();
    CheckSections();
    CheckHeader();
    CheckAttributes();
    CheckDeployments();
    CheckFiles();
    CheckRules();
    CheckRefusals();
    CheckRoutes();
    CheckGuarantees();
    CheckServices();
    Expect(strings_end_, places_[kStrings].count, "the size of the strings");
    CheckConditions();
  }

 private:
  // --- Envelope and sections ------------------------------------------------------------------------------

  void CheckEnvelope() {
    Record record(bundle_, 0);
    Expect(record.U64(), 0x0A1A'0A0D'4254'5289, "the magic number");
    Expect(record.U32(), HasServices() ? 4 : 3, "the format version");
    Expect(record.U32(), 0, "a reserved field");
    Expect(record.U64(), bundle_.size(), "the size");
    Expect(record.U64(), 0, "a reserved field");
    if (bundle_.size() < HeaderEnd()) Differs("the file ends within its header");
    for (const std::uint8_t byte : Sha256(bundle_.subspan(kEnvelopeBytes))) Expect(record.U8(), byte, "a byte of the checksum");
  }

  auto HasServices() const -> bool { return !policy_.services.empty(); }
  auto HeaderEnd() const -> std::uint64_t { return kEnvelopeBytes + kHeaderBytes + (HasServices() ? kServiceHeaderBytes : 0); }

  void CheckSections() {
    Record record(bundle_, kEnvelopeBytes + 64);
    std::uint64_t end = HeaderEnd();
    const Section sections = HasServices() ? kSectionCount : kServices;
    for (std::uint8_t i = 0; i < sections; ++i) {
      if (i == kServices) {
        screen_terms_ = record.U32();
        Expect(record.U32(), 0, "a reserved field");
      }
      const std::string self = "section " + std::to_string(i);
      const std::uint64_t begin = AlignUp(end, i == kMasks || i == kCells ? 64 : 8);
      Expect(record.U32(), begin, "the offset of " + self);
      places_[i] = {begin, record.U32()};
      for (Record gap(bundle_, end); end < begin; ++end) Expect(gap.U8(), 0, "a byte before " + self);
      end = begin + places_[i].count * kEntryBytes[i];
    }
    Expect(bundle_.size(), end, "the end of the file");
  }

  auto Entry(Section section, std::uint64_t index) const -> Record {
    if (index >= places_[section].count) Differs("section " + std::to_string(section) + " has too few entries");
    return {bundle_, places_[section].offset + index * kEntryBytes[section]};
  }

  void ExpectCount(Section section, std::uint64_t count) const {
    Expect(places_[section].count, count, "the number of entries of section " + std::to_string(section));
  }

  // --- Parts of records -------------------------------------------------------------------------------------

  /// A text is at the place of its first use, and that is where the texts before it end.
  void ExpectText(Record& record, const std::string& text, std::string_view what) {
    const std::uint32_t offset = record.U32();
    Expect(record.U32(), text.size(), "the length of " + std::string(what));
    if (text.empty()) return Expect(offset, 0, "the place of an empty text");
    const auto [place, is_new] = texts_.try_emplace(text, strings_end_);
    Expect(offset, place->second, "the place of " + std::string(what));
    if (!is_new) return;
    Record bytes(bundle_, places_[kStrings].offset + offset);
    if (offset + text.size() > places_[kStrings].count) Differs(std::string(what) + " is out of bounds");
    for (const char byte : text) Expect(bytes.U8(), static_cast<std::uint8_t>(byte), "a byte of " + std::string(what));
    strings_end_ += text.size();
  }

  void ExpectPlace(Record& record, Span span) {
    const bool known = statement_.sources != nullptr;
    Expect(record.U32(), known ? span.file.index : kNone, "the file of a place");
    Expect(record.U32(), known ? statement_.sources->Begin(span).line : 0, "the line of a place");
  }

  /// The next `count` entries of a section, of which `next` have been taken.
  static void ExpectRange(Record& record, std::uint64_t& next, std::uint64_t count) {
    Expect(record.U32(), next, "the beginning of a range");
    Expect(record.U32(), count, "the length of a range");
    next += count;
  }

  // --- Header and schema --------------------------------------------------------------------------------------

  void CheckHeader() {
    Record record(bundle_, kEnvelopeBytes);
    ExpectText(record, policy_.name, "the policy's name");
    ExpectText(record, policy_.version, "the policy's version");
    ExpectText(record, statement_.tool_version, "the tool's version");
    Expect(record.U32(), statement_.flags, "the flags");
    Expect(record.U32(), policy_.limits.attempts, "the limit of attempts");
    Expect(record.U32(), policy_.limits.deadline_ms, "the deadline");
    definitions_ = record.U32();
    if (definitions_ > kMostDefinitions) Differs("there are more definitions than a bundle may have");
    refusal_terms_ = record.U32();
    route_terms_ = record.U32();
    rule_terms_ = record.U32();
    mask_cells_ = (policy_.deployments.size() + kLineBits - 1) / kLineBits;
    Expect(record.U32(), mask_cells_, "the cells of a mask");
    Expect(record.U32(), policy_.limits.answer_tokens, "the limit of an answer");
    Expect(record.U32(), policy_.limits.cost_hundredth_cents, "the limit of the cost");
  }

  void CheckAttributes() {
    ExpectCount(kAttributes, policy_.attributes.size());
    for (std::size_t i = 0; i < policy_.attributes.size(); ++i) CheckAttribute(policy_.attributes[i], classes_.attributes()[i], i);
    ExpectCount(kSources, next_source_);
    ExpectCount(kNames, next_name_);
    ExpectCount(kCuts, next_cut_);
    ExpectCount(kCountries, next_country_);
    ExpectCount(kDimensions, classes_.dimensions());
  }

  void CheckAttribute(const ir::Attribute& attribute, const AttributeClasses& classes, std::size_t index) {
    Record record = Entry(kAttributes, index);
    ExpectText(record, attribute.name, "the name of attribute `" + attribute.name + "`");
    CheckDefault(record, attribute);
    const bool is_number = attribute.kind == AttributeKind::kNumber;
    Expect(record.U8(), static_cast<std::uint8_t>(attribute.kind), "the kind of an attribute");
    Expect(record.U8(), is_number ? static_cast<std::uint8_t>(attribute.unit) : 0, "the unit of an attribute");
    Expect(record.U8(), attribute.fallback.has_value() ? 1 : 0, "the flag of a default");
    Expect(record.U8(), 0, "a reserved field");
    Expect(record.U32(), classes.first_dimension, "the first dimension of an attribute");
    Expect(record.U64(), is_number ? static_cast<std::uint64_t>(attribute.maximum.micros) : 0, "the maximum of an attribute");
    CheckSources(record, attribute);
    CheckNames(record, attribute.values);
    CheckNames(record, classes.prefixes);
    CheckNames(record, classes.texts);
    const std::uint64_t first_cut = next_cut_;
    ExpectRange(record, next_cut_, classes.cuts.size());
    for (std::size_t i = 0; i < classes.cuts.size(); ++i) {
      Expect(Entry(kCuts, first_cut + i).U64(), static_cast<std::uint64_t>(classes.cuts[i]), "a threshold of `" + attribute.name + "`");
    }
    const std::uint64_t first_country = next_country_;
    ExpectRange(record, next_country_, classes.country_class.size());
    for (std::size_t i = 0; i < classes.country_class.size(); ++i) {
      Expect(Entry(kCountries, first_country + i).U16(), classes.country_class[i], "the class of a country");
    }
    for (std::uint32_t member = 0; member < classes.dimensions; ++member) {
      Record dimension = Entry(kDimensions, classes.first_dimension + member);
      Expect(dimension.U32(), index, "the attribute of a dimension");
      Expect(dimension.U32(), member, "the member of a dimension");
      Expect(dimension.U32(), classes.classes, "the classes of a dimension");
    }
  }

  /// The default may be written in more than one way; it has to read as the policy's.
  void CheckDefault(Record& record, const ir::Attribute& attribute) {
    Record ahead = record;
    const std::uint32_t offset = ahead.U32();
    const std::uint32_t size = ahead.U32();
    if (std::uint64_t{offset} + size > places_[kStrings].count) Differs("a default is out of bounds");
    std::string text;
    Record bytes(bundle_, places_[kStrings].offset + offset);
    for (std::uint32_t i = 0; i < size; ++i) text += static_cast<char>(bytes.U8());
    ExpectText(record, text, "the default of `" + attribute.name + "`");
    if (!attribute.fallback) return Expect(size, 0, "the length of a default that there is not");
    const auto value = ir::ParseValue(attribute, text);
    if (!value || *value != *attribute.fallback) Differs("the default of `" + attribute.name + "` reads `" + text + "`");
  }

  void CheckSources(Record& record, const ir::Attribute& attribute) {
    const std::uint64_t first = next_source_;
    ExpectRange(record, next_source_, attribute.sources.size());
    for (std::size_t i = 0; i < attribute.sources.size(); ++i) {
      Record source = Entry(kSources, first + i);
      ExpectText(source, attribute.sources[i].argument, "a source of `" + attribute.name + "`");
      Expect(source.U8(), static_cast<std::uint8_t>(attribute.sources[i].kind), "the kind of a source");
      for (int k = 0; k < 7; ++k) Expect(source.U8(), 0, "a reserved field");
    }
  }

  void CheckNames(Record& record, const std::vector<std::string>& names) {
    const std::uint64_t first = next_name_;
    ExpectRange(record, next_name_, names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      Record name = Entry(kNames, first + i);
      ExpectText(name, names[i], "the name `" + names[i] + "`");
    }
  }

  // --- Catalogue, rules, routes -----------------------------------------------------------------------------------

  void CheckDeployments() {
    ExpectCount(kDeployments, policy_.deployments.size());
    for (std::size_t i = 0; i < policy_.deployments.size(); ++i) {
      const ir::Deployment& deployment = policy_.deployments[i];
      const ir::Model& model = policy_.models.at(deployment.model.index);
      const ir::Vendor& vendor = policy_.vendors.at(deployment.vendor.index);
      const std::string self = " of deployment `" + deployment.name + "`";
      Record record = Entry(kDeployments, i);
      ExpectText(record, deployment.name, "the name" + self);
      ExpectText(record, model.name, "the model" + self);
      ExpectText(record, vendor.name, "the vendor" + self);
      ExpectText(record, deployment.endpoint, "the endpoint" + self);
      ExpectText(record, deployment.upstream_model.empty() ? model.name : deployment.upstream_model, "the upstream model" + self);
      ExpectText(record, deployment.key_env, "the key's variable" + self);
      Expect(record.U64(), static_cast<std::uint64_t>(deployment.price_in.micros), "the price in" + self);
      Expect(record.U64(), static_cast<std::uint64_t>(deployment.price_out.micros), "the price out" + self);
      Expect(record.U16(), deployment.processed_in.index, "the country" + self);
      Expect(record.U16(), vendor.headquarters.index, "the vendor's country" + self);
      Expect(record.U32(), 0, "a reserved field");
    }
  }

  void CheckFiles() {
    const std::size_t count = statement_.sources == nullptr ? 0 : statement_.sources->size();
    ExpectCount(kFiles, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const SourceFile& file = statement_.sources->Get({i});
      Record record = Entry(kFiles, i);
      ExpectText(record, file.path(), "the path of a file");
      ExpectText(record, Hex(Sha256(std::as_bytes(std::span(file.text())))), "the hash of `" + file.path() + "`");
      ExpectText(record, ir::PolicyOfFile(policy_, {i}), "the policy of `" + file.path() + "`");
    }
  }

  void CheckRules() {
    ExpectCount(kRules, policy_.rules.size());
    std::map<std::vector<bool>, std::uint32_t> numbers;
    for (std::size_t i = 0; i < policy_.rules.size(); ++i) {
      const ir::Rule& rule = policy_.rules[i];
      Record record = Entry(kRules, i);
      ExpectText(record, rule.name, "the name of rule `" + rule.name + "`");
      ExpectText(record, rule.because, "the reason of rule `" + rule.name + "`");
      ExpectPlace(record, rule.span);
      Expect(record.U32(), rule.origin == ir::Rule::Origin::kWritten ? 0 : 1, "whether rule `" + rule.name + "` is implied");
      std::vector<bool> excluded(mask_cells_ * kLineBits, false);
      for (std::uint32_t d = 0; d < policy_.deployments.size(); ++d) excluded[d] = !ir::Holds(rule.keep, policy_, DeploymentId{d});
      const auto number = numbers.try_emplace(excluded, static_cast<std::uint32_t>(numbers.size())).first->second;
      Expect(record.U32(), number, "the mask of rule `" + rule.name + "`");
      const bool excludes = std::ranges::find(excluded, true) != excluded.end();
      rule_order_.emplace_back(excludes ? number : kNone, static_cast<std::uint32_t>(i));
    }
    ExpectCount(kMasks, numbers.size() * mask_cells_);
    for (const auto& [excluded, number] : numbers) CheckMask(excluded, number);
    std::ranges::sort(rule_order_);
  }

  void CheckMask(const std::vector<bool>& excluded, std::uint32_t number) const {
    if (mask_cells_ == 0) return;
    Record words = Entry(kMasks, number * mask_cells_);
    std::uint64_t word = 0;
    for (std::size_t d = 0; d < excluded.size(); ++d) {
      if (d % 64 == 0) word = words.U64();
      Expect((word >> (d % 64)) & 1U, excluded[d] ? 1 : 0, "bit " + std::to_string(d) + " of mask " + std::to_string(number));
    }
  }

  void CheckRefusals() {
    ExpectCount(kRefusals, policy_.refusals.size());
    for (std::size_t i = 0; i < policy_.refusals.size(); ++i) {
      const ir::Refusal& refusal = policy_.refusals[i];
      Record record = Entry(kRefusals, i);
      ExpectText(record, refusal.name, "the name of refusal `" + refusal.name + "`");
      ExpectText(record, refusal.reason, "the reason of refusal `" + refusal.name + "`");
      ExpectPlace(record, refusal.span);
    }
  }

  void CheckRoutes() {
    ExpectCount(kRoutes, policy_.routes.size());
    std::uint64_t next_tier = 0;
    for (std::size_t i = 0; i < policy_.routes.size(); ++i) {
      const ir::Route& route = policy_.routes[i];
      Record record = Entry(kRoutes, i);
      ExpectText(record, route.name, "the name of route `" + route.name + "`");
      ExpectPlace(record, route.span);
      const std::uint64_t first_tier = next_tier;
      ExpectRange(record, next_tier, route.tiers.size());
      for (std::size_t t = 0; t < route.tiers.size(); ++t) CheckTier(route.tiers[t], first_tier + t);
    }
    ExpectCount(kTiers, next_tier);
    ExpectCount(kCandidates, next_candidate_);
  }

  void CheckTier(const ir::Tier& tier, std::uint64_t index) {
    Record record = Entry(kTiers, index);
    const std::string self = " of tier `" + tier.label + "`";
    ExpectText(record, tier.label, "the label" + self);
    const std::uint64_t first = next_candidate_;
    ExpectRange(record, next_candidate_, tier.candidates.size());
    Expect(record.U32(), static_cast<std::uint32_t>(tier.order), "the order" + self);
    Expect(record.U32(), tier.limit.value_or(kNone), "the limit" + self);
    Expect(record.U32(), tier.within_ms.value_or(kNone), "the time" + self);
    Expect(record.U32(), tier.retries.value_or(kNone), "the retries" + self);
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
      Record candidate = Entry(kCandidates, first + i);
      Expect(candidate.U32(), tier.candidates[i].deployment.index, "a candidate" + self);
      Expect(candidate.U32(), tier.candidates[i].weight, "a weight" + self);
    }
  }

  void CheckGuarantees() {
    ExpectCount(kGuarantees, policy_.guarantees.size());
    Expect(statement_.verdicts.size(), policy_.guarantees.size(), "the number of verdicts");
    for (std::size_t i = 0; i < policy_.guarantees.size(); ++i) {
      const ir::Guarantee& guarantee = policy_.guarantees[i];
      Record record = Entry(kGuarantees, i);
      ExpectText(record, guarantee.name, "the name of guarantee `" + guarantee.name + "`");
      ExpectText(record, guarantee.text, "the text of guarantee `" + guarantee.name + "`");
      ExpectPlace(record, guarantee.span);
      Expect(record.U32(), statement_.verdicts[i], "the verdict on guarantee `" + guarantee.name + "`");
      Expect(record.U32(), 0, "a reserved field");
    }
  }

  void CheckServices() {
    if (!HasServices()) return;
    ExpectCount(kServices, policy_.services.size());
    for (std::size_t i = 0; i < policy_.services.size(); ++i) {
      const ir::Service& service = policy_.services[i];
      const ir::Vendor& vendor = policy_.vendors.at(service.vendor.index);
      const std::string self = " of service `" + service.name + "`";
      Record record = Entry(kServices, i);
      ExpectText(record, service.name, "the name" + self);
      ExpectText(record, vendor.name, "the vendor" + self);
      ExpectText(record, service.endpoint, "the endpoint" + self);
      ExpectText(record, service.key_env, "the key's variable" + self);
      ExpectText(record, service.answers.argument, "the question" + self);
      Expect(record.U16(), service.processed_in.index, "the country" + self);
      Expect(record.U16(), vendor.headquarters.index, "the vendor's country" + self);
      Expect(record.U32(), static_cast<std::uint32_t>(service.answers.kind), "the kind of question" + self);
      Expect(record.U32(), service.within_ms, "the time" + self);
      Expect(record.U32(), 0, "a reserved field");
    }
  }

  // --- Conditions -------------------------------------------------------------------------------------------------

  /// Terms by the refusal, route, rule or definition that they belong to: the bits of its terms.
  using Owned = std::vector<std::vector<std::uint64_t>>;

  void CheckConditions() {
    Owned definitions(definitions_);
    Owned refusals(policy_.refusals.size());
    Owned routes(policy_.routes.size());
    Owned rules(policy_.rules.size());
    Owned screens(places_[kScreens].count);
    BitUse use;
    std::uint32_t first = 0;
    for (std::uint64_t i = 0; i < places_[kLevels].count; ++i) {
      Record level = Entry(kLevels, i);
      const std::uint32_t own = level.U32();
      if (own == 0 || own > definitions_ - first) Differs("a level does not have as many definitions as it says");
      next_bit_ = AlignUp(next_bit_, kLineBits);
      TakeTerms(level.U32(), definitions, {first, first + own});
      first += own;
      use.definitions_before.resize(AlignUp(next_bit_, kLineBits) / kLineBits, first - own);
    }
    Expect(first, definitions_, "the definitions of all levels");
    next_bit_ = AlignUp(next_bit_, kLineBits);
    TakeTerms(refusal_terms_, refusals, {0, static_cast<std::uint32_t>(refusals.size())});
    next_bit_ = AlignUp(next_bit_, 64);
    TakeTerms(route_terms_, routes, {0, static_cast<std::uint32_t>(routes.size())});
    next_bit_ = AlignUp(next_bit_, 64);
    TakeRuleTerms(rules);
    next_bit_ = AlignUp(next_bit_, 64);
    TakeTerms(screen_terms_, screens, {0, static_cast<std::uint32_t>(screens.size())});
    ExpectCount(kOwners, next_owner_);

    use.used.assign(AlignUp(next_bit_, kLineBits), false);
    for (const Owned* owned : {&definitions, &refusals, &routes, &rules, &screens}) {
      for (const auto& bits : *owned) {
        for (const std::uint64_t bit : bits) use.used[bit] = true;
      }
    }
    use.definitions_before.resize(use.used.size() / kLineBits, definitions_);
    const auto place = [&](Section section) { return BitSections::Place{places_[section].offset, places_[section].count}; };
    terms_ = ReadTerms(bundle_, {place(kLines), place(kColumns), place(kRuns), place(kCells)}, use, classes_);

    definition_bits_ = std::move(definitions);
    for (std::size_t i = 0; i < refusals.size(); ++i) {
      CheckCondition(refusals[i], policy_.refusals[i].when, "refusal `" + policy_.refusals[i].name + "`");
    }
    for (std::size_t i = 0; i < routes.size(); ++i) {
      CheckCondition(routes[i], policy_.routes[i].when, "route `" + policy_.routes[i].name + "`");
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
      CheckCondition(rules[i], policy_.rules[i].when, "rule `" + policy_.rules[i].name + "`");
    }
    CheckScreens(screens);
  }

  /// A refusal keeps every service that is asked, in those requests for which it applies in any case; a rule those that it
  /// excludes, where it could apply.
  void CheckScreens(const Owned& screens) {
    if (!HasServices()) return;
    std::uint64_t asked = 0;
    for (std::uint32_t s = 0; s < policy_.services.size(); ++s) {
      if (!ir::AskedFor(policy_, {s}).empty()) asked |= std::uint64_t{1} << s;
    }
    std::uint64_t next = 0;
    for (std::uint32_t i = 0; i < policy_.refusals.size(); ++i) {
      const ir::Refusal& refusal = policy_.refusals[i];
      CheckScreen(screens, next, {0, i, asked}, refusal.when, "refusal `" + refusal.name + "`");
    }
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      const ir::Rule& rule = policy_.rules[i];
      std::uint64_t excluded = 0;
      for (std::uint32_t s = 0; s < policy_.services.size(); ++s) {
        if (ir::Says(rule.keep, policy_, ServiceId{s}) == ir::Said::kNo) excluded |= std::uint64_t{1} << s;
      }
      CheckScreen(screens, next, {1, i, excluded & asked}, rule.when, "rule `" + rule.name + "`");
    }
    ExpectCount(kScreens, next);
  }

  struct Screen {
    std::uint32_t by_rule;
    std::uint32_t index;
    std::uint64_t services;
  };

  /// The screen is the next one of the bundle, or it is not there because nobody is kept from anything.
  void CheckScreen(const Owned& screens, std::uint64_t& next, const Screen& screen, const ir::Condition& condition,
                   const std::string& name) const {
    Diagrams diagrams;
    std::map<std::uint32_t, Diagrams::Node> known;
    const Diagrams::Node wanted =
        Foresee(diagrams, condition, screen.by_rule == 1 ? Diagrams::kEverything : Diagrams::kNothing);
    bool is_next = next < screens.size();
    if (is_next) {
      Record record = Entry(kScreens, next);
      const std::uint64_t services = record.U64();
      is_next = record.U32() == screen.by_rule && record.U32() == screen.index;
      if (is_next) Expect(services, screen.services, "the services that " + name + " keeps");
    }
    if (!is_next) {
      if (screen.services != 0) Differs(name + " keeps no service from seeing prompts, and it should");
      return;
    }
    if (UnionOf(diagrams, screens[next++], known) != wanted) {
      Differs("the terms by which " + name + " keeps services do not hold exactly where it could apply");
    }
  }

  /// The condition with `unknown` for what services answer; behind a `not` the opposite.
  auto Foresee(Diagrams& diagrams, const ir::Condition& condition, Diagrams::Node unknown) const -> Diagrams::Node {
    using Kind = ir::Condition::Kind;
    const bool is_connective = condition.kind == Kind::kAll || condition.kind == Kind::kAny || condition.kind == Kind::kNot;
    if (!is_connective) {
      const bool is_constant = condition.kind == Kind::kTrue || condition.kind == Kind::kFalse;
      return !is_constant && ir::IsAnswered(policy_, condition.attribute) ? unknown : Build(diagrams, condition);
    }
    const Diagrams::Node inner = condition.kind == Kind::kNot ? diagrams.Not(unknown) : unknown;
    std::vector<Diagrams::Node> children;
    for (const ir::Condition& child : condition.children) children.push_back(Foresee(diagrams, child, inner));
    if (condition.kind == Kind::kNot) return diagrams.Not(children.at(0));
    return condition.kind == Kind::kAll ? diagrams.All(std::move(children)) : diagrams.Any(std::move(children));
  }

  /// The next `terms` terms, whose owners ascend within these bounds.
  void TakeTerms(std::uint64_t terms, Owned& owned, std::pair<std::uint32_t, std::uint32_t> bounds) {
    std::uint32_t last = bounds.first;
    for (std::uint64_t i = 0; i < terms; ++i) {
      const std::uint32_t owner = Entry(kOwners, next_owner_++).U32();
      if (owner < last || owner >= bounds.second) Differs("the owner of a term is out of order");
      owned[owner].push_back(next_bit_++);
      last = owner;
    }
  }

  void TakeRuleTerms(Owned& rules) {
    std::size_t place = 0;
    for (std::uint32_t i = 0; i < rule_terms_; ++i) {
      const std::uint32_t owner = Entry(kOwners, next_owner_++).U32();
      while (place < rule_order_.size() && rule_order_[place].second != owner) ++place;
      if (place == rule_order_.size()) Differs("the owner of a rule's term is out of order");
      rules[owner].push_back(next_bit_++);
    }
  }

  void CheckCondition(const std::vector<std::uint64_t>& bits, const ir::Condition& condition, const std::string& name) const {
    Diagrams diagrams;
    std::map<std::uint32_t, Diagrams::Node> known;
    const Diagrams::Node wanted = Build(diagrams, condition);
    if (UnionOf(diagrams, bits, known) != wanted) {
      Differs("the terms of " + name + " do not hold exactly where its condition does");
    }
  }

  auto Build(Diagrams& diagrams, const ir::Condition& condition) const -> Diagrams::Node {
    using Kind = ir::Condition::Kind;
    std::vector<Diagrams::Node> children;
    for (const ir::Condition& child : condition.children) children.push_back(Build(diagrams, child));
    switch (condition.kind) {
      case Kind::kTrue: return Diagrams::kEverything;
      case Kind::kFalse: return Diagrams::kNothing;
      case Kind::kAll: return diagrams.All(std::move(children));
      case Kind::kAny: return diagrams.Any(std::move(children));
      case Kind::kNot: return diagrams.Not(children.at(0));
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries: break;
    }
    const Classes::Answer answer = classes_.Ask(condition);
    return diagrams.InClasses(answer.dimension, classes_.ClassesOf(answer.dimension), answer.yes);
  }

  auto UnionOf(Diagrams& diagrams, const std::vector<std::uint64_t>& bits, std::map<std::uint32_t, Diagrams::Node>& known) const
      -> Diagrams::Node {
    std::vector<Diagrams::Node> all;
    for (const std::uint64_t bit : bits) {
      std::vector<Diagrams::Node> parts;
      for (const Term::Constraint& constraint : terms_[bit].constraints) {
        if (constraint.dimension >= classes_.dimensions()) {
          parts.push_back(Defined(diagrams, constraint.dimension - classes_.dimensions(), known));
        } else {
          parts.push_back(diagrams.InClasses(constraint.dimension, classes_.ClassesOf(constraint.dimension), constraint.admitted));
        }
      }
      all.push_back(diagrams.All(std::move(parts)));
    }
    return diagrams.Any(std::move(all));
  }

  auto Defined(Diagrams& diagrams, std::uint32_t definition, std::map<std::uint32_t, Diagrams::Node>& known) const
      -> Diagrams::Node {
    if (const auto found = known.find(definition); found != known.end()) return found->second;
    const Diagrams::Node node = UnionOf(diagrams, definition_bits_[definition], known);
    known.emplace(definition, node);
    return node;
  }

  std::span<const std::byte> bundle_;
  const ir::Policy& policy_;
  const Statement& statement_;
  Classes classes_;
  std::array<BitSections::Place, kSectionCount> places_{};
  std::map<std::string, std::uint64_t> texts_;  // by content: where it is
  std::uint64_t strings_end_ = 0;
  std::uint64_t next_source_ = 0;
  std::uint64_t next_name_ = 0;
  std::uint64_t next_cut_ = 0;
  std::uint64_t next_country_ = 0;
  std::uint64_t next_candidate_ = 0;
  std::uint64_t mask_cells_ = 0;
  std::uint32_t definitions_ = 0;
  std::uint32_t refusal_terms_ = 0;
  std::uint32_t route_terms_ = 0;
  std::uint32_t rule_terms_ = 0;
  std::uint32_t screen_terms_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rule_order_;  // mask, or last of all if it is empty; rule
  std::uint64_t next_bit_ = 0;
  std::uint64_t next_owner_ = 0;
  std::vector<Term> terms_;
  Owned definition_bits_;
};

}  // namespace

auto Compare(std::span<const std::byte> bundle, const ir::Policy& policy, const Statement& statement)
    -> std::optional<Mismatch> {
  try {
    Comparison(bundle, policy, statement).Run();
    return std::nullopt;
  } catch (const Mismatch& mismatch) {
    return mismatch;
  }
}

}  // namespace route::recheck
