#include "runtime/simulate/trace.h"

#include <algorithm>

#include "runtime/table/impl.h"
#include "runtime/values/value_text.h"

namespace route {
namespace {

constexpr std::size_t kMostKnown = 1U << 16U;  // values of an attribute that are remembered
constexpr std::string_view kInputTokens = "input_tokens";

/// A whole number of at most nine digits, which most numbers of a trace are.
auto SmallInteger(std::string_view text) -> std::optional<std::int64_t> {
  if (text.empty() || text.size() > 9) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

/// A share of a cap that is beyond the attribute's maximum, which a gateway counts as the maximum; nothing if it is something
/// else that does not fit.
auto ShareBeyond(const AttributeView& attribute, std::string_view text) -> std::optional<Decimal> {
  if (attribute.sources.front().kind != SourceKind::kBudget) return std::nullopt;
  const auto share = ParseQuantity(text, attribute.unit);
  return share && *share > attribute.maximum ? std::optional(attribute.maximum) : std::nullopt;
}

}  // namespace

TraceReader::TraceReader(const Table& table, Moment now)
    : table_(&table), now_(now), values_(table), seen_(table.attributes().size(), 0), caches_(table.attributes().size()), list_caches_(table.attributes().size()) {
  std::size_t clocks = 0;
  for (std::uint32_t a = 0; a < table.attributes().size(); ++a) {
    for (const SourceView& source : table.attributes()[a].sources) {
      if (source.kind == SourceKind::kRequest && source.argument == "prompt") prompt_ = a;
      if (source.kind == SourceKind::kClock) ++clocks;
    }
  }
  clock_attributes_agree_ = clocks <= 1;
  values_.CompleteAsMeasured(now_);
  for (std::uint32_t a = 0; a < table.attributes().size(); ++a) {
    required_.push_back(!values_.IsSet(a));
    if (required_.back() && first_required_ == kNone) first_required_ = a;
  }
  unset_.assign(values_.classes().begin(), values_.classes().end());
  classes_ = unset_;
}

auto TraceReader::Read(std::span<const Member> members) -> TraceRequest {
  if (!clock_attributes_agree_) return ReadSlowly(members);
  ++number_;
  TraceRequest request;
  std::ranges::copy(unset_, classes_.begin());
  const Member* input_tokens = nullptr;
  bool prompt_fits = true;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& member = members[i];
    if (member.kind == Member::Kind::kNull) continue;
    if (member.name == kInputTokens) input_tokens = &member;
    const std::uint32_t attribute = AttributeAt(i, member.name);
    if (attribute == kNone) continue;
    const Known known = Find(attribute, member);
    if (attribute == prompt_) prompt_fits = known.fits;
    if (known.fits) {
      Set(attribute, known);
    } else {
      ++request.misfits;
      Unset(attribute);
    }
  }
  if (prompt_ != kNone && prompt_fits && seen_[prompt_] != number_ && input_tokens != nullptr) {
    const Known known = Find(prompt_, *input_tokens);
    prompt_fits = known.fits;
    if (known.fits) Set(prompt_, known);
    if (!known.fits) ++request.misfits;
  }
  for (std::uint32_t a = first_required_; a < required_.size(); ++a) {
    if (!required_[a] || seen_[a] == number_) continue;
    request.missing = a;
    break;
  }
  if (!prompt_fits) LeavePromptOut(request);
  request.classes = classes_;
  return request;
}

/// A gateway measures every prompt. So one that does not fit the attribute is no prompt of length 0: the attribute has its
/// default or none.
void TraceReader::LeavePromptOut(TraceRequest& request) {
  const AttributeView& view = table_->attributes()[prompt_];
  if (view.has_default) {
    classes_[view.first_dimension] = table_->impl().classes[prompt_].fallback.value_class;
  } else {
    request.missing = std::min(request.missing.value_or(prompt_), prompt_);
  }
}

/// The attribute that a member names. Records of one trace mostly have the same names at the same places.
auto TraceReader::AttributeAt(std::size_t place, std::string_view name) -> std::uint32_t {
  if (place >= places_.size()) places_.resize(place + 1, {"", kNone});
  auto& [last, attribute] = places_[place];
  if (last != name) {
    last = name;
    attribute = table_->FindAttribute(name);
  }
  return attribute;
}

auto TraceReader::Find(std::uint32_t attribute, const Member& member) -> Known {
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind == AttributeKind::kNumber && member.kind == Member::Kind::kNumber && view.unit != Unit::kTimeOfDay) {
    const auto number = SmallInteger(member.raw);
    if (number && Decimal::FromInteger(*number) <= view.maximum) {
      const auto cuts = table_->impl().classes[attribute].cuts;
      const auto after = std::ranges::upper_bound(cuts, Decimal::FromInteger(*number).micros);
      return {true, static_cast<std::uint16_t>(after - cuts.begin()), 0};
    }
  }
  // Values of different kinds never share a raw text that means different things, a text `"1"` and a number `1` read alike, but
  // for lists.
  Cache& cache = (member.kind == Member::Kind::kList ? list_caches_ : caches_)[attribute];
  if (const auto found = cache.find(member.raw); found != cache.end()) return found->second;
  if (cache.size() >= kMostKnown) cache.clear();
  return cache.emplace(std::string(member.raw), WorkOut(attribute, member)).first->second;
}

