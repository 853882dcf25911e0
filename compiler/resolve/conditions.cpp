#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"

namespace route::resolve {

using diagnostics::Code;

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

auto Leaf(ir::Condition::Kind kind, AttributeId attribute, Span span) -> ir::Condition {
  ir::Condition condition;
  condition.kind = kind;
  condition.attribute = attribute;
  condition.span = span;
  return condition;
}

auto Constant(ir::Condition::Kind kind, Span span) -> ir::Condition { return Leaf(kind, {}, span); }

auto Combine(ir::Condition::Kind kind, std::vector<ir::Condition> children, Span span) -> ir::Condition {
  if (children.size() == 1) return std::move(children[0]);
  ir::Condition condition = Constant(kind, span);
  condition.children = std::move(children);
  return condition;
}

auto Negate(ir::Condition inner, Span span) -> ir::Condition {
  ir::Condition condition = Constant(ir::Condition::Kind::kNot, span);
  condition.children.push_back(std::move(inner));
  return condition;
}

/// What stands in for a condition that had an error; the policy is not used any further.
auto Broken(Span span) -> ir::Condition { return Constant(ir::Condition::Kind::kTrue, span); }

}  // namespace

auto Resolver::ResolveCondition(const ast::Condition& condition) -> ir::Condition {
  // The parser bounds the nesting of one condition; conditions that name each other add up.
  if (condition_depth_ == kMaxConditionDepth) {
    if (depth_reported_) return Broken(condition.span);
    depth_reported_ = true;
    Error(Code::kR0104, condition.span,
          "with its named conditions written out, this has more than " + std::to_string(kMaxConditionDepth) +
              " levels of `and`, `or` and `not`", "let fewer named conditions build on each other");
    return Broken(condition.span);
  }
  ++condition_depth_;
  ir::Condition resolved = ResolveConditionTree(condition);
  --condition_depth_;
  return resolved;
}

auto Resolver::ResolveConditionTree(const ast::Condition& condition) -> ir::Condition {
  switch (condition.kind) {
    case ast::Condition::Kind::kAll:
    case ast::Condition::Kind::kAny: {
      std::vector<ir::Condition> children;
      for (const ast::Condition& child : condition.children) children.push_back(ResolveCondition(child));
      auto kind = condition.kind == ast::Condition::Kind::kAll ? ir::Condition::Kind::kAll : ir::Condition::Kind::kAny;
      return Combine(kind, std::move(children), condition.span);
    }
    case ast::Condition::Kind::kNot: return Negate(ResolveCondition(condition.children[0]), condition.span);
    case ast::Condition::Kind::kComparison: return ResolveComparison(condition);
  }
  return Broken(condition.span);
}

auto Resolver::ResolveBareName(const ast::Condition& condition) -> ir::Condition {
  const ast::Name& name = condition.subject;
  if (auto index = condition_names_.Find(name.text)) {
    const ast::NamedCondition& named = *conditions_[*index];
    if (named.parameters.empty()) return ResolveNamed(name);
    Report(diagnostics::Builder(Code::kR0214, name.span, "`" + name.text + "` needs arguments")
               .AddNote(named.name.span, "it is declared here")
               .WithHint("write, for example, `" + name.text + "(" + named.parameters[0].text + ")`"));
    return Broken(condition.span);
  }
  if (auto index = attribute_names_.Find(name.text)) {
    const ir::Attribute& attribute = policy_.attributes[*index];
    if (attribute.kind == AttributeKind::kYesNo) return Leaf(ir::Condition::Kind::kIsYes, {*index}, condition.span);
    Error(Code::kR0203, name.span, "`" + name.text + "` alone is not a question",
          "compare it with something, for example `" + name.text +
              (attribute.kind == AttributeKind::kOneOf && !attribute.values.empty() ? " is " + attribute.values[0] : " …") + "`");
    return Broken(condition.span);
  }
  for (const ir::Attribute& attribute : policy_.attributes) {
    if (std::ranges::find(attribute.values, name.text) == attribute.values.end()) continue;
    Error(Code::kR0201, name.span, "`" + name.text + "` alone is not a question: it is a value of `" + attribute.name + "`",
          "if it belongs to the list before it, join it with `or`");
    return Broken(condition.span);
  }
  std::vector<std::string> known = condition_names_.Names();
  for (const std::string& each : attribute_names_.Names()) known.push_back(each);
  UnknownName("attribute or condition", name, known);
  return Broken(condition.span);
}

