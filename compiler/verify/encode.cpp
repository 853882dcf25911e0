#include "compiler/verify/encode.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "compiler/ir/clock.h"
#include "compiler/ir/evaluate.h"
#include "runtime/values/value_text.h"

namespace route::verify {
namespace {

constexpr std::uint32_t kMostExactClasses = 8;

auto IsOrdered(AttributeKind kind) -> bool {
  return kind == AttributeKind::kNumber || kind == AttributeKind::kDate;
}

/// A class in words, for the names of variables. `value_class` is at least 1 for ordered kinds and sets.
auto ClassName(const ir::Attribute& attribute, const ir::Dimension& dimension, std::uint32_t value_class)
    -> std::string {
  const std::string& name = attribute.name;
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
      return name + " is " + attribute.values.at(value_class);
    case AttributeKind::kAnyOf:
      return name + " includes " + attribute.values.at(dimension.member);
    case AttributeKind::kYesNo:
      return name + (value_class == 0 ? " is no" : " is yes");
    case AttributeKind::kNumber:
      return name + " >= " + FormatQuantity(Decimal{dimension.cuts.at(value_class - 1)}, attribute.unit);
    case AttributeKind::kDate:
      return name + " >= " + FormatDate(Date{static_cast<std::int32_t>(dimension.cuts.at(value_class - 1))});
    case AttributeKind::kText:
      if (value_class == 0) return name + " is another text";
      if (value_class <= dimension.prefixes.size()) {
        return name + " starts with \"" + dimension.prefixes.at(value_class - 1) + "\"";
      }
      return name + " is \"" + dimension.texts.at(value_class - 1 - dimension.prefixes.size()) + "\"";
    case AttributeKind::kCountry: {
      const auto first = std::ranges::find(dimension.country_class, value_class);
      const auto index = static_cast<std::size_t>(first - dimension.country_class.begin());
      return name + " is like " + std::string(Countries()[index].code);
    }
  }
  std::fputs("internal error: verify: an attribute of no known kind\n", stderr);
  std::abort();
}

template <typename Conditional>
auto HullsOf(const std::vector<Conditional>& list, const ir::ValueClasses& classes) -> std::vector<Hull> {
  std::vector<Hull> hulls;
  for (const Conditional& each : list) hulls.push_back(HullOf(each.when, classes));
  return hulls;
}

}  // namespace

auto EngineOf(SolverKind solver) -> smt::EngineKind {
  switch (solver) {
    case SolverKind::kSat:
      return smt::EngineKind::kSat;
    case SolverKind::kZ3:
      return smt::EngineKind::kZ3;
    case SolverKind::kBoth:
      return smt::EngineKind::kBoth;
  }
  std::abort();  // every kind is handled above
}

Encoder::Encoder(const ir::Policy& policy, const ir::ValueClasses& classes, smt::Solver& solver, VerdictCache* cache)
    : policy_(&policy),
      classes_(&classes),
      solver_(&solver),
      cache_(cache),
      refusal_hulls_(HullsOf(policy.refusals, classes)),
      route_hulls_(HullsOf(policy.routes, classes)) {
  rule_hulls_ = HullsOf(policy.rules, classes);
  for (std::uint32_t i = 0; i < classes.dimensions().size(); ++i) DeclareDimension({i});
  DefineConditions();
  DefineAllowed();
  DefineAsked();
  if (const smt::Term possible = IsPossible(); possible != smt::kTrue) solver.Assert(possible);
  granted_ = solver.asserted().size();
}

Encoder::Encoder(const Encoder& whole, AttributeId attribute, const ir::Value& value)
    : policy_(whole.policy_),
      classes_(whole.classes_),
      solver_(whole.solver_),
      refusal_hulls_({}),
      route_hulls_({}),
      whole_(&whole),
      attribute_(attribute),
      having_(whole.policy_->attributes.size()) {
  having_.at(attribute.index) = value;
}

void Encoder::DefineConditions() {
  for (const ir::Refusal& refusal : policy_->refusals) {
    refusals_.push_back(Named("refusal " + refusal.name, Encode(refusal.when)));
  }
  for (const ir::Route& route : policy_->routes) routes_.push_back(Named("route " + route.name, Encode(route.when)));
  for (const ir::Rule& rule : policy_->rules) rules_.push_back(Named("rule " + rule.name, Encode(rule.when)));
}

