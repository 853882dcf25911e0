#include <algorithm>

#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"
#include "stdlib/library.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

constexpr std::size_t kMaxMembers = 64;     // an any-of value is one 64-bit word
constexpr std::size_t kMaxNames = 4096;
constexpr std::int32_t kDaysInAYear = 365;
constexpr Decimal kLargestMaximum = Decimal::FromInteger(9'000'000'000'000);

constexpr std::string_view kPrompt = "prompt";
constexpr std::string_view kNothing = "nothing";  // as compiler/ir/text.h writes an empty set
constexpr std::string_view kNeedsFact = "needs";

auto Upper(std::string text) -> std::string {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return text;
}

/// `std.NAME`, the first library file with such a declaration; empty if there is none.
auto LibraryThatDeclares(std::string_view kind, std::string_view name) -> std::string {
  std::string declaration = "\n" + std::string(kind) + " " + std::string(name) + " ";
  for (const std::string& library : stdlib::LibraryFiles()) {
    if (auto text = stdlib::LibraryFile(library); text && text->find(declaration) != std::string_view::npos) return library;
  }
  return {};
}

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
  }
  return Unit::kNone;
}

}  // namespace

// --- Jurisdictions --------------------------------------------------------------------------------------------

void Resolver::AddJurisdiction(const ast::Jurisdiction& declared) {
  if (ParseCountry(declared.name.text)) {
    Error(Code::kR0202, declared.name.span, "`" + declared.name.text + "` is the code of a country",
          "give the set another name");
    return;
  }
  std::set<std::uint32_t> members;
  DistinctNames(declared.members, "member");
  for (const ast::Name& member : declared.members) {
    if (member.text == declared.name.text) {
      Error(Code::kR0211, member.span, "`" + member.text + "` contains itself", "take it out of its own list");
      continue;
    }
    if (const Countries* countries = CountriesOf(member)) members.insert(countries->begin(), countries->end());
  }
  if (declared.as_of && options_.today.days - declared.as_of->days > kDaysInAYear) {
    Report(Builder(Code::kR0305, declared.as_of_span,
                   "`" + declared.name.text + "` was last checked on " + FormatDate(*declared.as_of) +
                       ", more than a year ago")
               .WithRules({declared.name.text})
               .WithHint("compare it with its source and set the date anew"));
  }
  auto index = static_cast<std::uint32_t>(jurisdictions_.size());
  if (Declare(jurisdiction_names_, "jurisdiction", declared.name, index)) {
    jurisdictions_.emplace_back(members.begin(), members.end());
    ir::Jurisdiction jurisdiction;
    jurisdiction.name = declared.name.text;
    if (declared.title) jurisdiction.title = declared.title->text;
    if (declared.source) jurisdiction.source = declared.source->text;
    jurisdiction.as_of = declared.as_of;
    jurisdiction.countries = jurisdictions_.back();
    jurisdiction.span = declared.name.span;
    policy_.jurisdictions.push_back(std::move(jurisdiction));
  }
}

auto Resolver::CountriesOf(const ast::Name& name) -> const Countries* {
  if (auto index = jurisdiction_names_.Find(name.text)) return &jurisdictions_[*index];
  if (auto country = ParseCountry(name.text)) {
    return &single_countries_.try_emplace(name.text, Countries{country->index}).first->second;
  }
  std::vector<std::string> known = jurisdiction_names_.Names();
  std::string upper = Upper(name.text);
  if (upper != name.text && (ParseCountry(upper) || jurisdiction_names_.Find(upper))) {
    Error(Code::kR0201, name.span, "there is no country or jurisdiction `" + name.text + "`",
          "did you mean `" + upper + "`?", Replace(name.span, upper));
    return nullptr;
  }
  if (std::string library = LibraryThatDeclares("jurisdiction", name.text); !library.empty()) {
    Error(Code::kR0201, name.span, "there is no country or jurisdiction `" + name.text + "`",
          "add `import " + library + "`", InsertFix(name.span.file, "import " + library));
    return nullptr;
  }
  if (diagnostics::NearestName(name.text, known).empty()) {
    Error(Code::kR0201, name.span, "there is no country or jurisdiction `" + name.text + "`",
          "countries are two capital letters (ISO 3166-1); sets are declared with `jurisdiction`");
  } else {
    UnknownName("country or jurisdiction", name, known);
  }
  return nullptr;
}

