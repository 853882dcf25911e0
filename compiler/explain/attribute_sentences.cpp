#include "compiler/base/internal_error.h"
#include "compiler/explain/sentences.h"
#include "compiler/ir/text.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::explain {
namespace {

constexpr std::size_t kMostValues = 24;

auto NumberPhrase(const ir::Attribute& attribute) -> std::string {
  const std::string range = " from 0 to " + FormatQuantity(attribute.maximum, attribute.unit);
  switch (attribute.unit) {
    case Unit::kNone: return "a number" + range;
    case Unit::kTokens: return "a count of tokens" + range;
    case Unit::kMilliseconds: return "a time" + range;
    case Unit::kPercent: return "a percentage" + range;
    case Unit::kUsd:
    case Unit::kEur: return "an amount of money" + range;
    case Unit::kTimeOfDay: return "a time of day";
  }
  throw InternalError("an unknown unit");
}

auto WhereFrom(const ir::Source& source) -> std::string {
  switch (source.kind) {
    case SourceKind::kTenant: return "the tenant's entry in the gateway's registry";
    case SourceKind::kHeader: return "the caller's header " + ir::Quoted(source.argument);
    case SourceKind::kRequest:
      if (source.argument == "prompt") return "the size of the prompt";
      if (source.argument == "needs") return "what the request's body makes use of";
      return "the field " + ir::Quoted(source.argument) + " of the request's body";
    case SourceKind::kClassifier: return "the classifier " + ir::Quoted(source.argument);
    case SourceKind::kDetector: return "the detector " + ir::Quoted(source.argument) + ", which reads the prompt";
    case SourceKind::kBudget: return "what the tenant has spent, as a share of its cap";
    case SourceKind::kClock:
      return "the gateway's clock, in " + (source.argument.empty() ? "UTC" : "the time zone " + ir::Quoted(source.argument));
  }
  throw InternalError("an unknown source");
}

/// Does the gateway find a value in every request, so that none can be missing?
auto IsNeverMissing(const ir::Source& source) -> bool {
  switch (source.kind) {
    case SourceKind::kBudget:
    case SourceKind::kClock: return true;
    case SourceKind::kRequest:
      return source.argument == "prompt" || source.argument == "model" || AlwaysMeasures(source.kind, source.argument);
    case SourceKind::kTenant:
    case SourceKind::kHeader:
    case SourceKind::kClassifier:
    case SourceKind::kDetector: return AlwaysMeasures(source.kind, source.argument);
  }
  throw InternalError("an unknown source");
}

}  // namespace

auto KindPhrase(const ir::Attribute& attribute) -> std::string {
  switch (attribute.kind) {
    case AttributeKind::kOneOf: return "one of " + ir::EnumerateSome(attribute.values, kMostValues);
    case AttributeKind::kAnyOf: return "any of " + ir::EnumerateSome(attribute.values, kMostValues) + ", or nothing";
    case AttributeKind::kYesNo: return "yes or no";
    case AttributeKind::kNumber: return NumberPhrase(attribute);
    case AttributeKind::kText: return "a text";
    case AttributeKind::kCountry: return "a country";
    case AttributeKind::kDate: return "a date";
  }
  throw InternalError("an unknown kind of attribute");
}

auto SourcePhrase(const ir::Source& source) -> std::string {
  switch (SourceTrust(source.kind, source.argument)) {
    case Trust::kMeasured: return WhereFrom(source) + " (measured by the gateway)";
    case Trust::kClaimed: return WhereFrom(source) + " (claimed by the caller)";
  }
  throw InternalError("an unknown trust");
}

auto AttributeSentences(const ir::Attribute& attribute) -> std::string {
  std::vector<std::string> sources;
  bool is_never_missing = false;
  bool may_fail = false;  // a service may give no answer, whatever others say
  for (const ir::Source& source : attribute.sources) {
    sources.push_back(SourcePhrase(source));
    is_never_missing = is_never_missing || IsNeverMissing(source);
    may_fail = may_fail || ComesFromService(source.kind, source.argument);
  }
  std::string text = ir::Quoted(attribute.name) + " is " + KindPhrase(attribute) + ". It comes from " +
                     ir::Enumerate(sources) + ".";
  if (is_never_missing && !may_fail) return text;
  if (attribute.fallback) return text + " Without a value, it is " + ir::FormatValue(attribute, *attribute.fallback) + ".";
  return text + " Without a value, the request is refused.";
}

}  // namespace route::explain