auto Encoder::Named(const std::string& name, smt::Term meaning) -> smt::Term {
  return solver_->Define(UniqueName(name), meaning);
}

auto Encoder::WithValue(Known& known, std::uint32_t index, const ir::Condition& when, smt::Term in_general) const
    -> smt::Term {
  const auto [place, is_new] = known.try_emplace(index, in_general);
  if (is_new && ir::AsksAbout(when, attribute_)) place->second = Encode(when);
  return place->second;
}

auto Encoder::Matches(RuleId rule) const -> smt::Term {
  const smt::Term in_general = whole().rules_.at(rule.index);
  if (whole_ == nullptr) return in_general;
  return WithValue(rules_with_value_, rule.index, policy_->rules[rule.index].when, in_general);
}

auto Encoder::Matches(RefusalId refusal) const -> smt::Term {
  const smt::Term in_general = whole().refusals_.at(refusal.index);
  if (whole_ == nullptr) return in_general;
  return WithValue(refusals_with_value_, refusal.index, policy_->refusals[refusal.index].when, in_general);
}

auto Encoder::Matches(RouteId route) const -> smt::Term {
  const smt::Term in_general = whole().routes_.at(route.index);
  if (whole_ == nullptr) return in_general;
  return WithValue(routes_with_value_, route.index, policy_->routes[route.index].when, in_general);
}

auto Encoder::Allowed(DeploymentId deployment) const -> smt::Term {
  if (whole_ == nullptr) return allowed_.at(deployment.index);
  const std::size_t group = whole_->alike_of_.at(deployment.index);
  const auto [place, is_new] = allowed_with_value_.try_emplace(static_cast<std::uint32_t>(group), smt::kTrue);
  if (is_new) {
    std::vector<smt::Term> none;
    for (const RuleId rule : whole_->alike_[group].excluding) none.push_back(solver_->Not(Matches(rule)));
    place->second = solver_->And(none);
  }
  return place->second;
}

// Names reach SMT-LIB 2 between bars, where only bars and backslashes are barred; policy text may hold any bytes.
auto Encoder::UniqueName(const std::string& text) -> std::string {
  std::string clean = text;
  for (char& c : clean) {
    if (c < ' ' || c > '~' || c == '|' || c == '\\') c = '?';
  }
  std::string name = clean;
  for (int number = 2; !names_.insert(name).second; ++number) name = clean + " #" + std::to_string(number);
  return name;
}

auto Encoder::UniqueNames(const std::vector<std::string>& texts) -> std::vector<std::string> {
  std::vector<std::string> names;
  shape_ += "dimension\n";
  for (const std::string& text : texts) {
    names.push_back(UniqueName(text));
    shape_ += names.back() + "\n";
  }
  return names;
}

auto Encoder::Ask(const std::vector<smt::Term>& assumptions) -> smt::Answer {
  const smt::Answer answer = AskOrRemember(assumptions);
  Record(assumptions, answer);
  return answer;
}

auto Encoder::AskOrRemember(const std::vector<smt::Term>& assumptions) -> smt::Answer {
  if (cache_ == nullptr) return solver_->Check(assumptions);
  const QuestionKey key = solver_->KeyOf(assumptions);
  if (const CachedAnswer* known = cache_->Find(key)) return known->exists ? smt::Answer::kYes : smt::Answer::kNo;
  const smt::Answer answer = solver_->Check(assumptions);
  if (answer != smt::Answer::kUnknown) cache_->Add(key, {.exists = answer == smt::Answer::kYes, .classes = {}});
  return answer;
}

void Encoder::Record(std::vector<smt::Term> assumptions, smt::Answer answer) {
  if (log_ == nullptr) return;
  const std::vector<smt::Term>& asserted = solver_->asserted();
  assumptions.insert(assumptions.begin(), asserted.begin() + static_cast<std::ptrdiff_t>(granted_), asserted.end());
  log_->Add(std::move(assumptions), answer);
}

