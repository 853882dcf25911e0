#include "runtime/signals/api.h"

#include <array>

namespace route {
namespace {

struct Row {
  Api api;
  std::string_view name;
  std::string_view path;
};

constexpr auto kRows = std::to_array<Row>({
    {Api::kChat, "chat", "/chat/completions"},
    {Api::kCompletions, "completions", "/completions"},
    {Api::kEmbeddings, "embeddings", "/embeddings"},
    {Api::kResponses, "responses", "/responses"},
    {Api::kMessages, "messages", "/messages"},
});

constexpr auto RowsAreInOrder() -> bool {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].api != static_cast<Api>(i)) return false;
  }
  return kRows.size() == kApiCount;
}
static_assert(RowsAreInOrder());

}  // namespace

auto ApiName(Api api) -> std::string_view {
  return kRows[static_cast<std::size_t>(api)].name;
}

auto ApiNamed(std::string_view name) -> std::optional<Api> {
  for (const Row& row : kRows) {
    if (row.name == name) return row.api;
  }
  return std::nullopt;
}

auto ApiPath(Api api) -> std::string_view {
  return kRows[static_cast<std::size_t>(api)].path;
}

}  // namespace route
