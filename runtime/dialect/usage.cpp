#include "runtime/dialect/usage.h"

#include <cmath>
#include <cstdlib>
#include <expected>

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Count = std::expected<std::int64_t, std::string>;

/// More tokens than this is no number of tokens. A double holds every whole number up to here.
constexpr std::int64_t kMostTokens = std::int64_t{1} << 53U;

auto ReadCount(const Json& usage, const std::string& name) -> Count {
  const auto found = usage.find(name);
  if (found == usage.end() || found->is_null()) return std::unexpected("`" + name + "` is missing");
  if (!found->is_number()) return std::unexpected("`" + name + "` is not a number");
  const auto value = found->get<double>();  // beyond 2^53 it is rounded, and too large all the same
  if (value < 0) return std::unexpected("`" + name + "` is negative");
  if (value > static_cast<double>(kMostTokens)) return std::unexpected("`" + name + "` is too large");
  if (value != std::floor(value)) return std::unexpected("`" + name + "` is not a whole number");
  return static_cast<std::int64_t>(value);
}

/// Of what need not be there.
auto ReadCountIfThere(const Json& usage, const std::string& name) -> Count {
  const auto found = usage.find(name);
  return found == usage.end() || found->is_null() ? Count(0) : ReadCount(usage, name);
}

auto Together(const Count& prompt, const Count& completion) -> ReportedUsage {
  if (!prompt) return {std::nullopt, prompt.error()};
  if (!completion) return {std::nullopt, completion.error()};
  return {TokenUsage{*prompt, *completion}, ""};
}

auto AnthropicPrompt(const Json& usage) -> Count {
  Count sum = ReadCount(usage, "input_tokens");
  for (const char* name : {"cache_creation_input_tokens", "cache_read_input_tokens"}) {
    const Count more = ReadCountIfThere(usage, name);
    if (!sum) return sum;
    if (!more) return more;
    *sum += *more;
  }
  return sum;
}

}  // namespace

auto ReadUsage(Api api, const Json& usage) -> ReportedUsage {
  switch (api) {
    case Api::kChat:
    case Api::kCompletions: return Together(ReadCount(usage, "prompt_tokens"), ReadCount(usage, "completion_tokens"));
    case Api::kEmbeddings: return Together(ReadCount(usage, "prompt_tokens"), 0);
    case Api::kResponses: return Together(ReadCount(usage, "input_tokens"), ReadCount(usage, "output_tokens"));
    case Api::kMessages: return Together(AnthropicPrompt(usage), ReadCount(usage, "output_tokens"));
  }
  std::abort();
}

}  // namespace route
