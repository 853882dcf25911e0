#include "compiler/import/row_checks.h"

#include <algorithm>

#include "compiler/import/row.h"
#include "compiler/import/text.h"

namespace route::import {
namespace {

auto PerMillion(Decimal usd) -> std::string { return FormatMoney(usd) + " USD"; }

/// The price in one field. Nothing if the field is not there; a lint and an error if it says nothing that could be a
/// price.
auto ReadPrice(const Fields& fields, std::string_view name, const Subject& subject, Lints& lints)
    -> std::expected<std::optional<Price>, PriceError> {
  const Scalar* value = Find(fields, name);
  if (value == nullptr || value->kind == Scalar::Kind::kNull) return std::optional<Price>();
  bool written = value->kind == Scalar::Kind::kNumber || value->kind == Scalar::Kind::kText;
  auto price = written ? PricePerMillion(value->text) : std::unexpected(PriceError::kNotANumber);
  if (price) return *price;
  std::string field = "`" + std::string(name) + "` is ";
  switch (price.error()) {
    case PriceError::kNotANumber:
      lints.Add(LintKind::kBadPrice, LintAction::kLeftOut, subject,
                field + "no number: `" + Printable(value->text) + "`");
      break;
    case PriceError::kNegative:
      lints.Add(LintKind::kBadPrice, LintAction::kLeftOut, subject, field + "negative: " + Printable(value->text));
      break;
    case PriceError::kTooLarge:
      lints.Add(LintKind::kPriceTooHigh, LintAction::kLeftOut, subject,
                field + Printable(value->text) + " USD for one token");
      break;
  }
  return std::unexpected(price.error());
}

void NoteRounding(const Price& price, std::string_view which, const Subject& subject, Lints& lints) {
  if (price.exactness == Price::Exactness::kExact) return;
  lints.Add(LintKind::kInexactPrice, LintAction::kCorrected, subject,
            "the price " + std::string(which) + " has more than six digits after the point; rounded up it is " +
                PerMillion(price.usd));
}

auto NoPriceMessage(const Fields& fields) -> std::string {
  std::vector<std::string> others = OtherPrices(fields);
  if (others.empty()) return "it has no price for input and output tokens";
  return "it is not priced by tokens in and out but by `" + others.front() + "`" +
         (others.size() > 1 ? " and others" : "");
}

/// A whole number of tokens in a field; nothing if it is not there or, after a lint, if it is none.
auto ReadTokens(const Fields& fields, std::string_view name, const Subject& subject, Lints& lints)
    -> std::optional<std::int64_t> {
  const Scalar* value = Find(fields, name);
  if (value == nullptr || value->kind == Scalar::Kind::kNull) return std::nullopt;
  bool written = value->kind == Scalar::Kind::kNumber || value->kind == Scalar::Kind::kText;
  auto tokens = written ? ParseTokens(value->text) : std::unexpected(PriceError::kNotANumber);
  std::string field = "`" + std::string(name) + "` is ";
  if (!tokens || *tokens == 0) {
    lints.Add(LintKind::kBadContext, LintAction::kCorrected, subject,
              field + (tokens ? "0" : "`" + Printable(value->text) + "`") + "");
    return std::nullopt;
  }
  if (value->kind == Scalar::Kind::kText || value->text != std::to_string(*tokens)) {
    lints.Add(LintKind::kBadContext, LintAction::kCorrected, subject,
              field + "written `" + Printable(value->text) + "`" +
                  (value->kind == Scalar::Kind::kText ? ", as a text" : "") + "; read as " + Grouped(*tokens));
  }
  return tokens.value();
}

auto StatusOf(const Fields& fields, Date today, const Subject& subject, Lints& lints) -> std::string {
  bool preview = Lower(subject.key).find("preview") != std::string::npos;
  std::string status = preview ? "preview" : "";
  const Scalar* written = Find(fields, "deprecation_date");
  if (written == nullptr || written->kind == Scalar::Kind::kNull) return status;
  auto date = ParseDate(written->text);
  if (!date) {
    lints.Add(LintKind::kBadDate, LintAction::kKept, subject,
              "`deprecation_date` is `" + Printable(written->text) + "`, which is no date");
    return status;
  }
  if (*date > today) return status;
  lints.Add(LintKind::kDeprecated, LintAction::kKept, subject,
            "deprecated since " + written->text + ", so its status is `deprecated`");
  return "deprecated";
}

/// `input_cost_per_token_above_200k_tokens` and its like as `above 200k tokens: 6.00 USD in, 22.50 USD out`, one line a
/// threshold.
auto LongContextNotes(const Fields& fields, const std::vector<std::string>& names) -> std::vector<std::string> {
  std::vector<std::pair<std::string, std::string>> by_threshold;
  for (const std::string& name : names) {
    auto price = PricePerMillion(Find(fields, name)->text);
    if (!price) continue;
    std::string threshold = name.substr(name.find("_above_") + 7);
    threshold.resize(threshold.size() - std::string_view("_tokens").size());
    std::string text = PerMillion(price->usd) + (name.starts_with("input") ? " in" : " out");
    auto known = std::ranges::find(by_threshold, threshold, &std::pair<std::string, std::string>::first);
    if (known == by_threshold.end()) {
      by_threshold.emplace_back(threshold, text);
    } else {
      known->second += ", " + text;
    }
  }
  std::vector<std::string> notes;
  for (const auto& [threshold, text] : by_threshold)
    notes.push_back("above " + Printable(threshold) + " tokens: " + text);
  return notes;
}

}  // namespace

auto ReadPrices(const Fields& fields, ZeroPrices zero, const Subject& subject, Lints& lints)
    -> std::optional<TokenPrices> {
  auto in = ReadPrice(fields, "input_cost_per_token", subject, lints);
  if (!in) return std::nullopt;
  auto out = ReadPrice(fields, "output_cost_per_token", subject, lints);
  if (!out) return std::nullopt;
  if (!*in || !*out) {
    std::string message = NoPriceMessage(fields);
    if (in->has_value() != out->has_value())
      message = std::string("it has no price for ") + (*in ? "output" : "input") + " tokens";
    lints.Add(LintKind::kNoPrice, LintAction::kLeftOut, subject, std::move(message));
    return std::nullopt;
  }
  TokenPrices prices{**in, **out};
  if (zero == ZeroPrices::kLeftOut && (prices.in.usd == Decimal{} || prices.out.usd == Decimal{})) {
    bool both = prices.in.usd == prices.out.usd;
    lints.Add(LintKind::kZeroPrice, LintAction::kLeftOut, subject,
              both ? "input and output cost nothing, so it would win every `cheapest`"
                   : std::string(prices.in.usd == Decimal{} ? "input costs nothing and output "
                                                            : "output costs nothing and input ") +
                         PerMillion(std::max(prices.in.usd, prices.out.usd)));
    return std::nullopt;
  }
  return prices;
}

auto Describe(const TokenPrices& prices) -> std::string {
  return PerMillion(prices.in.usd) + " in and " + PerMillion(prices.out.usd) + " out for a million tokens";
}

auto IsTooDear(const TokenPrices& prices, const Subject& subject, Lints& lints) -> bool {
  if (std::max(prices.in.usd, prices.out.usd) <= kMostUsdPerMillion) return false;
  lints.Add(LintKind::kPriceTooHigh, LintAction::kLeftOut, subject, "it costs " + Describe(prices));
  return true;
}

auto ReadFacts(const Fields& fields, const TokenPrices& prices, Date today, const Subject& subject, Lints& lints)
    -> Facts {
  NoteRounding(prices.in, "in", subject, lints);
  NoteRounding(prices.out, "out", subject, lints);
  if (Decimal{prices.out.usd.micros * kInvertedFactor} < prices.in.usd) {
    lints.Add(LintKind::kInvertedPrice, LintAction::kKept, subject,
              "output costs " + PerMillion(prices.out.usd) + " and input " + PerMillion(prices.in.usd) +
                  "; if the two were exchanged, this row needs correcting");
  }

  Facts facts;
  facts.capabilities = CapabilitiesOf(fields);
  facts.context = ReadTokens(fields, "max_input_tokens", subject, lints);
  const Scalar* context = Find(fields, "max_input_tokens");
  if (context == nullptr || context->kind == Scalar::Kind::kNull) {
    lints.Add(LintKind::kNoContext, LintAction::kKept, subject, "it does not say its context window");
  }
  Lints unheard;  // the catalogue does not state the length of outputs, however they are written
  auto output = ReadTokens(fields, "max_output_tokens", subject, unheard);
  if (facts.context && output && *output > *facts.context) {
    lints.Add(LintKind::kOutputOverContext, LintAction::kKept, subject,
              "up to " + Grouped(*output) + " tokens out of a context window of " + Grouped(*facts.context));
  }
  facts.status = StatusOf(fields, today, subject, lints);

  if (auto names = LongContextPrices(fields); !names.empty()) {
    facts.notes = LongContextNotes(fields, names);
    lints.Add(LintKind::kLongContextPrice, LintAction::kKept, subject,
              "long prompts cost more (`" + names.front() + "`); the price in the catalogue is that of short ones");
  }
  if (auto names = OtherPrices(fields); !names.empty()) {
    std::string listed = Listed(names);
    lints.Add(LintKind::kOtherPrices, LintAction::kKept, subject,
              "it is also priced by " + listed + ", which a catalogue cannot say");
    facts.notes.push_back("also priced by " + listed);
  }
  return facts;
}

}  // namespace route::import
