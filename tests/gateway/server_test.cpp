// How the server treats callers that are too slow, with times cut down to what a test can wait for.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "runtime/gateway/server.h"
#include "runtime/table/sha256.h"
#include "tests/gateway/log_folder.h"
#include "tests/gateway/make_bundle.h"

namespace {

using namespace route;

/// A server with one thread, whose deployments nobody listens at.
class Running {
 public:
  explicit Running(ServerTimes times)
      : folder_(MakeFolder()),
        state_(MakeState(folder_)),
        server_(StartServer(state_, times)),
        thread_([this] { server_->Run(); }) {}
  Running(const Running&) = delete;
  auto operator=(const Running&) -> Running& = delete;
  ~Running() {
    server_->Stop();
    thread_.join();
    state_->process->log.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Sends the bytes and gives all that comes back until the server closes the connection.
  auto Exchange(const std::string& bytes) const -> std::string {
    const int socket = Connect();
    REQUIRE(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    std::string answer;
    char piece[4096];
    for (ssize_t got = 0; (got = ::recv(socket, piece, sizeof piece, 0)) > 0;) {
      answer.append(piece, static_cast<std::size_t>(got));
    }
    ::close(socket);
    return answer;
  }

  /// Sends the beginning and then the same bytes again and again, and reads nothing. How many were sent when the server
  /// closed the connection, or nothing if it took all of `most`.
  auto Flood(const std::string& beginning, const std::string& again, std::size_t most) const -> std::optional<std::size_t> {
    const int socket = Connect();
    std::size_t sent = 0;
    ssize_t got = ::send(socket, beginning.data(), beginning.size(), MSG_NOSIGNAL);
    for (; got > 0 && sent < most; got = ::send(socket, again.data(), again.size(), MSG_NOSIGNAL)) {
      sent += static_cast<std::size_t>(got);
    }
    ::close(socket);
    return got > 0 ? std::nullopt : std::optional(sent);
  }

  /// Sends the beginning and then a byte whenever a millisecond has passed. Whether the server closed the connection
  /// before it had `most` of them.
  auto Drip(const std::string& beginning, std::size_t most) const -> bool {
    const int socket = Connect();
    bool open = ::send(socket, beginning.data(), beginning.size(), MSG_NOSIGNAL) > 0;
    for (std::size_t sent = 0; open && sent < most; ++sent) {
      pollfd closed{socket, POLLIN, 0};
      open = ::poll(&closed, 1, 1) == 0 && ::send(socket, " ", 1, MSG_NOSIGNAL) == 1;
    }
    ::close(socket);
    return !open;
  }

 private:
  auto Connect() const -> int {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const std::string where = server_->address();
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
  }

  static auto MakeFolder() -> std::string {
    std::string pattern = (std::filesystem::temp_directory_path() / "route-server-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }

  static auto MakeState(const std::string& folder) -> std::shared_ptr<GatewayState> {
    auto table = Table::FromBytes(testing::SamplePolicy(testing::Verified::kYes));
    REQUIRE(table.has_value());
    GatewayConfig config;
    config.listen.port = 0;
    config.threads = 1;
    config.decision_log = folder + "/log";
    config.tenants = {{"t", {{"", Sha256Hex(std::string_view("key"))}}, {}}};
    auto log = LogWriter::Open(config.decision_log);
    REQUIRE(log.has_value());
    auto process = std::make_shared<GatewayProcess>();
    process->log = std::move(log->writer);
    std::vector<ReachableDeployment> deployments(3);
    for (auto& deployment : deployments) deployment.endpoint = *ParseEndpoint("http://127.0.0.1:1/v1");
    std::vector<ServedPolicy> policies;
    policies.push_back({std::move(*table), std::move(deployments)});
    return route::MakeState(std::move(policies), {0}, std::move(config), std::move(process));
  }

  static auto StartServer(const std::shared_ptr<GatewayState>& state, ServerTimes times) -> std::unique_ptr<Server> {
    auto server = Server::Start(state, times, {});
    REQUIRE(server.has_value());
    return std::move(*server);
  }

  std::string folder_;
  std::shared_ptr<GatewayState> state_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

constexpr std::chrono::milliseconds kSoon{50};

}  // namespace

TEST_CASE("a caller that sends nothing is let go") {
  ServerTimes times;
  times.idle = kSoon;
  const Running server(times);
  CHECK(server.Exchange("").empty());
  CHECK(server.Exchange("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("{\"status\":\"ok\"}"));
}

TEST_CASE("a caller that does not finish its headers is let go") {
  ServerTimes times;
  times.header = kSoon;
  const Running server(times);
  CHECK(server.Exchange("GET /healthz HTTP/1.1\r\nHost").empty());
}

TEST_CASE("a caller that does not finish its body is let go") {
  ServerTimes times;
  times.body = kSoon;
  const Running server(times);
  CHECK(server
            .Exchange("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n"
                      "Content-Length: 100\r\n\r\n{")
            .empty());
  CHECK(server
            .Exchange("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n"
                      "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
            .starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
}

TEST_CASE("a caller that never stops sending has no more time than one that is slow") {
  ServerTimes times;
  times.body = kSoon;
  const Running server(times);
  const std::string head =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "1;" + std::string(4000, 'a') + "\r\n \r\n";  // ten million of them would be a body
  CHECK(server.Flood(head, chunk, std::size_t{20} << 30U).has_value());
}

TEST_CASE("a caller that drips is let go as one that sends nothing") {
  ServerTimes times;
  times.header = times.body = kSoon;
  const Running server(times);
  CHECK(server.Drip("GET /healthz HTTP/1.1\r\nHost: x", 15'000));
  CHECK(server.Drip("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n"
                    "Content-Length: 1000000\r\n\r\n{", 15'000));
}

TEST_CASE("a caller that takes none of its answers is let go") {
  ServerTimes times;
  times.write = kSoon;
  const Running server(times);
  const std::string request = "GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n\r\n";
  CHECK(server.Flood(request, request, std::size_t{1} << 30U).has_value());
}

TEST_CASE("an old caller gets its answer and the end of the connection") {
  const Running server(ServerTimes{});
  const std::string answer = server.Exchange("GET /healthz HTTP/1.0\r\n\r\n");
  CHECK(answer.contains("connection: close\r\n"));
  CHECK(answer.ends_with("{\"status\":\"ok\"}"));
}

TEST_CASE("answers to HEAD have no body") {
  const Running server(ServerTimes{});
  const std::string last = "GET /healthz HTTP/1.0\r\n\r\n";
  const std::string answers = server.Exchange(
      "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
      "HEAD /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
      "HEAD /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n"
      "HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n" +
      last);
  std::size_t at = 0;
  for (const char* status : {"200", "401", "405", "404"}) {
    REQUIRE(answers.substr(at).starts_with(std::string("HTTP/1.1 ") + status));
    at = answers.find("\r\n\r\n", at) + 4;
  }
  CHECK(answers.substr(at).starts_with("HTTP/1.1 200"));
  CHECK(answers.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n"));
}

TEST_CASE("a target may name the host, and the host is named once") {
  const Running server(ServerTimes{});
  const auto status = [&](const std::string& head) { return server.Exchange(head + "\r\n\r\n").substr(9, 3); };
  const std::string close = "\r\nConnection: close";
  for (const char* target : {"http://x/healthz", "HTTPS://x:1/healthz?a=/b", "/healthz?http://x/"}) {
    CHECK(status("GET " + std::string(target) + " HTTP/1.1\r\nHost: x" + close) == "200");
  }
  CHECK(status("POST http://x/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 0" + close) == "401");
  for (const char* target : {"http://x", "http://x?/healthz", "http:///healthz", "ftp://x/healthz"}) {
    CHECK(status("GET " + std::string(target) + " HTTP/1.1\r\nHost: x" + close) == "404");
  }
  CHECK(status("GET /healthz HTTP/1.1") == "400");
  CHECK(status("GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x") == "400");
  CHECK(status("GET /healthz HTTP/1.0\r\nHost: x\r\nHost: y") == "400");
  CHECK(status("GET /healthz HTTP/1.0") == "200");
}

TEST_CASE("an address that cannot be listened on is named") {
  GatewayConfig config;
  config.listen.host = "192.0.2.1";  // an address of documentation, which no machine has
  const tests::Folder folder;
  auto process = std::make_shared<GatewayProcess>();
  process->log = std::move(tests::OpenLog(folder.File("log")).writer);
  const auto server = Server::Start(MakeState({}, {}, config, process), ServerTimes{}, {});
  REQUIRE_FALSE(server.has_value());
  CHECK(server.error().starts_with("the gateway cannot listen on 192.0.2.1:8080: "));
}
