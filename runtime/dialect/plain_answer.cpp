#include "runtime/dialect/plain_answer.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "runtime/dialect/fields.h"
#include "runtime/dialect/limits.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Problem = std::optional<std::string>;

auto CheckFilledArray(const Json& answer, const std::string& name) -> Problem {
  const Json* array = Member(answer, name);
  if (array == nullptr || !array->is_array()) return "the answer has no array `" + name + "`";
  if (array->empty()) return "the array `" + name + "` is empty";
  return std::nullopt;
}

auto CheckEmbeddings(const Json& answer) -> Problem {
  if (auto problem = CheckFilledArray(answer, "data")) return problem;
  for (const Json& element : answer["data"]) {
    const Json* embedding = Member(element, "embedding");
    const bool text = embedding != nullptr && embedding->is_string() && *embedding != Json("");
    const bool numbers = embedding != nullptr && embedding->is_array() && !embedding->empty();
    if (!text && !numbers) return "an element of `data` has no `embedding`";
  }
  return std::nullopt;
}

auto CheckResponse(const Json& answer) -> Problem {
  const std::string_view status = TextMember(answer, "status");
  const Json* output = Member(answer, "output");
  if (output == nullptr || !output->is_array()) return "the answer has no array `output`";
  if (status == "incomplete") return std::nullopt;
  if (status != "completed") return "the answer's `status` is `" + std::string(status.substr(0, 64)) + "`";
  return CheckFilledArray(answer, "output");
}

auto CheckMessage(const Json& answer) -> Problem {
  if (TextMember(answer, "type") != "message") return "the answer's `type` is not `message`";
  const Json* content = Member(answer, "content");
  if (content == nullptr || !content->is_array()) return "the answer has no array `content`";
  if (TextMember(answer, "stop_reason").empty()) return "the answer has no `stop_reason`";
  return std::nullopt;
}

auto Check(Api api, const Json& answer) -> Problem {
  switch (api) {
    case Api::kChat:
    case Api::kCompletions:
      return CheckFilledArray(answer, "choices");
    case Api::kEmbeddings:
      return CheckEmbeddings(answer);
    case Api::kResponses:
      return CheckResponse(answer);
    case Api::kMessages:
      return CheckMessage(answer);
  }
  std::abort();
}

/// What a reader made of the text, checked.
auto Checked(Api api, std::expected<Json, JsonError> parsed) -> std::expected<PlainAnswer, std::string> {
  if (!parsed) return std::unexpected(parsed.error().message);
  if (!parsed->is_object()) return std::unexpected("the answer is not a JSON object");
  if (auto problem = Check(api, *parsed)) return std::unexpected(std::move(*problem));
  PlainAnswer answer;
  if (const Json* usage = Member(*parsed, "usage"); usage != nullptr && usage->is_object()) {
    answer.usage = ReadUsage(api, *usage);
  }
  answer.body = std::move(*parsed);
  return answer;
}

}  // namespace

auto ReadPlainAnswer(Api api, std::string_view body) -> std::expected<PlainAnswer, std::string> {
  return Checked(api, ParseJson(body, kAnswerLimits));
}

auto CheckPlainAnswer(Api api, std::string_view body) -> std::expected<ReportedUsage, std::string> {
  // Of `data`, each element's `embedding` must not be empty; of other answers only the top and `usage` are looked at.
  const std::uint32_t depth = api == Api::kEmbeddings ? 3 : 2;
  auto answer = Checked(api, SkimJson(body, kAnswerLimits, depth));
  if (!answer) return std::unexpected(std::move(answer.error()));
  return std::move(answer->usage);
}

}  // namespace route
