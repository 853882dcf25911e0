#include <algorithm>

#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

constexpr std::int32_t kDaysInAYear = 365;

}  // namespace

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
  auto index = static_cast<std::uint32_t>(jurisdictions_.size());
  if (Declare(jurisdiction_names_, "jurisdiction", declared.name, index)) {
    jurisdictions_.emplace_back(members.begin(), members.end());
    ir::Jurisdiction jurisdiction;
    jurisdiction.name = declared.name.text;
    if (declared.title) jurisdiction.title = declared.title->text;
    jurisdiction.provenance = ProvenanceOf(declared.provenance, declared.name);
    jurisdiction.countries = jurisdictions_.back();
    jurisdiction.span = declared.name.span;
    policy_.jurisdictions.push_back(std::move(jurisdiction));
  }
}

auto Resolver::ProvenanceOf(const ast::Provenance& provenance, const ast::Name& owner) -> ir::Provenance {
  ir::Provenance result;
  if (const ast::Quantity* day = Only(provenance.as_of, Need::kOptional, owner, "as of")) {
    result.as_of = day->date;
    if (day->date && options_.today.days - day->date->days > kDaysInAYear) {
      Report(Builder(Code::kR0305, day->span,
                     "`" + owner.text + "` was last checked on " + FormatDate(*day->date) + ", more than a year ago")
                 .WithRules({owner.text})
                 .WithHint("compare it with its source and set the date anew"));
    }
    // Where the day begins first, it may be tomorrow already.
    if (day->date && day->date->days - options_.today.days > 1) {
      Report(Builder(Code::kR0305, day->span,
                     "`" + owner.text + "` says that it was checked on " + FormatDate(*day->date) + ", which is yet to come")
                 .WithRules({owner.text})
                 .WithHint("write the day on which it was last compared with its source"));
    }
  }
  if (const ast::String* source = Only(provenance.source, Need::kOptional, owner, "source")) result.source = source->text;
  return result;
}

auto Resolver::CountriesOf(const ast::Name& name) -> const Countries* {
  if (auto index = jurisdiction_names_.Find(name.text)) return &jurisdictions_[*index];
  if (auto country = ParseCountry(name.text)) {
    return &single_countries_.try_emplace(name.text, Countries{country->index}).first->second;
  }
  std::vector<std::string> known = jurisdiction_names_.Names();
  std::string upper = Upper(name.text);
  if (upper != name.text && (ParseCountry(upper) || jurisdiction_names_.Contains(upper))) {
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
    if (const auto* name = std::get_if<ast::Name>(&value)) {
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

}  // namespace route::resolve
