#include <algorithm>
#include <utility>

#include "runtime/decide/decide.h"
#include "runtime/table/classify.h"
#include "runtime/table/impl.h"
#include "runtime/values/value_text.h"

namespace route {
namespace {

auto NoSuchAttribute() -> std::unexpected<std::string> {
  return std::unexpected(std::string("the policy has no such attribute"));
}

auto WrongKind(const AttributeView& attribute, std::string_view given) -> std::unexpected<std::string> {
  return std::unexpected("`" + std::string(attribute.name) + "` is not a " + std::string(given) + " attribute");
}

/// What the clock shows, if it fits the attribute: the date, the time of day or the day of the week.
auto FromClock(const AttributeView& attribute, const AttributeClasses& classes, Moment now)
    -> std::expected<ReadValue, std::string> {
  if (attribute.kind == AttributeKind::kDate) return ReadDate(attribute, classes, now.date);
  if (attribute.kind == AttributeKind::kNumber) return ReadNumber(attribute, classes, Decimal::FromInteger(now.minute));
  return ReadValueText(attribute, classes, Weekdays()[WeekdayOf(now.date)]);
}

auto ComesFromClock(const AttributeView& attribute) -> bool {
  return std::ranges::any_of(attribute.sources, [](const SourceView& source) { return source.kind == SourceKind::kClock; });
}

auto MeasuredTime(const AttributeView& attribute, const AttributeClasses& classes, Moment now) -> std::optional<ReadValue> {
  if (!ComesFromClock(attribute)) return std::nullopt;
  auto value = FromClock(attribute, classes, now);
  if (!value) return std::nullopt;
  return std::move(*value);
}

/// What a gateway would find for an attribute in an empty request; nothing if it would find nothing.
auto MeasuredOnEmptyRequest(const AttributeView& attribute, const AttributeClasses& classes, Moment now)
    -> std::optional<ReadValue> {
  const SourceView source = attribute.sources.front();
  switch (attribute.kind) {
    case AttributeKind::kNumber:
      if (source.kind == SourceKind::kBudget || (source.kind == SourceKind::kRequest && source.argument == "prompt")) {
        return ReadNumber(attribute, classes, Decimal{0}).value();
      }
      return MeasuredTime(attribute, classes, now);
    case AttributeKind::kText:
      // The one field that every request has.
      if (source.kind == SourceKind::kRequest && source.argument == "model") return ReadText(classes, "");
      return std::nullopt;
    case AttributeKind::kDate:
    case AttributeKind::kOneOf:
      return MeasuredTime(attribute, classes, now);
    case AttributeKind::kYesNo:
    case AttributeKind::kAnyOf:
    case AttributeKind::kCountry:
      return std::nullopt;
  }
  return std::nullopt;
}

auto IsAlwaysMeasured(const AttributeView& attribute) -> bool {
  const auto measures = [](const SourceView& source) { return AlwaysMeasures(source.kind, source.argument); };
  const auto may_fail = [](const SourceView& source) { return ComesFromService(source.kind, source.argument); };
  return std::ranges::any_of(attribute.sources, measures) && std::ranges::none_of(attribute.sources, may_fail);
}

}  // namespace

Values::Values(const Table& table)
    : table_(&table),
      classes_(table.impl().dimensions.size(), 0),
      texts_(table.attributes().size()),
      points_(table.attributes().size(), 0),
      members_(table.attributes().size(), 0),
      set_(table.attributes().size(), false) {}

void Values::Clear() {
  std::ranges::fill(classes_, std::uint16_t{0});
  for (std::string& text : texts_) text.clear();
  std::ranges::fill(members_, std::uint64_t{0});
  set_.assign(set_.size(), false);
}

void Values::Set(std::uint32_t attribute, const ReadValue& value) {
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind == AttributeKind::kAnyOf) {
    members_[attribute] |= value.members;
    for (std::size_t i = 0; i < view.values.size(); ++i) {
      classes_[view.first_dimension + i] = static_cast<std::uint16_t>((members_[attribute] >> i) & 1U);
    }
  } else {
    classes_[view.first_dimension] = value.value_class;
    texts_[attribute] = value.text;
    points_[attribute] = value.point;
  }
  set_[attribute] = true;
}

