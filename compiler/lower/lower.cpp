#include "compiler/lower/lower.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <variant>

#include "compiler/ir/classes.h"
#include "compiler/ir/screens.h"
#include "compiler/ir/text.h"
#include "compiler/lower/definitions.h"
#include "runtime/table/layout.h"
#include "runtime/table/sha256.h"
#include "runtime/table/table.h"
#include "runtime/table/writer.h"
#include "runtime/values/value_text.h"

namespace route::lower {
namespace {

/// Half of what a bundle may take, so that the rest of it is never in doubt.
constexpr std::uint64_t kMaxCellBytes = std::uint64_t{512} << 20U;

class Lowering {
 public:
  Lowering(const ir::Policy& policy, const verify::VerifyReport& report, const Provenance& provenance)
      : policy_(policy), report_(report), provenance_(provenance), classes_(policy), definitions_(classes_) {}

  auto Lower() -> std::expected<std::vector<std::byte>, LowerError> {
    if (auto error = CheckLimits()) return std::unexpected(std::move(*error));
    spec_.policy_name = policy_.name;
    spec_.policy_version = policy_.version;
    spec_.tool_version = provenance_.tool_version;
    spec_.limits = policy_.limits;
    AddFiles();
    AddAttributes();
    AddDeployments();
    AddServices();
    AddRules();
    AddRoutes();
    AddScreens();
    AddGuarantees();
    if (auto error = AddDefinitions()) return std::unexpected(std::move(*error));
    if (const std::uint64_t bytes = CellBytes(spec_); bytes > kMaxCellBytes) {
      return std::unexpected(LowerError{"the decision table would take " + std::to_string(bytes >> 20U) +
                                            " MiB, more than the " + std::to_string(kMaxCellBytes >> 20U) +
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
  auto TooMany(std::size_t count, std::string_view what, std::size_t limit) const -> LowerError {
    return {"the policy has " + std::to_string(count) + " " + std::string(what) + ", and a bundle holds at most " +
                std::to_string(limit),
            policy_.span, "divide the policy"};
  }

  auto CheckLimits() const -> std::optional<LowerError> {
    if (policy_.deployments.size() > kMaxDeployments) {
      return TooMany(policy_.deployments.size(), "deployments", kMaxDeployments);
    }
    if (policy_.services.size() > kMaxServices) return TooMany(policy_.services.size(), "services", kMaxServices);
    if (classes_.dimensions().size() > kMaxDimensions) {
      return TooMany(classes_.dimensions().size(), "attributes and members of sets", kMaxDimensions);
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
      if (attribute.fallback) entry.default_text = ir::PlainValue(attribute, *attribute.fallback);
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

  void AddServices() {
    for (const ir::Service& service : policy_.services) {
      const ir::Vendor& vendor = policy_.vendors.at(service.vendor.index);
      spec_.services.push_back({.name = service.name,
                                .vendor = vendor.name,
                                .processed_in = service.processed_in,
                                .headquarters = vendor.headquarters,
                                .endpoint = service.endpoint,
                                .key_env = service.key_env,
                                .answers = {service.answers.kind, service.answers.argument},
                                .within_ms = service.within_ms});
    }
  }

  void AddScreens() {
    for (const ir::Screen& screen : ir::ScreensOf(policy_)) {
      const auto* rule = std::get_if<RuleId>(&screen.by);
      TableSpec::Screen entry{.by = rule != nullptr ? TableSpec::Screen::By::kRule : TableSpec::Screen::By::kRefusal,
                              .index = rule != nullptr ? rule->index : std::get<RefusalId>(screen.by).index,
                              .when = LowerCondition(screen.when),
                              .services = {}};
      for (const ServiceId service : screen.services) entry.services.push_back(service.index);
      spec_.screens.push_back(std::move(entry));
    }
  }

  static auto ToSpec(const std::vector<Term>& terms) -> TableSpec::Condition {
    TableSpec::Condition condition;
    for (const Term& term : terms) {
      TableSpec::Term constraints;
      for (const Constraint& constraint : term) {
        std::vector<TableSpec::Classes::Run> runs;
        for (const auto& [first, last] : constraint.classes.Runs()) runs.push_back({first, last});
        constraints.push_back({constraint.dimension, TableSpec::Classes::OfRuns(std::move(runs))});
      }
      condition.push_back(std::move(constraints));
    }
    return condition;
  }

  auto LowerCondition(const ir::Condition& condition) -> TableSpec::Condition {
    return ToSpec(definitions_.TermsOf(condition));
  }

  /// After every condition.
  auto AddDefinitions() -> std::optional<LowerError> {
    if (definitions_.all().size() > layout::kMaxDefinitions) {
      return TooMany(definitions_.all().size(), "conditions that have to be divided", layout::kMaxDefinitions);
    }
    for (const std::vector<Term>& terms : definitions_.all()) spec_.definitions.push_back(ToSpec(terms));
    return std::nullopt;
  }

  void AddRules() {
    for (const ir::Rule& rule : policy_.rules) {
      TableSpec::Rule entry{.name = rule.name,
                            .because = rule.because,
                            .place = Place(rule.span),
                            .implied = rule.origin != ir::Rule::Origin::kWritten,
                            .when = LowerCondition(rule.when),
                            .excluded = {}};
      for (std::uint32_t d = 0; d < policy_.deployments.size(); ++d) {
        if (!ir::Holds(rule.keep, policy_, DeploymentId{d})) entry.excluded.push_back(d);
      }
      spec_.rules.push_back(std::move(entry));
    }
    for (const ir::Refusal& refusal : policy_.refusals) {
      spec_.refusals.push_back({refusal.name, refusal.reason, Place(refusal.span), LowerCondition(refusal.when)});
    }
  }

  void AddRoutes() {
    for (const ir::Route& route : policy_.routes) {
      TableSpec::Route entry{route.name, Place(route.span), LowerCondition(route.when), {}};
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
  }

  /// A guarantee without a result is unknown, and then the bundle is not verified, whatever else the report says.
  void AddGuarantees() {
    spec_.verified = report_.passed() && !provenance_.has_errors;
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
  Definitions definitions_;
  TableSpec spec_;
};

}  // namespace

auto Lower(const ir::Policy& policy, const verify::VerifyReport& report, const Provenance& provenance)
    -> std::expected<std::vector<std::byte>, LowerError> {
  return Lowering(policy, report, provenance).Lower();
}

}  // namespace route::lower
