#include <algorithm>
#include <array>

#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"

namespace route::resolve {

using diagnostics::Code;

namespace {

auto Sorted(std::vector<std::string> names) -> std::vector<std::string> {
  std::sort(names.begin(), names.end());
  return names;
}

/// What has another unit is reported as such.
auto IsInUsd(const ast::Price& price) -> bool {
  return price.in.unit == ast::UnitWord::kUsd && price.out.unit == ast::UnitWord::kUsd;
}

struct Oddity {
  std::string what;  ///< the end of a sentence that begins with the deployment
  std::string hint;
};

/// What is hardly meant. Of the 2,261 models that chat in LiteLLM's price list of July 2026 the dearest cost 600 USD for a million tokens,
/// apart from rows that are wrong by a factor of 1,000 or more, and the cheapest 0.01. Input costs up to 17 times as much as
/// output there, and output up to 200 times as much as input. What is free on one side or on both is meant so.
auto OddityOf(Decimal in, Decimal out) -> std::optional<Oddity> {
  constexpr Decimal kDearest = Decimal::FromInteger(1000);
  constexpr Decimal kCheapest{1000};  // a thousandth of a USD
  constexpr std::int64_t kInputTimes = 100;
  constexpr std::int64_t kOutputTimes = 1000;
  const auto usd = [](Decimal price) { return FormatQuantity(price, Unit::kUsd); };
  if (const Decimal most = std::max(in, out); most > kDearest) {
    return Oddity{"costs " + usd(most) + " for a million tokens, more than any model does",
                  "prices are in USD for a million tokens: was this one multiplied twice, or is it in cents?"};
  }
  for (const Decimal price : {in, out}) {
    if (price.micros == 0 || price >= kCheapest) continue;
    return Oddity{"costs " + usd(price) + " for a million tokens, less than any model that is not free",
                  "prices are in USD for a million tokens: a price for one token is multiplied by 1,000,000, one for a thousand "
                  "by 1,000"};
  }
  if (out.micros > 0 && in.micros > out.micros * kInputTimes) {
    return Oddity{"costs " + usd(in) + " for a million tokens in, over 100 times the " + usd(out) + " for as many out",
                  "are both for a million tokens, and are the two not exchanged?"};
  }
  if (in.micros > 0 && out.micros > in.micros * kOutputTimes) {
    return Oddity{"costs " + usd(out) + " for a million tokens out, over 1,000 times the " + usd(in) + " for as many in",
                  "are both for a million tokens?"};
  }
  return std::nullopt;
}

}  // namespace

auto Resolver::FactNumber(const ast::Quantity& quantity, ast::UnitWord unit, std::string_view unit_text) -> Decimal {
  if (quantity.date || quantity.unit != unit) {
    std::string text = TextOf(quantity.span);
    if (!quantity.date && quantity.unit == ast::UnitWord::kNone) {
      std::string with_unit = text + " " + std::string(unit_text);
      Error(Code::kR0204, quantity.span, "`" + text + "` has no unit", "write `" + with_unit + "`",
            Replace(quantity.span, with_unit));
    } else if (unit == ast::UnitWord::kNone) {
      Error(Code::kR0204, quantity.span, "`" + text + "` has the wrong unit", "write the number without a unit",
            quantity.date ? std::nullopt : WithoutUnitFix(quantity.span));
    } else {
      Error(Code::kR0204, quantity.span, "`" + text + "` has the wrong unit",
            "this is counted in `" + std::string(unit_text) + "`");
    }
  }
  return quantity.number;
}

auto Resolver::HintFor(std::string_view property) -> std::string {
  const auto add = [](const char* example, const char* source) {
    return std::string("add, for example, `") + example + "`: " + source;
  };
  if (property == "price") {
    return add("price 2.50 USD in, 10 USD out",
               "the list price of a million tokens, in and out; `0 USD in, 0 USD out` if it costs nothing");
  }
  if (property == "processed in") return add("processed in FR", "the country where the contract says that prompts are processed");
  if (property == "headquarters") return add("headquarters US", "the country whose law the vendor answers to");
  return "add `" + std::string(property) + "` and the name of a declared " + std::string(property);
}

void Resolver::AddVendor(const ast::Vendor& declared) {
  ir::Vendor vendor;
  vendor.name = declared.name.text;
  vendor.span = declared.name.span;
  if (const ast::Name* country = Only(declared.headquarters, Need::kRequired, declared.name, "headquarters")) {
    if (auto parsed = CountryOf(*country, "write the two capital letters of ISO 3166-1, for example `FR`")) {
      vendor.headquarters = *parsed;
    }
  }
  vendor.certifications = Sorted(DistinctNames(declared.certifications, "certification"));
  vendor.provenance = ProvenanceOf(declared.provenance, declared.name);
  if (declared.name.text == kNobody) {
    Error(Code::kR0202, declared.name.span, "`nobody` stands for no vendor at all", "give the vendor another name");
  }
  auto index = static_cast<std::uint32_t>(policy_.vendors.size());
  OwnFacts facts = OwnFactsOf(declared.own, ast::Owner::kVendor, declared.name);
  if (!Declare(vendor_names_, "vendor", declared.name, index)) return;
  policy_.vendors.push_back(std::move(vendor));
  vendor_facts_.push_back(std::move(facts));
}

void Resolver::AddModel(const ast::Model& declared) {
  ir::Model model;
  model.name = declared.name.text;
  model.span = declared.name.span;
  std::map<std::string, Span> stated;  // by kind of work
  for (const ast::WorkQuality& quality : declared.qualities) {
    Decimal value = FactNumber(quality.value, ast::UnitWord::kNone, {});
    if (value > Decimal::FromInteger(100)) {
      Error(Code::kR0205, quality.value.span, "a quality is a number from 0 to 100");
    }
    std::string work = quality.work ? quality.work->text : "";
    auto [earlier, first] = stated.try_emplace(work, quality.value.span);
    if (!first) {
      Error(Code::kR0302, quality.value.span, "`" + model.name + "` says this quality twice", "take one of the two out",
            SameTwiceFix(work.empty() ? "quality" : "quality " + work, earlier->second, quality.value.span));
    } else if (quality.work) {
      model.quality_by_work.emplace(work, value);
    } else {
      model.quality = value;
    }
  }
  if (const ast::Quantity* context = Only(declared.context, Need::kOptional, declared.name, "context")) {
    model.context_tokens = FactNumber(*context, ast::UnitWord::kTokens, "tokens");
  }
  model.capabilities = Sorted(DistinctNames(declared.capabilities, "capability"));
  std::vector<ast::Name> tags = declared.tags;
  if (const ast::Name* licence = Only(declared.licence, Need::kOptional, declared.name, "licence")) {
    tags.push_back(*licence);
  }
  model.tags = Sorted(DistinctNames(tags, "tag"));
  model.provenance = ProvenanceOf(declared.provenance, declared.name);
  auto index = static_cast<std::uint32_t>(policy_.models.size());
  OwnFacts facts = OwnFactsOf(declared.own, ast::Owner::kModel, declared.name);
  if (!Declare(model_names_, "model", declared.name, index)) return;
  policy_.models.push_back(std::move(model));
  model_facts_.push_back(std::move(facts));
}

auto Resolver::ObserversOf(const std::vector<ast::Name>& names) -> std::vector<VendorId> {
  DistinctNames(names, "vendor");
  std::set<VendorId> observers;
  for (const ast::Name& name : names) {
    if (name.text == kNobody) {
      if (names.size() > 1) Error(Code::kR0206, name.span, "`nobody` and a vendor cannot both see the data", "take one of them out");
    } else if (auto index = vendor_names_.Find(name.text)) {
      observers.insert({*index});
    } else {
      UnknownName("vendor", name, vendor_names_.Names());
    }
  }
  return {observers.begin(), observers.end()};
}

auto Resolver::AddRecipient(const ast::Recipient& declared, ir::Recipient& recipient) -> bool {
  recipient.name = declared.name.text;
  recipient.span = declared.name.span;
  recipient.own = OwnFactsOf(declared.own, ast::Owner::kDeployment, declared.name);
  bool has_vendor = false;
  if (const ast::Name* vendor = Only(declared.vendor, Need::kRequired, declared.name, "vendor")) {
    if (auto index = vendor_names_.Find(vendor->text)) {
      recipient.vendor = {*index};
      recipient.own.insert(vendor_facts_[*index].begin(), vendor_facts_[*index].end());
      has_vendor = true;
    } else {
      UnknownName("vendor", *vendor, vendor_names_.Names());
    }
  }
  if (const ast::Name* country = Only(declared.processed_in, Need::kRequired, declared.name, "processed in")) {
    if (auto parsed = CountryOf(*country, "`" + recipient.name + "` processes in one country, written as two capital letters")) {
      recipient.processed_in = *parsed;
    }
  }
  if (const ast::Quantity* days = Only(declared.retention, Need::kOptional, declared.name, "retention")) {
    recipient.retention_days = FactNumber(*days, ast::UnitWord::kDays, "days");
  }
  if (const ast::Name* status = Only(declared.status, Need::kOptional, declared.name, "status")) {
    if (std::ranges::find(ir::kStatuses, status->text) == ir::kStatuses.end()) {
      UnknownName("status", *status, {ir::kStatuses.begin(), ir::kStatuses.end()});
    }
    recipient.status = status->text;
  }
  recipient.tags = Sorted(DistinctNames(declared.tags, "tag"));
  if (const ast::String* endpoint = Only(declared.endpoint, Need::kOptional, declared.name, "endpoint")) {
    if (!endpoint->text.starts_with("https://") && !endpoint->text.starts_with("http://")) {
      Error(Code::kR0205, endpoint->span, "`" + endpoint->text + "` is not the address of an HTTP service",
            "it begins with `https://`");
    }
    recipient.endpoint = endpoint->text;
  }
  if (const ast::Name* key = Only(declared.key_env, Need::kOptional, declared.name, "key")) {
    recipient.key_env = key->text;
  }
  if (const ast::SeenBy* seen = Only(declared.seen_by, Need::kOptional, declared.name, "seen by")) {
    recipient.seen_by = ObserversOf(seen->names);
  }
  recipient.provenance = ProvenanceOf(declared.provenance, declared.name);
  return has_vendor;
}

void Resolver::AddDeployment(const ast::Deployment& declared) {
  ir::Deployment deployment;
  bool usable = true;
  if (auto model = model_names_.Find(declared.model.text)) {
    deployment.model = {*model};
  } else {
    UnknownName("model", declared.model, model_names_.Names());
    usable = false;
  }
  usable = AddRecipient(declared, deployment) && usable;
  if (const ast::Price* price = Only(declared.price, Need::kRequired, declared.name, "price")) {
    deployment.price_in = FactNumber(price->in, ast::UnitWord::kUsd, "USD");
    deployment.price_out = FactNumber(price->out, ast::UnitWord::kUsd, "USD");
    // Money is added up in 64 bits; no model costs a tenth of this.
    constexpr Decimal kMostPerMillion = Decimal::FromInteger(1'000'000);
    if (deployment.price_in > kMostPerMillion || deployment.price_out > kMostPerMillion) {
      Error(Code::kR0205, price->span, "a price is in USD for a million tokens, and this is more than 1,000,000 USD",
            "was the price for one token multiplied twice?");
    } else if (const auto oddity = OddityOf(deployment.price_in, deployment.price_out); oddity && IsInUsd(*price)) {
      Report(diagnostics::Builder(Code::kR0307, price->span, "`" + declared.name.text + "` " + oddity->what)
                 .WithRules({declared.name.text})
                 .WithHint(oddity->hint));
    }
  }
  if (const ast::Quantity* time = Only(declared.first_token, Need::kOptional, declared.name, "first token")) {
    deployment.first_token_ms = NumberIn(*time, Unit::kMilliseconds, UnitNeed::kStated);
  }
  if (const ast::String* model = Only(declared.upstream_model, Need::kOptional, declared.name, "model")) {
    deployment.upstream_model = model->text;
  }
  if (usable) {
    deployment.own.insert(model_facts_[deployment.model.index].begin(), model_facts_[deployment.model.index].end());
  }
  auto index = static_cast<std::uint32_t>(policy_.deployments.size());
  // A deployment without a vendor or a model stays known by name, so that no other line is reported for it.
  if (Declare(deployment_names_, "deployment", declared.name, index)) {
    if (!usable && policy_.models.empty()) policy_.models.emplace_back();
    if (!usable && policy_.vendors.empty()) policy_.vendors.emplace_back();
    policy_.deployments.push_back(std::move(deployment));
  }
}

}  // namespace route::resolve
