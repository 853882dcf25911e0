#include "runtime/signals/attributes.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/signals/body_text.h"
#include "runtime/signals/clock.h"
#include "runtime/signals/pii.h"
#include "runtime/signals/request_contents.h"
#include "runtime/signals/service_answers.h"
#include "runtime/values/letter_case.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Result = std::expected<void, std::string>;

auto Declares(const AttributeView& attribute, std::string_view value) -> bool {
  return std::ranges::find(attribute.values, value) != attribute.values.end();
}

auto Describe(const SourceView& source) -> std::string {
  std::string text(SourceName(source.kind));
  if (!source.argument.empty()) text += " " + std::string(source.argument);
  return text;
}

auto Quoted(const AttributeView& attribute) -> std::string {
  return "attribute `" + std::string(attribute.name) + "`";
}

/// Derives the attributes of one request. What several attributes may need is worked out once, when first asked for.
class Deriver {
 public:
  Deriver(const Table& table, const RequestFacts& facts) : table_(table), facts_(facts), values_(table) {}

  auto Run() -> DerivedAttributes {
    std::optional<std::uint32_t> unusable;
    for (std::uint32_t i = 0; i < table_.attributes().size(); ++i) {
      if (!DeriveOne(i) && !unusable) unusable = i;
    }
    const auto missing = values_.CompleteKnown();
    if (missing && (!unusable || *missing < *unusable)) unusable = missing;
    return {std::move(values_), std::move(ignored_), unusable};
  }

 private:
  /// Whether a source gave something, had nothing to give, or gave what does not fit.
  enum class Given : std::uint8_t { kValue, kNothing, kUnfit };

  /// False when a value did not fit and nothing may stand in for it.
  auto DeriveOne(std::uint32_t index) -> bool {
    const AttributeView& attribute = table_.attributes()[index];
    bool fits = true;
    for (const SourceView& source : attribute.sources) {
      if (Take(index, attribute, source) == Given::kUnfit) fits = false;
    }
    if (fits || attribute.kind != AttributeKind::kAnyOf) return true;
    if (!attribute.has_default) return false;
    if (!values_.SetText(index, attribute.default_text)) std::abort();  // the loader has checked the default
    return true;
  }

  auto Take(std::uint32_t index, const AttributeView& attribute, const SourceView& source) -> Given {
    switch (source.kind) {
      case SourceKind::kTenant:
        for (const auto& [name, value] : facts_.tenant.attributes) {
          if (name == attribute.name) return Note(attribute, source, values_.SetText(index, value));
        }
        return Given::kNothing;
      case SourceKind::kHeader:
        return TakeHeader(index, attribute, source);
      case SourceKind::kRequest:
        if (source.argument == "prompt") {
          return Note(attribute, source, values_.SetNumber(index, Decimal::FromInteger(Contents().prompt_tokens)));
        }
        if (source.argument == "needs") return TakeNames(index, attribute, source, Contents().needs, Given::kValue);
        return TakeField(index, attribute, source);
      case SourceKind::kDetector:
        return ComesFromService(source.kind, source.argument) ? Given::kNothing : TakeDetector(index, attribute, source);
      case SourceKind::kClassifier:
        return Given::kNothing;  // said by a service, if at all
      case SourceKind::kBudget:
        // Spend has no upper bound of its own. No threshold lies above the maximum, so this changes no decision.
        return Note(attribute, source, values_.SetNumber(index, std::min(facts_.spent_percent, attribute.maximum)));
      case SourceKind::kClock:
        return TakeClock(index, attribute, source);
    }
    std::abort();
  }

  auto TakeClock(std::uint32_t index, const AttributeView& attribute, const SourceView& source) -> Given {
    auto now = MomentIn(source.argument, facts_.now);
    if (!now) return Note(attribute, source, std::unexpected(std::move(now.error())));
    return Note(attribute, source, values_.SetMoment(index, *now));
  }