auto Resolver::ResolveNamed(const ast::Name& name) -> ir::Condition {
  std::uint32_t index = *condition_names_.Find(name.text);
  if (IsDefinedByItself(index, name.span)) return Broken(name.span);
  conditions_open_.push_back(index);
  ir::Condition condition = ResolveCondition(conditions_[index]->condition);
  conditions_open_.pop_back();
  return condition;
}

auto Resolver::IsDefinedByItself(std::uint32_t index, Span used_at) -> bool {
  if (std::ranges::find(conditions_open_, index) == conditions_open_.end()) return false;
  Error(Code::kR0211, used_at, "the condition `" + conditions_[index]->name.text + "` is defined by itself",
        "take it out of its own definition");
  return true;
}

auto Resolver::ResolveApplied(const ast::Condition& condition) -> ir::Condition {
  auto found = condition_names_.Find(condition.subject.text);
  if (!found) {
    UnknownShape("condition", condition.path, condition_names_.Names());
    return Broken(condition.span);
  }
  const ast::NamedCondition& shape = *conditions_[*found];
  if (!FitArguments("condition", shape.name, shape.parameters, {condition.path, condition.values, condition.span})) {
    return Broken(condition.span);
  }
  if (IsDefinedByItself(*found, condition.span)) return Broken(condition.span);
  auto body = Bind(shape.name, shape.parameters, condition.values, shape.condition);
  if (!body) return Broken(condition.span);
  conditions_open_.push_back(*found);
  applied_at_.push_back(condition.span);
  ir::Condition resolved = ResolveCondition(*body);
  applied_at_.pop_back();
  conditions_open_.pop_back();
  return resolved;
}

/// `between monday and friday`; `between friday and monday` goes over the end of the week.
auto Resolver::ResolveWeekdayInterval(const ast::Condition& condition, AttributeId id) -> ir::Condition {
  const ir::Attribute& attribute = policy_.attributes[id.index];
  auto first = MemberOf(attribute, condition.values[0]);
  auto last = MemberOf(attribute, condition.values[1]);
  if (!first || !last) return Broken(condition.span);
  ir::Condition result = Leaf(ir::Condition::Kind::kIsOneOf, id, condition.span);
  auto days = static_cast<std::uint32_t>(attribute.values.size());
  for (std::uint32_t day = 0; day < days; ++day) {
    if ((day + days - *first) % days <= (*last + days - *first) % days) result.values.push_back(day);
  }
  return result;
}

void Resolver::AddCondition(const ast::NamedCondition& declared) {
  if (attribute_names_.Contains(declared.name.text)) {
    Error(Code::kR0202, declared.name.span, "`" + declared.name.text + "` is an attribute already",
          "give the condition another name");
    return;
  }
  CheckParameters(declared.parameters, declared.condition);
  auto index = static_cast<std::uint32_t>(conditions_.size());
  if (Declare(condition_names_, "condition", declared.name, index)) conditions_.push_back(&declared);
}

/// A named condition is resolved wherever it is used; once more here, for its own sake and so that an unused one is checked.
void Resolver::KeepCondition(const ast::NamedCondition& declared) {
  if (!declared.parameters.empty() || !condition_names_.Contains(declared.name.text)) return;
  policy_.conditions.push_back({declared.name.text, ResolveNamed(declared.name), layer_, declared.name.span});
}

