// fake_provider: a model provider for tests. It speaks HTTP/1.1 on 127.0.0.1, one thread for each connection.
//
//     fake_provider --name mistral --port 0
//
// Standard output is one JSON object a line: {"event":"listening","port":N}, then {"event":"request","n":1} when a
// completion request has been read, {"event":"gated","n":1} when its answer is being held back and
// {"event":"caller_gone","n":1} when the other side closed the connection meanwhile. Tests wait for these lines.
//
//     POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses, /v1/messages
//                                 answers as the mode says; "ok" names the provider, the model and the last message, or
//                                 calls the first tool with {"city":"Paris"} if the last message is "call the tool"
//     POST /control               {"mode":"ok"|"status"|"hang"|"reset"|"garbage_json"|"garbage_html"|"empty_choices"|
//                                  "truncate_stream"|"no_usage"|"error_event", "status"?, "retry_after"?, "delay_ms"?,
//                                  "chunks"?, "stream_delay_ms"?, "gate"?: "reply"|"stream", "location"?, "times"?}
//                                 `times`: for so many requests, then "ok" again; without it until the next /control
//     POST /control/release       lets go every answer that a gate holds back
//     GET  /control/requests      {"count", "connections", "last": {"path", "headers": {…}, "body": …}}

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::ordered_json;

struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct Behaviour {
  std::string mode = "ok";
  int status = 500;
  std::optional<int> retry_after;
  std::string location;
  int delay_ms = 0;
  int stream_delay_ms = 0;
  int chunks = 1;
  std::string gate;
  std::optional<int> times;
};

std::string provider_name = "fake";

std::mutex mutex;  // guards everything up to the next blank line
Behaviour behaviour;
std::set<int> gates;  // event descriptors of the answers being held back
std::uint64_t request_count = 0;
std::uint64_t connection_count = 0;
Json last_request = nullptr;

void Announce(const Json& event) {
  static std::mutex output;
  const std::lock_guard lock(output);
  std::printf("%s\n", event.dump().c_str());
  std::fflush(stdout);
}