  auto TakeHeader(std::uint32_t index, const AttributeView& attribute, const SourceView& source) -> Given {
    std::vector<std::string_view> found;
    for (const HeaderField& field : facts_.headers) {
      if (SameInAnyCase(field.name, source.argument)) found.push_back(field.value);
    }
    if (found.empty()) return Given::kNothing;
    if (attribute.kind == AttributeKind::kAnyOf) {
      Given given = Given::kValue;
      for (const std::string_view value : found) {
        if (Note(attribute, source, values_.SetText(index, value)) == Given::kUnfit) given = Given::kUnfit;
      }
      return given;
    }
    if (found.size() > 1) return Note(attribute, source, std::unexpected("the header occurs more than once"));
    return Note(attribute, source,
                attribute.kind == AttributeKind::kText ? values_.SetRawText(index, found.front())
                                                       : values_.SetText(index, found.front()));
  }

  auto TakeField(std::uint32_t index, const AttributeView& attribute, const SourceView& source) -> Given {
    const auto found = facts_.request.body.find(source.argument);
    if (found == facts_.request.body.end() || found->is_null()) return Given::kNothing;
    const Json& field = *found;
    if (field.is_boolean()) {
      return Note(attribute, source, values_.SetText(index, field.get<bool>() ? "yes" : "no"));
    }
    if (field.is_number()) return Note(attribute, source, values_.SetText(index, field.dump()));
    if (!field.is_string()) {
      return Note(attribute, source, std::unexpected("the field is neither a string, a number, true nor false"));
    }
    const auto& text = field.get_ref<const std::string&>();
    return Note(
        attribute, source,
        attribute.kind == AttributeKind::kText ? values_.SetRawText(index, text) : values_.SetText(index, text));
  }

  auto TakeDetector(std::uint32_t index, const AttributeView& attribute, const SourceView& source) -> Given {
    if (!pii_) pii_ = DetectPii(SearchableText(facts_.request.body));
    if (attribute.kind == AttributeKind::kYesNo) {
      return Note(attribute, source, values_.SetText(index, pii_->personal ? "yes" : "no"));
    }
    std::vector<std::string_view> names;
    if (pii_->personal) names.emplace_back("personal");
    if (pii_->financial) names.emplace_back("financial");
    if (pii_->credentials) names.emplace_back("credentials");
    return TakeNames(index, attribute, source, names, Given::kNothing);
  }

  /// Adds those of the names that the attribute declares. `if_none` says what it means that there are none.
  auto TakeNames(std::uint32_t index, const AttributeView& attribute, const SourceView& source,
                 const std::vector<std::string_view>& names, Given if_none) -> Given {
    std::string list;
    for (const std::string_view name : names) {
      if (!Declares(attribute, name)) continue;
      if (!list.empty()) list += ',';
      list += name;
    }
    if (list.empty() && if_none == Given::kNothing) return Given::kNothing;
    return Note(attribute, source, values_.SetText(index, list));
  }

  auto Contents() -> const RequestContents& {
    if (!contents_) contents_ = ReadContents(facts_.request);
    return *contents_;
  }

  auto Note(const AttributeView& attribute, const SourceView& source, const Result& result) -> Given {
    if (result) return Given::kValue;
    ignored_.push_back({std::string(attribute.name), Describe(source), result.error()});
    return Given::kUnfit;
  }

  const Table& table_;
  const RequestFacts& facts_;
  Values values_;
  std::vector<Ignored> ignored_;
  std::optional<RequestContents> contents_;
  std::optional<PiiFindings> pii_;
};

