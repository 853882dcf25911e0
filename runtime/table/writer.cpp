#include "runtime/table/writer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <span>
#include <string_view>

#include "runtime/table/columns.h"
#include "runtime/table/layout.h"
#include "runtime/table/sha256.h"

namespace route {
namespace {

using layout::SectionId;

[[noreturn]] void Impossible(const char* reason) {
  std::fprintf(stderr, "route: WriteTable was given a table that cannot be: %s\n", reason);
  std::abort();
}

auto Size(std::size_t size) -> std::uint32_t {
  if (size >= kNone) Impossible("a list has more entries than a 32-bit count can hold");
  return static_cast<std::uint32_t>(size);
}

auto Nibble(char digit) -> std::uint8_t {
  return static_cast<std::uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void Seal(std::span<std::byte> bytes) {
  layout::Envelope envelope{};
  std::memcpy(&envelope, bytes.data(), sizeof(envelope));
  envelope.file_bytes = bytes.size();
  const std::string hex = Sha256Hex(bytes.subspan(sizeof(envelope)));
  for (std::size_t i = 0; i < envelope.checksum.size(); ++i) {
    envelope.checksum[i] = static_cast<std::uint8_t>(Nibble(hex[2 * i]) << 4U | Nibble(hex[2 * i + 1]));
  }
  std::memcpy(bytes.data(), &envelope, sizeof(envelope));
}

class Writer {
 public:
  explicit Writer(const TableSpec& spec) : spec_(spec) {}

  auto Write() -> std::vector<std::byte> {
    header_.policy_name = Intern(spec_.policy_name);
    header_.policy_version = Intern(spec_.policy_version);
    header_.tool_version = Intern(spec_.tool_version);
    header_.flags = spec_.verified ? layout::kFlagVerified : 0;
    header_.attempts = spec_.limits.attempts;
    header_.deadline_ms = spec_.limits.deadline_ms;
    header_.answer_tokens = spec_.limits.answer_tokens;
    header_.cost_hundredth_cents = spec_.limits.cost_hundredth_cents;
    AddAttributes();
    AddCatalogue();
    AddRules();
    AddRoutes();
    for (const auto& guarantee : spec_.guarantees) {
      guarantees_.push_back({Intern(guarantee.name), Intern(guarantee.text), Place(guarantee.place),
                             static_cast<std::uint32_t>(guarantee.verdict), 0});
    }
    AddServices();
    AddTerms();
    return Assemble();
  }

 private:
  /// Equal texts share their bytes; texts lie in the order of their first use.
  auto Intern(const std::string& text) -> layout::StringRef {
    if (text.empty()) return {0, 0};
    const auto [place, is_new] = interned_.try_emplace(text, Size(strings_.size()));
    if (is_new) strings_ += text;
    return {place->second, Size(text.size())};
  }

  auto Place(const TableSpec::Place& place) const -> layout::PlaceRecord { return {place.file, place.line}; }

  auto AddNames(const std::vector<std::string>& names) -> layout::Range {
    const layout::Range range{Size(names_.size()), Size(names.size())};
    for (const auto& name : names) names_.push_back(Intern(name));
    return range;
  }

  void AddAttributes() {
    for (const auto& attribute : spec_.attributes) {
      layout::AttributeRecord record{};
      record.name = Intern(attribute.name);
      record.default_text = Intern(attribute.default_text.value_or(""));
      record.kind = static_cast<std::uint8_t>(attribute.kind);
      record.unit = static_cast<std::uint8_t>(attribute.unit);
      record.has_default = attribute.default_text ? 1 : 0;
      record.first_dimension = Size(dimensions_.size());
      record.maximum = attribute.maximum.micros;
      record.sources = {Size(sources_.size()), Size(attribute.sources.size())};
      for (const auto& source : attribute.sources) {
        sources_.push_back({Intern(source.argument), static_cast<std::uint8_t>(source.kind), {}});
      }
      record.values = AddNames(attribute.values);
      record.prefixes = AddNames(attribute.prefixes);
      record.texts = AddNames(attribute.texts);
      record.cuts = {Size(cuts_.size()), Size(attribute.cuts.size())};
      cuts_.insert(cuts_.end(), attribute.cuts.begin(), attribute.cuts.end());
      std::vector<std::uint16_t> country_class = attribute.country_class;
      if (attribute.kind == AttributeKind::kCountry && country_class.empty()) country_class.resize(Countries().size());
      record.countries = {Size(countries_.size()), Size(country_class.size())};
      countries_.insert(countries_.end(), country_class.begin(), country_class.end());
      const std::uint32_t classes = Size(ClassCount(attribute));
      const std::uint32_t members = Size(DimensionCount(attribute));
      for (std::uint32_t member = 0; member < members; ++member) {
        dimensions_.push_back({Size(attributes_.size()), member, classes});
        classes_.push_back(classes);
      }
      attributes_.push_back(record);
    }
  }

  void AddCatalogue() {
    for (const auto& deployment : spec_.deployments) {
      deployments_.push_back({Intern(deployment.name), Intern(deployment.model), Intern(deployment.vendor),
                              Intern(deployment.endpoint), Intern(deployment.upstream_model),
                              Intern(deployment.key_env), deployment.price_in.micros, deployment.price_out.micros,
                              deployment.processed_in.index, deployment.headquarters.index, 0});
    }
    for (const auto& file : spec_.files) files_.push_back({Intern(file.path), Intern(file.sha256), Intern(file.policy)});
  }

  void AddRules() {
    header_.mask_cells = Size(layout::AlignUp(spec_.deployments.size(), layout::kCellBits) / layout::kCellBits);
    std::map<std::vector<layout::Cell>, std::uint32_t> known;
    for (const auto& rule : spec_.rules) {
      std::vector<layout::Cell> mask(header_.mask_cells);
      for (const std::uint32_t deployment : rule.excluded) {
        if (deployment >= spec_.deployments.size()) Impossible("a rule excludes a deployment that does not exist");
        mask[deployment / layout::kCellBits].words[deployment / 64 % layout::kCellWords] |= std::uint64_t{1}
                                                                                           << (deployment % 64);
      }
      const auto [place, is_new] = known.try_emplace(mask, Size(known.size()));
      if (is_new) masks_.insert(masks_.end(), mask.begin(), mask.end());
      rules_.push_back(
          {Intern(rule.name), Intern(rule.because), Place(rule.place), rule.implied ? 1U : 0U, place->second});
    }
    for (const auto& refusal : spec_.refusals) {
      refusals_.push_back({Intern(refusal.name), Intern(refusal.reason), Place(refusal.place)});
    }
  }

  void AddRoutes() {
    for (const auto& route : spec_.routes) {
      routes_.push_back({Intern(route.name), Place(route.place), {Size(tiers_.size()), Size(route.tiers.size())}});
      for (const auto& tier : route.tiers) {
        tiers_.push_back({Intern(tier.label),
                          {Size(candidates_.size()), Size(tier.candidates.size())},
                          static_cast<std::uint32_t>(tier.order),
                          tier.limit,
                          tier.within_ms,
                          tier.retries});
        candidates_.insert(candidates_.end(), tier.candidates.begin(), tier.candidates.end());
      }
    }
  }

  void AddServices() {
    if (spec_.services.size() > kMaxServices) Impossible("it has too many services");
    for (const auto& service : spec_.services) {
      services_.push_back({Intern(service.name), Intern(service.vendor), Intern(service.endpoint), Intern(service.key_env),
                           Intern(service.answers.argument), service.processed_in.index, service.headquarters.index,
                           static_cast<std::uint32_t>(service.answers.kind), service.within_ms, 0});
    }
    for (const auto& screen : spec_.screens) {
      layout::ScreenRecord record{0, static_cast<std::uint32_t>(screen.by), screen.index};
      for (const std::uint32_t service : screen.services) {
        if (service >= spec_.services.size()) Impossible("a screen keeps a service that does not exist");
        record.services |= std::uint64_t{1} << service;
      }
      screens_.push_back(record);
    }
  }

  auto HasServices() const -> bool { return !spec_.services.empty(); }

  void AddTerms() {
    AddDefinitions();
    next_bit_ = layout::AlignUp(next_bit_, layout::kCellBits);
    header_.refusal_terms = AddPart(spec_.refusals, InOrder(spec_.refusals.size()));
    header_.route_terms = AddPart(spec_.routes, InOrder(spec_.routes.size()));
    header_.rule_terms = AddPart(spec_.rules, ByMask());
    service_header_.screen_terms = AddPart(spec_.screens, InOrder(spec_.screens.size()));
    for (std::size_t i = 0; i < spec_.definitions.size(); ++i) classes_.push_back(2);
    columns_ = LayOut(placed_, classes_);
  }

  /// Definitions are numbered anew, by level, and their terms and those of all others go by these numbers.
  void AddDefinitions() {
    header_.definitions = Size(spec_.definitions.size());
    if (spec_.definitions.size() > layout::kMaxDefinitions) Impossible("it has too many definitions");
    std::vector<std::uint32_t> level_of(spec_.definitions.size(), 0);
    for (std::size_t i = 0; i < level_of.size(); ++i) {
      for (const auto& term : spec_.definitions[i]) {
        for (const auto& constraint : term) {
          if (constraint.dimension < dimensions_.size()) continue;
          const std::size_t part = constraint.dimension - dimensions_.size();
          if (part >= i) Impossible("a definition is not made of those before it");
          level_of[i] = std::max(level_of[i], level_of[part] + 1);
        }
      }
    }
    std::vector<std::uint32_t> order = InOrder(level_of.size());
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return level_of[i]; });
    number_of_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) number_of_[order[i]] = Size(i);
    for (std::size_t begin = 0; begin < order.size();) {
      std::size_t end = begin;
      while (end < order.size() && level_of[order[end]] == level_of[order[begin]]) ++end;
      next_bit_ = layout::AlignUp(next_bit_, layout::kCellBits);
      std::uint32_t terms = 0;
      for (std::size_t i = begin; i < end; ++i) terms += AddTermsOf(Size(i), spec_.definitions[order[i]]);
      levels_.push_back({Size(end - begin), terms});
      begin = end;
    }
  }