auto Resolver::ResolveComparison(const ast::Condition& condition) -> ir::Condition {
  using enum ast::Operator;
  // Named conditions that use each other twice double with every step.
  if (++comparisons_ > kMaxComparisons) {
    if (comparisons_ == kMaxComparisons + 1) {
      Error(Code::kR0208, condition.span,
            "with its named conditions written out, this policy has more than " + std::to_string(kMaxComparisons) +
                " comparisons", "use named conditions within each other less often");
    }
    return Broken(condition.span);
  }
  if (condition.op == kBare) return ResolveBareName(condition);
  if (condition.op == kApply) return ResolveApplied(condition);
  const ast::Name& subject = condition.subject;
  auto found = attribute_names_.Find(subject.text);
  if (!found) {
    UnknownName("attribute", subject, attribute_names_.Names());
    return Broken(condition.span);
  }
  AttributeId id{*found};
  const ir::Attribute& attribute = policy_.attributes[*found];
  auto misfit = [&](std::string hint) {
    std::string article = attribute.kind == AttributeKind::kAnyOf ? "an" : "a";
    Error(Code::kR0203, condition.span, "`" + attribute.name + "` is " + article + " `" + std::string(KindName(attribute.kind)) +
                                            "` attribute and cannot be compared like this", std::move(hint),
          condition.op == kIs && attribute.kind == AttributeKind::kAnyOf ? WordFix(condition, "is", "includes") : std::nullopt);
    return Broken(condition.span);
  };
  bool equality = condition.op == kIs || condition.op == kIsNot || condition.op == kIn || condition.op == kNotIn;
  bool negated = condition.op == kIsNot || condition.op == kNotIn;
  if ((equality || condition.op == kIncludesEither || condition.op == kIncludesAll || condition.op == kIncludesNone) &&
      condition.values.empty()) {
    Error(Code::kR0206, condition.span, "this set is empty, so the comparison says nothing", "list at least one value");
    return Broken(condition.span);
  }

  switch (attribute.kind) {
    case AttributeKind::kOneOf: {
      if (condition.op == kBetween && std::ranges::equal(attribute.values, Weekdays())) return ResolveWeekdayInterval(condition, id);
      if (!equality) return misfit("write `" + attribute.name + " is " + attribute.values.front() + "`");
      ir::Condition result = Leaf(ir::Condition::Kind::kIsOneOf, id, condition.span);
      std::set<std::uint32_t> indexes;
      for (std::size_t i = 0; i < condition.values.size(); ++i) {
        auto index = MemberOf(attribute, condition.values[i]);
        if (!index) return Broken(condition.span);
        if (!indexes.insert(*index).second) ListedTwice(condition.values, i);
      }
      result.values.assign(indexes.begin(), indexes.end());
      return negated ? Negate(std::move(result), condition.span) : result;
    }
    case AttributeKind::kAnyOf: {
      auto includes = [&](std::uint32_t member) {
        ir::Condition leaf = Leaf(ir::Condition::Kind::kIncludes, id, condition.span);
        leaf.values = {member};
        return leaf;
      };
      std::vector<ir::Condition> parts;
      if (condition.op == kIsEmpty || condition.op == kIsNotEmpty) {
        for (std::uint32_t i = 0; i < attribute.values.size(); ++i) parts.push_back(includes(i));
        ir::Condition some = Combine(ir::Condition::Kind::kAny, std::move(parts), condition.span);
        return condition.op == kIsEmpty ? Negate(std::move(some), condition.span) : some;
      }
      if (condition.op != kIncludesEither && condition.op != kIncludesAll && condition.op != kIncludesNone) {
        return misfit("write `" + attribute.name + " includes " + attribute.values.front() + "` or `" + attribute.name +
                      " is empty`");
      }
      std::set<std::uint32_t> seen;
      for (std::size_t i = 0; i < condition.values.size(); ++i) {
        auto index = MemberOf(attribute, condition.values[i]);
        if (!index) return Broken(condition.span);
        if (!seen.insert(*index).second) ListedTwice(condition.values, i);
        parts.push_back(includes(*index));
      }
      auto kind = condition.op == kIncludesAll ? ir::Condition::Kind::kAll : ir::Condition::Kind::kAny;
      ir::Condition joined = Combine(kind, std::move(parts), condition.span);
      return condition.op == kIncludesNone ? Negate(std::move(joined), condition.span) : joined;
    }
    case AttributeKind::kYesNo: {
      if (condition.op != kIs && condition.op != kIsNot) return misfit("write `" + attribute.name + " is yes`");
      auto value = ValueOf(attribute, condition.values);
      if (!value) return Broken(condition.span);
      bool yes = std::get<ir::YesNoValue>(*value).yes != negated;
      ir::Condition leaf = Leaf(ir::Condition::Kind::kIsYes, id, condition.span);
      return yes ? leaf : Negate(std::move(leaf), condition.span);
    }
    case AttributeKind::kNumber:
    case AttributeKind::kDate: return ResolveNumberComparison(condition, id);
    case AttributeKind::kText: {
      auto text_leaf = [&](ir::Condition::Kind kind, const ast::Value& value) -> std::optional<ir::Condition> {
        const auto* text = std::get_if<ast::String>(&value);
        if (text == nullptr) {
          const auto* name = std::get_if<ast::Name>(&value);
          if (name != nullptr && IsQuestion(*name, attribute.name)) return std::nullopt;
          Error(Code::kR0203, ast::SpanOf(value), "`" + attribute.name + "` is compared with texts in double quotes",
                name != nullptr ? "put double quotes around it" : "", AsTextFix(value));
          return std::nullopt;
        }
        ir::Condition leaf = Leaf(kind, id, condition.span);
        leaf.text = text->text;
        return leaf;
      };
      std::set<std::string> texts;
      if (condition.op == kStartsWith) {
        std::vector<ir::Condition> prefixes;
        for (std::size_t i = 0; i < condition.values.size(); ++i) {
          const ast::Value& value = condition.values[i];
          auto leaf = text_leaf(ir::Condition::Kind::kStartsWith, value);
          if (!leaf) return Broken(condition.span);
          if (!texts.insert(leaf->text).second) ListedTwice(condition.values, i);
          if (leaf->text.empty()) {
            Error(Code::kR0206, ast::SpanOf(value), "every text starts with an empty text", "name at least one letter");
            return Broken(condition.span);
          }
          // Of several beginnings one can be idle beside another.
          if (condition.values.size() > 1) leaf->span = ast::SpanOf(value);
          prefixes.push_back(std::move(*leaf));
        }
        return Combine(ir::Condition::Kind::kAny, std::move(prefixes), condition.span);
      }
      if (!equality) return misfit("write `" + attribute.name + " is \"…\"` or `" + attribute.name + " starts with \"…\"`");
      std::vector<ir::Condition> parts;
      for (std::size_t i = 0; i < condition.values.size(); ++i) {
        auto leaf = text_leaf(ir::Condition::Kind::kTextIs, condition.values[i]);
        if (!leaf) return Broken(condition.span);
        if (!texts.insert(leaf->text).second) ListedTwice(condition.values, i);
        parts.push_back(std::move(*leaf));
      }
      ir::Condition either = Combine(ir::Condition::Kind::kAny, std::move(parts), condition.span);
      return negated ? Negate(std::move(either), condition.span) : either;
    }
    case AttributeKind::kCountry: {
      if (!equality) return misfit("write `" + attribute.name + " in EU` or `" + attribute.name + " is FR`");
      ir::Condition leaf = Leaf(ir::Condition::Kind::kInCountries, id, condition.span);
      for (const ast::Value& value : condition.values) {
        const auto* name = std::get_if<ast::Name>(&value);
        bool is_place = name != nullptr && (jurisdiction_names_.Contains(name->text) || ParseCountry(name->text));
        if (name != nullptr && !is_place && IsQuestion(*name, attribute.name)) return Broken(condition.span);
      }
      leaf.values = CountriesOf(condition.values);
      if (leaf.values.empty()) return Broken(condition.span);
      return negated ? Negate(std::move(leaf), condition.span) : leaf;
    }
  }
  return Broken(condition.span);
}