auto Send(int socket, std::string_view bytes) -> bool {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Reads one request; `pending` holds what was read beyond the one before.
auto Read(int socket, std::string& pending) -> std::optional<Request> {
  const auto more = [&] {
    char bytes[8192];
    const auto got = ::recv(socket, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    pending.append(bytes, static_cast<std::size_t>(got));
    return true;
  };
  std::size_t head_end = 0;
  while ((head_end = pending.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  Request request;
  const std::string head = pending.substr(0, head_end);
  pending.erase(0, head_end + 4);
  const std::size_t first_line = head.find("\r\n");
  const std::string line = head.substr(0, first_line);
  const std::size_t blank = line.find(' ');
  request.method = line.substr(0, blank);
  request.path = line.substr(blank + 1, line.rfind(' ') - blank - 1);
  for (std::size_t at = first_line; at != std::string::npos && at < head.size();) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string field = head.substr(at + 2, end == std::string::npos ? end : end - at - 2);
    const std::size_t colon = field.find(':');
    if (colon != std::string::npos) {
      std::string name = field.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const std::size_t value = field.find_first_not_of(' ', colon + 1);
      request.headers[name] = value == std::string::npos ? "" : field.substr(value);
    }
    at = end;
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (pending.size() < size) {
    if (!more()) return std::nullopt;
  }
  request.body = pending.substr(0, size);
  pending.erase(0, size);
  return request;
}

auto Response(int status, std::string_view type, std::string_view body, std::string_view more = "") -> std::string {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}

auto Event(const Json& data) -> std::string {
  return "data: " + data.dump() + "\n\n";
}

auto Chunk(std::string_view piece) -> std::string {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  return size + std::string(piece) + "\r\n";
}

/// Holds the thread until /control/release or until the caller closes. False for the latter.
auto WaitAtGate(int socket, std::uint64_t number) -> bool {
  const int gate = ::eventfd(0, EFD_CLOEXEC);
  {
    const std::lock_guard lock(mutex);
    gates.insert(gate);
  }
  Announce({{"event", "gated"}, {"n", number}});
  pollfd wait[2] = {{gate, POLLIN, 0}, {socket, POLLIN, 0}};
  ::poll(wait, 2, -1);
  {
    const std::lock_guard lock(mutex);
    gates.erase(gate);
  }
  ::close(gate);
  const bool released = (wait[0].revents & POLLIN) != 0;
  if (!released) Announce({{"event", "caller_gone"}, {"n", number}});
  return released;
}

void Sleep(int ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// The text of the last message, prompt or input; content in parts as JSON.
auto LastMessage(const Json& body) -> std::string {
  Json last;
  for (const char* name : {"messages", "input", "prompt"}) {
    if (!body.contains(name) || body[name].empty()) continue;
    last = body[name].is_array() ? body[name].back() : body[name];
    if (last.is_object()) last = last.contains("output") ? last["output"] : last.value("content", Json());
  }
  return last.is_string() ? last.get<std::string>() : last.dump();
}

/// What the provider says to a request, whichever API it came in.
struct Said {
  std::string id;
  std::string model;
  std::string prompt;
  std::string text;
  std::string tool;       // that is called instead, or empty
  std::string arguments;  // of the call
};

auto FirstTool(const Json& body) -> std::string {
  if (!body.contains("tools") || body["tools"].empty()) return "";
  const Json& tool = body["tools"][0];
  return tool.contains("function") ? tool["function"].value("name", "") : tool.value("name", "");
}

auto Say(std::uint64_t number, const Json& body) -> Said {
  Said said;
  said.id = std::to_string(number);
  said.model = body.value("model", "");
  said.prompt = LastMessage(body);
  if (said.prompt == "call the tool") said.tool = FirstTool(body);
  if (said.tool.empty()) {
    said.text = provider_name + " serves " + said.model + ": " + said.prompt;
  } else {
    said.arguments = R"({"city":"Paris"})";
  }
  return said;
}

auto Usage(const Said& said, const char* in, const char* out) -> Json {
  const std::size_t answer = said.text.size() + said.arguments.size();
  return {{in, said.prompt.size()}, {out, answer}, {"total_tokens", said.prompt.size() + answer}};
}

/// A stream in pieces, of which the provider may hold some back, and its end.
struct Pieces {
  std::vector<std::string> pieces;
  std::string end;
  std::string half;  // an event that breaks off
};

auto Words(const std::string& text) -> std::vector<std::string> {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    words.push_back(text.substr(at, text.find(' ', at + 1) - at));
    at += words.back().size();
  }
  return words;
}

auto ChatStream(const Said& said, const Json& body, const Behaviour& how) -> Pieces {
  const auto chunk = [&](const Json& fields) {
    Json event = {
        {"id", "chatcmpl-" + said.id}, {"object", "chat.completion.chunk"}, {"created", 0}, {"model", said.model}};
    event.update(fields);
    return Event(event);
  };
  const auto choice = [&](const Json& delta, const Json& finish) {
    return chunk({{"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}}}});
  };
  Pieces stream;
  for (const std::string& word : Words(said.text)) {
    stream.pieces.push_back(choice({{"role", "assistant"}, {"content", word}}, nullptr));
  }
  if (!said.tool.empty()) {
    stream.pieces.push_back(choice({{"role", "assistant"},
                                    {"content", nullptr},
                                    {"tool_calls",
                                     {{{"index", 0},
                                       {"id", "call_" + said.id},
                                       {"type", "function"},
                                       {"function", {{"name", said.tool}, {"arguments", ""}}}}}}},
                                   nullptr));
    for (const std::string& piece : {said.arguments.substr(0, 5), said.arguments.substr(5)}) {
      stream.pieces.push_back(
          choice({{"tool_calls", {{{"index", 0}, {"function", {{"arguments", piece}}}}}}}, nullptr));
    }
  }
  stream.end = choice(Json::object(), said.tool.empty() ? "stop" : "tool_calls");
  const Json options = body.value("stream_options", Json::object());
  if (options.value("include_usage", false) && how.mode != "no_usage") {
    stream.end += chunk({{"choices", Json::array()}, {"usage", Usage(said, "prompt_tokens", "completion_tokens")}});
  }
  stream.end += "data: [DONE]\n\n";
  stream.half = "data: {\"choices\":[{\"ind";
  return stream;
}

auto CompletionStream(const Said& said) -> Pieces {
  const auto chunk = [&](const std::string& text, const Json& finish) {
    return Event({{"id", "cmpl-" + said.id},
                  {"object", "text_completion"},
                  {"created", 0},
                  {"model", said.model},
                  {"choices", {{{"index", 0}, {"text", text}, {"finish_reason", finish}}}}});
  };
  Pieces stream;
  for (const std::string& word : Words(said.text)) stream.pieces.push_back(chunk(word, nullptr));
  stream.end = chunk("", "stop") +
               Event({{"choices", Json::array()}, {"usage", Usage(said, "prompt_tokens", "completion_tokens")}}) +
               "data: [DONE]\n\n";
  stream.half = "data: {\"choices\":[{\"ind";
  return stream;
}

auto NamedEvent(const Json& data) -> std::string {
  return "event: " + data["type"].get<std::string>() + "\n" + Event(data);
}

auto AnthropicMessage(const Said& said, const Json& content, const Json& stop, const Json& usage) -> Json {
  return {{"id", "msg_" + said.id}, {"type", "message"},   {"role", "assistant"},      {"model", said.model},
          {"content", content},     {"stop_reason", stop}, {"stop_sequence", nullptr}, {"usage", usage}};
}

auto MessagesStream(const Said& said) -> Pieces {
  const bool calls = !said.tool.empty();
  const Json block =
      calls ? Json{{"type", "tool_use"}, {"id", "toolu_" + said.id}, {"name", said.tool}, {"input", Json::object()}}
            : Json{{"type", "text"}, {"text", ""}};
  const auto delta = [](const Json& fields) {
    return NamedEvent({{"type", "content_block_delta"}, {"index", 0}, {"delta", fields}});
  };
  std::string start =
      NamedEvent({{"type", "message_start"},
                  {"message", AnthropicMessage(said, Json::array(), nullptr,
                                               {{"input_tokens", said.prompt.size()}, {"output_tokens", 1}})}});
  start += NamedEvent({{"type", "content_block_start"}, {"index", 0}, {"content_block", block}}) +
           NamedEvent({{"type", "ping"}});
  Pieces stream;
  for (const std::string& word : Words(said.text))
    stream.pieces.push_back(delta({{"type", "text_delta"}, {"text", word}}));
  if (calls) {
    for (const std::string& piece : {said.arguments.substr(0, 5), said.arguments.substr(5)}) {
      stream.pieces.push_back(delta({{"type", "input_json_delta"}, {"partial_json", piece}}));
    }
  }
  stream.pieces.front() = start + stream.pieces.front();
  stream.end = NamedEvent({{"type", "content_block_stop"}, {"index", 0}});
  stream.end += NamedEvent({{"type", "message_delta"},
                            {"delta", {{"stop_reason", calls ? "tool_use" : "end_turn"}, {"stop_sequence", nullptr}}},
                            {"usage", {{"output_tokens", said.text.size() + said.arguments.size()}}}});
  stream.end += NamedEvent({{"type", "message_stop"}});
  stream.half = "event: content_block_delta\ndata: {\"type\":";
  return stream;
}

auto ResponseJson(const Said& said, const std::string& status) -> Json {
  const Json text = {{"type", "output_text"}, {"text", said.text}, {"annotations", Json::array()}};
  Json output = Json::array();
  if (status != "in_progress")
    output.push_back({{"type", "message"},
                      {"id", "msg_" + said.id},
                      {"role", "assistant"},
                      {"status", status},
                      {"content", {text}}});
  return {{"id", "resp_" + said.id},
          {"object", "response"},
          {"created_at", 0},
          {"status", status},
          {"model", said.model},
          {"output", output},
          {"usage", Usage(said, "input_tokens", "output_tokens")}};
}

auto ResponsesStream(const Said& said) -> Pieces {
  Pieces stream;
  for (const std::string& word : Words(said.text)) {
    stream.pieces.push_back(NamedEvent({{"type", "response.output_text.delta"},
                                        {"item_id", "msg"},
                                        {"output_index", 0},
                                        {"content_index", 0},
                                        {"delta", word}}));
  }
  Json item = ResponseJson(said, "completed")["output"][0];
  const Json part = {{"type", "output_text"}, {"text", ""}, {"annotations", Json::array()}};
  item["content"] = Json::array();
  const Json created = {{"type", "response.created"}, {"response", ResponseJson(said, "in_progress")}};
  const Json item_added = {{"type", "response.output_item.added"}, {"output_index", 0}, {"item", item}};
  const Json part_added = {{"type", "response.content_part.added"},
                           {"item_id", "msg"},
                           {"output_index", 0},
                           {"content_index", 0},
                           {"part", part}};
  stream.pieces.front() = NamedEvent(created) + NamedEvent(item_added) + NamedEvent(part_added) + stream.pieces.front();
  stream.end = NamedEvent({{"type", "response.completed"}, {"response", ResponseJson(said, "completed")}});
  stream.half = "event: response.output_text.delta\ndata: {\"type\":";
  return stream;
}

auto StreamOf(const std::string& path, const Said& said, const Json& body, const Behaviour& how) -> Pieces {
  if (path == "/v1/messages") return MessagesStream(said);
  if (path == "/v1/responses") return ResponsesStream(said);
  if (path == "/v1/completions") return CompletionStream(said);
  return ChatStream(said, body, how);
}

auto AnswerStream(int socket, const Behaviour& how, std::uint64_t number, const Pieces& stream) -> bool {
  if (!Send(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"))
    return false;
  if (how.mode == "error_event")
    return Send(socket, Chunk(NamedEvent({{"type", "error"}, {"error", {{"message", "overloaded"}}}})) + "0\r\n\r\n");
  if (how.mode == "garbage_json") return Send(socket, Chunk("data: {\"choices\":\n\n") + "0\r\n\r\n");
  int sent = 0;
  for (const std::string& piece : stream.pieces) {
    if (!Send(socket, Chunk(piece))) return false;
    if (++sent == how.chunks) {
      if (how.mode == "truncate_stream") {
        Send(socket, Chunk(stream.half));
        return false;
      }
      if (how.gate == "stream" && !WaitAtGate(socket, number)) return false;
    }
    Sleep(how.stream_delay_ms);
  }
  return Send(socket, Chunk(stream.end) + "0\r\n\r\n");
}

auto ChatAnswer(const Said& said, const Behaviour& how) -> Json {
  Json answer = {{"id", "chatcmpl-" + said.id},
                 {"object", "chat.completion"},
                 {"created", 0},
                 {"model", said.model},
                 {"choices", Json::array()}};
  Json message = {{"role", "assistant"}, {"content", said.tool.empty() ? Json(said.text) : Json(nullptr)}};
  if (!said.tool.empty()) {
    message["tool_calls"] = {{{"id", "call_" + said.id},
                              {"type", "function"},
                              {"function", {{"name", said.tool}, {"arguments", said.arguments}}}}};
  }
  if (how.mode != "empty_choices") {
    answer["choices"].push_back(
        {{"index", 0}, {"message", message}, {"finish_reason", said.tool.empty() ? "stop" : "tool_calls"}});
  }
  if (how.mode != "no_usage") answer["usage"] = Usage(said, "prompt_tokens", "completion_tokens");
  return answer;
}

auto MessagesAnswer(const Said& said, const Behaviour& how) -> Json {
  Json block = {{"type", "text"}, {"text", said.text}};
  if (!said.tool.empty())
    block = {
        {"type", "tool_use"}, {"id", "toolu_" + said.id}, {"name", said.tool}, {"input", Json::parse(said.arguments)}};
  Json answer = AnthropicMessage(
      said, Json::array({block}), said.tool.empty() ? "end_turn" : "tool_use",
      {{"input_tokens", said.prompt.size()}, {"output_tokens", said.text.size() + said.arguments.size()}});
  if (how.mode == "empty_choices") answer.erase("content");
  return answer;
}

auto EmbeddingsAnswer(const Said& said, const Json& body, const Behaviour& how) -> Json {
  const std::size_t count = body["input"].is_array() ? body["input"].size() : 1;
  const bool as_text = body.value("encoding_format", "") == "base64";
  Json data = Json::array();
  for (std::size_t i = 0; i < count && how.mode != "empty_choices"; ++i) {
    // 0.5 and -2, as numbers or as four bytes each.
    data.push_back({{"object", "embedding"},
                    {"index", i},
                    {"embedding", as_text ? Json("AAAAPwAAAMA=") : Json::array({0.5, -2.0})}});
  }
  return {{"object", "list"},
          {"model", said.model},
          {"data", data},
          {"usage", {{"prompt_tokens", said.prompt.size()}, {"total_tokens", said.prompt.size()}}}};
}

auto CompletionAnswer(const Said& said, const Behaviour& how) -> Json {
  Json choices = Json::array();
  if (how.mode != "empty_choices") choices.push_back({{"index", 0}, {"text", said.text}, {"finish_reason", "stop"}});
  return {{"id", "cmpl-" + said.id},
          {"object", "text_completion"},
          {"created", 0},
          {"model", said.model},
          {"choices", choices},
          {"usage", Usage(said, "prompt_tokens", "completion_tokens")}};
}

auto PlainAnswerOf(const std::string& path, const Said& said, const Json& body, const Behaviour& how) -> Json {
  if (path == "/v1/messages") return MessagesAnswer(said, how);
  if (path == "/v1/responses") return ResponseJson(said, how.mode == "empty_choices" ? "in_progress" : "completed");
  if (path == "/v1/embeddings") return EmbeddingsAnswer(said, body, how);
  if (path == "/v1/completions") return CompletionAnswer(said, how);
  return ChatAnswer(said, how);
}

auto IsModelPath(const std::string& path) -> bool {
  return path == "/v1/chat/completions" || path == "/v1/completions" || path == "/v1/embeddings" ||
         path == "/v1/responses" || path == "/v1/messages";
}

auto AnswerCompletion(int socket, const Behaviour& how, std::uint64_t number, const Request& request) -> bool {
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return Send(socket, Response(400, "application/json", R"({"error":{"message":"no JSON"}})"));
  Sleep(how.delay_ms);
  if (how.gate == "reply" && !WaitAtGate(socket, number)) return false;
  if (how.mode == "hang") {
    pollfd wait{socket, POLLIN, 0};
    ::poll(&wait, 1, -1);
    Announce({{"event", "caller_gone"}, {"n", number}});
    return false;
  }
  if (how.mode == "reset") {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
  }
  if (how.mode == "status") {
    std::string more;
    if (how.retry_after) more += "Retry-After: " + std::to_string(*how.retry_after) + "\r\n";
    if (!how.location.empty()) more += "Location: " + how.location + "\r\n";
    Json error = {{"error", {{"message", "as told"}, {"type", "fake"}, {"param", nullptr}, {"code", "fake_error"}}}};
    if (request.path == "/v1/messages")
      error = {{"type", "error"}, {"error", {{"type", "fake"}, {"message", "as told"}}}};
    return Send(socket, Response(how.status, "application/json", error.dump(), more));
  }
  if (how.mode == "garbage_html") return Send(socket, Response(200, "text/html", "<html><body>Welcome</body></html>"));
  const Said said = Say(number, body);
  if (body.value("stream", false) && how.mode != "empty_choices") {
    return AnswerStream(socket, how, number, StreamOf(request.path, said, body, how));
  }
  if (how.mode == "garbage_json")
    return Send(socket, Response(200, "application/json", "{\"choices\": [{\"index\": 0,"));
  return Send(socket, Response(200, "application/json", PlainAnswerOf(request.path, said, body, how).dump()));
}

auto Control(const Request& request) -> std::string {
  const Json given = Json::parse(request.body, nullptr, false);
  if (!given.is_object()) return Response(400, "text/plain", "the body must be a JSON object\n");
  Behaviour next;
  next.mode = given.value("mode", "ok");
  next.status = given.value("status", 500);
  if (given.contains("retry_after")) next.retry_after = given["retry_after"].get<int>();
  next.location = given.value("location", "");
  next.delay_ms = given.value("delay_ms", 0);
  next.stream_delay_ms = given.value("stream_delay_ms", 0);
  next.chunks = given.value("chunks", 1);
  next.gate = given.value("gate", "");
  if (given.contains("times")) next.times = given["times"].get<int>();
  const std::lock_guard lock(mutex);
  behaviour = next;
  return Response(200, "application/json", "{}");
}

auto Release() -> std::string {
  const std::lock_guard lock(mutex);
  for (const int gate : gates) {
    const std::uint64_t one = 1;
    if (::write(gate, &one, sizeof one) != sizeof one) std::abort();
  }
  return Response(200, "application/json", "{}");
}

auto Serve(int socket, const Request& request) -> bool {
  if (request.path == "/control") return Send(socket, Control(request));
  if (request.path == "/control/release") return Send(socket, Release());
  if (request.path == "/control/requests") {
    const std::lock_guard lock(mutex);
    const Json counts = {{"count", request_count}, {"connections", connection_count}, {"last", last_request}};
    return Send(socket, Response(200, "application/json", counts.dump()));
  }
  if (!IsModelPath(request.path)) return Send(socket, Response(404, "text/plain", "no such path\n"));
  Behaviour how;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex);
    how = behaviour;
    if (behaviour.times && --*behaviour.times <= 0) behaviour = Behaviour{};
    number = ++request_count;
    Json body = Json::parse(request.body, nullptr, false);
    last_request = {{"path", request.path},
                    {"headers", request.headers},
                    {"body", body.is_discarded() ? Json(nullptr) : std::move(body)}};
  }
  Announce({{"event", "request"}, {"n", number}});
  return AnswerCompletion(socket, how, number, request);
}

void ServeConnection(int socket) {
  std::string pending;
  bool counted = false;
  while (auto request = Read(socket, pending)) {
    if (!counted && IsModelPath(request->path)) {
      const std::lock_guard lock(mutex);
      ++connection_count;
      counted = true;
    }
    if (!Serve(socket, *request)) break;
  }
  ::close(socket);
}

}  // namespace

auto main(int argc, char** argv) -> int {
  int port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--port") == 0) port = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--name") == 0) provider_name = argv[i + 1];
  }
  std::signal(SIGPIPE, SIG_IGN);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 128) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::fprintf(stderr, "fake_provider: cannot listen: %s\n", std::strerror(errno));
    return 1;
  }
  Announce({{"event", "listening"}, {"port", ntohs(address.sin_port)}});
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread(ServeConnection, socket).detach();
  }
}
