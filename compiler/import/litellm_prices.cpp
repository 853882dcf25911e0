#include "compiler/import/litellm_prices.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "compiler/import/row.h"
#include "compiler/import/row_checks.h"
#include "compiler/import/usual_price.h"
#include "compiler/import/vendors.h"

namespace route::import {
namespace {

constexpr std::array<std::string_view, 15> kModes = {"audio_speech",     "audio_transcription", "chat",
                                                     "completion",       "embedding",           "image_edit",
                                                     "image_generation", "moderation",          "ocr",
                                                     "realtime",         "responses",           "rerank",
                                                     "search",           "vector_store",        "video_generation"};

/// A row that the filters let through.
struct Selected {
  const JsonRow* row = nullptr;
  KeyParts parts;
  std::optional<TokenPrices> prices;  // nothing once it is left out
  auto subject() const -> Subject { return {row->line, row->key}; }
};

/// What turns text into numbers alone has no output to pay for.
auto ZeroPricesIn(const JsonRow& row) -> ZeroPrices {
  std::string_view mode = TextOf(row.fields, "mode");
  return mode == "embedding" || mode == "rerank" ? ZeroPrices::kKept : ZeroPrices::kLeftOut;
}

/// Is anything of this list what the text is? An empty list lets everything through.
template <typename Matches>
auto PassesFilter(const std::vector<std::string>& wanted, Matches matches) -> bool {
  return wanted.empty() || std::ranges::any_of(wanted, matches);
}

auto InRegion(const KeyParts& parts, const std::string& wanted) -> bool {
  if (!parts.place) return false;
  if (Lower(wanted) == parts.place->name) return true;
  auto country = ParseCountry(wanted);
  return country && parts.place->country == country;
}

class PriceImport {
 public:
  explicit PriceImport(const PriceOptions& options) : options_(options) {}

  auto Run(const std::vector<JsonRow>& rows) -> std::expected<Imported, InputError>;

 private:
  void Select(const std::vector<JsonRow>& rows);
  auto SelectsMode(const JsonRow& row, std::string_view provider) -> bool;
  void FindPricesElsewhere(const std::vector<JsonRow>& rows);
  void CheckMagnitude(Selected& selected);
  auto MakeOffer(const Selected& selected) -> Offer;
  void LeaveOutRepeated(std::vector<Offer>& offers);
  auto Header(std::size_t deployments) const -> std::vector<std::string>;