auto Resolver::CountriesOf(const std::vector<ast::Value>& values) -> Countries {
  std::set<std::uint32_t> members;
  for (const ast::Value& value : values) {
    if (const ast::Name* name = AsName(value)) {
      if (const Countries* countries = CountriesOf(*name)) members.insert(countries->begin(), countries->end());
    } else {
      Error(Code::kR0203, ast::SpanOf(value), "a country or a jurisdiction is expected here",
            std::holds_alternative<ast::String>(value) ? "write it without quotes" : "", AsNameFix(value));
    }
  }
  return {members.begin(), members.end()};
}

auto Resolver::CountryOf(const ast::Name& name, std::string_view hint) -> std::optional<Country> {
  if (auto country = ParseCountry(name.text)) return country;
  std::string upper = Upper(name.text);
  if (ParseCountry(upper)) {
    Error(Code::kR0201, name.span, "there is no country `" + name.text + "`", "did you mean `" + upper + "`?",
          Replace(name.span, upper));
  } else {
    Error(Code::kR0201, name.span, "there is no country `" + name.text + "`", std::string(hint));
  }
  return std::nullopt;
}

// --- Attributes ---------------------------------------------------------------------------------------------------

void Resolver::AddAttribute(const ast::Attribute& declared) {
  ir::Attribute attribute;
  attribute.name = declared.name.text;
  attribute.kind = declared.type.kind;
  attribute.span = declared.name.span;
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
    case AttributeKind::kAnyOf: {
      attribute.values = DistinctNames(declared.type.names, "value");
      CheckLookalikes("value", declared.type.names);
      for (const ast::Name& name : declared.type.names) {
        if (attribute.kind == AttributeKind::kAnyOf && name.text == kNothing) {
          Error(Code::kR0202, name.span, "`nothing` stands for the empty set", "give the value another name");
        }
      }
      std::size_t most = attribute.kind == AttributeKind::kAnyOf ? kMaxMembers : kMaxNames;
      if (attribute.values.size() > most) {
        Error(Code::kR0208, declared.type.span,
              "`" + attribute.name + "` has " + std::to_string(attribute.values.size()) + " values",
              "at most " + std::to_string(most) + " are possible");
      }
      break;
    }
    case AttributeKind::kNumber: {
      attribute.unit = declared.type.unit;
      if (declared.type.maximum) {
        if (auto maximum = NumberIn(*declared.type.maximum, attribute.unit, UnitNeed::kMayBeLeftOut)) {
          attribute.maximum = *maximum;
          if (*maximum > kLargestMaximum || maximum->micros == 0) {
            Error(Code::kR0205, declared.type.maximum->span,
                  "`" + attribute.name + "` must go up to something between 0 and " + FormatDecimal(kLargestMaximum));
          }
        }
      } else if (attribute.unit == Unit::kPercent) {
        attribute.maximum = Decimal::FromInteger(100);
      } else {
        Error(Code::kR0301, declared.type.span, "`" + attribute.name + "` does not say how large it can be",
              "add, for example, `up to 1_000_000`");
      }
      break;
    }
    case AttributeKind::kYesNo:
    case AttributeKind::kText:
    case AttributeKind::kCountry:
    case AttributeKind::kDate: break;
  }
  CheckSources(declared, attribute);
  bool bounded = attribute.kind != AttributeKind::kNumber || attribute.maximum.micros > 0;
  if (!declared.fallback.empty() && bounded) attribute.fallback = ValueOf(attribute, declared.fallback);
  auto index = static_cast<std::uint32_t>(policy_.attributes.size());
  if (Declare(attribute_names_, "attribute", declared.name, index)) policy_.attributes.push_back(std::move(attribute));
}