auto Encoder::KeyOfClasses(Wanted wanted) -> QuestionKey {
  smt::Hasher hasher;
  hasher.Add(wanted == Wanted::kSmallest ? "smallest" : "any");
  hasher.Add(shape_);
  hasher.Add(solver_->KeyOf({}));
  return hasher.Finish();
}

void Encoder::DeclareDimension(ir::DimensionId id) {
  const ir::Dimension& dimension = classes_->dimensions().at(id.index);
  const ir::Attribute& attribute = policy_->attributes.at(dimension.attribute.index);
  Dimension encoded;
  if (dimension.classes > 2 && dimension.classes <= kMostExactClasses && !IsOrdered(attribute.kind)) {
    encoded.form = Dimension::Form::kExact;
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < dimension.classes; ++i) names.push_back(ClassName(attribute, dimension, i));
    encoded.terms = solver_->Choice(UniqueNames(names));
  } else {
    std::vector<std::string> names;
    for (std::uint32_t i = 1; i < dimension.classes; ++i) {
      std::string name = ClassName(attribute, dimension, i);
      if (!IsOrdered(attribute.kind) && dimension.classes > 2) name += " or a later class";
      names.push_back(std::move(name));
    }
    const std::vector<std::string> unique = UniqueNames(names);
    // Names that were listed by the author, or had to be altered, say nothing about the order.
    const bool says_order = attribute.kind != AttributeKind::kOneOf && unique == names;
    encoded.terms = solver_->Row(unique, says_order ? smt::RowOrder::kByName : smt::RowOrder::kAsListed);
  }
  dimensions_.push_back(std::move(encoded));
}

// Deployments that the same rules exclude share one definition.
void Encoder::DefineAllowed() {
  std::map<std::vector<std::uint32_t>, std::size_t> known;
  for (std::uint32_t d = 0; d < policy_->deployments.size(); ++d) {
    std::vector<std::uint32_t> excluding;
    for (std::uint32_t r = 0; r < policy_->rules.size(); ++r) {
      if (!ir::Holds(policy_->rules[r].keep, *policy_, {d})) excluding.push_back(r);
    }
    auto [place, is_new] = known.try_emplace(excluding, alike_.size());
    if (is_new) {
      std::vector<smt::Term> none;
      Alike& alike = alike_.emplace_back();
      for (const std::uint32_t r : excluding) {
        none.push_back(solver_->Not(rules_[r]));
        alike.excluding.push_back({r});
      }
      allowed_.push_back(Named("allowed " + policy_->deployments[d].name, solver_->And(none)));
    } else {
      allowed_.push_back(allowed_.at(alike_[place->second].deployments.front().index));
    }
    alike_[place->second].deployments.push_back({d});
    alike_of_.push_back(place->second);
  }
}

void Encoder::DefineAsked() {
  screen_meanings_ = ir::ScreensOf(*policy_);
  for (const ir::Screen& screen : screen_meanings_) screens_.push_back({&screen, Encode(screen.when)});
  for (std::uint32_t s = 0; s < policy_->services.size(); ++s) {
    std::vector<smt::Term> none;
    for (const Screen& screen : screens_) {
      const std::vector<ServiceId>& kept = screen.meaning->services;
      if (std::ranges::find(kept, ServiceId{s}) != kept.end()) none.push_back(solver_->Not(screen.holds));
    }
    const smt::Term shown = ir::AskedFor(*policy_, {s}).empty() ? smt::kFalse : solver_->And(none);
    asked_.push_back(solver_->Define(UniqueName("asked " + policy_->services[s].name), shown));
  }
}

auto Encoder::Asked(ServiceId service) const -> smt::Term { return asked_.at(service.index); }

auto Encoder::RoutesBefore(RouteId route) const -> std::vector<RouteId> {
  return RoutesMeeting(HullOf(route), route);
}

auto Encoder::RefusalsMeeting(const Hull& hull) const -> std::vector<RefusalId> {
  std::vector<RefusalId> meeting;
  const auto all = static_cast<std::uint32_t>(policy_->refusals.size());
  for (const std::uint32_t i : whole().refusal_hulls_.Meeting(hull, all)) meeting.push_back({i});
  return meeting;
}

