#include <algorithm>
#include <filesystem>

#include "compiler/base/read_file.h"
#include "compiler/diagnostics/fixes.h"
#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"
#include "stdlib/library.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

constexpr std::size_t kMaxNames = 4096;
constexpr Decimal kLargestMaximum = Decimal::FromInteger(9'000'000'000'000);

constexpr std::string_view kPrompt = "prompt";
constexpr std::string_view kNeedsFact = "needs";

/// The folder of time zones holds other files, too: tables, and copies of the zones that count leap seconds or stand for
/// whatever this machine is set to.
auto IsInZoneDatabase(const std::filesystem::path& database, const std::string& zone) -> bool {
  for (std::string_view other : {"posix/", "right/"}) {
    if (zone.starts_with(other)) return false;
  }
  if (zone == "localtime" || zone == "posixrules") return false;
  constexpr std::string_view kMagic = "TZif";  // RFC 8536, 3.1
  auto start = ReadFileUpTo((database / zone).string(), kMagic.size() - 1, FileKind::kRegular);
  return start && *start == kMagic;
}

/// Without a database on this machine every name counts as known: the gateway looks again when it starts.
auto IsKnownTimeZone(const std::string& zone) -> bool {
  const std::filesystem::path database = "/usr/share/zoneinfo";
  if (zone.empty()) return true;
  if (zone.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") != std::string::npos ||
      zone.starts_with('/')) {
    return false;
  }
  std::error_code ignored;
  return !std::filesystem::exists(database, ignored) || IsInZoneDatabase(database, zone);
}

}  // namespace

void Resolver::AddNamedType(const ast::NamedType& declared) {
  ProvenanceOf(declared.provenance, declared.name);
  ir::Attribute unused;
  unused.name = declared.name.text;
  ApplyType(declared.type, Maximum::kOptional, unused);
  auto index = static_cast<std::uint32_t>(types_.size());
  if (Declare(type_names_, "type", declared.name, index)) types_.push_back(&declared);
}

auto Resolver::TypeOf(const ast::TypeUse& use) -> const ast::Type* {
  if (const auto* type = std::get_if<ast::Type>(&use)) return type;
  const auto& name = std::get<ast::Name>(use);
  if (auto index = type_names_.Find(name.text)) return &types_[*index]->type;
  std::vector<std::string> known = type_names_.Names();
  for (const char* word : {"text", "date", "time", "weekday", "country", "tokens", "percent", "ms", "USD", "EUR", "number"}) {
    known.emplace_back(word);
  }
  std::string nearest = diagnostics::NearestName(name.text, known);
  Error(Code::kR0201, name.span, "there is no type `" + name.text + "`",
        !nearest.empty() ? "did you mean `" + nearest + "`?"
                         : "a type is `one of …`, `any of …`, `yes/no`, a number's unit, `text`, `date`, `time`, `weekday`, "
                           "`country` or the name of a `type`",
        nearest.empty() || diagnostics::OnlyNearestName(name.text, known) != nearest
            ? std::nullopt
            : std::optional(Replace(name.span, nearest)));
  return nullptr;
}

void Resolver::ApplyType(const ast::Type& type, Maximum need, ir::Attribute& attribute) {
  attribute.kind = type.kind;
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
    case AttributeKind::kAnyOf: {
      attribute.values = DistinctNames(type.names, "value");
      CheckLookalikes("value", type.names);
      for (const ast::Name& name : type.names) {
        if (attribute.kind == AttributeKind::kAnyOf && name.text == kNothing) {
          Error(Code::kR0202, name.span, "`nothing` stands for the empty set", "give the value another name");
        }
      }
      std::size_t most = attribute.kind == AttributeKind::kAnyOf ? kMaxMembers : kMaxNames;
      if (attribute.values.size() > most) {
        Error(Code::kR0208, type.span,
              "`" + attribute.name + "` has " + std::to_string(attribute.values.size()) + " values",
              "at most " + std::to_string(most) + " are possible");
      }
      break;
    }
    case AttributeKind::kNumber: {
      attribute.unit = type.unit;
      if (type.word == ast::Type::Word::kTime) {
        attribute.maximum = Decimal::FromInteger(kMinutesInADay - 1);
      } else if (type.maximum) {
        if (auto maximum = NumberIn(*type.maximum, attribute.unit, UnitNeed::kMayBeLeftOut)) {
          attribute.maximum = *maximum;
          if (*maximum > kLargestMaximum || maximum->micros == 0) {
            Error(Code::kR0205, type.maximum->span,
                  "`" + attribute.name + "` must go up to something between 0 and " + FormatDecimal(kLargestMaximum));
          }
        }
      } else if (attribute.unit == Unit::kPercent) {
        attribute.maximum = Decimal::FromInteger(100);
      } else if (need == Maximum::kNeeded) {
        Error(Code::kR0301, type.span, "`" + attribute.name + "` does not say how large it can be",
              "add, for example, `up to 1_000_000`");
      } else {
        attribute.maximum = kLargestMaximum;
      }
      break;
    }
    case AttributeKind::kYesNo:
    case AttributeKind::kText:
    case AttributeKind::kCountry:
    case AttributeKind::kDate: break;
  }
}

