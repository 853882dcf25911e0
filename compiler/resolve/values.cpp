#include <algorithm>

#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"

namespace route::resolve {

using diagnostics::Code;

namespace {

auto AsName(const ast::Value& value) -> const ast::Name* { return std::get_if<ast::Name>(&value); }

auto UnitOf(ast::UnitWord word) -> Unit {
  switch (word) {
    case ast::UnitWord::kNone: return Unit::kNone;
    case ast::UnitWord::kPercent: return Unit::kPercent;
    case ast::UnitWord::kTokens: return Unit::kTokens;
    case ast::UnitWord::kMilliseconds: return Unit::kMilliseconds;
    case ast::UnitWord::kSeconds: return Unit::kMilliseconds;
    case ast::UnitWord::kUsd: return Unit::kUsd;
    case ast::UnitWord::kEur: return Unit::kEur;
    case ast::UnitWord::kDays: return Unit::kNone;
    case ast::UnitWord::kTimeOfDay: return Unit::kTimeOfDay;
  }
  return Unit::kNone;
}

}  // namespace

auto Resolver::MemberOf(const ir::Attribute& attribute, const ast::Value& value) -> std::optional<std::uint32_t> {
  const ast::Name* name = AsName(value);
  if (name == nullptr) {
    Error(Code::kR0203, ast::SpanOf(value), "`" + attribute.name + "` is compared with names such as `" +
                                                attribute.values.front() + "`",
          std::holds_alternative<ast::String>(value) ? "write the name without quotes" : "", AsNameFix(value));
    return std::nullopt;
  }
  auto found = std::find(attribute.values.begin(), attribute.values.end(), name->text);
  if (found != attribute.values.end()) return static_cast<std::uint32_t>(found - attribute.values.begin());
  if (IsQuestion(*name, attribute.name)) return std::nullopt;
  if (attribute.kind == AttributeKind::kAnyOf && (name->text == "none" || name->text == "empty" || name->text == "null")) {
    Error(Code::kR0201, name->span, "there is no value of `" + attribute.name + "` called `" + name->text + "`",
          "for no value at all write `nothing`, and in a condition `is empty`");
    return std::nullopt;
  }
  UnknownName("value of `" + attribute.name + "` called", *name, attribute.values);
  return std::nullopt;
}

auto Resolver::IsQuestion(const ast::Name& name, std::string_view owner) -> bool {
  if (!condition_names_.Contains(name.text) && !attribute_names_.Contains(name.text)) return false;
  Error(Code::kR0201, name.span, "`" + name.text + "` is not a value of `" + std::string(owner) + "`",
        "if it begins another comparison, put parentheses around the one before it");
  return true;
}

auto Resolver::NumberIn(const ast::Quantity& quantity, Unit unit, UnitNeed need) -> std::optional<Decimal> {
  auto unit_text = [&] { return unit == Unit::kMilliseconds ? std::string("ms` or `s") : std::string(UnitName(unit)); };
  if (quantity.date || quantity.unit == ast::UnitWord::kDays) {
    Error(Code::kR0204, quantity.span, "a number is expected here, not `" + TextOf(quantity.span) + "`");
    return std::nullopt;
  }
  if (quantity.unit == ast::UnitWord::kNone) {
    if (unit != Unit::kNone && need == UnitNeed::kStated) {
      Error(Code::kR0204, quantity.span, "`" + TextOf(quantity.span) + "` has no unit",
            MissingUnitHint(quantity, unit), MissingUnitFix(quantity, unit));
      return std::nullopt;
    }
    return quantity.number;
  }
  if (UnitOf(quantity.unit) != unit) {
    Error(Code::kR0204, quantity.span, "`" + TextOf(quantity.span) + "` has the wrong unit",
          unit == Unit::kNone        ? "write the number without a unit"
          : unit == Unit::kTimeOfDay ? "a time of day is written, for example, `22:30`"
                                     : "this is counted in `" + unit_text() + "`",
          unit == Unit::kNone ? WithoutUnitFix(quantity.span) : std::nullopt);
    return std::nullopt;
  }
  if (unit == Unit::kTokens && quantity.number.micros % Decimal::kScale != 0) {
    Error(Code::kR0205, quantity.span, "there is no part of a token: `" + TextOf(quantity.span) + "` is not a whole number");
    return std::nullopt;
  }
  if (quantity.unit == ast::UnitWord::kSeconds) {
    std::int64_t milliseconds = 0;
    if (__builtin_mul_overflow(quantity.number.micros, std::int64_t{1000}, &milliseconds)) {
      Error(Code::kR0205, quantity.span, "`" + TextOf(quantity.span) + "` is too long");
      return std::nullopt;
    }
    return Decimal{milliseconds};
  }
  return quantity.number;
}

auto Resolver::ValueOf(const ir::Attribute& attribute, const std::vector<ast::Value>& values) -> std::optional<ir::Value> {
  const ast::Value& first = values.front();
  if (const ast::Name* name = AsName(first); name != nullptr && attribute.kind != AttributeKind::kOneOf &&
                                             attribute.kind != AttributeKind::kAnyOf && IsQuestion(*name, attribute.name)) {
    return std::nullopt;
  }
  if (values.size() > 1 && attribute.kind != AttributeKind::kAnyOf) {
    Error(Code::kR0203, ast::SpanOf(values[1]), "`" + attribute.name + "` has one value, not several");
    return std::nullopt;
  }
  auto expected = [&](std::string_view what, std::optional<diagnostics::Fix> fix = std::nullopt) {
    Error(Code::kR0203, ast::SpanOf(first), "`" + attribute.name + "` takes " + std::string(what),
          fix ? fix->title : std::string(), fix);
    return std::nullopt;
  };
  switch (attribute.kind) {
    case AttributeKind::kOneOf: {
      auto index = MemberOf(attribute, first);
      if (!index) return std::nullopt;
      return ir::OneOfValue{*index};
    }
    case AttributeKind::kAnyOf: {
      ir::AnyOfValue set;
      if (const ast::Name* name = AsName(first); name != nullptr && values.size() == 1 && name->text == kNothing) return set;
      for (const ast::Value& value : values) {
        auto index = MemberOf(attribute, value);
        if (!index) return std::nullopt;
        set.members |= std::uint64_t{1} << (*index % kMaxMembers);
      }
      return set;
    }
    case AttributeKind::kYesNo: {
      const ast::Name* name = AsName(first);
      if (name == nullptr || (name->text != "yes" && name->text != "no")) {
        bool said_otherwise = name != nullptr && (name->text == "true" || name->text == "false");
        return expected("`yes` or `no`", said_otherwise ? Replace(name->span, name->text == "true" ? "yes" : "no")
                                                        : AsNameFix(first));
      }
      return ir::YesNoValue{name->text == "yes"};
    }
    case AttributeKind::kNumber: {
      const auto* quantity = std::get_if<ast::Quantity>(&first);
      if (quantity == nullptr) return expected(attribute.unit == Unit::kTimeOfDay ? "a time of day such as 22:30" : "a number");
      auto number = NumberIn(*quantity, attribute.unit, UnitNeed::kStated);
      if (!number) return std::nullopt;
      if (*number > attribute.maximum) {
        Error(Code::kR0205, quantity->span, "`" + TextOf(quantity->span) + "` is more than `" + attribute.name + "` can be",
              "it goes up to " + FormatQuantity(attribute.maximum, attribute.unit));
        return std::nullopt;
      }
      return *number;
    }
    case AttributeKind::kText: {
      const auto* text = std::get_if<ast::String>(&first);
      if (text == nullptr) return expected("a text in double quotes", AsTextFix(first));
      return text->text;
    }
    case AttributeKind::kCountry: {
      const ast::Name* name = AsName(first);
      auto country = name == nullptr ? std::nullopt : ParseCountry(name->text);
      if (!country) {
        bool other_case = name != nullptr && ParseCountry(Upper(name->text));
        return expected("one country, written as two capital letters",
                        other_case ? Replace(name->span, Upper(name->text)) : AsNameFix(first));
      }
      return *country;
    }
    case AttributeKind::kDate: {
      const auto* quantity = std::get_if<ast::Quantity>(&first);
      if (quantity == nullptr || !quantity->date) return expected("a date such as 2026-08-02");
      return *quantity->date;
    }
  }
  return std::nullopt;
}

}  // namespace route::resolve