auto Encoder::RoutesMeeting(const ir::Condition& condition) const -> std::vector<RouteId> {
  const auto all = static_cast<std::uint32_t>(policy_->routes.size());
  return RoutesMeeting(verify::HullOf(condition, *classes_), {all});
}

auto Encoder::RoutesMeeting(const Hull& hull, RouteId end) const -> std::vector<RouteId> {
  std::vector<RouteId> meeting;
  for (const std::uint32_t i : whole().route_hulls_.Meeting(hull, end.index)) meeting.push_back({i});
  return meeting;
}

auto Encoder::Decides(RouteId route, const Hull& within) const -> std::vector<smt::Term> {
  std::vector<smt::Term> literals{Matches(route)};
  for (const RefusalId refusal : RefusalsMeeting(within)) literals.push_back(solver_->Not(Matches(refusal)));
  for (const RouteId earlier : RoutesMeeting(within, route)) literals.push_back(solver_->Not(Matches(earlier)));
  return literals;
}

auto Encoder::Encode(const ir::Condition& condition, const FixedClass* fixed) const -> smt::Term {
  using Kind = ir::Condition::Kind;
  switch (condition.kind) {
    case Kind::kTrue:
      return smt::kTrue;
    case Kind::kFalse:
      return smt::kFalse;
    case Kind::kAll:
    case Kind::kAny: {
      std::vector<smt::Term> children;
      for (const ir::Condition& child : condition.children) children.push_back(Encode(child, fixed));
      return condition.kind == Kind::kAll ? solver_->And(children) : solver_->Or(children);
    }
    case Kind::kNot:
      return solver_->Not(Encode(condition.children.at(0), fixed));
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries: {
      if (whole_ != nullptr && condition.attribute == attribute_) {
        return ir::Holds(condition, having_) ? smt::kTrue : smt::kFalse;
      }
      const ir::DimensionId dimension = classes_->DimensionOf(condition);
      const std::vector<bool> satisfying = classes_->Satisfying(condition);
      if (fixed == nullptr || fixed->dimension != dimension) return InClasses(dimension, satisfying);
      return satisfying.at(fixed->value_class) ? smt::kTrue : smt::kFalse;
    }
  }
  std::fputs("internal error: verify: a condition of no known kind\n", stderr);
  std::abort();
}

auto Encoder::OrLater(const Dimension& dimension, std::uint32_t value_class) const -> smt::Term {
  if (value_class == 0) return smt::kTrue;
  return value_class <= dimension.terms.size() ? dimension.terms[value_class - 1] : smt::kFalse;
}

auto Encoder::InClasses(ir::DimensionId id, const std::vector<bool>& wanted) const -> smt::Term {
  const Dimension& dimension = whole().dimensions_.at(id.index);
  std::vector<smt::Term> parts;
  if (dimension.form == Dimension::Form::kExact) {
    const auto many = 2 * std::ranges::count(wanted, true) > static_cast<std::ptrdiff_t>(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] != many) parts.push_back(dimension.terms.at(i));
    }
    return many ? solver_->Not(solver_->Or(parts)) : solver_->Or(parts);
  }
  const auto size = static_cast<std::uint32_t>(wanted.size());
  for (std::uint32_t begin = 0; begin < size; ++begin) {
    if (!wanted[begin]) continue;
    std::uint32_t end = begin;
    while (end < size && wanted[end]) ++end;
    parts.push_back(solver_->And({OrLater(dimension, begin), solver_->Not(OrLater(dimension, end))}));
    begin = end;
  }
  return solver_->Or(parts);
}

auto Encoder::IsClass(ir::DimensionId id, std::uint32_t value_class) const -> std::vector<smt::Term> {
  const Dimension& dimension = whole().dimensions_.at(id.index);
  if (dimension.form == Dimension::Form::kExact) return {dimension.terms.at(value_class)};
  return {OrLater(dimension, value_class), solver_->Not(OrLater(dimension, value_class + 1))};
}

auto Encoder::IsBefore(ir::DimensionId id, std::uint32_t value_class) const -> std::vector<smt::Term> {
  const Dimension& dimension = whole().dimensions_.at(id.index);
  if (dimension.form == Dimension::Form::kOrLater) return {solver_->Not(OrLater(dimension, value_class))};
  std::vector<smt::Term> literals;
  for (std::size_t i = value_class; i < dimension.terms.size(); ++i) {
    literals.push_back(solver_->Not(dimension.terms[i]));
  }
  return literals;
}

