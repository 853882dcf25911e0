// What the tables of docs/translation.md say is kept comes back from a journey through another API.

#include <doctest/doctest.h>

#include "runtime/dialect/requests.h"
#include "tests/dialect/same_conversation.h"

namespace {

using Json = nlohmann::ordered_json;

/// Streams ask for usage when they are translated; a body that is compared has to say so already.
auto WithUsage(Json chat) -> Json {
  if (chat.contains("stream")) chat["stream_options"] = {{"include_usage", true}};
  return chat;
}

/// Equality without the order of keys, but with that of messages.
auto Same(const Json& a, const Json& b) -> bool {
  return nlohmann::json::parse(a.dump()) == nlohmann::json::parse(b.dump());
}

}  // namespace

TEST_CASE("chat completions through messages and back") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto same = route::testing::MakeConversation(random);
    CAPTURE(same.chat.dump());
    const auto there = route::ChatToMessages(same.chat);
    REQUIRE(there.has_value());
    CAPTURE(there->dump());
    const auto back = route::MessagesToChat(*there);
    REQUIRE_MESSAGE(back.has_value(), back.error().field);
    Json expected = WithUsage(same.chat);
    if (!expected.contains("tools")) expected.erase("tool_choice");
    REQUIRE_MESSAGE(Same(*back, expected), back->dump());
  }
}

TEST_CASE("messages through chat completions and back") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const auto same = route::testing::MakeConversation(random);
    const auto there = route::MessagesToChat(same.messages);
    REQUIRE(there.has_value());
    const auto back = route::ChatToMessages(*there);
    REQUIRE_MESSAGE(back.has_value(), back.error().field);
    CAPTURE(same.messages.dump());
    REQUIRE_MESSAGE(Same(*back, same.messages), back->dump());
  }
}

TEST_CASE("every API says the same in every other") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto same = route::testing::MakeConversation(random);
    CAPTURE(same.chat.dump());
    REQUIRE(Same(*route::ChatToMessages(same.chat), same.messages));
    REQUIRE(Same(*route::MessagesToChat(same.messages), WithUsage(same.chat)));
    const auto from_responses = route::ResponsesToChat(same.responses);
    REQUIRE_MESSAGE(from_responses.has_value(), same.responses.dump());
    REQUIRE_MESSAGE(Same(*from_responses, WithUsage(same.chat)), from_responses->dump());
  }
}