  static auto InOrder(std::size_t count) -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<std::uint32_t>(i);
    return order;
  }

  /// The rules that exclude the same deployments together, so that a decision takes these out once; those that exclude
  /// nobody last, so that it need not look at them.
  auto ByMask() const -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> order = InOrder(spec_.rules.size());
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return spec_.rules[i].excluded.empty() ? kNone : rules_[i].mask; });
    return order;
  }

  /// Owners in this order; returns how many terms they have.
  auto AddPart(const auto& owners, const std::vector<std::uint32_t>& order) -> std::uint32_t {
    next_bit_ = layout::AlignUp(next_bit_, 64);
    std::uint32_t terms = 0;
    for (const std::uint32_t owner : order) terms += AddTermsOf(owner, owners[owner].when);
    return terms;
  }

  auto AddTermsOf(std::uint32_t owner, const TableSpec::Condition& condition) -> std::uint32_t {
    for (const TableSpec::Term& term : condition) {
      placed_.push_back({next_bit_++, Renumbered(term)});
      owners_.push_back(owner);
    }
    return Size(condition.size());
  }

  /// The term with the numbers that its definitions have in the file.
  auto Renumbered(const TableSpec::Term& term) -> const TableSpec::Term* {
    if (term.empty() || term.back().dimension < dimensions_.size()) return &term;
    TableSpec::Term& copy = renumbered_.emplace_back(term);
    for (TableSpec::Constraint& constraint : copy) {
      if (constraint.dimension < dimensions_.size()) continue;
      const std::size_t definition = constraint.dimension - dimensions_.size();
      if (definition >= number_of_.size()) Impossible("a term's dimensions do not exist or do not ascend");
      constraint.dimension = Size(dimensions_.size() + number_of_[definition]);
    }
    std::ranges::sort(copy, {}, &TableSpec::Constraint::dimension);
    return &copy;
  }

  template <typename Container>
  void Put(SectionId id, const Container& entries) {
    Put(header_.sections[static_cast<std::size_t>(id)], layout::Alignment(id), entries.data(), entries.size());
  }

  template <typename Container>
  void Put(layout::ServiceSectionId id, const Container& entries) {
    Put(service_header_.sections[static_cast<std::size_t>(id)], 8, entries.data(), entries.size());
  }

  template <typename Entry>
  void Put(layout::Section& section, std::uint64_t alignment, const Entry* entries, std::size_t count) {
    bytes_.resize(layout::AlignUp(bytes_.size(), alignment));
    section = {Size(bytes_.size()), Size(count)};
    if (bytes_.size() + count * sizeof(Entry) > layout::kMaxFileBytes) Impossible("it does not fit a bundle");
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + count * sizeof(Entry));
    if (count != 0) std::memcpy(bytes_.data() + begin, entries, count * sizeof(Entry));
  }

  auto Assemble() -> std::vector<std::byte> {
    bytes_.resize(sizeof(layout::Envelope) + sizeof(layout::Header) + (HasServices() ? sizeof(layout::ServiceHeader) : 0));
    Put(SectionId::kAttributes, attributes_);
    Put(SectionId::kSources, sources_);
    Put(SectionId::kNames, names_);
    Put(SectionId::kCuts, cuts_);
    Put(SectionId::kCountries, countries_);
    Put(SectionId::kDimensions, dimensions_);
    Put(SectionId::kDeployments, deployments_);
    Put(SectionId::kFiles, files_);
    Put(SectionId::kRules, rules_);
    Put(SectionId::kRefusals, refusals_);
    Put(SectionId::kRoutes, routes_);
    Put(SectionId::kTiers, tiers_);
    Put(SectionId::kCandidates, candidates_);
    Put(SectionId::kGuarantees, guarantees_);
    Put(SectionId::kLevels, levels_);
    Put(SectionId::kOwners, owners_);
    Put(SectionId::kLines, columns_.lines);
    Put(SectionId::kColumns, columns_.columns);
    Put(SectionId::kRuns, columns_.runs);
    Put(SectionId::kMasks, masks_);
    Put(SectionId::kCells, columns_.cells);
    Put(SectionId::kStrings, strings_);
    if (HasServices()) {
      Put(layout::ServiceSectionId::kServices, services_);
      Put(layout::ServiceSectionId::kScreens, screens_);
      std::memcpy(bytes_.data() + sizeof(layout::Envelope) + sizeof(header_), &service_header_, sizeof(service_header_));
    }
    layout::Envelope envelope{};
    envelope.magic = layout::kMagic;
    envelope.version = HasServices() ? layout::kFormatVersionWithServices : layout::kFormatVersion;
    std::memcpy(bytes_.data(), &envelope, sizeof(envelope));
    std::memcpy(bytes_.data() + sizeof(envelope), &header_, sizeof(header_));
    Seal(bytes_);
    return std::move(bytes_);
  }

  const TableSpec& spec_;
  layout::Header header_{};
  std::uint64_t next_bit_ = 0;
  std::vector<layout::AttributeRecord> attributes_;
  std::vector<layout::SourceRecord> sources_;
  std::vector<layout::StringRef> names_;
  std::vector<std::int64_t> cuts_;
  std::vector<std::uint16_t> countries_;
  std::vector<layout::DimensionRecord> dimensions_;
  std::vector<layout::DeploymentRecord> deployments_;
  layout::ServiceHeader service_header_{};
  std::vector<layout::ServiceRecord> services_;
  std::vector<layout::ScreenRecord> screens_;
  std::vector<layout::FileRecord> files_;
  std::vector<layout::RuleRecord> rules_;
  std::vector<layout::RefusalRecord> refusals_;
  std::vector<layout::RouteRecord> routes_;
  std::vector<layout::TierRecord> tiers_;
  std::vector<CandidateView> candidates_;
  std::vector<layout::GuaranteeRecord> guarantees_;
  std::vector<std::uint32_t> classes_;    // how many, by dimension and then by definition
  std::vector<std::uint32_t> number_of_;  // in the file, by definition of the spec
  std::vector<layout::LevelRecord> levels_;
  std::vector<std::uint32_t> owners_;
  std::vector<PlacedTerm> placed_;
  std::deque<TableSpec::Term> renumbered_;
  Columns columns_;
  std::vector<layout::Cell> masks_;
  std::string strings_;
  std::map<std::string, std::uint32_t> interned_;
  std::vector<std::byte> bytes_;
};

}  // namespace