  const PriceOptions& options_;
  Lints lints_;
  std::vector<Selected> selected_;
  std::optional<Date> as_of_;  // of the file, if it says so
  UsualPrices usual_prices_;
};

/// What a row is that is none; empty if it is one.
auto WhyNoModel(const JsonRow& row) -> std::string {
  if (row.shape != JsonRow::Shape::kObject) return "it is not an object";
  if (row.key == "sample_spec") return "it describes the fields of the others";
  const Scalar* provider = Find(row.fields, "litellm_provider");
  if (provider == nullptr) return "it names no provider";
  if (provider->kind != Scalar::Kind::kText || provider->text.empty()) return "its provider is no text";
  return {};
}

auto PriceImport::SelectsMode(const JsonRow& row, std::string_view provider) -> bool {
  const Scalar* mode = Find(row.fields, "mode");
  bool selected = mode != nullptr && std::ranges::find(options_.modes, mode->text) != options_.modes.end();
  if (selected) return true;
  Subject subject{row.line, row.key};
  if (mode == nullptr) {
    lints_.Add(LintKind::kNoMode, LintAction::kLeftOut, subject,
               "it does not say its mode (its provider is `" + Printable(provider) + "`)");
  } else if (!IsMode(mode->text)) {
    lints_.Add(LintKind::kUnknownMode, LintAction::kLeftOut, subject, "its mode is `" + Printable(mode->text) + "`");
  }
  return false;
}

void PriceImport::Select(const std::vector<JsonRow>& rows) {
  std::map<std::string, const JsonRow*> seen;
  for (const JsonRow& row : rows) {
    if (row.key == "last_updated" && row.shape == JsonRow::Shape::kScalar) {
      as_of_ = ParseDate(std::string_view(row.scalar.text).substr(0, 10));
      continue;
    }
    if (!PassesFilter(options_.matches, [&](const std::string& glob) { return MatchesGlob(glob, row.key); })) continue;
    Subject subject{row.line, row.key};
    if (std::string why = WhyNoModel(row); !why.empty()) {
      if (options_.providers.empty()) lints_.Add(LintKind::kNotAModel, LintAction::kLeftOut, subject, why);
      continue;
    }
    std::string_view provider = TextOf(row.fields, "litellm_provider");
    KeyParts parts = ParseKey(row.key, provider, row.regions);
    if (!PassesFilter(options_.providers,
                      [&](const std::string& wanted) { return wanted == provider || wanted == parts.provider; })) {
      continue;
    }
    auto [first, is_new] = seen.try_emplace(Lower(row.key), &row);
    if (!is_new) {
      bool same = first->second->key == row.key;
      lints_.Add(LintKind::kDuplicateKey, LintAction::kLeftOut, subject,
                 (same ? "the same key stands in line " : "it differs only in case from line ") +
                     std::to_string(first->second->line));
      continue;
    }
    if (!SelectsMode(row, provider)) continue;
    if (!PassesFilter(options_.regions, [&](const std::string& wanted) { return InRegion(parts, wanted); })) continue;
    selected_.push_back({&row, std::move(parts), std::nullopt});
  }
}

auto Together(const TokenPrices& prices) -> std::int64_t { return prices.in.usd.micros + prices.out.usd.micros; }

/// Of every row of these modes, whatever the other filters say.
void PriceImport::FindPricesElsewhere(const std::vector<JsonRow>& rows) {
  Lints unheard;
  for (const JsonRow& row : rows) {
    std::string_view mode = TextOf(row.fields, "mode");
    if (!WhyNoModel(row).empty() || std::ranges::find(options_.modes, mode) == options_.modes.end()) continue;
    auto prices = ReadPrices(row.fields, ZeroPrices::kLeftOut, {row.line, row.key}, unheard);
    if (!prices) continue;
    KeyParts parts = ParseKey(row.key, TextOf(row.fields, "litellm_provider"), row.regions);
    usual_prices_.Add(parts.model, parts.provider, Together(*prices));
  }
}

/// Leaves a row out whose price was given in another unit.
void PriceImport::CheckMagnitude(Selected& selected) {
  const TokenPrices prices = *selected.prices;
  if (auto usual = usual_prices_.Elsewhere(selected.parts.model, selected.parts.provider)) {
    // Two providers that disagree do not say which of them is wrong, so a low price needs two witnesses.
    bool high = Together(prices) / kUnitErrorFactor >= usual->median;
    bool low = usual->rows > 1 && usual->median / kUnitErrorFactor >= Together(prices);
    if (high || low) {
      lints_.Add(LintKind::kPriceUnitError, LintAction::kLeftOut, selected.subject(),
                 "it costs " + Describe(prices) + "; elsewhere the same model costs " +
                     FormatMoney(Decimal{usual->median}) + " USD for both");
      selected.prices.reset();
      return;
    }
  }
  if (IsTooDear(prices, selected.subject(), lints_)) selected.prices.reset();
}

auto PriceImport::MakeOffer(const Selected& selected) -> Offer {
  Offer offer;
  offer.subject = selected.subject();
  offer.provider = selected.parts.provider;
  offer.model = selected.parts.model;
  offer.wanted_name = offer.model + "_" + offer.provider + PlaceSuffix(selected.parts.place);
  offer.place = selected.parts.place;
  offer.prices = *selected.prices;
  offer.as_of = as_of_;
  offer.source = Printable(selected.row->key) + ", line " + std::to_string(selected.row->line);
  if (IsPlain(selected.parts.upstream)) {
    offer.upstream = selected.parts.upstream;
  } else {
    lints_.Add(
        LintKind::kNotPlain, LintAction::kCorrected, offer.subject,
        "its name holds characters that would mislead a reader; the catalogue does not say what the provider calls it");
  }
  return offer;
}

/// Of offers of one model by one provider at one place, the dearest stays, so that no cost is understated.
void PriceImport::LeaveOutRepeated(std::vector<Offer>& offers) {
  auto together = [](const Offer& offer) { return Together(offer.prices); };
  std::map<std::string, const Offer*> stays;
  for (const Offer& offer : offers) {
    auto [at, is_new] = stays.try_emplace(offer.wanted_name, &offer);
    if (!is_new && together(offer) > together(*at->second)) at->second = &offer;
  }
  std::vector<bool> repeated;
  for (const Offer& offer : offers) {
    const Offer* best = stays.at(offer.wanted_name);
    repeated.push_back(best != &offer);
    if (best == &offer) continue;
    lints_.Add(LintKind::kDuplicateOffer, LintAction::kLeftOut, offer.subject,
               "it is the same as `" + Printable(best->subject.key) + "` in line " +
                   std::to_string(best->subject.line) +
                   (together(offer) == together(*best) ? ", at the same price" : ", which is dearer"));
  }
  std::vector<Offer> left;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (!repeated[i]) left.push_back(std::move(offers[i]));
  }
  offers = std::move(left);
}

auto PriceImport::Header(std::size_t deployments) const -> std::vector<std::string> {
  std::vector<std::string> lines;
  lines.push_back("Who can answer: " + Counted(deployments, "deployment") +
                  " of LiteLLM's price list. Read it and change it: it is yours.");
  AddOrigin(lines, "Written by " + options_.origin.tool + " from", options_.origin);
  lines.emplace_back(
      "Prices are in USD for a million tokens; the key and the line of each row stand beside its price.");
  lines.emplace_back(
      "The list does not say qualities, times to the first token, retention, certifications, endpoints and keys.");
  return lines;
}

auto PriceImport::Run(const std::vector<JsonRow>& rows) -> std::expected<Imported, InputError> {
  Imported result;
  Select(rows);
  result.read = rows.size();
  result.considered = selected_.size();
  FindPricesElsewhere(rows);
  std::vector<Offer> offers;
  for (Selected& selected : selected_) {
    selected.prices = ReadPrices(selected.row->fields, ZeroPricesIn(*selected.row), selected.subject(), lints_);
    if (selected.prices) CheckMagnitude(selected);
    if (!selected.prices) continue;
    std::size_t first_lint = lints_.all().size();
    Offer offer = MakeOffer(selected);
    offer.facts = ReadFacts(selected.row->fields, offer.prices, options_.today, offer.subject, lints_);
    CompleteOffer(offer, options_.statements, lints_);
    if (offer.processed_in && offer.headquarters) {
      offers.push_back(std::move(offer));
    } else {
      lints_.LeaveOutFrom(first_lint);
    }
  }
  LeaveOutRepeated(offers);
  if (options_.limit && offers.size() > *options_.limit) offers.resize(*options_.limit);
  if (offers.size() > kMaxDeployments) {
    return std::unexpected(
        InputError{0, 0,
                   std::to_string(offers.size()) + " deployments remain, and a policy holds at most " +
                       std::to_string(kMaxDeployments) + ": narrow it with --provider, --match, --region or --limit"});
  }
  result.taken = offers.size();
  Catalogue catalogue;
  catalogue.header = Header(offers.size());
  Namer names;
  AddOffers(offers, names, catalogue);
  std::ranges::stable_sort(catalogue.deployments, {}, &CatalogueDeployment::vendor);
  result.text = PrintCatalogue(catalogue);
  result.lints = lints_.TakeSorted();
  return result;
}

}  // namespace

void AddOrigin(std::vector<std::string>& lines, const std::string& words, const Origin& origin) {
  lines.push_back(words + " `" + Printable(origin.file) + "`,");
  lines.push_back("SHA-256 " + origin.sha256 + ".");
}

auto IsMode(std::string_view mode) -> bool { return std::ranges::find(kModes, mode) != kModes.end(); }

auto ImportPrices(std::string_view text, const PriceOptions& options) -> std::expected<Imported, InputError> {
  auto rows = ReadJsonRows(text);
  if (!rows) return std::unexpected(rows.error());
  return PriceImport(options).Run(*rows);
}

}  // namespace route::import
