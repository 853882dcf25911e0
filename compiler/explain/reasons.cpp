#include "compiler/explain/reasons.h"

#include <algorithm>
#include <vector>

#include "compiler/base/internal_error.h"
#include "compiler/ir/text.h"
#include "compiler/ir/words.h"

namespace route::explain {
namespace {

using Kind = ir::Condition::Kind;

class Reasons {
 public:
  Reasons(const ir::Policy& policy, const ir::Request& request, Phrases& phrases)
      : policy_(policy), request_(request), phrases_(phrases) {}

  auto Of(const ir::Condition& condition) -> std::vector<std::string> {
    const bool holds = ir::Holds(condition, request_);
    switch (condition.kind) {
      case Kind::kTrue:
      case Kind::kFalse: return {};
      case Kind::kNot: return Of(condition.children.at(0));
      case Kind::kAll:
      case Kind::kAny: {
        const bool one_is_enough = (condition.kind == Kind::kAny) == holds;
        std::vector<std::string> reasons;
        for (const ir::Condition& child : condition.children) {
          if (ir::Holds(child, request_) != holds) continue;
          for (std::string& reason : Of(child)) reasons.push_back(std::move(reason));
          if (one_is_enough) break;
        }
        // That a set has none of many names is one reason.
        const bool is_set = condition.children.front().kind == Kind::kIncludes;
        if (is_set && !holds && !one_is_enough && condition.children.size() > 1) {
          return {phrases_.Condition(condition, Sense::kDenied)};
        }
        return ir::Distinct(reasons);
      }
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries: return {OfAtom(condition, holds ? Sense::kAffirmed : Sense::kDenied)};
    }
    throw InternalError("a condition of no known kind");
  }

 private:
  /// The value, and then how it compares unless that goes without saying.
  auto OfAtom(const ir::Condition& atom, Sense sense) -> std::string {
    const ir::Attribute& attribute = policy_.attributes.at(atom.attribute.index);
    const ir::Value& value = request_.at(atom.attribute.index);
    const std::string text = ir::Quoted(attribute.name) + " is " + ir::FormatValue(attribute, value);
    const bool affirmed = sense == Sense::kAffirmed;
    switch (atom.kind) {
      case Kind::kIsOneOf: {
        if (affirmed) return text;
        std::vector<std::string> names;
        for (std::uint32_t index : atom.values) names.push_back(attribute.values.at(index));
        return text + ", not " + ir::Enumerate(names, "or");
      }
      case Kind::kIsYes: return text;
      case Kind::kIncludes: return phrases_.Condition(atom, sense);
      case Kind::kInRange:
        return text + " (" + IntervalPhrase({atom.low, atom.high, attribute.kind, attribute.unit}, sense) + ")";
      case Kind::kTextIs: return affirmed ? text : text + ", not \"" + atom.text + "\"";
      case Kind::kStartsWith:
        return text + " (" + (affirmed ? "it starts with \"" : "it does not start with \"") + atom.text + "\")";
      case Kind::kInCountries:
        return text + " (" + (affirmed ? "in " : "not in ") + phrases_.Places(atom.values, "or") + ")";
      case Kind::kTrue:
      case Kind::kFalse:
      case Kind::kAll:
      case Kind::kAny:
      case Kind::kNot: break;
    }
    throw InternalError("a condition that does not ask about one attribute");
  }

  const ir::Policy& policy_;
  const ir::Request& request_;
  Phrases& phrases_;
};

}  // namespace

auto Reason(const ir::Policy& policy, const ir::Condition& condition, const ir::Request& request, Phrases& phrases)
    -> std::string {
  return ir::Enumerate(Reasons(policy, request, phrases).Of(condition));
}

}  // namespace route::explain
