#include <algorithm>

#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"

// Properties of one's own: facts of vendors, models and deployments whose names and types the policy declares. A property of
// a vendor or a model is one of each deployment that it has, so that every test reads one place.

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

auto OwnerText(ast::Owner owner) -> std::string {
  switch (owner) {
    case ast::Owner::kVendor: return "vendor";
    case ast::Owner::kModel: return "model";
    case ast::Owner::kDeployment: return "deployment";
  }
  return "";
}

auto OwnerOf(ast::Owner owner) -> ir::Property::Owner {
  switch (owner) {
    case ast::Owner::kVendor: return ir::Property::Owner::kVendor;
    case ast::Owner::kModel: return ir::Property::Owner::kModel;
    case ast::Owner::kDeployment: return ir::Property::Owner::kDeployment;
  }
  return ir::Property::Owner::kDeployment;
}

/// Properties of the language itself that one value follows; a misspelt one reads like a property of one's own.
auto BuiltInProperties(ast::Owner owner) -> std::vector<std::string> {
  switch (owner) {
    case ast::Owner::kVendor: return {"headquarters", "certified", "source"};
    case ast::Owner::kModel: return {"quality", "context", "capabilities", "licence", "tags", "source"};
    case ast::Owner::kDeployment: return {"vendor", "retention", "status", "tags", "endpoint", "model", "source"};
  }
  return {};
}

}  // namespace

void Resolver::AddProperty(const ast::Property& declared) {
  const ast::Type* type = TypeOf(declared.type);
  if (type == nullptr) return;
  if (type->kind == AttributeKind::kAnyOf) {
    Error(Code::kR0203, declared.name.span, "a property has one value, and `any of` would be several",
          "declare a `yes/no` property for each, or use tags");
    return;
  }
  ir::Attribute attribute;
  attribute.name = declared.name.text;
  attribute.span = declared.name.span;
  ApplyType(*type, Maximum::kOptional, attribute);
  std::optional<ir::OwnFact> fallback;
  if (declared.fallback) fallback = OwnFactOf(attribute, *declared.fallback);
  auto index = static_cast<std::uint32_t>(properties_.size());
  if (!Declare(property_names_, "property", declared.name, index)) return;
  policy_.properties.push_back({attribute.name, attribute.kind, attribute.unit, attribute.span, OwnerOf(declared.owner)});
  properties_.push_back({std::move(attribute), declared.owner, std::move(fallback)});
}

void Resolver::CheckPropertyNames() {
  for (const DeclaredProperty& property : properties_) {
    const std::string& name = property.type.name;
    auto report = [&](std::string_view kind, const std::string& tagged, Span at) {
      Report(Builder(Code::kR0202, property.type.span, "`" + name + "` is a tag or the licence of the " + std::string(kind) + " `" +
                                                           tagged + "` already")
                 .AddNote(at, "this one")
                 .WithHint("give the property another name"));
    };
    auto has_tag = [&](const auto& entry) { return std::ranges::binary_search(entry.tags, name); };
    if (auto model = std::ranges::find_if(policy_.models, has_tag); model != policy_.models.end()) {
      report("model", model->name, model->span);
    } else if (auto deployment = std::ranges::find_if(policy_.deployments, has_tag); deployment != policy_.deployments.end()) {
      report("deployment", deployment->name, deployment->span);
    } else if (auto service = std::ranges::find_if(policy_.services, has_tag); service != policy_.services.end()) {
      report("service", service->name, service->span);
    }
  }
}

auto Resolver::OwnFactOf(const ir::Attribute& type, const ast::Value& value) -> std::optional<ir::OwnFact> {
  auto resolved = ValueOf(type, {value});
  if (!resolved) return std::nullopt;
  if (const auto* number = std::get_if<Decimal>(&*resolved)) return number->micros;
  if (const auto* date = std::get_if<Date>(&*resolved)) return std::int64_t{date->days};
  if (const auto* one = std::get_if<ir::OneOfValue>(&*resolved)) return type.values.at(one->index);
  if (const auto* yes_no = std::get_if<ir::YesNoValue>(&*resolved)) return std::string(yes_no->yes ? "yes" : "no");
  if (const auto* country = std::get_if<Country>(&*resolved)) return std::string(CountryCode(*country));
  return std::get<std::string>(*resolved);
}

