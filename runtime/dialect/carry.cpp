#include "runtime/dialect/carry.h"

#include <cstdlib>
#include <utility>

#include "runtime/signals/json_writer.h"

namespace route {

using Json = nlohmann::ordered_json;

auto ApiFor(Api asked, ApiSet spoken) -> std::optional<Api> {
  if (spoken.Has(asked)) return asked;
  if (asked == Api::kChat && spoken.Has(Api::kMessages)) return Api::kMessages;
  if (asked == Api::kMessages && spoken.Has(Api::kChat)) return Api::kChat;
  if (asked == Api::kResponses && spoken.Has(Api::kChat)) return Api::kChat;
  if (asked == Api::kResponses && spoken.Has(Api::kMessages)) return Api::kMessages;
  return std::nullopt;
}

auto TranslateRequest(const ModelRequest& request, Api to) -> TranslatedRequest {
  if (request.api == Api::kChat && to == Api::kMessages) return ChatToMessages(request.body);
  if (request.api == Api::kMessages && to == Api::kChat) return MessagesToChat(request.body);
  if (request.api == Api::kResponses) {
    auto chat = ResponsesToChat(request.body);
    if (!chat || to == Api::kChat) return chat;
    if (to == Api::kMessages) return ChatToMessages(*chat);
  }
  std::abort();  // ApiFor gives no other pair
}

auto TranslateAnswer(Api from, const Json& answer, Api to, const AnswerContext& context) -> TranslatedAnswer {
  if (from == Api::kChat && to == Api::kMessages) return ChatAnswerToMessages(answer);
  if (from == Api::kMessages && to == Api::kChat) return MessagesAnswerToChat(answer, context);
  if (from == Api::kChat && to == Api::kResponses) return ChatAnswerToResponses(answer, context);
  if (from == Api::kMessages && to == Api::kResponses) {
    const auto chat = MessagesAnswerToChat(answer, context);
    return chat ? ChatAnswerToResponses(*chat, context) : chat;
  }
  std::abort();  // ApiFor gives no other pair
}

auto MakeStreamTranslator(Api from, Api to, const AnswerContext& context) -> std::unique_ptr<StreamTranslator> {
  if (from == Api::kChat && to == Api::kMessages) return MakeChatToMessagesStream();
  if (from == Api::kMessages && to == Api::kChat) return MakeMessagesToChatStream(context);
  if (from == Api::kChat && to == Api::kResponses) return MakeChatToResponsesStream(context);
  if (from == Api::kMessages && to == Api::kResponses) {
    return MakeChain(MakeMessagesToChatStream(context), MakeChatToResponsesStream(context));
  }
  std::abort();  // ApiFor gives no other pair
}

auto RequestCarrier::TranslationTo(Api api) -> TranslatedRequest& {
  auto& translation = translations_[static_cast<std::size_t>(api)];
  if (!translation) translation = TranslateRequest(request_, api);
  return *translation;
}

auto RequestCarrier::WayTo(ApiSet spoken) -> std::expected<Api, std::string> {
  const auto api = ApiFor(request_.api, spoken);
  if (!api) {
    return std::unexpected("it does not speak `" + std::string(ApiName(request_.api)) +
                           "`, nor an API that such requests can be translated to");
  }
  if (*api == request_.api) return *api;
  const TranslatedRequest& translation = TranslationTo(*api);
  if (translation) return *api;
  const NotTranslatable& problem = translation.error();
  return std::unexpected("it speaks `" + std::string(ApiName(*api)) + "`, and `" + problem.field +
                         "` cannot be translated: " + problem.why);
}

auto RequestCarrier::Body(Api api, std::string_view model) -> std::string {
  if (api == request_.api) return UpstreamBody(request_, model);
  Json& body = *TranslationTo(api);
  body["model"] = model;
  return ToText(body);
}

}  // namespace route
