#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/dialect/answers.h"
#include "runtime/dialect/requests.h"
#include "runtime/dialect/streams.h"
#include "runtime/signals/api.h"
#include "runtime/signals/model_request.h"

/// A request's way to an upstream that may speak another API, and its answer's way back.
///
///     chat       ⇄ messages
///     responses  → chat, and from there to messages
///
/// Everything else goes only to upstreams that speak the caller's API.
namespace route {

class ApiSet {
 public:
  constexpr ApiSet() = default;
  constexpr ApiSet(std::initializer_list<Api> apis) {
    for (const Api api : apis) Add(api);
  }
  constexpr void Add(Api api) { bits_ = static_cast<std::uint8_t>(bits_ | (1U << static_cast<unsigned>(api))); }
  constexpr auto Has(Api api) const -> bool { return ((bits_ >> static_cast<unsigned>(api)) & 1U) != 0; }
  constexpr auto empty() const -> bool { return bits_ == 0; }

 private:
  std::uint8_t bits_ = 0;
};

/// What a deployment speaks of which nothing is said: what servers that call themselves OpenAI-compatible have.
inline constexpr ApiSet kOpenAiCompatible{Api::kChat, Api::kCompletions, Api::kEmbeddings};

/// The API in which a request of `asked` goes to an upstream: its own if that is spoken there, else the nearest that there
/// is a translation to.
auto ApiFor(Api asked, ApiSet spoken) -> std::optional<Api>;

/// `to` must be what ApiFor gave, and not the request's own.
auto TranslateRequest(const ModelRequest& request, Api to) -> TranslatedRequest;

/// The way back: from the upstream's API to the caller's, another one.
auto TranslateAnswer(Api from, const nlohmann::ordered_json& answer, Api to, const AnswerContext& context)
    -> TranslatedAnswer;

/// `context` must outlive the translator.
auto MakeStreamTranslator(Api from, Api to, const AnswerContext& context) -> std::unique_ptr<StreamTranslator>;

/// One request on its way to one upstream after another. It is translated at most once for each API.
class RequestCarrier {
 public:
  /// `request` must outlive the carrier.
  explicit RequestCarrier(ModelRequest& request) : request_(request) {}

  /// The API in which the request goes to an upstream that speaks these, or why there is none, as what can follow a colon.
  auto WayTo(ApiSet spoken) -> std::expected<Api, std::string>;

  /// The body to send. `api` must be what WayTo gave.
  auto Body(Api api, std::string_view model) -> std::string;

 private:
  auto TranslationTo(Api api) -> TranslatedRequest&;

  ModelRequest& request_;
  std::array<std::optional<TranslatedRequest>, kApiCount> translations_;
};

}  // namespace route