auto Join(std::span<const std::string_view> names) -> std::string {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

auto IsAnswered(const Table& table, const SourceView& source) -> bool {
  return std::ranges::any_of(table.services(), [&](const ServiceView& service) {
    return service.answers.kind == source.kind && service.answers.argument == source.argument;
  });
}

auto FitsClock(const AttributeView& attribute) -> bool {
  switch (attribute.kind) {
    case AttributeKind::kDate: return true;
    case AttributeKind::kNumber: return attribute.unit == Unit::kTimeOfDay;
    case AttributeKind::kOneOf: return std::ranges::equal(attribute.values, Weekdays());
    case AttributeKind::kAnyOf:
    case AttributeKind::kYesNo:
    case AttributeKind::kText:
    case AttributeKind::kCountry: return false;
  }
  std::abort();
}

auto CheckSource(const Table& table, const AttributeView& attribute, const SourceView& source) -> std::vector<std::string> {
  std::vector<std::string> problems;
  const auto complain = [&](const std::string& what) { problems.push_back(Quoted(attribute) + " " + what); };
  switch (source.kind) {
    case SourceKind::kTenant:
    case SourceKind::kHeader:
      return problems;
    case SourceKind::kRequest:
      if (source.argument == "prompt" && attribute.kind != AttributeKind::kNumber) {
        complain("comes from request `prompt`, which is a number of tokens: declare it as `tokens`");
      }
      if (source.argument == "needs") {
        if (attribute.kind != AttributeKind::kAnyOf) complain("comes from request `needs`: declare it as `any of`");
        for (const std::string_view value : attribute.values) {
          if (std::ranges::find(KnownNeeds(), value) == KnownNeeds().end()) {
            complain("declares `" + std::string(value) + "`, which this gateway cannot measure: it knows " +
                     Join(KnownNeeds()));
          }
        }
      }
      return problems;
    case SourceKind::kDetector:
      if (ComesFromService(source.kind, source.argument)) {
        if (!IsAnswered(table, source)) {
          complain("comes from the detector `" + std::string(source.argument) +
                   "`, which this gateway does not have and no service of the bundle answers: it has `pii`");
        }
      } else if (attribute.kind != AttributeKind::kYesNo && !Declares(attribute, "personal") &&
                 !Declares(attribute, "financial") && !Declares(attribute, "credentials")) {
        complain("comes from the detector `pii`, but declares none of `personal`, `financial` and `credentials`, which it finds");
      }
      return problems;
    case SourceKind::kClassifier:
      if (!attribute.has_default && !IsAnswered(table, source)) {
        complain("comes from the classifier `" + std::string(source.argument) +
                 "`, which no service of the bundle answers: give it a default");
      }
      return problems;
    case SourceKind::kBudget:
      if (attribute.kind != AttributeKind::kNumber || attribute.unit != Unit::kPercent) {
        complain("comes from the budget: declare it as `percent`");
      }
      return problems;
    case SourceKind::kClock:
      if (!FitsClock(attribute)) complain("comes from the clock: declare it as `date`, `time` or `weekday`");
      if (auto moment = MomentIn(source.argument, {}); !moment) complain("comes from the clock, but " + moment.error());
      return problems;
  }
  std::abort();
}

}  // namespace

auto CheckSources(const Table& table) -> std::vector<std::string> {
  std::vector<std::string> problems;
  for (const AttributeView& attribute : table.attributes()) {
    for (const SourceView& source : attribute.sources)
      std::ranges::move(CheckSource(table, attribute, source), std::back_inserter(problems));
  }
  return problems;
}

auto CheckTenantValue(const Table& table, std::string_view attribute, std::string_view value)
    -> std::optional<std::string> {
  const std::uint32_t index = table.FindAttribute(attribute);
  if (index == kNone) return "the policy has no attribute `" + std::string(attribute) + "`";
  const auto& sources = table.attributes()[index].sources;
  const bool from_tenant =
      std::ranges::any_of(sources, [](const SourceView& source) { return source.kind == SourceKind::kTenant; });
  if (!from_tenant) return "the policy does not take the attribute `" + std::string(attribute) + "` from the tenant";
  Values values(table);
  if (const auto set = values.SetText(index, value); !set) return set.error();
  return std::nullopt;
}

auto DeriveKnown(const Table& table, const RequestFacts& facts) -> DerivedAttributes {
  return Deriver(table, facts).Run();
}

auto DeriveAttributes(const Table& table, const RequestFacts& facts) -> DerivedAttributes {
  DerivedAttributes attributes = DeriveKnown(table, facts);
  AddServiceAnswers(table, {}, attributes);
  return attributes;
}

}  // namespace route