void Resolver::CheckSources(const ast::Attribute& declared, ir::Attribute& attribute) {
  const std::string& name = declared.name.text;
  if (declared.sources.empty()) {
    Error(Code::kR0301, declared.name.span, "`" + name + "` does not say where its value comes from",
          "add, for example, `from tenant` or `from header \"x-" + name + "\"`");
  }
  if (declared.sources.size() > 1 && attribute.kind != AttributeKind::kAnyOf) {
    Error(Code::kR0213, declared.sources[1].span, "`" + name + "` has two sources, but only one value",
          "keep one source; only an `any of` attribute joins what several sources say");
  }
  auto wrong_kind = [&](const ast::Source& source, std::string_view needed) {
    Error(Code::kR0213, source.span,
          "`" + name + "` cannot come from `" + TextOf(source.span) + "`, which gives " + std::string(needed));
  };
  for (const ast::Source& source : declared.sources) {
    ir::Source resolved{source.kind, source.argument};
    switch (source.kind) {
      case SourceKind::kTenant:
      case SourceKind::kClassifier: break;
      case SourceKind::kHeader:
        std::transform(resolved.argument.begin(), resolved.argument.end(), resolved.argument.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (resolved.argument.empty() || resolved.argument.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") !=
                                             std::string::npos) {
          Error(Code::kR0209, source.span, "`" + source.argument + "` is not the name of a header",
                "use letters, digits and `-`, for example `x-data-class`");
        }
        break;
      case SourceKind::kRequest:
        if (resolved.argument.empty()) resolved.argument = name;
        if (resolved.argument == kPrompt || resolved.argument == kNeedsFact) {
          for (const ir::Attribute& other : policy_.attributes) {
            if (std::ranges::find(other.sources, resolved) == other.sources.end()) continue;
            Report(Builder(Code::kR0202, source.span, "two attributes measure the `" + resolved.argument + "` of a request")
                       .AddNote(other.span, "the first is here")
                       .WithHint("use that one"));
          }
        }
        if (resolved.argument == kPrompt) {
          if (attribute.kind != AttributeKind::kNumber || attribute.unit != Unit::kTokens) {
            wrong_kind(source, "the size of the prompt in tokens");
          }
        } else if (resolved.argument == kNeedsFact) {
          if (attribute.kind != AttributeKind::kAnyOf) wrong_kind(source, "a set of what the request uses");
          for (const ast::Name& value : declared.type.names) {
            if (std::ranges::find(KnownNeeds(), value.text) != KnownNeeds().end()) continue;
            std::string known;
            for (std::string_view each : KnownNeeds()) known += (known.empty() ? "`" : ", `") + std::string(each) + "`";
            Error(Code::kR0209, value.span, "the gateway cannot tell whether a request needs `" + value.text + "`",
                  "it knows " + known);
          }
        } else if (source.argument.empty()) {
          Error(Code::kR0209, source.span, "a request has no measured fact `" + name + "`",
                "the facts are `prompt` and `needs`; for a field of the body write, for example, `from request \"model\"`");
        } else if (attribute.kind == AttributeKind::kAnyOf || attribute.kind == AttributeKind::kDate) {
          wrong_kind(source, "one text, number or yes/no");
        }
        break;
      case SourceKind::kDetector:
        if (source.argument != "pii") {
          bool near = !diagnostics::NearestName(source.argument, {"pii"}).empty();
          Error(Code::kR0209, source.span, "there is no detector `" + source.argument + "`", "the detectors are: `pii`",
                near ? std::optional(Replace(source.span, "detector pii")) : std::nullopt);
        } else if (attribute.kind != AttributeKind::kAnyOf) {
          wrong_kind(source, "a set of data classes");
        } else if (std::none_of(attribute.values.begin(), attribute.values.end(), [](const std::string& value) {
                     return value == "personal" || value == "financial";
                   })) {
          Error(Code::kR0213, source.span, "the detector `pii` reports `personal` and `financial`, and `" + name +
                    "` has neither", "add the value `personal`");
        }
        break;
      case SourceKind::kBudget:
        if (attribute.kind != AttributeKind::kNumber || attribute.unit != Unit::kPercent) {
          wrong_kind(source, "a percentage of the tenant's cap");
        }
        break;
      case SourceKind::kClock:
        if (attribute.kind != AttributeKind::kDate) wrong_kind(source, "a date");
        break;
    }
    attribute.sources.push_back(std::move(resolved));
  }
}

// --- Values ----------------------------------------------------------------------------------------------------------

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
  if (condition_names_.Find(name->text) || attribute_names_.Find(name->text)) {
    Error(Code::kR0201, name->span, "`" + name->text + "` is not a value of `" + attribute.name + "`",
          "if it begins another comparison, put parentheses around the one before it");
    return std::nullopt;
  }
  UnknownName("value of `" + attribute.name + "` called", *name, attribute.values);
  return std::nullopt;
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
            MissingUnitHint(TextOf(quantity.span), unit), MissingUnitFix(quantity.span, unit));
      return std::nullopt;
    }
    return quantity.number;
  }
  if (UnitOf(quantity.unit) != unit) {
    Error(Code::kR0204, quantity.span, "`" + TextOf(quantity.span) + "` has the wrong unit",
          unit == Unit::kNone ? "write the number without a unit" : "this is counted in `" + unit_text() + "`",
          unit == Unit::kNone ? WithoutUnitFix(quantity.span) : std::nullopt);
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
      if (quantity == nullptr) return expected("a number");
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