void Resolver::AddAttribute(const ast::Attribute& declared) {
  const ast::Type* type = TypeOf(declared.type);
  ir::Attribute attribute;
  attribute.name = declared.name.text;
  attribute.span = declared.name.span;
  if (type != nullptr) {
    ApplyType(*type, Maximum::kNeeded, attribute);
    CheckSources(declared, *type, attribute);
    CheckDefault(declared, attribute);
    bool bounded = attribute.kind != AttributeKind::kNumber || attribute.maximum.micros > 0;
    if (!declared.fallback.empty() && bounded) attribute.fallback = ValueOf(attribute, declared.fallback);
  }
  auto index = static_cast<std::uint32_t>(policy_.attributes.size());
  if (Declare(attribute_names_, "attribute", declared.name, index)) policy_.attributes.push_back(std::move(attribute));
}

void Resolver::CheckDefault(const ast::Attribute& declared, const ir::Attribute& attribute) {
  for (const ir::Source& source : attribute.sources) {
    if (source.kind == SourceKind::kClassifier && !IsAnsweredByService(source)) {
      if (declared.fallback.empty()) {
        Error(Code::kR0401, declared.name.span, "`" + attribute.name + "` comes from a classifier that no service answers, and has no default",
              "add a `default`, or declare a `service` that answers `classifier \"" + source.argument + "\"`");
        return;
      }
      Report(Builder(Code::kR0410, declared.name.span, "no service answers the classifier of `" + attribute.name +
                                                           "`, so its value is always the default")
                 .WithRules({attribute.name})
                 .WithHint("declare a `service NAME answers classifier \"" + source.argument + "\" { … }`"));
    }
    bool measured = source.kind == SourceKind::kBudget || source.kind == SourceKind::kClock ||
                    (source.kind == SourceKind::kRequest && AlwaysMeasures(source.kind, source.argument));
    if (!measured || declared.fallback.empty()) continue;
    Span fallback = Join(ast::SpanOf(declared.fallback.front()), ast::SpanOf(declared.fallback.back()));
    Span statement = diagnostics::WithWordsBefore(sources_, "default", fallback);
    Error(Code::kR0213, fallback, "`" + attribute.name + "` is measured of every request, so a default would never count",
          "take out the default", statement.end == 0 ? std::nullopt : std::optional(diagnostics::DeleteStatement(sources_, statement)));
    return;
  }
}

void Resolver::CheckSources(const ast::Attribute& declared, const ast::Type& type, ir::Attribute& attribute) {
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
          for (const ast::Name& value : type.names) {
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
        if (ComesFromService(source.kind, source.argument) && !IsAnsweredByService(resolved)) {
          std::vector<std::string> known{std::string(kBuiltInDetector)};
          for (const ir::Source& answered : answered_) {
            if (answered.kind == SourceKind::kDetector) known.push_back(answered.argument);
          }
          std::string nearest = diagnostics::NearestName(source.argument, known);
          std::string names;
          for (const std::string& each : known) names += (names.empty() ? "`" : ", `") + each + "`";
          Error(Code::kR0209, source.span, "there is no detector `" + source.argument + "`",
                "the detectors are: " + names + "; a `service` can answer another one",
                nearest.empty() ? std::nullopt : std::optional(Replace(source.span, "detector " + nearest)));
        } else if (attribute.kind != AttributeKind::kAnyOf) {
          wrong_kind(source, "a set of data classes");
        } else if (source.argument == kBuiltInDetector && std::none_of(attribute.values.begin(), attribute.values.end(), [](const std::string& value) {
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
        if (attribute.kind != AttributeKind::kDate && type.word == ast::Type::Word::kNone) {
          wrong_kind(source, "a `date`, a `time` or a `weekday`");
        } else if (!IsKnownTimeZone(source.argument)) {
          Error(Code::kR0209, source.span, "there is no time zone `" + source.argument + "`",
                "write the name of the IANA database, for example `clock \"Europe/Paris\"`; a clock without one is in UTC");
        }
        break;
    }
    attribute.sources.push_back(std::move(resolved));
  }
}

}  // namespace route::resolve