/// Sets the attribute's value, if it is one, and keeps what is wrong with the first that is none.
auto TraceReader::SetValue(std::uint32_t attribute, const Member& member) -> bool {
  const auto text = TextOf(member);
  const auto share = text ? ShareBeyond(table_->attributes()[attribute], *text) : std::nullopt;
  const auto set = share  ? values_.SetNumber(attribute, *share)
                   : text ? values_.SetText(attribute, *text)
                          : std::unexpected(text.error());
  if (!set && first_misfit_.empty()) first_misfit_ = set.error();
  return set.has_value();
}

auto TraceReader::WorkOut(std::uint32_t attribute, const Member& member) -> Known {
  values_.Clear();
  if (!SetValue(attribute, member)) return {};
  const AttributeView& view = table_->attributes()[attribute];
  Known known{true, values_.classes()[view.first_dimension], 0};
  for (std::size_t i = 0; view.kind == AttributeKind::kAnyOf && i < view.values.size(); ++i) {
    if (values_.classes()[view.first_dimension + i] != 0) known.members |= std::uint64_t{1} << i;
  }
  return known;
}

void TraceReader::Set(std::uint32_t attribute, const Known& known) {
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind != AttributeKind::kAnyOf) {
    classes_[view.first_dimension] = known.value_class;
  } else {
    // The first value takes the place of the default, further ones are added.
    for (std::size_t i = 0; i < view.values.size(); ++i) {
      const auto bit = static_cast<std::uint16_t>((known.members >> i) & 1U);
      std::uint16_t& value_class = classes_[view.first_dimension + i];
      value_class = seen_[attribute] == number_ ? static_cast<std::uint16_t>(value_class | bit) : bit;
    }
  }
  seen_[attribute] = number_;
}

/// A value that does not fit takes one that was given before it along, but for the members of a set.
void TraceReader::Unset(std::uint32_t attribute) {
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind == AttributeKind::kAnyOf) return;
  classes_[view.first_dimension] = unset_[view.first_dimension];
  seen_[attribute] = 0;
}

auto TraceReader::ReadSlowly(std::span<const Member> members) -> TraceRequest {
  TraceRequest request;
  values_.Clear();
  const Member* input_tokens = nullptr;
  bool prompt_fits = true;
  for (const Member& member : members) {
    if (member.kind == Member::Kind::kNull) continue;
    if (member.name == kInputTokens) input_tokens = &member;
    const std::uint32_t attribute = table_->FindAttribute(member.name);
    if (attribute == kNone) continue;
    const bool fits = SetValue(attribute, member);
    if (attribute == prompt_) prompt_fits = fits;
    if (!fits) ++request.misfits;
  }
  if (prompt_ != kNone && prompt_fits && !values_.IsSet(prompt_) && input_tokens != nullptr) {
    prompt_fits = SetValue(prompt_, *input_tokens);
    if (!prompt_fits) ++request.misfits;
  }
  request.missing = values_.CompleteAsMeasured(now_);
  std::ranges::copy(values_.classes(), classes_.begin());
  if (!prompt_fits) LeavePromptOut(request);
  request.classes = classes_;
  return request;
}

}  // namespace route