auto Encoder::IsPossible() const -> smt::Term {
  std::vector<smt::Term> impossible;
  for (const ir::ClockPair& pair : ir::ClockPairs(*policy_)) {
    const ir::DimensionId date = classes_->FirstDimension(pair.date);
    const ir::DimensionId weekday = classes_->FirstDimension(pair.weekday);
    const ir::Dimension& dates = classes_->dimensions().at(date.index);
    const ir::Dimension& weekdays = classes_->dimensions().at(weekday.index);
    for (std::uint32_t d = 0; d < dates.classes; ++d) {
      for (std::uint32_t w = 0; w < weekdays.classes; ++w) {
        if (ir::FirstOn(w, ir::DaysOf(dates, d))) continue;
        std::vector<smt::Term> both = IsClass(date, d);
        for (const smt::Term literal : IsClass(weekday, w)) both.push_back(literal);
        impossible.push_back(solver_->And(both));
      }
    }
  }
  return solver_->Not(solver_->Or(impossible));
}

auto Encoder::CombinesFreely() const -> bool { return ir::ClockPairs(*policy_).empty(); }

auto Encoder::ModelClasses() const -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> classes;
  for (const Dimension& dimension : dimensions_) {
    std::uint16_t value_class = 0;
    if (dimension.form == Dimension::Form::kExact) {
      while (!solver_->IsTrue(dimension.terms.at(value_class))) ++value_class;
    } else {
      while (value_class < dimension.terms.size() && solver_->IsTrue(dimension.terms[value_class])) ++value_class;
    }
    classes.push_back(value_class);
  }
  return classes;
}

auto Encoder::NotRefused() const -> smt::Term {
  std::vector<smt::Term> none;
  for (std::uint32_t i = 0; i < policy_->refusals.size(); ++i) none.push_back(solver_->Not(Matches(RefusalId{i})));
  return solver_->And(none);
}

auto Encoder::Reached(const ir::Tier& tier) const -> std::vector<smt::Term> {
  std::vector<Sum::Item> items;
  for (const ir::Candidate& candidate : tier.candidates) items.push_back({.term = Allowed(candidate.deployment)});
  std::vector<smt::Term> reached;
  Sum allowed(*solver_, items);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const smt::Term is_full = tier.limit ? allowed.Exceeds(i, std::int64_t{*tier.limit} - 1) : smt::kFalse;
    reached.push_back(solver_->And({items[i].term, solver_->Not(is_full)}));
  }
  return reached;
}

// The limit, which is at least one, cannot empty a tier.
auto Encoder::SomeReached(const ir::Tier& tier) const -> smt::Term {
  std::vector<smt::Term> allowed;
  for (const ir::Candidate& candidate : tier.candidates) allowed.push_back(Allowed(candidate.deployment));
  return solver_->Or(allowed);
}

auto Encoder::SomeReached(const ir::Route& route) const -> smt::Term {
  std::vector<smt::Term> tiers;
  for (const ir::Tier& tier : route.tiers) tiers.push_back(SomeReached(tier));
  return solver_->Or(tiers);
}

Sum::Sum(smt::Solver& solver, std::vector<Item> items) : solver_(&solver), items_(std::move(items)), largest_{0} {
  for (const Item& item : items_) largest_.push_back(largest_.back() + item.weight);
}

auto Sum::Exceeds(std::size_t count, std::int64_t bound) -> smt::Term {
  if (bound < 0) return smt::kTrue;
  if (largest_.at(count) <= bound) return smt::kFalse;
  if (const auto known = known_.find({count, bound}); known != known_.end()) return known->second;
  const Item& last = items_[count - 1];
  const smt::Term with_last = solver_->And({last.term, Exceeds(count - 1, bound - last.weight)});
  const smt::Term result = solver_->Or({with_last, Exceeds(count - 1, bound)});
  known_.emplace(std::pair{count, bound}, result);
  return result;
}

}  // namespace route::verify