auto Resolver::OwnFactsOf(const std::vector<ast::OwnFact>& facts, ast::Owner owner, const ast::Name& name) -> OwnFacts {
  OwnFacts result;
  for (const ast::OwnFact& fact : facts) {
    auto index = property_names_.Find(fact.property.text);
    if (!index) {
      std::vector<std::string> known = property_names_.Names();
      for (std::string& word : BuiltInProperties(owner)) known.push_back(std::move(word));
      UnknownName("property", fact.property, known);
      continue;
    }
    const DeclaredProperty& property = properties_[*index];
    if (property.owner != owner) {
      Report(Builder(Code::kR0203, fact.property.span, "`" + fact.property.text + "` is a property of " +
                                                           OwnerText(property.owner) + "s, and `" + name.text +
                                                           "` is none")
                 .AddNote(property.type.span, "it is declared here"));
      continue;
    }
    auto value = OwnFactOf(property.type, fact.value);
    // What was said wrongly is reported once, and not a second time as unsaid.
    if (!value) value = ir::OwnFact(std::string());
    if (!result.try_emplace(fact.property.text, std::move(*value)).second) {
      Error(Code::kR0302, fact.property.span, "`" + name.text + "` says its `" + fact.property.text + "` twice",
            "take one of the two out");
    }
  }
  for (const DeclaredProperty& property : properties_) {
    if (property.owner == owner && property.fallback) result.try_emplace(property.type.name, *property.fallback);
  }
  return result;
}

auto Resolver::ResolveYesProperty(const ast::Name& name, Span span) -> ir::DeploymentTest {
  const ir::Attribute& type = properties_[*property_names_.Find(name.text)].type;
  ir::DeploymentTest result;
  result.span = span;
  if (type.kind != AttributeKind::kYesNo) {
    Error(Code::kR0203, name.span, "`" + name.text + "` alone is not a question", "compare it with something, for example `" +
                                                                                     name.text + " is …`");
    return result;
  }
  result.kind = ir::DeploymentTest::Kind::kOwnIs;
  result.property = name.text;
  result.text = "yes";
  return result;
}

auto Resolver::ResolveOwnFact(const ast::DeploymentTest& test) -> ir::DeploymentTest {
  using Kind = ir::DeploymentTest::Kind;
  using enum ast::Operator;
  auto node = [&](Kind kind) {
    ir::DeploymentTest result;
    result.kind = kind;
    result.span = test.span;
    result.property = test.work ? test.work->text : "";
    return result;
  };
  auto index = property_names_.Find(test.work->text);
  if (!index) {
    UnknownName("property", *test.work, property_names_.Names());
    return node(Kind::kTrue);
  }
  const ir::Attribute& type = properties_[*index].type;
  bool is_number = type.kind == AttributeKind::kNumber || type.kind == AttributeKind::kDate;
  if (!is_number && test.op != kIs) {
    Error(Code::kR0203, test.span, "`" + type.name + "` is a `" + std::string(KindName(type.kind)) +
                                       "` property and cannot be compared like this",
          "write `" + type.name + " is …` or `" + type.name + " in { … }`");
    return node(Kind::kTrue);
  }
  std::vector<ir::DeploymentTest> parts;
  if (type.kind == AttributeKind::kCountry) {
    for (std::uint32_t country : CountriesOf(test.values)) {
      parts.push_back(node(Kind::kOwnIs));
      parts.back().text = CountryCode({static_cast<std::uint16_t>(country)});
    }
  } else if (is_number) {
    std::vector<std::int64_t> ends;
    for (const ast::Value& value : test.values) {
      auto fact = OwnFactOf(type, value);
      if (!fact) return node(Kind::kTrue);
      ends.push_back(std::get<std::int64_t>(*fact));
    }
    auto add = [&](std::int64_t low, std::int64_t high) {
      parts.push_back(node(Kind::kOwnRange));
      parts.back().low = low;
      parts.back().high = high;
    };
    if (test.op == kIs) {
      for (std::int64_t end : ends) add(end, end + 1);
    } else {
      const auto [low, high] = RangeOf(test, ends);
      add(low, high);
    }
  } else {
    for (const ast::Value& value : test.values) {
      auto fact = OwnFactOf(type, value);
      if (!fact) return node(Kind::kTrue);
      parts.push_back(node(Kind::kOwnIs));
      parts.back().text = std::get<std::string>(*fact);
    }
  }
  if (parts.empty()) return node(Kind::kTrue);
  if (parts.size() == 1) return std::move(parts[0]);
  ir::DeploymentTest either = node(Kind::kAny);
  either.property.clear();
  either.children = std::move(parts);
  return either;
}

}  // namespace route::resolve
