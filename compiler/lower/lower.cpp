#include "compiler/lower/lower.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "compiler/ir/classes.h"
#include "compiler/lower/terms.h"
#include "runtime/table/sha256.h"
#include "runtime/table/table.h"
#include "runtime/table/writer.h"
#include "runtime/values/date.h"
#include "runtime/values/value_text.h"

namespace route::lower {
namespace {

/// Half of what a bundle may take, so that the rest of it is never in doubt.
constexpr std::uint64_t kMaxRowBytes = std::uint64_t{512} << 20U;

/// A default as `Values::SetText` reads it.
auto DefaultText(const ir::Attribute& attribute, const ir::Value& value) -> std::string {
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
      return attribute.values.at(std::get<ir::OneOfValue>(value).index);
    case AttributeKind::kAnyOf: {
      std::string members;
      for (std::size_t i = 0; i < attribute.values.size(); ++i) {
        if (((std::get<ir::AnyOfValue>(value).members >> i) & 1U) == 0) continue;
        if (!members.empty()) members += ',';
        members += attribute.values[i];
      }
      return members;
    }
    case AttributeKind::kYesNo:
      return std::get<ir::YesNoValue>(value).yes ? "yes" : "no";
    case AttributeKind::kNumber:
      return FormatQuantity(std::get<Decimal>(value), attribute.unit);
    case AttributeKind::kText:
      return std::get<std::string>(value);
    case AttributeKind::kCountry:
      return std::string(CountryCode(std::get<Country>(value)));
    case AttributeKind::kDate:
      return FormatDate(std::get<Date>(value));
  }
  std::abort();  // every kind is handled above
}

class Lowering {
 public:
  Lowering(const ir::Policy& policy, const verify::VerifyReport& report, const Provenance& provenance)
      : policy_(policy), report_(report), provenance_(provenance), classes_(policy) {}

  auto Lower() -> std::expected<std::vector<std::byte>, LowerError> {
    if (auto error = CheckLimits()) return std::unexpected(std::move(*error));
    spec_.policy_name = policy_.name;
    spec_.policy_version = policy_.version;
    spec_.tool_version = provenance_.tool_version;
    spec_.limits = policy_.limits;
    AddFiles();
    AddAttributes();
    AddDeployments();
    if (auto error = AddRules()) return std::unexpected(std::move(*error));
    if (auto error = AddRoutes()) return std::unexpected(std::move(*error));
    AddGuarantees();
    if (const std::uint64_t bytes = RowBytes(spec_); bytes > kMaxRowBytes) {
      return std::unexpected(LowerError{"the decision table would take " + std::to_string(bytes >> 20U) +
                                            " MiB, more than the " + std::to_string(kMaxRowBytes >> 20U) +
                                            " MiB that a bundle can hold",
                                        policy_.span, "divide the policy"});
    }
    std::vector<std::byte> bytes = WriteTable(spec_);
    if (const auto table = Table::FromBytes(bytes); !table) {
      return std::unexpected(LowerError{table.error().message, policy_.span, {}});
    }
    return bytes;
  }

 private:
  auto CheckLimits() const -> std::optional<LowerError> {
    const auto too_many = [&](std::size_t count, std::string_view what, std::size_t limit) {
      return LowerError{"the policy has " + std::to_string(count) + " " + std::string(what) +
                            ", and a bundle holds at most " + std::to_string(limit) ,
                        policy_.span, "divide the policy"};
    };
    if (policy_.deployments.size() > kMaxDeployments) {
      return too_many(policy_.deployments.size(), "deployments", kMaxDeployments);
    }
    if (classes_.dimensions().size() > kMaxDimensions) {
      return too_many(classes_.dimensions().size(), "attributes and members of sets", kMaxDimensions);
    }
    return std::nullopt;
  }

  auto Place(Span span) const -> TableSpec::Place {
    if (provenance_.sources == nullptr) return {};
    return {span.file.index, provenance_.sources->Begin(span).line};
  }

  void AddFiles() {
    if (provenance_.sources == nullptr) return;
    for (std::uint32_t i = 0; i < provenance_.sources->size(); ++i) {
      const SourceFile& file = provenance_.sources->Get({i});
      spec_.files.push_back({file.path(), Sha256Hex(file.text()), ir::PolicyOfFile(policy_, {i})});
    }
  }

  void AddAttributes() {
    for (std::uint32_t i = 0; i < policy_.attributes.size(); ++i) {
      const ir::Attribute& attribute = policy_.attributes[i];
      TableSpec::Attribute entry;
      entry.name = attribute.name;
      entry.kind = attribute.kind;
      if (attribute.kind == AttributeKind::kNumber) {
        entry.unit = attribute.unit;
        entry.maximum = attribute.maximum;
      }
      entry.values = attribute.values;
      for (const ir::Source& source : attribute.sources) entry.sources.push_back({source.kind, source.argument});
      if (attribute.fallback) entry.default_text = DefaultText(attribute, *attribute.fallback);
      if (attribute.kind != AttributeKind::kAnyOf) {
        const ir::Dimension& dimension = classes_.dimensions().at(classes_.FirstDimension({i}).index);
        entry.cuts = dimension.cuts;
        entry.prefixes = dimension.prefixes;
        entry.texts = dimension.texts;
        entry.country_class = dimension.country_class;
      }
      spec_.attributes.push_back(std::move(entry));
    }
  }

