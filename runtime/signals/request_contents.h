#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/signals/model_request.h"

/// What a request holds, whichever API it uses: the same conversation gives the same contents in each of them.
namespace route {

struct RequestContents {
  /// Every text that a model would read as part of the conversation, one a line: prompts, messages, instructions, tool
  /// calls and their results, predictions; of parts that this gateway does not know, all strings. Where content is an
  /// array, its text parts come once more joined without a break, because a model reads them so. Left out are tool
  /// definitions, images given inline, and the bytes of audio and files.
  std::string text;

  /// An upper bound of the prompt's tokens, found without a tokenizer: a token stands for at least one byte. So it is the
  /// bytes of the text (without what is joined), of tool definitions and answer schemas as JSON, of audio and files as
  /// they are sent, and the constants below.
  std::int64_t prompt_tokens = 0;

  /// What the request needs of a model: some of KnownNeeds(), in their order.
  std::vector<std::string_view> needs;
};

inline constexpr std::int64_t kTokensPerTurn = 16;    ///< framing of a message, a tool call or its result
inline constexpr std::int64_t kTokensPerImage = 4096;
inline constexpr std::int64_t kTokensPerTool = 32;    ///< framing of a definition
inline constexpr std::int64_t kTokensForTools = 1024; ///< what providers write before the definitions, if there are any

/// One walk over the body.
auto ReadContents(const ModelRequest& request) -> RequestContents;

}  // namespace route
