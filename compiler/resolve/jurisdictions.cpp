#include <algorithm>
#include <array>
#include <utility>

#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

constexpr std::int32_t kDaysInAYear = 365;

/// The code of a country by its name, of which a blank is written as `_`, or by another short name that is in use. Empty if it is
/// neither.
auto CodeOfCountryCalled(std::string_view name) -> std::string {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOthers = {
      {{"UK", "GB"}, {"England", "GB"}, {"Britain", "GB"}, {"USA", "US"}, {"America", "US"}, {"Holland", "NL"}}};
  const auto is_it = [&](std::string_view called) {
    return std::ranges::equal(called, name, [](char a, char b) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
      return lower(a) == lower(b) || (a == ' ' && b == '_');
    });
  };
  for (const auto& [called, code] : kOthers) {
    if (is_it(called)) return std::string(code);
  }
  const auto found = std::ranges::find_if(Countries(), is_it, &CountryEntry::name);
  return found == Countries().end() ? std::string() : std::string(found->code);
}

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
  if (const std::string code = CodeOfCountryCalled(name.text); !code.empty()) {
    Error(Code::kR0201, name.span, "there is no country or jurisdiction `" + name.text + "`",
          "did you mean `" + code + "`?", Replace(name.span, code));
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
  const std::string upper = Upper(name.text);
  if (const std::string meant = ParseCountry(upper) ? upper : CodeOfCountryCalled(name.text); !meant.empty()) {
    Error(Code::kR0201, name.span, "there is no country `" + name.text + "`", "did you mean `" + meant + "`?",
          Replace(name.span, meant));
  } else {
    Error(Code::kR0201, name.span, "there is no country `" + name.text + "`", std::string(hint));
  }
  return std::nullopt;
}

}  // namespace route::resolve
