#include "runtime/signals/service_answers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/signals/json.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Result = std::expected<void, std::string>;

constexpr JsonLimits kAnswerLimits{.depth = 4, .values = 256};

/// The names of an answer for an `any of` attribute, as `Values::SetText` reads them.
auto NamesIn(const Json& value, const AttributeView& attribute, SourceKind kind) -> std::expected<std::string, std::string> {
  std::string list;
  for (const Json& entry : value) {
    if (!entry.is_string()) return std::unexpected("a name in the list is no text");
    const auto& name = entry.get_ref<const std::string&>();
    const bool is_declared = std::ranges::find(attribute.values, name) != attribute.values.end();
    if (!is_declared && kind == SourceKind::kDetector) continue;
    if (!is_declared) return std::unexpected("`" + name + "` is not one of its values");
    list += (list.empty() ? "" : ",") + name;
  }
  return list;
}

auto SetValue(Values& values, std::uint32_t index, const AttributeView& attribute, const ServiceAnswer& answer) -> Result {
  const Json& value = *answer.value;
  if (attribute.kind == AttributeKind::kAnyOf) {
    if (!value.is_array()) return std::unexpected("the value is no list of names");
    const auto names = NamesIn(value, attribute, answer.kind);
    return names ? values.SetText(index, *names) : std::unexpected(names.error());
  }
  if (attribute.kind == AttributeKind::kYesNo) {
    if (!value.is_boolean()) return std::unexpected("the value is neither true nor false");
    return values.SetText(index, value.get<bool>() ? "yes" : "no");
  }
  const bool is_number = attribute.kind == AttributeKind::kNumber && attribute.unit != Unit::kTimeOfDay;
  if (is_number) return value.is_number() ? values.SetText(index, value.dump()) : std::unexpected("the value is no number");
  if (!value.is_string()) return std::unexpected("the value is no text");
  const auto& text = value.get_ref<const std::string&>();
  return attribute.kind == AttributeKind::kText ? values.SetRawText(index, text) : values.SetText(index, text);
}

auto AnswerTo(const SourceView& question, std::span<const ServiceAnswer> answers) -> const ServiceAnswer* {
  const auto found = std::ranges::find_if(answers, [&](const ServiceAnswer& answer) {
    return answer.kind == question.kind && answer.question == question.argument;
  });
  return found == answers.end() ? nullptr : &*found;
}

}  // namespace

auto ServiceQuestion(const SourceView& asked, std::string_view text) -> std::string {
  const Json question = {{SourceName(asked.kind), asked.argument}, {"text", text}};
  return question.dump(-1, ' ', false, Json::error_handler_t::replace);
}

auto ReadServiceAnswer(std::string_view body) -> std::expected<Json, std::string> {
  auto answer = ParseJson(body, kAnswerLimits);
  if (!answer) return std::unexpected("the answer is not JSON: " + answer.error().message);
  if (!answer->is_object() || !answer->contains("value")) return std::unexpected("the answer has no `value`");
  return std::move((*answer)["value"]);
}

void AddServiceAnswers(const Table& table, std::span<const ServiceAnswer> answers, DerivedAttributes& attributes) {
  std::vector<std::uint32_t> unanswered;
  for (const ServiceView& service : table.services()) {
    const ServiceAnswer* answer = AnswerTo(service.answers, answers);
    for (const std::uint32_t index : service.attributes) {
      const AttributeView& attribute = table.attributes()[index];
      Result set = std::unexpected(answer == nullptr ? "the service was not asked" : answer->why);
      if (answer != nullptr && answer->value) set = SetValue(attributes.values, index, attribute, *answer);
      if (set) continue;
      attributes.ignored.push_back({std::string(attribute.name),
                                    std::string(SourceName(service.answers.kind)) + " " + std::string(service.answers.argument),
                                    std::move(set.error())});
      unanswered.push_back(index);
    }
  }
  for (const std::uint32_t index : unanswered) attributes.values.SetUnanswered(index);
  const auto missing = attributes.values.Complete();
  if (missing && (!attributes.missing || *missing < *attributes.missing)) attributes.missing = missing;
}

}  // namespace route
