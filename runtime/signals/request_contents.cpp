#include "runtime/signals/request_contents.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::initializer_list<std::string_view>;

auto Member(const Json& object, std::string_view name) -> const Json* {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

auto TextOf(const Json* value) -> std::string_view {
  return value != nullptr && value->is_string() ? std::string_view(value->get_ref<const std::string&>())
                                                : std::string_view{};
}

auto TypeOf(const Json& object) -> std::string_view {
  return TextOf(Member(object, "type"));
}

auto IsFilledArray(const Json* value) -> bool {
  return value != nullptr && value->is_array() && !value->empty();
}

/// A text as it is, anything else as JSON, and nothing for what is not there.
auto Spelled(const Json* value) -> std::string {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

auto IsOneOf(std::string_view name, Names names) -> bool {
  return std::ranges::find(names, name) != names.end();
}

auto Bytes(const Json& value) -> std::int64_t {
  return static_cast<std::int64_t>(value.dump().size());
}

auto Size(std::string_view text) -> std::int64_t {
  return static_cast<std::int64_t>(text.size());
}

/// Collects while a body is walked. What a part means is counted alike however its API spells it; of fields that are not
/// known here, all strings count as text.
class Walk {
 public:
  void Chat(const Json& body) {
    for (const Json& message : body["messages"]) ChatMessage(message);
    if (const Json* prediction = Member(body, "prediction")) Prediction(*prediction);
    if (const Json* tools = Member(body, "tools")) Tools(*tools);
    if (const Json* functions = Member(body, "functions")) Tools(*functions);
    Format(Member(body, "response_format"));
    const Json* modalities = Member(body, "modalities");
    if (modalities != nullptr && modalities->is_array()) audio_ = audio_ || std::ranges::count(*modalities, Json("audio")) > 0;
    if (const Json* logprobs = Member(body, "logprobs")) logprobs_ = *logprobs == Json(true);
    if (const Json* effort = Member(body, "reasoning_effort")) reasoning_ = !effort->is_null();
  }

  void Completions(const Json& body) {
    Texts(body["prompt"]);
    if (const Json* suffix = Member(body, "suffix")) Strings(*suffix);
    if (const Json* logprobs = Member(body, "logprobs")) logprobs_ = !logprobs->is_null();
  }

  void Embeddings(const Json& body) {
    Texts(body["input"]);
    embeddings_ = true;
  }

  void Responses(const Json& body) {
    if (const Json* instructions = Member(body, "instructions")) Instructions(*instructions);
    const Json& input = body["input"];
    if (input.is_string()) {
      Turn();
      Content(input);
    } else {
      for (const Json& item : input) Item(item);
    }
    if (const Json* tools = Member(body, "tools")) Tools(*tools);
    if (const Json* text = Member(body, "text")) Format(Member(*text, "format"));
    if (const Json* reasoning = Member(body, "reasoning")) {
      const Json* effort = Member(*reasoning, "effort");
      reasoning_ = effort != nullptr && !effort->is_null();
    }
    const Json* include = Member(body, "include");
    logprobs_ = include != nullptr && include->is_array() &&
                std::ranges::count(*include, Json("message.output_text.logprobs")) > 0;
  }

  void Messages(const Json& body) {
    if (const Json* system = Member(body, "system")) Instructions(*system);
    for (const Json& message : body["messages"]) AnthropicMessage(message);
    if (const Json* tools = Member(body, "tools")) Tools(*tools);
    Format(Member(body, "output_format"));
    if (const Json* output = Member(body, "output_config")) Format(Member(*output, "format"));
    if (const Json* thinking = Member(body, "thinking")) {
      reasoning_ = thinking->is_object() && TypeOf(*thinking) != "disabled";
    }
  }

  auto Finish(const ModelRequest& request) -> RequestContents {
    RequestContents contents;
    contents.prompt_tokens = Size(text_) + other_bytes_ + turns_ * kTokensPerTurn + images_ * kTokensPerImage +
                             tools_ * kTokensPerTool + (tools_ > 0 ? kTokensForTools : 0);
    contents.text = std::move(text_) + joined_;
    const auto add = [&](bool needed, std::string_view name) {
      if (needed) contents.needs.push_back(name);
    };
    add(tools_ > 0 || uses_tools_, "tools");
    add(images_ > 0, "vision");
    add(json_, "json");
    add(audio_, "audio");
    add(files_, "files");
    add(request.stream, "streaming");
    add(logprobs_, "logprobs");
    add(reasoning_, "reasoning");
    add(embeddings_, "embeddings");
    return contents;
  }

 private:
  void Turn() { ++turns_; }

  void Text(std::string_view text) {
    if (text.empty()) return;
    text_ += text;
    text_ += '\n';
  }

  void Strings(const Json& value) {
    if (value.is_string()) {
      Text(value.get_ref<const std::string&>());
    } else if (value.is_structured()) {
      for (const Json& child : value) Strings(child);
    }
  }

  void StringsBut(const Json& object, Names known) {
    for (const auto& [key, value] : object.items()) {
      if (!IsOneOf(key, known)) Strings(value);
    }
  }

  /// A text or an array of texts, each a prompt of its own.
  void Texts(const Json& texts) {
    if (texts.is_string()) {
      Turn();
      Strings(texts);
      return;
    }
    for (const Json& text : texts) {
      Turn();
      Strings(text);
    }
  }

  /// An object of which the field `name` holds bytes rather than text.
  void BytesIn(const Json& object, std::string_view name) {
    if (!object.is_object()) return Strings(object);
    other_bytes_ += Size(TextOf(Member(object, name)));
    StringsBut(object, {name});
  }

  /// What stands where a message's content may stand: a text, or parts.
  void Content(const Json& content) {
    if (!content.is_array()) return Strings(content);
    for (const Json& part : content) Part(part);
    Joined(content);
  }

  void Joined(const Json& content) {
    std::string joined;
    int texts = 0;
    for (const Json& part : content) {
      const Json* piece = part.is_object() ? Member(part, "text") : &part;
      if (piece == nullptr || !piece->is_string()) continue;
      joined += piece->get_ref<const std::string&>();
      ++texts;
    }
    if (texts > 1) joined_ += joined + '\n';
  }

  void Part(const Json& part) {
    if (!part.is_object()) return Strings(part);
    const std::string_view type = TypeOf(part);
    if (IsOneOf(type, {"text", "input_text", "output_text"})) {
      StringsBut(part, {"type", "cache_control"});
    } else if (IsOneOf(type, {"image_url", "input_image"})) {
      ++images_;
      const Json* image = Member(part, "image_url");
      Address(Spelled(image != nullptr && image->is_object() ? Member(*image, "url") : image));
      StringsBut(part, {"type", "image_url", "detail"});
    } else if (type == "image") {
      ++images_;
      if (const Json* source = Member(part, "source")) Address(Spelled(Member(*source, "url")));
      StringsBut(part, {"type", "source", "cache_control"});
    } else if (type == "input_audio") {
      audio_ = true;
      if (const Json* audio = Member(part, "input_audio")) BytesIn(*audio, "data");
      StringsBut(part, {"type", "input_audio"});
    } else if (type == "file") {
      files_ = true;
      if (const Json* file = Member(part, "file")) BytesIn(*file, "file_data");
      StringsBut(part, {"type", "file"});
    } else if (type == "input_file") {
      files_ = true;
      BytesIn(part, "file_data");
    } else if (type == "document") {
      files_ = true;
      Document(part);
    } else if (type == "tool_use") {
      Call(Spelled(Member(part, "id")), Spelled(Member(part, "name")), Spelled(Member(part, "input")));
      StringsBut(part, {"type", "id", "name", "input", "cache_control"});
    } else if (type == "tool_result") {
      uses_tools_ = true;
      Turn();
      Text(Spelled(Member(part, "tool_use_id")));
      if (const Json* content = Member(part, "content")) Content(*content);
      StringsBut(part, {"type", "tool_use_id", "content", "cache_control"});
    } else {
      Strings(part);
    }
  }

  /// Where an image is. One that is given inline is no text.
  void Address(std::string_view url) {
    if (!url.starts_with("data:")) Text(url);
  }

  void Document(const Json& part) {
    const Json* source = Member(part, "source");
    if (source != nullptr && TypeOf(*source) == "base64") {
      BytesIn(*source, "data");
    } else if (source != nullptr && TypeOf(*source) == "content" && Member(*source, "content") != nullptr) {
      Content(*Member(*source, "content"));
    } else if (source != nullptr) {
      Strings(*source);
    }
    StringsBut(part, {"type", "source", "cache_control"});
  }

  void Call(std::string_view id, std::string_view name, std::string_view arguments) {
    uses_tools_ = true;
    Turn();
    Text(id);
    Text(name);
    Text(arguments);
  }

  void ChatMessage(const Json& message) {
    const std::string_view role = TextOf(Member(message, "role"));
    uses_tools_ = uses_tools_ || role == "tool" || role == "function";
    const Json* calls = Member(message, "tool_calls");
    const Json* content = Member(message, "content");
    const bool says_something = content != nullptr && !content->is_null() && *content != Json("");
    if (says_something || !IsFilledArray(calls)) Turn();
    if (content != nullptr) Content(*content);
    if (IsFilledArray(calls)) {
      for (const Json& call : *calls) ChatCall(call);
    }
    if (const Json* call = Member(message, "function_call"); call != nullptr && call->is_object()) uses_tools_ = true;
    StringsBut(message, {"role", "content", "tool_calls"});
  }

  void ChatCall(const Json& call) {
    const Json* function = Member(call, "function");
    if (function == nullptr) {
      uses_tools_ = true;
      Turn();
      return Strings(call);
    }
    Call(Spelled(Member(call, "id")), Spelled(Member(*function, "name")), Spelled(Member(*function, "arguments")));
    StringsBut(call, {"id", "type", "function"});
    if (function->is_object()) StringsBut(*function, {"name", "arguments"});
  }

  void Prediction(const Json& prediction) {
    const Json* content = Member(prediction, "content");
    if (content == nullptr) return Strings(prediction);
    Content(*content);
    StringsBut(prediction, {"type", "content"});
  }

  void Instructions(const Json& instructions) {
    if (instructions.is_null()) return;
    Turn();
    Content(instructions);
  }

  /// A result of a tool is a turn of its own, so a message of nothing else is none.
  void AnthropicMessage(const Json& message) {
    const Json* content = Member(message, "content");
    const auto has_own_turn = [](const Json& block) { return IsOneOf(TypeOf(block), {"tool_use", "tool_result"}); };
    if (!IsFilledArray(content) || !std::ranges::all_of(*content, has_own_turn)) Turn();
    if (content != nullptr) Content(*content);
    StringsBut(message, {"role", "content"});
  }

  void Item(const Json& item) {
    const std::string_view type = TypeOf(item);
    if (type == "function_call") {
      Call(Spelled(Member(item, "call_id")), Spelled(Member(item, "name")), Spelled(Member(item, "arguments")));
      StringsBut(item, {"type", "call_id", "name", "arguments", "status"});
    } else if (type == "function_call_output") {
      uses_tools_ = true;
      Turn();
      Text(Spelled(Member(item, "call_id")));
      if (const Json* output = Member(item, "output")) Content(*output);
      StringsBut(item, {"type", "call_id", "output", "status"});
    } else if (type.empty() || type == "message") {
      Turn();
      if (const Json* content = Member(item, "content")) Content(*content);
      StringsBut(item, {"type", "role", "content", "status"});
    } else {
      uses_tools_ = uses_tools_ || type != "reasoning";
      Turn();
      Strings(item);
    }
  }

  void Tools(const Json& tools) {
    if (!tools.is_array()) return;
    for (const Json& tool : tools) {
      ++tools_;
      const Json* function = Member(tool, "function");
      Definition(function == nullptr ? tool : *function);
    }
  }

  void Definition(const Json& tool) {
    if (!tool.is_object()) {
      other_bytes_ += Bytes(tool);
      return;
    }
    for (const auto& [key, value] : tool.items()) {
      if (IsOneOf(key, {"name", "description"}) && value.is_string()) {
        other_bytes_ += Size(TextOf(&value));
      } else if (IsOneOf(key, {"parameters", "input_schema"})) {
        other_bytes_ += Bytes(value);
      } else if (!IsOneOf(key, {"type", "strict", "cache_control"}) || !value.is_primitive()) {
        other_bytes_ += Size(key) + Bytes(value);
      }
    }
  }

  /// The form that the answer is asked for in.
  void Format(const Json* format) {
    if (format == nullptr || format->is_null()) return;
    if (TypeOf(*format) == "text") return;
    other_bytes_ += Bytes(*format);
    json_ = json_ || IsOneOf(TypeOf(*format), {"json_object", "json_schema"});
  }

  std::string text_;
  std::string joined_;             // the text parts of each content that has several, one content a line
  std::int64_t other_bytes_ = 0;   // of definitions, schemas, audio and files
  std::int64_t turns_ = 0;
  std::int64_t images_ = 0;
  std::int64_t tools_ = 0;  // definitions
  bool uses_tools_ = false;
  bool json_ = false;
  bool audio_ = false;
  bool files_ = false;
  bool logprobs_ = false;
  bool reasoning_ = false;
  bool embeddings_ = false;
};

}  // namespace

auto ReadContents(const ModelRequest& request) -> RequestContents {
  Walk walk;
  switch (request.api) {
    case Api::kChat: walk.Chat(request.body); break;
    case Api::kCompletions: walk.Completions(request.body); break;
    case Api::kEmbeddings: walk.Embeddings(request.body); break;
    case Api::kResponses: walk.Responses(request.body); break;
    case Api::kMessages: walk.Messages(request.body); break;
  }
  return walk.Finish(request);
}

}  // namespace route
