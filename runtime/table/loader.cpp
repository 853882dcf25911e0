#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "runtime/table/classify.h"
#include "runtime/table/impl.h"
#include "runtime/table/sha256.h"

/// The loader reads a bundle once from front to back and believes nothing: first the envelope, then that the
/// sections fill the file exactly, then that the strings are UTF-8, then every record of every section. Each check
/// returns the problem that it found or nothing. After the last one nothing about the table needs checking again.
namespace route {
namespace {

using layout::Header;
using layout::Range;
using layout::SectionId;
using Problem = std::optional<std::string>;

auto Number(std::uint64_t value) -> std::string {
  return std::to_string(value);
}

/// Well-formed UTF-8 as Unicode defines it: shortest forms, no surrogates, nothing above U+10FFFF.
auto IsUtf8(std::string_view text) -> bool {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    std::size_t more = 0;
    unsigned char least = 0x80;
    unsigned char most = 0xBF;
    if (lead < 0x80) {
      more = 0;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) least = 0xA0;
      if (lead == 0xED) most = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) least = 0x90;
      if (lead == 0xF4) most = 0x8F;
    } else {
      return false;
    }
    if (more >= text.size() - i) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if (byte(i + k) < least || byte(i + k) > most) return false;
      least = 0x80;
      most = 0xBF;
    }
    i += more + 1;
  }
  return true;
}

auto StrictlyAscending(const auto& list) -> bool {
  return std::ranges::adjacent_find(list, std::greater_equal<>{}) == list.end();
}

auto HasRepeats(const std::vector<std::string_view>& names) -> bool {
  return std::set<std::string_view>(names.begin(), names.end()).size() != names.size();
}

class Loader {
 public:
  Loader(BundleBytes bytes, std::string_view name) : name_(name), impl_(std::make_unique<TableImpl>()) {
    impl_->bytes = std::move(bytes);
    file_ = impl_->bytes.get();
  }

  auto Load() -> std::expected<std::unique_ptr<TableImpl>, LoadError> {
    if (auto error = CheckEnvelope()) return std::unexpected(std::move(*error));
    using Check = auto(Loader::*)()->Problem;
    static constexpr Check kChecks[] = {
        &Loader::CheckSections,  &Loader::CheckStrings,    &Loader::CheckHeader,     &Loader::ReadFiles,
        &Loader::ReadAttributes, &Loader::CheckDimensions, &Loader::ReadDeployments, &Loader::ReadRules,
        &Loader::ReadRefusals,   &Loader::ReadRoutes,      &Loader::ReadTiers,       &Loader::ReadGuarantees,
        &Loader::ReadServices,   &Loader::ReadScreens,     &Loader::CheckMasks,      &Loader::ReadTerms,
        &Loader::CheckLines,     &Loader::ReadDefaults,
    };
    for (const Check check : kChecks) {
      if (auto problem = (this->*check)()) {
        return std::unexpected(
            Error(LoadError::Kind::kMalformed, "is malformed: " + *problem + "; build it again with `routec build`"));
      }
    }
    FindExclusions();
    FindReach();
    FillBits();
    return std::move(impl_);
  }

 private:
  auto Error(LoadError::Kind kind, const std::string& what) const -> LoadError { return {kind, name_ + " " + what}; }

  // --- Envelope and sections -------------------------------------------------------------------------------

  auto CheckEnvelope() -> std::optional<LoadError> {
    const std::size_t shown = std::min(file_.size(), layout::kMagic.size());
    if (shown == 0 || std::memcmp(file_.data(), layout::kMagic.data(), shown) != 0) {
      return Error(LoadError::Kind::kNotABundle,
                   "is not a bundle: it does not begin with the magic number of `.rtb` "
                   "files; `routec build` writes one");
    }
    layout::Envelope envelope{};
    constexpr std::size_t kThroughVersion = offsetof(layout::Envelope, version) + sizeof(envelope.version);
    std::memcpy(&envelope, file_.data(), std::min(file_.size(), sizeof(envelope)));
    has_services_ = envelope.version == layout::kFormatVersionWithServices;
    if (file_.size() >= kThroughVersion && envelope.version != layout::kFormatVersion && !has_services_) {
      return Error(LoadError::Kind::kVersion, "is in format version " + Number(envelope.version) +
                                                  ", and this program reads version " + Number(layout::kFormatVersion) +
                                                  " and, of policies with services, " +
                                                  Number(layout::kFormatVersionWithServices) +
                                                  "; build it again with the `routec` of this release");
    }
    if (file_.size() < sizeof(envelope)) {
      return Error(LoadError::Kind::kTruncated, "is cut off after " + Number(file_.size()) +
                                                    " bytes, within its first " + Number(sizeof(envelope)) +
                                                    "; copy it again");
    }
    if (file_.size() < envelope.file_bytes) {
      return Error(LoadError::Kind::kTruncated, "is cut off: it has " + Number(file_.size()) + " bytes of " +
                                                    Number(envelope.file_bytes) + "; copy it again");
    }
    if (file_.size() > envelope.file_bytes || file_.size() > layout::kMaxFileBytes) {
      return Error(LoadError::Kind::kMalformed, "is malformed: it has " + Number(file_.size()) + " bytes, but says " +
                                                    Number(envelope.file_bytes) + " and may have at most " +
                                                    Number(layout::kMaxFileBytes) +
                                                    "; build it again with `routec build`");
    }
    if (envelope.reserved != 0 || envelope.reserved_too != 0) {
      return Error(LoadError::Kind::kMalformed,
                   "is malformed: a reserved field of the envelope is not zero; build it again with `routec build`");
    }
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string checksum;
    for (const std::uint8_t byte : envelope.checksum) {
      checksum += kDigits[byte >> 4U];
      checksum += kDigits[byte & 15U];
    }
    if (Sha256Hex(file_.subspan(sizeof(envelope))) != checksum) {
      return Error(LoadError::Kind::kChecksum,
                   "was changed after it was built: its content does not have the checksum "
                   "that its envelope states; copy it again, or build it again with "
                   "`routec build`");
    }
    impl_->hash = Sha256Hex(file_);
    return std::nullopt;
  }