auto ClassCount(const TableSpec::Attribute& attribute) -> std::size_t {
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
      return attribute.values.size();
    case AttributeKind::kAnyOf:
    case AttributeKind::kYesNo:
      return 2;
    case AttributeKind::kNumber:
    case AttributeKind::kDate:
      return attribute.cuts.size() + 1;
    case AttributeKind::kText:
      return 1 + attribute.prefixes.size() + attribute.texts.size();
    case AttributeKind::kCountry:
      return attribute.country_class.empty() ? 1U : std::size_t{std::ranges::max(attribute.country_class)} + 1;
  }
  Impossible("an attribute has an unknown kind");
}

auto DimensionCount(const TableSpec::Attribute& attribute) -> std::size_t {
  return attribute.kind == AttributeKind::kAnyOf ? attribute.values.size() : 1;
}

auto FirstDimension(const TableSpec& spec, std::size_t attribute) -> std::uint32_t {
  std::size_t dimension = 0;
  for (std::size_t i = 0; i < attribute; ++i) dimension += DimensionCount(spec.attributes.at(i));
  return Size(dimension);
}

auto DimensionCount(const TableSpec& spec) -> std::uint32_t {
  return FirstDimension(spec, spec.attributes.size());
}

auto CellBytes(const TableSpec& spec) -> std::uint64_t {
  std::vector<std::uint64_t> classes;
  for (const auto& attribute : spec.attributes) {
    classes.insert(classes.end(), DimensionCount(attribute), ClassCount(attribute));
  }
  std::uint64_t cells = 0;
  const auto add = [&](const TableSpec::Condition& condition) {
    for (const auto& term : condition) {
      for (const auto& constraint : term) {
        const std::uint64_t most = constraint.dimension < classes.size() ? classes[constraint.dimension] : 2;
        cells += std::min(most, 4 * (2 * constraint.classes.runs().size() + 1));
      }
    }
  };
  for (const auto& definition : spec.definitions) add(definition);
  for (const auto& refusal : spec.refusals) add(refusal.when);
  for (const auto& route : spec.routes) add(route.when);
  for (const auto& rule : spec.rules) add(rule.when);
  return cells * sizeof(layout::Cell);
}

TableSpec::Classes::Classes(std::initializer_list<std::uint16_t> classes) {
  for (const std::uint16_t value_class : classes) Add(value_class);
}

TableSpec::Classes::Classes(const std::vector<std::uint16_t>& classes) {
  for (const std::uint16_t value_class : classes) Add(value_class);
}

auto TableSpec::Classes::OfRuns(std::vector<Run> runs) -> Classes {
  Classes classes;
  classes.runs_ = std::move(runs);
  return classes;
}

void TableSpec::Classes::Add(std::uint16_t value_class) {
  if (!runs_.empty() && value_class <= runs_.back().last) Impossible("the classes of a term do not ascend");
  if (!runs_.empty() && runs_.back().last + 1 == value_class) {
    runs_.back().last = value_class;
  } else {
    runs_.push_back({value_class, value_class});
  }
}

auto WriteTable(const TableSpec& spec) -> std::vector<std::byte> {
  return Writer(spec).Write();
}

auto Reseal(std::vector<std::byte> bytes) -> std::vector<std::byte> {
  if (bytes.size() >= sizeof(layout::Envelope)) Seal(bytes);
  return bytes;
}

}  // namespace route