auto Resolver::ResolveNumberComparison(const ast::Condition& condition, AttributeId id) -> ir::Condition {
  using enum ast::Operator;
  const ir::Attribute& attribute = policy_.attributes[id.index];
  std::vector<std::int64_t> ends;
  for (const ast::Value& value : condition.values) {
    auto resolved = ValueOf(attribute, {value});
    if (!resolved) return Broken(condition.span);
    if (const auto* date = std::get_if<Date>(&*resolved)) ends.push_back(date->days);
    if (const auto* number = std::get_if<Decimal>(&*resolved)) ends.push_back(number->micros);
  }
  auto range = [&](std::int64_t low, std::int64_t high) {
    ir::Condition leaf = Leaf(ir::Condition::Kind::kInRange, id, condition.span);
    leaf.low = low;
    leaf.high = high;
    return leaf;
  };
  std::int64_t step = StepOf(attribute.unit);
  switch (condition.op) {
    case kLess: return range(kLowest, ends[0]);
    case kLessEqual: return range(kLowest, ends[0] + step);
    case kGreater:
      if (attribute.kind == AttributeKind::kNumber && ends[0] >= attribute.maximum.micros) {
        Error(Code::kR0205, condition.span, "`" + attribute.name + "` is never more than " +
                                                FormatQuantity(attribute.maximum, attribute.unit) + ", so this never holds",
              "say how far it goes where it is declared, for example `up to …`");
        return Broken(condition.span);
      }
      return range(ends[0] + step, kHighest);
    case kGreaterEqual: return range(ends[0], kHighest);
    case kBetween:
      if (ends[0] > ends[1] && attribute.unit == Unit::kTimeOfDay) {  // over midnight
        std::vector<ir::Condition> parts = {range(ends[0], kHighest), range(kLowest, ends[1] + step)};
        return Combine(ir::Condition::Kind::kAny, std::move(parts), condition.span);
      }
      if (ends[0] > ends[1]) {
        Error(Code::kR0206, condition.span, "nothing is between a value and a smaller one", "put the smaller one first",
              ExchangeFix(condition.values));
        return Broken(condition.span);
      }
      return range(ends[0], ends[1] + step);
    case kIs:
    case kIn:
    case kIsNot:
    case kNotIn: {
      std::vector<ir::Condition> parts;
      std::set<std::int64_t> seen;
      for (std::size_t i = 0; i < ends.size(); ++i) {
        if (!seen.insert(ends[i]).second) ListedTwice(condition.values, i);
        parts.push_back(range(ends[i], ends[i] + step));
      }
      ir::Condition either = Combine(ir::Condition::Kind::kAny, std::move(parts), condition.span);
      bool negated = condition.op == kIsNot || condition.op == kNotIn;
      return negated ? Negate(std::move(either), condition.span) : either;
    }
    case kBare:
    case kApply:
    case kIncludesEither:
    case kIncludesAll:
    case kIncludesNone:
    case kIsEmpty:
    case kIsNotEmpty:
    case kStartsWith: break;
  }
  Error(Code::kR0203, condition.span,
        "`" + attribute.name + "` is a `" + std::string(KindName(attribute.kind)) +
            "` attribute and cannot be compared like this",
        "use `<`, `<=`, `>`, `>=`, `is` or `between … and …`");
  return Broken(condition.span);
}