  auto CheckSections() -> Problem {
    constexpr std::uint64_t kHeaderEnd = sizeof(layout::Envelope) + sizeof(Header);
    std::uint64_t end = kHeaderEnd + (has_services_ ? sizeof(layout::ServiceHeader) : 0);
    if (file_.size() < end) return "it ends within its header";
    header_ = reinterpret_cast<const Header*>(file_.data() + sizeof(layout::Envelope));
    for (std::size_t i = 0; i < layout::kSectionCount; ++i) {
      const std::uint64_t alignment = layout::Alignment(static_cast<SectionId>(i));
      if (auto problem = CheckSection(i, header_->sections[i], alignment, layout::kEntryBytes[i], end)) return problem;
    }
    if (has_services_) {
      service_header_ = reinterpret_cast<const layout::ServiceHeader*>(file_.data() + kHeaderEnd);
      for (std::size_t i = 0; i < layout::kServiceSectionCount; ++i) {
        const auto& section = service_header_->sections[i];
        if (auto problem = CheckSection(layout::kSectionCount + i, section, 8, layout::kServiceEntryBytes[i], end)) return problem;
      }
      services_ = Entries<layout::ServiceRecord>(service_header_->sections[0]);
      screens_ = Entries<layout::ScreenRecord>(service_header_->sections[1]);
    }
    if (end != file_.size()) return "there are bytes after the last section";
    attributes_ = Entries<layout::AttributeRecord>(SectionId::kAttributes);
    sources_ = Entries<layout::SourceRecord>(SectionId::kSources);
    names_ = Entries<layout::StringRef>(SectionId::kNames);
    cuts_ = Entries<std::int64_t>(SectionId::kCuts);
    countries_ = Entries<std::uint16_t>(SectionId::kCountries);
    dimensions_ = Entries<layout::DimensionRecord>(SectionId::kDimensions);
    deployments_ = Entries<layout::DeploymentRecord>(SectionId::kDeployments);
    files_ = Entries<layout::FileRecord>(SectionId::kFiles);
    rules_ = Entries<layout::RuleRecord>(SectionId::kRules);
    refusals_ = Entries<layout::RefusalRecord>(SectionId::kRefusals);
    routes_ = Entries<layout::RouteRecord>(SectionId::kRoutes);
    tiers_ = Entries<layout::TierRecord>(SectionId::kTiers);
    candidates_ = Entries<CandidateView>(SectionId::kCandidates);
    guarantees_ = Entries<layout::GuaranteeRecord>(SectionId::kGuarantees);
    levels_ = Entries<layout::LevelRecord>(SectionId::kLevels);
    owners_ = Entries<std::uint32_t>(SectionId::kOwners);
    lines_ = Entries<layout::LineRecord>(SectionId::kLines);
    columns_ = Entries<layout::ColumnRecord>(SectionId::kColumns);
    runs_ = Entries<layout::RunRecord>(SectionId::kRuns);
    masks_ = Entries<layout::Cell>(SectionId::kMasks);
    cells_ = Entries<layout::Cell>(SectionId::kCells);
    return std::nullopt;
  }

  /// The section begins where the one before it ended, at `end`, which then is where this one ends.
  auto CheckSection(std::size_t number, layout::Section section, std::uint64_t alignment, std::uint32_t entry_bytes,
                    std::uint64_t& end) const -> Problem {
    const std::uint64_t begin = layout::AlignUp(end, alignment);
    if (section.offset != begin) return "section " + Number(number) + " is not where the one before it ends";
    const std::uint64_t next = begin + std::uint64_t{section.count} * entry_bytes;
    if (next > file_.size()) return "section " + Number(number) + " ends after the file";
    const auto gap = file_.subspan(end, begin - end);
    if (std::ranges::any_of(gap, [](std::byte byte) { return byte != std::byte{0}; })) {
      return "there are bytes other than zero before section " + Number(number);
    }
    end = next;
    return std::nullopt;
  }

  template <typename Entry>
  auto Entries(layout::Section section) const -> std::span<const Entry> {
    return {reinterpret_cast<const Entry*>(file_.data() + section.offset), section.count};
  }

  template <typename Entry>
  auto Entries(SectionId id) const -> std::span<const Entry> {
    return Entries<Entry>(header_->sections[static_cast<std::size_t>(id)]);
  }

  auto CheckStrings() -> Problem {
    const auto bytes = Entries<char>(SectionId::kStrings);
    strings_ = {bytes.data(), bytes.size()};
    if (!IsUtf8(strings_)) return "its strings are not UTF-8";
    return std::nullopt;
  }