  void AddDeployments() {
    for (const ir::Deployment& deployment : policy_.deployments) {
      const ir::Model& model = policy_.models.at(deployment.model.index);
      const ir::Vendor& vendor = policy_.vendors.at(deployment.vendor.index);
      spec_.deployments.push_back(
          {.name = deployment.name,
           .model = model.name,
           .vendor = vendor.name,
           .processed_in = deployment.processed_in,
           .headquarters = vendor.headquarters,
           .price_in = deployment.price_in,
           .price_out = deployment.price_out,
           .endpoint = deployment.endpoint,
           .upstream_model = deployment.upstream_model.empty() ? model.name : deployment.upstream_model,
           .key_env = deployment.key_env});
    }
  }

  /// `what` is the kind of thing that the condition belongs to, for the message.
  auto LowerCondition(const ir::Condition& condition, std::string_view what, const std::string& name, Span span) const
      -> std::expected<TableSpec::Condition, LowerError> {
    const auto terms = ToTerms(condition, classes_, kMaxTermsPerCondition);
    if (!terms) {
      return std::unexpected(LowerError{"the condition of " + std::string(what) + " `" + name + "` needs more than " +
                                            std::to_string(kMaxTermsPerCondition) +
                                            " conjunctive terms, the most that a bundle holds for one condition",
                                        span,
                                        "divide it into several " + std::string(what) +
                                            "s, one for each of its alternatives"});
    }
    TableSpec::Condition lowered;
    for (const Term& term : *terms) {
      TableSpec::Term constraints;
      for (const Constraint& constraint : term) {
        constraints.push_back({constraint.dimension, constraint.classes.Members()});
      }
      lowered.push_back(std::move(constraints));
    }
    return lowered;
  }

  auto AddRules() -> std::optional<LowerError> {
    for (const ir::Rule& rule : policy_.rules) {
      auto when = LowerCondition(rule.when, "rule", rule.name, rule.span);
      if (!when) return std::move(when.error());
      TableSpec::Rule entry{.name = rule.name,
                            .because = rule.because,
                            .place = Place(rule.span),
                            .implied = rule.origin != ir::Rule::Origin::kWritten,
                            .when = std::move(*when),
                            .excluded = {}};
      for (std::uint32_t d = 0; d < policy_.deployments.size(); ++d) {
        if (!ir::Holds(rule.keep, policy_, DeploymentId{d})) entry.excluded.push_back(d);
      }
      spec_.rules.push_back(std::move(entry));
    }
    for (const ir::Refusal& refusal : policy_.refusals) {
      auto when = LowerCondition(refusal.when, "refusal", refusal.name, refusal.span);
      if (!when) return std::move(when.error());
      spec_.refusals.push_back({refusal.name, refusal.reason, Place(refusal.span), std::move(*when)});
    }
    return std::nullopt;
  }

  auto AddRoutes() -> std::optional<LowerError> {
    for (const ir::Route& route : policy_.routes) {
      auto when = LowerCondition(route.when, "route", route.name, route.span);
      if (!when) return std::move(when.error());
      TableSpec::Route entry{route.name, Place(route.span), std::move(*when), {}};
      for (const ir::Tier& tier : route.tiers) {
        TableSpec::Tier lowered{.label = tier.label,
                                .order = tier.order,
                                .limit = tier.limit.value_or(kNone),
                                .within_ms = tier.within_ms.value_or(kNone),
                                .retries = tier.retries.value_or(kNone),
                                .candidates = {}};
        for (const ir::Candidate& candidate : tier.candidates) {
          lowered.candidates.push_back({candidate.deployment.index, candidate.weight});
        }
        entry.tiers.push_back(std::move(lowered));
      }
      spec_.routes.push_back(std::move(entry));
    }
    return std::nullopt;
  }

  /// A guarantee without a result is unknown, and then the bundle is not verified, whatever else the report says.
  void AddGuarantees() {
    spec_.verified = report_.passed();
    for (std::uint32_t i = 0; i < policy_.guarantees.size(); ++i) {
      const ir::Guarantee& guarantee = policy_.guarantees[i];
      const auto result = std::ranges::find(report_.guarantees, GuaranteeId{i}, &verify::GuaranteeResult::guarantee);
      const Verdict verdict = result == report_.guarantees.end() ? Verdict::kUnknown : result->verdict;
      if (verdict != Verdict::kProved) spec_.verified = false;
      spec_.guarantees.push_back({guarantee.name, guarantee.text, verdict, Place(guarantee.span)});
    }
  }

  const ir::Policy& policy_;
  const verify::VerifyReport& report_;
  const Provenance& provenance_;
  ir::ValueClasses classes_;
  TableSpec spec_;
};

}  // namespace

auto Lower(const ir::Policy& policy, const verify::VerifyReport& report, const Provenance& provenance)
    -> std::expected<std::vector<std::byte>, LowerError> {
  return Lowering(policy, report, provenance).Lower();
}

}  // namespace route::lower
