// fake_provider: a model provider for tests. It speaks HTTP/1.1 on 127.0.0.1, one thread for each connection.
//
//     fake_provider --name mistral --port 0
//
// Standard output is one JSON object a line: {"event":"listening","port":N}, then {"event":"request","n":1} when a
// completion request has been read, {"event":"gated","n":1} when its answer is being held back and
// {"event":"caller_gone","n":1} when the other side closed the connection meanwhile. Tests wait for these lines.
//
//     POST /v1/chat/completions   answers as the mode says; "ok" names the provider, the model and the last message
//     POST /control               {"mode":"ok"|"status"|"hang"|"reset"|"garbage_json"|"garbage_html"|"empty_choices"|
//                                  "truncate_stream"|"no_usage"|"error_event", "status"?, "retry_after"?, "delay_ms"?,
//                                  "chunks"?, "stream_delay_ms"?, "gate"?: "reply"|"stream", "location"?, "times"?}
//                                 `times`: for so many requests, then "ok" again; without it until the next /control
//     POST /control/release       lets go every answer that a gate holds back
//     GET  /control/requests      {"count", "connections", "last": {"headers": {…}, "body": …}}

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

auto LastMessage(const Json& body) -> std::string {
  if (!body.contains("messages") || body["messages"].empty()) return "";
  const Json& content = body["messages"].back().value("content", Json());
  return content.is_string() ? content.get<std::string>() : content.dump();
}

auto Usage(const std::string& prompt, const std::string& answer) -> Json {
  return {{"prompt_tokens", prompt.size()},
          {"completion_tokens", answer.size()},
          {"total_tokens", prompt.size() + answer.size()}};
}

auto AnswerStream(int socket, const Behaviour& how, std::uint64_t number, const Json& body) -> bool {
  const std::string model = body.value("model", "");
  const std::string text = provider_name + " serves " + model + ": " + LastMessage(body);
  const auto chunk = [&](const Json& delta, const Json& finish) {
    return Event({{"id", "chatcmpl-" + std::to_string(number)},
                  {"object", "chat.completion.chunk"},
                  {"created", 0},
                  {"model", model},
                  {"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}}}});
  };
  if (!Send(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"))
    return false;
  if (how.mode == "error_event")
    return Send(socket, Chunk(Event({{"error", {{"message", "overloaded"}}}})) + "0\r\n\r\n");
  if (how.mode == "garbage_json") return Send(socket, Chunk("data: {\"choices\":\n\n") + "0\r\n\r\n");
  int sent = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string word = text.substr(at, text.find(' ', at + 1) - at);
    at += word.size();
    if (!Send(socket, Chunk(chunk({{"role", "assistant"}, {"content", word}}, nullptr)))) return false;
    if (++sent == how.chunks) {
      if (how.mode == "truncate_stream") {
        Send(socket, Chunk("data: {\"choices\":[{\"ind"));  // and half an event
        return false;
      }
      if (how.gate == "stream" && !WaitAtGate(socket, number)) return false;
    }
    Sleep(how.stream_delay_ms);
  }
  std::string end = chunk(Json::object(), "stop");
  const Json options = body.value("stream_options", Json::object());
  if (options.value("include_usage", false) && how.mode != "no_usage") {
    end += Event({{"id", "chatcmpl-" + std::to_string(number)},
                  {"object", "chat.completion.chunk"},
                  {"created", 0},
                  {"model", model},
                  {"choices", Json::array()},
                  {"usage", Usage(LastMessage(body), text)}});
  }
  return Send(socket, Chunk(end + "data: [DONE]\n\n") + "0\r\n\r\n");
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
    const Json error = {
        {"error", {{"message", "as told"}, {"type", "fake"}, {"param", nullptr}, {"code", "fake_error"}}}};
    return Send(socket, Response(how.status, "application/json", error.dump(), more));
  }
  if (how.mode == "garbage_html") return Send(socket, Response(200, "text/html", "<html><body>Welcome</body></html>"));
  if (body.value("stream", false) && how.mode != "empty_choices") return AnswerStream(socket, how, number, body);
  if (how.mode == "garbage_json")
    return Send(socket, Response(200, "application/json", "{\"choices\": [{\"index\": 0,"));
  const std::string model = body.value("model", "");
  const std::string text = provider_name + " serves " + model + ": " + LastMessage(body);
  Json answer = {{"id", "chatcmpl-" + std::to_string(number)},
                 {"object", "chat.completion"},
                 {"created", 0},
                 {"model", model},
                 {"choices", Json::array()}};
  if (how.mode != "empty_choices") {
    answer["choices"].push_back(
        {{"index", 0}, {"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", "stop"}});
  }
  if (how.mode != "no_usage") answer["usage"] = Usage(LastMessage(body), text);
  return Send(socket, Response(200, "application/json", answer.dump()));
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
  if (request.path != "/v1/chat/completions") return Send(socket, Response(404, "text/plain", "no such path\n"));
  Behaviour how;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex);
    how = behaviour;
    if (behaviour.times && --*behaviour.times <= 0) behaviour = Behaviour{};
    number = ++request_count;
    Json body = Json::parse(request.body, nullptr, false);
    last_request = {{"headers", request.headers}, {"body", body.is_discarded() ? Json(nullptr) : std::move(body)}};
  }
  Announce({{"event", "request"}, {"n", number}});
  return AnswerCompletion(socket, how, number, request);
}

void ServeConnection(int socket) {
  std::string pending;
  bool counted = false;
  while (auto request = Read(socket, pending)) {
    if (!counted && request->path == "/v1/chat/completions") {
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