  auto CheckHeader() -> Problem {
    const Header& h = *header_;
    if (h.flags > layout::kFlagVerified) return "it has unknown flags";
    if (h.cost_hundredth_cents != 0 && h.answer_tokens == 0) {
      return "it limits the cost of a request and not the length of an answer, so no attempt has a worst case";
    }
    for (const auto& ref : {h.policy_name, h.policy_version, h.tool_version}) {
      if (!IsString(ref)) return "the policy's name, version or tool version is not a string of the string section";
    }
    if (deployments_.size() > kMaxDeployments) {
      return "it has " + Number(deployments_.size()) + " deployments, more than " + Number(kMaxDeployments);
    }
    if (has_services_ && (services_.empty() || services_.size() > kMaxServices || service_header_->reserved != 0)) {
      return "its services are fewer than 1 or more than " + Number(kMaxServices) + ", or a reserved field is not zero";
    }
    if (dimensions_.size() > kMaxDimensions) {
      return "it has " + Number(dimensions_.size()) + " dimensions, more than " + Number(kMaxDimensions);
    }
    if (h.definitions > layout::kMaxDefinitions) {
      return "it has " + Number(h.definitions) + " definitions, more than " + Number(layout::kMaxDefinitions);
    }
    if (h.mask_cells != layout::AlignUp(deployments_.size(), layout::kCellBits) / layout::kCellBits) {
      return "the masks are not as wide as the deployments";
    }
    impl_->verified = h.flags == layout::kFlagVerified;
    impl_->limits = {.attempts = h.attempts,
                     .deadline_ms = h.deadline_ms,
                     .answer_tokens = h.answer_tokens,
                     .cost_hundredth_cents = h.cost_hundredth_cents};
    impl_->policy_name = Text(h.policy_name);
    impl_->policy_version = Text(h.policy_version);
    impl_->tool_version = Text(h.tool_version);
    impl_->bits.mask_cells = h.mask_cells;
    impl_->dimensions = dimensions_;
    impl_->lines = lines_;
    impl_->columns = columns_;
    impl_->runs = runs_;
    impl_->cells = cells_;
    impl_->masks = masks_;
    return std::nullopt;
  }

  // --- Parts of records --------------------------------------------------------------------------------------

  /// In bounds, and both ends between characters.
  auto IsString(layout::StringRef ref) const -> bool {
    const std::uint64_t end = std::uint64_t{ref.offset} + ref.size;
    const auto at_character = [&](std::uint64_t i) {
      return i == strings_.size() || (static_cast<unsigned char>(strings_[i]) & 0xC0U) != 0x80U;
    };
    return end <= strings_.size() && at_character(ref.offset) && at_character(end);
  }

  auto Text(layout::StringRef ref) const -> std::string_view { return strings_.substr(ref.offset, ref.size); }

  auto IsPlace(layout::PlaceRecord place) const -> bool {
    return place.file == kNone ? place.line == 0 : place.file < files_.size() && place.line >= 1;
  }

  auto PlaceOf(layout::PlaceRecord place) const -> SourcePlace {
    if (place.file == kNone) return {};
    return {Text(files_[place.file].path), place.line, Text(files_[place.file].policy)};
  }

  /// Takes the next `range.count` entries of a section of `size`; false unless the range begins where the last ended.
  static auto TakeNext(Range range, std::uint64_t& next, std::uint64_t size) -> bool {
    if (range.first != next || range.count > size - next) return false;
    next += range.count;
    return true;
  }

  static auto IsCountry(std::uint16_t index) -> bool { return index < Countries().size(); }

  // --- Schema ------------------------------------------------------------------------------------------------