auto Values::Take(std::uint32_t attribute, std::expected<ReadValue, std::string> value)
    -> std::expected<void, std::string> {
  if (!value) {
    if (table_->attributes()[attribute].kind != AttributeKind::kAnyOf) set_[attribute] = false;
    return std::unexpected(std::move(value.error()));
  }
  Set(attribute, *value);
  return {};
}

auto Values::SetText(std::uint32_t attribute, std::string_view text) -> std::expected<void, std::string> {
  if (attribute >= set_.size()) return NoSuchAttribute();
  return Take(attribute, ReadValueText(table_->attributes()[attribute], table_->impl().classes[attribute], text));
}

auto Values::SetNumber(std::uint32_t attribute, Decimal value) -> std::expected<void, std::string> {
  if (attribute >= set_.size()) return NoSuchAttribute();
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind != AttributeKind::kNumber) return WrongKind(view, "number");
  return Take(attribute, ReadNumber(view, table_->impl().classes[attribute], value));
}

auto Values::SetDate(std::uint32_t attribute, Date value) -> std::expected<void, std::string> {
  if (attribute >= set_.size()) return NoSuchAttribute();
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind != AttributeKind::kDate) return WrongKind(view, "date");
  return Take(attribute, ReadDate(view, table_->impl().classes[attribute], value));
}

auto Values::SetMoment(std::uint32_t attribute, Moment now) -> std::expected<void, std::string> {
  if (attribute >= set_.size()) return NoSuchAttribute();
  const AttributeView& view = table_->attributes()[attribute];
  if (!ComesFromClock(view)) return std::unexpected("`" + std::string(view.name) + "` does not come from the clock");
  return Take(attribute, FromClock(view, table_->impl().classes[attribute], now));
}

auto Values::SetRawText(std::uint32_t attribute, std::string_view value) -> std::expected<void, std::string> {
  if (attribute >= set_.size()) return NoSuchAttribute();
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind != AttributeKind::kText) return WrongKind(view, "text");
  return Take(attribute, ReadText(table_->impl().classes[attribute], value));
}

void Values::SetUnanswered(std::uint32_t attribute) {
  if (attribute >= set_.size()) return;
  if (table_->attributes()[attribute].has_default) {
    Set(attribute, table_->impl().classes[attribute].fallback);
  } else {
    set_[attribute] = false;
  }
}

auto Values::IsSet(std::uint32_t attribute) const -> bool {
  return attribute < set_.size() && set_[attribute];
}

auto Values::Fill(Which which, std::optional<Moment> now) -> std::optional<std::uint32_t> {
  std::optional<std::uint32_t> missing;
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    if (set_[i] || (which == Which::kKnown && table_->IsAnswered(i))) continue;
    const AttributeView& view = table_->attributes()[i];
    const AttributeClasses& classes = table_->impl().classes[i];
    if (view.has_default) {
      Set(i, classes.fallback);
    } else if (view.kind == AttributeKind::kAnyOf && IsAlwaysMeasured(view)) {
      Set(i, ReadValue{});
    } else if (const auto measured = now ? MeasuredOnEmptyRequest(view, classes, *now) : std::nullopt) {
      Set(i, *measured);
    } else if (!missing) {
      missing = i;
    }
  }
  return missing;
}

auto Values::Complete() -> std::optional<std::uint32_t> {
  return Fill(Which::kAll, std::nullopt);
}

auto Values::CompleteKnown() -> std::optional<std::uint32_t> {
  return Fill(Which::kKnown, std::nullopt);
}

auto Values::CompleteAsMeasured(Moment now) -> std::optional<std::uint32_t> {
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    const AttributeView& view = table_->attributes()[i];
    if (!set_[i] || view.kind != AttributeKind::kDate || !ComesFromClock(view)) continue;
    now.date = Date{static_cast<std::int32_t>(points_[i])};
  }
  return Fill(Which::kAll, now);
}

auto Values::Text(std::uint32_t attribute) const -> std::string {
  if (!IsSet(attribute)) return {};
  const AttributeView& view = table_->attributes()[attribute];
  if (view.kind == AttributeKind::kAnyOf) return MemberNames(view, members_[attribute]);
  if (view.kind == AttributeKind::kNumber) return FormatQuantity(Decimal{points_[attribute]}, view.unit);
  if (view.kind == AttributeKind::kDate) return FormatDate(Date{static_cast<std::int32_t>(points_[attribute])});
  return texts_[attribute];
}

}  // namespace route