void Resolver::DateClause(const ast::Quantity& date, ast::Operator op, std::vector<ir::Condition>& parts) {
  for (std::uint32_t i = 0; i < policy_.attributes.size(); ++i) {
    const ir::Attribute& attribute = policy_.attributes[i];
    if (attribute.kind != AttributeKind::kDate || attribute.sources.empty() ||
        attribute.sources[0].kind != SourceKind::kClock || !attribute_names_.Find(attribute.name)) {
      continue;
    }
    ast::Condition condition;
    condition.subject = {attribute.name, date.span};
    condition.op = op;
    condition.values.emplace_back(date);
    condition.span = date.span;
    parts.push_back(ResolveNumberComparison(condition, {i}));
    return;
  }
  Error(Code::kR0403, date.span, "this date needs to know what day it is, and no attribute says so",
        "add `attribute today date from clock`",
        attribute_names_.Contains("today") || condition_names_.Contains("today")
            ? std::nullopt
            : std::optional(InsertFix(date.span.file, "attribute today date from clock")));
}

auto Resolver::ResolveClauses(const std::vector<ast::Clause>& clauses, const ast::Dates& dates, Span span) -> ir::Condition {
  std::vector<ir::Condition> parts;
  if (dates.from) DateClause(*dates.from, ast::Operator::kGreaterEqual, parts);
  if (dates.until) DateClause(*dates.until, ast::Operator::kLessEqual, parts);
  if (dates.from && dates.until && dates.from->date && dates.until->date && *dates.from->date > *dates.until->date) {
    // No fix: a mistyped year is as likely as an exchange.
    Error(Code::kR0206, dates.until->span, "this ends before it begins", "correct one of the two dates, or exchange them");
  }
  for (const ast::Clause& clause : clauses) {
    ir::Condition condition = ResolveCondition(clause.condition);
    Span clause_span = clause.condition.span;
    parts.push_back(clause.kind == ast::Clause::Kind::kWhen ? std::move(condition)
                                                            : Negate(std::move(condition), clause_span));
  }
  if (parts.empty()) return Constant(ir::Condition::Kind::kTrue, span);
  return Combine(ir::Condition::Kind::kAll, std::move(parts), span);
}

}  // namespace route::resolve