  auto ReadFiles() -> Problem {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto& record = files_[i];
      if (!IsString(record.path) || !IsString(record.sha256) || !IsString(record.policy)) return "file " + Number(i) + " has a text out of bounds";
      const std::string_view digits = Text(record.sha256);
      if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return "file " + Number(i) + " has a hash that is not 64 hexadecimal digits";
      }
      if (record.policy.size == 0) return "file " + Number(i) + " belongs to no policy";
      impl_->sources.push_back({Text(record.path), digits, Text(record.policy)});
    }
    return std::nullopt;
  }

  auto ReadAttributes() -> Problem {
    std::uint64_t next_source = 0;
    std::uint64_t next_name = 0;
    std::uint64_t next_cut = 0;
    std::uint64_t next_country = 0;
    std::vector<std::string_view> attribute_names;
    for (std::size_t i = 0; i < attributes_.size(); ++i) {
      const auto& record = attributes_[i];
      const std::string self = "attribute " + Number(i);
      if (!IsString(record.name) || !IsString(record.default_text)) return self + " has a text out of bounds";
      if (record.kind > static_cast<std::uint8_t>(AttributeKind::kDate)) return self + " has an unknown kind";
      if (record.unit > static_cast<std::uint8_t>(Unit::kTimeOfDay)) return self + " has an unknown unit";
      if (record.has_default > 1 || record.reserved != 0) return self + " has a flag that is neither 0 nor 1";
      if (record.has_default == 0 && record.default_text.size != 0) return self + " has a default it does not use";
      if (!TakeNext(record.sources, next_source, sources_.size()) ||
          !TakeNext(record.values, next_name, names_.size()) || !TakeNext(record.prefixes, next_name, names_.size()) ||
          !TakeNext(record.texts, next_name, names_.size()) || !TakeNext(record.cuts, next_cut, cuts_.size()) ||
          !TakeNext(record.countries, next_country, countries_.size())) {
        return self + " has a list that does not follow the one before it";
      }
      AttributeView view;
      view.name = Text(record.name);
      view.kind = static_cast<AttributeKind>(record.kind);
      view.unit = static_cast<Unit>(record.unit);
      view.maximum = {record.maximum};
      view.has_default = record.has_default == 1;
      view.default_text = Text(record.default_text);
      view.first_dimension = record.first_dimension;
      if (record.sources.count == 0) return self + " has no source";
      for (const auto& source : sources_.subspan(record.sources.first, record.sources.count)) {
        if (!IsString(source.argument)) return self + " has a source whose text is out of bounds";
        if (source.kind > static_cast<std::uint8_t>(SourceKind::kClock)) return self + " has an unknown kind of source";
        if (source.reserved != decltype(source.reserved){}) return self + " has a reserved field that is not zero";
        view.sources.push_back({static_cast<SourceKind>(source.kind), Text(source.argument)});
      }
      AttributeClasses classes;
      classes.cuts = cuts_.subspan(record.cuts.first, record.cuts.count);
      classes.country_class = countries_.subspan(record.countries.first, record.countries.count);
      for (const auto& [range, list] :
           {std::pair{record.values, &view.values}, std::pair{record.prefixes, &classes.prefixes},
            std::pair{record.texts, &classes.texts}}) {
        for (const auto& ref : names_.subspan(range.first, range.count)) {
          if (!IsString(ref)) return self + " has a name out of bounds";
          list->push_back(Text(ref));
        }
      }
      if (auto problem = CheckAttribute(view, classes)) return self + " " + *problem;
      attribute_names.push_back(view.name);
      impl_->attributes.push_back(std::move(view));
      impl_->classes.push_back(std::move(classes));
    }
    if (next_source != sources_.size() || next_name != names_.size() || next_cut != cuts_.size() ||
        next_country != countries_.size()) {
      return "a source, name, threshold or country class belongs to no attribute";
    }
    if (HasRepeats(attribute_names)) return "two attributes have the same name";
    return std::nullopt;
  }

  /// The lists that an attribute of this kind has, and no others.
  static auto CheckAttribute(const AttributeView& view, const AttributeClasses& classes) -> Problem {
    bool has_values = false;
    bool has_texts = false;
    bool has_cuts = false;
    bool has_countries = false;
    std::int64_t least = 0;
    std::int64_t most = 0;
    switch (view.kind) {
      case AttributeKind::kOneOf:
      case AttributeKind::kAnyOf:
        has_values = true;
        break;
      case AttributeKind::kYesNo:
        break;
      case AttributeKind::kNumber:
        has_cuts = true;
        most = view.maximum.micros;
        break;
      case AttributeKind::kText:
        has_texts = true;
        break;
      case AttributeKind::kCountry:
        has_countries = true;
        break;
      case AttributeKind::kDate:
        has_cuts = true;
        least = kFirstDate.days;
        most = kLastDate.days;
        break;
    }
    if (has_values != !view.values.empty()) return "has a list of names that does not fit its kind";
    if (!has_texts && !(classes.texts.empty() && classes.prefixes.empty())) return "has texts that do not fit its kind";
    if (!has_cuts && !classes.cuts.empty()) return "has thresholds that do not fit its kind";
    if (classes.country_class.size() != (has_countries ? Countries().size() : 0)) {
      return "has a list of countries that does not fit its kind";
    }
    if (view.kind == AttributeKind::kNumber ? view.maximum.micros < 0
                                            : view.maximum.micros != 0 || view.unit != Unit::kNone) {
      return "has a unit or maximum that does not fit its kind";
    }
    if (HasRepeats(view.values)) return "has the same name twice";
    if (view.kind == AttributeKind::kAnyOf && view.values.size() > 64) return "has more than 64 names";
    if (!StrictlyAscending(classes.prefixes) || !StrictlyAscending(classes.texts)) return "has texts out of order";
    if (!classes.prefixes.empty() && classes.prefixes.front().empty()) return "has an empty prefix";
    if (!StrictlyAscending(classes.cuts)) return "has thresholds out of order";
    if (!classes.cuts.empty() && (classes.cuts.front() <= least || classes.cuts.back() > most)) {
      return "has a threshold outside its range";
    }
    std::uint32_t seen = 0;
    for (const std::uint16_t value_class : classes.country_class) {
      if (value_class > seen) return "has country classes that are not numbered by their first country";
      if (value_class == seen) ++seen;
    }
    return std::nullopt;
  }

  static auto CountClasses(const AttributeView& view, const AttributeClasses& classes) -> std::size_t {
    switch (view.kind) {
      case AttributeKind::kOneOf:
        return view.values.size();
      case AttributeKind::kAnyOf:
      case AttributeKind::kYesNo:
        return 2;
      case AttributeKind::kNumber:
      case AttributeKind::kDate:
        return classes.cuts.size() + 1;
      case AttributeKind::kText:
        return 1 + classes.prefixes.size() + classes.texts.size();
      case AttributeKind::kCountry:
        return std::size_t{std::ranges::max(classes.country_class)} + 1;
    }
    return 0;
  }

  auto CheckDimensions() -> Problem {
    std::size_t d = 0;
    for (std::uint32_t a = 0; a < impl_->attributes.size(); ++a) {
      const auto& view = impl_->attributes[a];
      if (view.first_dimension != d) return "attribute " + Number(a) + " has a wrong first dimension";
      const std::size_t members = view.kind == AttributeKind::kAnyOf ? view.values.size() : 1;
      const std::size_t classes = CountClasses(view, impl_->classes[a]);
      if (classes > 0x10000) return "attribute " + Number(a) + " has more classes than 16 bits can number";
      for (std::uint32_t member = 0; member < members; ++member, ++d) {
        if (d >= dimensions_.size()) return "attribute " + Number(a) + " has no dimension";
        const auto& dimension = dimensions_[d];
        if (dimension.attribute != a || dimension.member != member || dimension.classes != classes) {
          return "dimension " + Number(d) + " does not fit its attribute";
        }
        impl_->last_class.push_back(static_cast<std::uint16_t>(classes - 1));
      }
    }
    if (d != dimensions_.size()) return "a dimension belongs to no attribute";
    return std::nullopt;
  }

  /// Last, because a default is read through the lists that the other checks have passed.
  auto ReadDefaults() -> Problem {
    for (std::size_t i = 0; i < impl_->attributes.size(); ++i) {
      const auto& view = impl_->attributes[i];
      if (!view.has_default) continue;
      auto value = ReadValueText(view, impl_->classes[i], view.default_text);
      if (!value) return "the default of attribute " + Number(i) + " is not one of its values";
      impl_->classes[i].fallback = std::move(*value);
    }
    return std::nullopt;
  }

  // --- Catalogue, rules, routes ---------------------------------------------------------------------------------

  auto ReadDeployments() -> Problem {
    std::vector<std::string_view> deployment_names;
    for (std::size_t i = 0; i < deployments_.size(); ++i) {
      const auto& record = deployments_[i];
      const std::string self = "deployment " + Number(i);
      for (const auto& ref :
           {record.name, record.model, record.vendor, record.endpoint, record.upstream_model, record.key_env}) {
        if (!IsString(ref)) return self + " has a text out of bounds";
      }
      if (!IsCountry(record.processed_in) || !IsCountry(record.headquarters)) return self + " has an unknown country";
      if (record.price_in < 0 || record.price_out < 0) return self + " has a price below zero";
      if (record.upstream_model.size == 0) return self + " names no model to ask for";
      if (record.reserved != 0) return self + " has a reserved field that is not zero";
      impl_->deployments.push_back({Text(record.name), Text(record.model), Text(record.vendor),
                                    Country{record.processed_in}, Country{record.headquarters},
                                    Decimal{record.price_in}, Decimal{record.price_out}, Text(record.endpoint),
                                    Text(record.upstream_model), Text(record.key_env)});
      deployment_names.push_back(Text(record.name));
    }
    if (HasRepeats(deployment_names)) return "two deployments have the same name";
    impl_->everyone.assign(header_->mask_cells, layout::Cell{});
    for (std::size_t i = 0; i < deployments_.size(); ++i) SetBit(impl_->everyone, i);
    return std::nullopt;
  }

  auto ReadRules() -> Problem {
    std::uint32_t masks = 0;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const auto& record = rules_[i];
      const std::string self = "rule " + Number(i);
      if (!IsString(record.name) || !IsString(record.because)) return self + " has a text out of bounds";
      if (!IsPlace(record.place)) return self + " has a place out of bounds";
      if (record.implied > 1) return self + " has a flag that is neither 0 nor 1";
      if (record.mask > masks) return self + " has a mask that is not numbered by its first rule";
      if (record.mask == masks) ++masks;
      impl_->rules.push_back({Text(record.name), Text(record.because), PlaceOf(record.place), record.implied == 1});
      impl_->rule_masks.push_back(record.mask);
    }
    if (masks_.size() != std::uint64_t{masks} * header_->mask_cells) return "a mask belongs to no rule";
    return std::nullopt;
  }

  auto ReadRefusals() -> Problem {
    for (std::size_t i = 0; i < refusals_.size(); ++i) {
      const auto& record = refusals_[i];
      if (!IsString(record.name) || !IsString(record.reason))
        return "refusal " + Number(i) + " has a text out of bounds";
      if (!IsPlace(record.place)) return "refusal " + Number(i) + " has a place out of bounds";
      impl_->refusals.push_back({Text(record.name), Text(record.reason), PlaceOf(record.place)});
    }
    return std::nullopt;
  }

  auto ReadRoutes() -> Problem {
    std::uint64_t next_tier = 0;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
      const auto& record = routes_[i];
      const std::string self = "route " + Number(i);
      if (!IsString(record.name)) return self + " has a text out of bounds";
      if (!IsPlace(record.place)) return self + " has a place out of bounds";
      if (!TakeNext(record.tiers, next_tier, tiers_.size())) return self + " has tiers that do not follow the last";
      if (record.tiers.count == 0) return self + " has no tier";
      impl_->routes.push_back({Text(record.name), PlaceOf(record.place), record.tiers.first, record.tiers.count});
    }
    if (next_tier != tiers_.size()) return "a tier belongs to no route";
    return std::nullopt;
  }

  auto ReadTiers() -> Problem {
    std::uint64_t next_candidate = 0;
    for (std::size_t i = 0; i < tiers_.size(); ++i) {
      const auto& record = tiers_[i];
      const std::string self = "tier " + Number(i);
      if (!IsString(record.label)) return self + " has a text out of bounds";
      if (record.order > static_cast<std::uint32_t>(TierOrder::kQuality)) return self + " has an unknown order";
      if (record.limit == 0) return self + " has a limit of zero";
      if (!TakeNext(record.candidates, next_candidate, candidates_.size())) {
        return self + " has candidates that do not follow the last";
      }
      const auto candidates = candidates_.subspan(record.candidates.first, record.candidates.count);
      std::vector<bool> seen(deployments_.size(), false);
      for (const auto& candidate : candidates) {
        if (candidate.deployment >= deployments_.size()) return self + " has a candidate that is no deployment";
        if (candidate.weight < 1 || candidate.weight > 1'000'000) return self + " has a weight out of range";
        if (seen[candidate.deployment]) return self + " has the same candidate twice";
        seen[candidate.deployment] = true;
      }
      impl_->tiers.push_back({Text(record.label), static_cast<TierOrder>(record.order), record.limit, record.within_ms,
                              record.retries, candidates});
    }
    if (next_candidate != candidates_.size()) return "a candidate belongs to no tier";
    return std::nullopt;
  }

  auto ReadGuarantees() -> Problem {
    for (std::size_t i = 0; i < guarantees_.size(); ++i) {
      const auto& record = guarantees_[i];
      const std::string self = "guarantee " + Number(i);
      if (!IsString(record.name) || !IsString(record.text)) return self + " has a text out of bounds";
      if (!IsPlace(record.place)) return self + " has a place out of bounds";
      if (record.verdict > static_cast<std::uint32_t>(Verdict::kUnknown)) return self + " has an unknown verdict";
      if (record.reserved != 0) return self + " has a reserved field that is not zero";
      impl_->guarantees.push_back(
          {Text(record.name), Text(record.text), static_cast<Verdict>(record.verdict), PlaceOf(record.place)});
    }
    return std::nullopt;
  }

  auto ReadServices() -> Problem {
    std::vector<std::string_view> service_names;
    std::set<std::pair<std::uint32_t, std::string_view>> questions;
    for (std::size_t i = 0; i < services_.size(); ++i) {
      const auto& record = services_[i];
      const std::string self = "service " + Number(i);
      for (const auto& ref : {record.name, record.vendor, record.endpoint, record.key_env, record.question}) {
        if (!IsString(ref)) return self + " has a text out of bounds";
      }
      if (!IsCountry(record.processed_in) || !IsCountry(record.headquarters)) return self + " has an unknown country";
      if (record.kind > static_cast<std::uint32_t>(SourceKind::kClock) ||
          !ComesFromService(static_cast<SourceKind>(record.kind), Text(record.question))) {
        return self + " answers neither a classifier nor a detector";
      }
      if (record.within_ms == 0) return self + " has no time for its answer";
      if (record.reserved != 0) return self + " has a reserved field that is not zero";
      if (!questions.emplace(record.kind, Text(record.question)).second) return self + " answers what another one does";
      ServiceView view{.name = Text(record.name),
                       .vendor = Text(record.vendor),
                       .processed_in = Country{record.processed_in},
                       .headquarters = Country{record.headquarters},
                       .endpoint = Text(record.endpoint),
                       .key_env = Text(record.key_env),
                       .answers = {static_cast<SourceKind>(record.kind), Text(record.question)},
                       .within_ms = record.within_ms,
                       .attributes = {}};
      for (std::uint32_t a = 0; a < impl_->attributes.size(); ++a) {
        const auto asks = [&](const SourceView& source) {
          return source.kind == view.answers.kind && source.argument == view.answers.argument;
        };
        if (std::ranges::any_of(impl_->attributes[a].sources, asks)) view.attributes.push_back(a);
      }
      service_names.push_back(view.name);
      impl_->services.push_back(std::move(view));
    }
    if (HasRepeats(service_names)) return "two services have the same name";
    return std::nullopt;
  }

  auto ReadScreens() -> Problem {
    std::pair<std::uint32_t, std::uint32_t> last;
    for (std::size_t i = 0; i < screens_.size(); ++i) {
      const auto& record = screens_[i];
      const std::string self = "screen " + Number(i);
      if (record.by_rule > 1) return self + " has a flag that is neither 0 nor 1";
      if (record.index >= (record.by_rule == 1 ? rules_.size() : refusals_.size())) return self + " is of no rule or refusal";
      if (record.services == 0 || (record.services & ~layout::LowBits(services_.size())) != 0) {
        return self + " keeps no service, or one that does not exist";
      }
      const std::pair own{record.by_rule, record.index};
      if (i > 0 && own <= last) return self + " is out of order";
      last = own;
      impl_->screens.push_back({static_cast<ScreenView::By>(record.by_rule), record.index, record.services});
    }
    return std::nullopt;
  }

  auto CheckMasks() -> Problem {
    for (std::size_t i = 0; i < masks_.size(); ++i) {
      if (!IsWithin(masks_[i], impl_->everyone[i % header_->mask_cells])) {
        return "mask " + Number(i / header_->mask_cells) + " has a bit for no deployment";
      }
    }
    return std::nullopt;
  }

  /// Does the cell have no bit that the other one has not?
  static auto IsWithin(const layout::Cell& cell, const layout::Cell& other) -> bool {
    std::uint64_t more = 0;
    for (std::size_t i = 0; i < layout::kCellWords; ++i) more |= cell.words[i] & ~other.words[i];
    return more == 0;
  }

  static void SetBit(std::span<layout::Cell> cells, std::size_t bit) {
    cells[bit / layout::kCellBits].words[bit / 64 % layout::kCellWords] |= std::uint64_t{1} << (bit % 64);
  }

  // --- Terms -------------------------------------------------------------------------------------------------

  auto ReadTerms() -> Problem {
    const Header& h = *header_;
    const std::uint32_t screen_terms = has_services_ ? service_header_->screen_terms : 0;
    std::uint64_t terms = std::uint64_t{h.refusal_terms} + h.route_terms + h.rule_terms + screen_terms;
    std::uint64_t definitions = 0;
    for (const auto& level : levels_) {
      if (level.definitions == 0) return "a level has no definition";
      terms += level.terms;
      definitions += level.definitions;
    }
    if (terms != owners_.size()) return "there is not one owner for each term";
    if (definitions != h.definitions) return "the levels do not add up to the definitions";
    std::uint64_t word = 0;
    std::uint32_t first_definition = 0;
    for (const auto& level : levels_) {
      word = layout::AlignUp(word, layout::kCellWords);
      const TermPart part = TakeTerms(level.terms, word);
      for (std::uint32_t i = 0; i < part.terms; ++i) {
        const std::uint32_t owner = part.owners[i];
        if (owner < first_definition || owner - first_definition >= level.definitions || (i > 0 && owner < part.owners[i - 1])) {
          return "a term's owner does not exist or is out of order";
        }
      }
      impl_->levels.push_back({part, first_definition, level.definitions});
      first_definition += level.definitions;
    }
    word = layout::AlignUp(word, layout::kCellWords);
    impl_->bits.refusals = TakeTerms(h.refusal_terms, word);
    impl_->bits.routes = TakeTerms(h.route_terms, word);
    impl_->bits.rules = TakeTerms(h.rule_terms, word);
    impl_->bits.screens = TakeTerms(screen_terms, word);
    const auto ascend = [](const TermPart& part, std::size_t owners) {
      const std::span<const std::uint32_t> list(part.owners, part.terms);
      return std::ranges::is_sorted(list) && (list.empty() || list.back() < owners);
    };
    if (!ascend(impl_->bits.refusals, refusals_.size()) || !ascend(impl_->bits.routes, routes_.size()) || !RulesByMask() ||
        !ascend(impl_->bits.screens, screens_.size())) {
      return "a term's owner does not exist or is out of order";
    }
    if (lines_.size() != impl_->used.size()) return "there is not one line for each 512 terms";
    return std::nullopt;
  }

  /// The next terms, which begin at `word`, in the bits and among the owners; their lines get the bits that they use.
  auto TakeTerms(std::uint32_t terms, std::uint64_t& word) -> TermPart {
    const TermPart part{static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(layout::WordsFor(terms)), terms,
                        owners_.data() + next_owner_};
    next_owner_ += terms;
    word += part.words;
    impl_->used.resize(layout::AlignUp(word, layout::kCellWords) / layout::kCellWords);
    for (std::uint32_t i = 0; i < part.words; ++i) {
      const std::uint64_t bit = part.first_word + i;
      impl_->used[bit / layout::kCellWords].words[bit % layout::kCellWords] =
          layout::LowBits(std::min<std::uint64_t>(64, terms - std::uint64_t{i} * 64));
    }
    return part;
  }

  auto MaskIsEmpty(std::uint32_t rule) const -> bool {
    const auto mask = masks_.subspan(std::size_t{impl_->rule_masks[rule]} * header_->mask_cells, header_->mask_cells);
    return std::ranges::all_of(mask, [](const layout::Cell& cell) { return cell == layout::Cell{}; });
  }

  /// The rules' terms go by the number of the mask and then by rule, but those of rules without anybody to exclude come last.
  auto RulesByMask() -> bool {
    const TermPart& part = impl_->bits.rules;
    std::pair<std::uint32_t, std::uint32_t> last{0, 0};
    for (std::uint32_t i = 0; i < part.terms; ++i) {
      const std::uint32_t rule = part.owners[i];
      if (rule >= rules_.size()) return false;
      const std::uint32_t mask = MaskIsEmpty(rule) ? kNone : impl_->rule_masks[rule];
      if (std::pair{mask, rule} < last) return false;
      last = {mask, rule};
      if (mask != kNone) impl_->bits.excluding_words = i / 64 + 1;
    }
    return true;
  }

  auto CheckLines() -> Problem {
    std::uint64_t next_column = 0;
    std::uint64_t next_cell = 0;
    std::uint64_t next_run = 0;
    std::size_t level = 0;
    std::uint32_t definitions = 0;  // that the line may ask for
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      while (level < impl_->levels.size() && i * layout::kCellWords >= EndOf(impl_->levels[level])) {
        definitions += impl_->levels[level++].definitions;
      }
      const auto& line = lines_[i];
      if (line.first_column != next_column || std::uint64_t{line.direct} + line.searched > columns_.size() - next_column) {
        return "line " + Number(i) + " has columns that do not follow the last";
      }
      for (std::uint32_t k = 0; k < line.direct + line.searched; ++k, ++next_column) {
        const auto& column = columns_[next_column];
        const std::string self = "column " + Number(next_column);
        const bool is_first = k == 0 || k == line.direct;
        if (column.dimension >= dimensions_.size() + definitions ||
            (!is_first && column.dimension <= columns_[next_column - 1].dimension)) {
          return self + " has a dimension that does not exist or is out of order";
        }
        const std::uint32_t classes =
            column.dimension < dimensions_.size() ? dimensions_[column.dimension].classes : 2;
        if (column.first_cell != next_cell || column.first_run != next_run) return self + " does not follow the last";
        std::uint64_t cells = classes;
        if (k >= line.direct) {
          if (column.runs == 0 || column.runs > runs_.size() - next_run) return self + " has runs out of bounds";
          const auto problem = CheckRuns(runs_.subspan(next_run, column.runs), classes);
          if (problem) return self + *problem;
          cells = CellsOf(runs_.subspan(next_run, column.runs));
        } else if (column.runs != 0) {
          return self + " has runs and is direct";
        }
        if (cells > cells_.size() - next_cell) return self + " has cells out of bounds";
        for (const auto& cell : cells_.subspan(next_cell, cells)) {
          if (!IsWithin(cell, impl_->used[i])) return self + " has a bit for no term";
        }
        next_cell += cells;
        next_run += column.runs;
        if (column.dimension >= dimensions_.size() && ClassOne(column) != impl_->used[i]) {
          return self + " asks for a definition that does not hold";
        }
      }
    }
    if (next_column != columns_.size() || next_cell != cells_.size() || next_run != runs_.size()) {
      return "a column, run or cell belongs to no line";
    }
    return std::nullopt;
  }

  static auto EndOf(const DefinitionLevel& level) -> std::uint64_t {
    return layout::AlignUp(std::uint64_t{level.terms.first_word} + level.terms.words, layout::kCellWords);
  }

  /// What the column of a definition says where it holds.
  auto ClassOne(const layout::ColumnRecord& column) const -> const layout::Cell& { return impl_->CellOf(column, 1); }

  static auto CheckRuns(std::span<const layout::RunRecord> runs, std::uint32_t classes) -> Problem {
    std::uint32_t seen = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (i == 0 ? runs[i].first_class != 0 : runs[i].first_class <= runs[i - 1].first_class) {
        return " has runs out of order";
      }
      if (runs[i].first_class >= classes) return " has a run of classes that do not exist";
      if (runs[i].cell > seen) return " has cells that are not numbered by their first run";
      if (runs[i].cell == seen) ++seen;
    }
    return std::nullopt;
  }

  static auto CellsOf(std::span<const layout::RunRecord> runs) -> std::uint64_t {
    return std::uint64_t{std::ranges::max(runs, {}, &layout::RunRecord::cell).cell} + 1;
  }

  // --- What is worked out once, so that a decision need not ----------------------------------------------------------

  void FindExclusions() {
    const TermPart& rules = impl_->bits.rules;
    const std::uint32_t terms = std::min(rules.terms, impl_->bits.excluding_words * 64);
    impl_->term_masks.resize(terms);
    impl_->later_groups.resize(terms);
    for (std::uint32_t i = terms; i-- > 0;) {
      impl_->term_masks[i] = &masks_[std::size_t{impl_->rule_masks[rules.owners[i]]} * header_->mask_cells];
      const std::uint32_t next = i + 1;
      if (next % 64 == 0 || next == terms) continue;  // the last of its word
      impl_->later_groups[i] = impl_->term_masks[next] == impl_->term_masks[i] ? impl_->later_groups[next]
                                                                              : ~layout::LowBits(next % 64);
    }
  }

  void FindReach() {
    impl_->reach.assign(routes_.size() * header_->mask_cells, layout::Cell{});
    for (std::size_t r = 0; r < impl_->routes.size(); ++r) {
      const std::span<layout::Cell> reached = std::span(impl_->reach).subspan(r * header_->mask_cells, header_->mask_cells);
      const auto& route = impl_->routes[r];
      for (std::uint32_t t = 0; t < route.tier_count; ++t) {
        for (const auto& candidate : impl_->tiers[route.first_tier + t].candidates) SetBit(reached, candidate.deployment);
      }
    }
  }

  void FillBits() {
    TableBits& bits = impl_->bits;
    bits.line_count = static_cast<std::uint32_t>(lines_.size());
    bits.lines = lines_.data();
    bits.columns = columns_.data();
    bits.runs = runs_.data();
    bits.cells = cells_.data();
    bits.used = impl_->used.data();
    bits.dimensions = static_cast<std::uint32_t>(dimensions_.size());
    bits.last_class = impl_->last_class.data();
    bits.definitions = header_->definitions;
    bits.levels = static_cast<std::uint32_t>(impl_->levels.size());
    bits.level = impl_->levels.data();
    bits.term_masks = impl_->term_masks.data();
    bits.later_groups = impl_->later_groups.data();
    bits.everyone = impl_->everyone.data();
    bits.reach = impl_->reach.data();
  }

  std::string name_;
  std::unique_ptr<TableImpl> impl_;
  std::span<const std::byte> file_;
  const Header* header_ = nullptr;
  bool has_services_ = false;
  const layout::ServiceHeader* service_header_ = nullptr;  // if it has services
  std::span<const layout::ServiceRecord> services_;
  std::span<const layout::ScreenRecord> screens_;
  std::string_view strings_;
  std::span<const layout::AttributeRecord> attributes_;
  std::span<const layout::SourceRecord> sources_;
  std::span<const layout::StringRef> names_;
  std::span<const std::int64_t> cuts_;
  std::span<const std::uint16_t> countries_;
  std::span<const layout::DimensionRecord> dimensions_;
  std::span<const layout::DeploymentRecord> deployments_;
  std::span<const layout::FileRecord> files_;
  std::span<const layout::RuleRecord> rules_;
  std::span<const layout::RefusalRecord> refusals_;
  std::span<const layout::RouteRecord> routes_;
  std::span<const layout::TierRecord> tiers_;
  std::span<const CandidateView> candidates_;
  std::span<const layout::GuaranteeRecord> guarantees_;
  std::span<const layout::LevelRecord> levels_;
  std::span<const std::uint32_t> owners_;
  std::size_t next_owner_ = 0;
  std::span<const layout::LineRecord> lines_;
  std::span<const layout::ColumnRecord> columns_;
  std::span<const layout::RunRecord> runs_;
  std::span<const layout::Cell> masks_;
  std::span<const layout::Cell> cells_;
};

}  // namespace

auto TableImpl::CellOf(const layout::ColumnRecord& column, std::uint32_t value_class) const -> const layout::Cell& {
  if (column.runs == 0) return cells[std::size_t{column.first_cell} + value_class];
  const auto own = runs.subspan(column.first_run, column.runs);
  const auto after = std::ranges::upper_bound(own, value_class, {}, &layout::RunRecord::first_class);
  return cells[std::size_t{column.first_cell} + (after - 1)->cell];
}

auto LoadTable(BundleBytes bytes, std::string_view name) -> std::expected<std::unique_ptr<TableImpl>, LoadError> {
  return Loader(std::move(bytes), name).Load();
}

}  // namespace route
