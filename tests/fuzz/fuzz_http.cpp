// Any bytes as an HTTP/1.1 request, as far as the decision: no pieces that they come in make a difference, a second
// reader that follows the standard to the letter cuts them alike, the tenant is who has the key, and a plan stays inside
// the allowed set.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/http1_request.h"
#include "runtime/gateway/pages.h"
#include "runtime/table/sha256.h"
#include "tests/gateway/make_bundle.h"

namespace {

using namespace route;

constexpr std::uint64_t kMostBodyBytes = 100'000;

void Require(bool condition) {
  if (!condition) std::abort();
}

/// A gateway without sockets, with the sample policy and the key `key` of the tenant `t`, whose tier is gold.
class Gateway {
 public:
  Gateway() {
    auto table = Table::FromBytes(testing::SamplePolicy(testing::Verified::kYes));
    Require(table.has_value());
    GatewayConfig config;
    config.max_body_bytes = kMostBodyBytes;
    config.tenants = {{"t", {{"", Sha256Hex(std::string_view("key"))}}, {{"tier", "gold"}}}};
    auto process = std::make_shared<GatewayProcess>();
    process->log = OpenLog();
    std::vector<ServedPolicy> policies;
    policies.push_back({std::move(*table), std::vector<ReachableDeployment>(3)});
    state_ = MakeState(std::move(policies), {0}, std::move(config), std::move(process));
  }

  auto state() const -> const GatewayState& { return *state_; }

 private:
  /// Pages ask whether there is one; nothing is written.
  static auto OpenLog() -> std::unique_ptr<LogWriter> {
    std::string folder = (std::filesystem::temp_directory_path() / "route-fuzz-XXXXXX").string();
    Require(::mkdtemp(folder.data()) != nullptr);
    auto log = LogWriter::Open(folder + "/log");
    Require(log.has_value());
    std::filesystem::remove_all(folder);
    return std::move(log->writer);
  }

  std::shared_ptr<const GatewayState> state_;
};

class SameRandom final : public Random {
 public:
  auto Bits() -> std::uint64_t override { return state_ = state_ * 6364136223846793005U + 1442695040888963407U; }

 private:
  std::uint64_t state_ = 1;
};

/// How a request was read: what went wrong, or what it is and where it ends.
struct Reading {
  std::optional<ApiCode> refused;
  bool complete = false;
  std::size_t end = 0;
  std::string method, target, body;

  auto operator==(const Reading&) const -> bool = default;
};

/// Gives the request its bytes `piece` at a time, as a connection would.
auto Read(std::string_view bytes, std::size_t piece, Http1Request& request) -> Reading {
  Reading reading;
  std::size_t there = 0;
  while (!request.done()) {
    if (reading.end < there) {
      const auto taken = request.Take(bytes.substr(reading.end, there - reading.end));
      if (!taken) {
        Require(!taken.error().message.empty());
        reading.refused = taken.error().code;
        return reading;
      }
      Require(*taken <= there - reading.end);
      reading.end += *taken;
      if (*taken > 0) continue;
    }
    if (there == bytes.size()) return reading;
    there = std::min(bytes.size(), there + piece);
  }
  reading.complete = true;
  const RequestHead head = request.Head();
  reading.method = head.method;
  reading.target = head.target;
  reading.body = request.TakeBody();
  return reading;
}

/// The standard's grammar (RFC 9112) for what was accepted, and nothing else.
class Standard {
 public:
  explicit Standard(std::string_view bytes) : left_(bytes) {}

  auto Read() -> Reading {
    Reading reading;
    const std::size_t all = left_.size();
    const std::string_view line = Line();
    const std::size_t first = line.find(' '), last = line.rfind(' ');
    Require(first != std::string_view::npos && first < last && line.substr(last + 1, 7) == "HTTP/1.");
    reading.method = line.substr(0, first);
    reading.target = line.substr(first + 1, last - first - 1);
    Require(!reading.target.contains(' '));
    std::optional<std::size_t> length;
    bool chunked = false;
    Fields([&](std::string_view name, std::string_view value) {
      if (name == "content-length") {
        Require(!length && !chunked);
        length = Number(value, 10);
      } else if (name == "transfer-encoding") {
        Require(!length && !chunked && Lower(value) == "chunked");
        chunked = true;
      }
    });
    reading.body = chunked ? Chunks() : std::string(Bytes(length.value_or(0)));
    reading.complete = true;
    reading.end = all - left_.size();
    return reading;
  }

 private:
  auto Bytes(std::size_t count) -> std::string_view {
    Require(count <= left_.size());
    const std::string_view bytes = left_.substr(0, count);
    left_.remove_prefix(count);
    return bytes;
  }

  auto Line() -> std::string_view {
    const std::size_t end = left_.find("\r\n");
    Require(end != std::string_view::npos);
    const std::string_view line = Bytes(end);
    Bytes(2);
    Require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    return line;
  }

  static auto Lower(std::string_view text) -> std::string {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
  }

  static auto Number(std::string_view digits, int base) -> std::size_t {
    Require(!digits.empty());
    std::size_t number = 0;
    for (const char c : digits) {
      Require(base == 16 ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c >= '0' && c <= '9');
      number = number * static_cast<std::size_t>(base) + std::stoul(std::string(1, c), nullptr, base);
      Require(number <= kMostBodyBytes);
    }
    return number;
  }

  /// Name in lower case and value without blanks around it; folded lines are joined.
  template <typename Take>
  void Fields(Take take) {
    std::string field;
    for (;;) {
      const std::string_view line = Line();
      if (line.starts_with(' ') || line.starts_with('\t')) {
        Require(!field.empty());
        field += line;
        continue;
      }
      if (!field.empty()) {
        const std::size_t colon = field.find(':');
        Require(colon != std::string::npos && colon > 0);
        std::string_view value = std::string_view(field).substr(colon + 1);
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
        take(Lower(std::string_view(field).substr(0, colon)), value);
      }
      if (line.empty()) return;
      field = line;
    }
  }

  auto Chunks() -> std::string {
    std::string body;
    for (;;) {
      const std::string_view line = Line();
      const std::size_t size = Number(line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF")), 16);
      if (size == 0) break;
      body += Bytes(size);
      Require(Line().empty());
    }
    Fields([](std::string_view name, std::string_view) {
      Require(name != "content-length" && name != "transfer-encoding");
    });
    return body;
  }

  std::string_view left_;
};

void CheckHead(const RequestHead& head) {
  std::size_t bytes = head.method.size() + head.target.size();
  std::size_t hosts = 0;
  for (const HeaderField& field : head.headers) {
    Require(!field.name.empty());
    for (const std::string_view text : {field.name, field.value}) {
      Require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
      bytes += text.size();
    }
    hosts += field.name.size() == 4 && std::ranges::equal(field.name, std::string_view("host"), {},
                                                          [](char c) { return static_cast<char>(c | 0x20); });
  }
  Require(hosts <= 1 && bytes <= Http1Request::kMostHeaderBytes);
}

void CheckDecision(const GatewayState& state, const DecidedRequest& decided, WallTime now) {
  const Table& table = decided.policy->table;
  const std::string line = DecisionLineOf(state, decided, now);
  Require(line.ends_with('\n') && std::ranges::count(line, '\n') == 1);
  const auto record = nlohmann::json::parse(line);
  Require(record["tenant"] == "t");
  if (!decided.attributes.missing) Require(record["attributes"]["tier"] == "gold");
  for (const PlanTier& tier : decided.plan) {
    for (const CandidateView& candidate : tier.deployments) {
      const std::string_view name = table.deployments()[candidate.deployment].name;
      const auto data = record["attributes"]["data"];
      const bool personal = data.is_string() && (data.get<std::string>().contains("personal") || data.get<std::string>().contains("health"));
      Require(!(personal && name == "virginia"));
    }
  }
  const auto refusal = RefusalOf(decided);
  Require(refusal.has_value() == decided.plan.empty());
  if (refusal) Require(nlohmann::json::accept(ErrorReply(decided.asked.api, *refusal).body));
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  static const Gateway gateway;
  const GatewayState& state = gateway.state();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Http1Request request(kMostBodyBytes), in_pieces(kMostBodyBytes);
  const Reading reading = Read(bytes, std::max<std::size_t>(size, 1), request);
  const Reading again = Read(bytes, 1, in_pieces);
  // How early a mistake shows, and how much waits unread, depends on the pieces; what a request is does not.
  const bool too_large = reading.refused == ApiCode::kHeadersTooLarge || again.refused == ApiCode::kHeadersTooLarge;
  Require(too_large || (reading.complete ? reading == again : !again.complete));
  if (!request.head_done()) return 0;
  const RequestHead head = request.Head();
  if (!reading.refused) CheckHead(head);
  if (!reading.complete) return 0;
  Require(reading == Standard(bytes).Read());

  auto verdict = JudgeHead(state, Phase::kServing, head);
  if (const auto* reply = std::get_if<Reply>(&verdict)) {
    Require(nlohmann::json::accept(reply->body));
    return 0;
  }
  const auto& admitted = std::get<AdmittedRequest>(verdict);
  auto asked = ParseModelRequest(admitted.api, reading.body);
  if (!asked) return 0;
  SameRandom random;
  const WallTime now{std::chrono::seconds(1'800'000'000)};
  CheckDecision(state, DecideRequest(state, admitted.caller, std::move(*asked), head.headers, now, random), now);
  return 0;
}
