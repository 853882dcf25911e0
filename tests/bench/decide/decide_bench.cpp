// How long a decision takes, against the policy as a chain of `if`s, and the files that the other engines run on.
//
//   decide_bench                    the table of figures, as JSON lines
//   decide_bench --loop RULES N     N decisions and nothing else, for callgrind
//   decide_bench --export RULES F   policy, requests and right answers as JSON
//
// Before anything is measured every engine's answers are compared with the evaluator's.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <variant>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"
#include "compiler/lower/lower.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/kernel.h"
#include "runtime/decide/walk.h"
#include "runtime/table/impl.h"
#include "tests/bench/decide/bench_policy.h"
#include "tests/bench/decide/chain.h"

namespace {

using namespace route;
using namespace route::bench;
using nlohmann::ordered_json;

constexpr std::uint32_t kRequests = 4096;
constexpr std::uint32_t kChunk = 256;
constexpr std::uint64_t kSeed = 2;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "decide_bench: %s\n", what.c_str());
  std::exit(1);
}

struct Setting {
  explicit Setting(std::uint32_t rules)
      : policy(MakePolicy({.rules = rules})),
        requests(MakeRequests(policy, kRequests, kSeed)),
        table(TableOf(policy)) {
    const ir::ValueClasses value_classes(policy);
    for (const ir::Request& request : requests) classes.push_back(value_classes.Classify(request));
  }

  static auto TableOf(const ir::Policy& policy) -> Table {
    auto bytes = lower::Lower(policy, {}, {"bench", nullptr});
    if (!bytes) Fail(bytes.error().message);
    auto table = Table::FromBytes(std::move(*bytes));
    if (!table) Fail(table.error().message);
    return std::move(*table);
  }

  /// The same as `classes`, a list for each dimension.
  auto Columns() const -> std::vector<std::vector<std::uint16_t>> {
    std::vector<std::vector<std::uint16_t>> columns(DimensionCount(table));
    for (const auto& request : classes) {
      for (std::size_t d = 0; d < columns.size(); ++d) columns[d].push_back(request[d]);
    }
    return columns;
  }

  ir::Policy policy;
  std::vector<ir::Request> requests;
  std::vector<std::vector<std::uint16_t>> classes;  ///< by request
  Table table;
};

auto ToChain(const ir::Request& request) -> ChainRequest {
  ChainRequest result;
  for (std::size_t a = 0; a < request.size(); ++a) {
    if (const auto* name = std::get_if<ir::OneOfValue>(&request[a])) result.index[a] = name->index;
    if (const auto* country = std::get_if<Country>(&request[a])) result.index[a] = country->index;
    if (const auto* set = std::get_if<ir::AnyOfValue>(&request[a])) result.members[a] = set->members;
    if (const auto* yes = std::get_if<ir::YesNoValue>(&request[a])) result.number[a] = yes->yes ? 1 : 0;
    if (const auto* number = std::get_if<Decimal>(&request[a])) result.number[a] = number->micros;
    if (const auto* date = std::get_if<Date>(&request[a])) result.number[a] = date->days;
    if (const auto* text = std::get_if<std::string>(&request[a])) result.text[a] = *text;
  }
  return result;
}

/// A value as a gateway gets it: numbers and dates measured, the rest as text.
using GivenValue = std::variant<Decimal, Date, std::string>;

auto ToGiven(const ir::Policy& policy, const ir::Request& request) -> std::vector<GivenValue> {
  std::vector<GivenValue> given;
  for (std::size_t a = 0; a < request.size(); ++a) {
    if (const auto* number = std::get_if<Decimal>(&request[a])) given.emplace_back(*number);
    else if (const auto* date = std::get_if<Date>(&request[a])) given.emplace_back(*date);
    else if (const auto* text = std::get_if<std::string>(&request[a])) given.emplace_back(*text);
    else given.emplace_back(ir::FormatValue(policy.attributes[a], request[a]));
  }
  return given;
}

/// From values to a decision.
auto DecideGiven(const Table& table, Values& values, const std::vector<GivenValue>& given) -> Decision {
  values.Clear();
  for (std::uint32_t a = 0; a < given.size(); ++a) {
    const auto set = [&]() -> std::expected<void, std::string> {
      if (const auto* number = std::get_if<Decimal>(&given[a])) return values.SetNumber(a, *number);
      if (const auto* date = std::get_if<Date>(&given[a])) return values.SetDate(a, *date);
      const auto& text = std::get<std::string>(given[a]);
      return table.attributes()[a].kind == AttributeKind::kText ? values.SetRawText(a, text) : values.SetText(a, text);
    }();
    if (!set) Fail(set.error());
  }
  if (values.Complete()) Fail("a request lacks a value");
  return Decide(table, values.classes());
}

// --- Measuring -------------------------------------------------------------------------------------------------

auto Now() -> double {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t sink = 0;  // what is computed is used, so that it is not left out

/// Nanoseconds for one request, each with the next one. `decide(first)` goes through kChunk of them; all chunks are gone through
/// in turn, many times, and of each the quickest time counts: the machine may have other things to do in between.
auto Warm(const std::function<void(std::uint32_t)>& decide) -> double {
  std::array<double, kRequests / kChunk> best;
  best.fill(1e30);
  const double end = Now() + 1e9;
  do {
    for (std::uint32_t c = 0; c < best.size(); ++c) {
      const double start = Now();
      decide(c * kChunk);
      best[c] = std::min(best[c], Now() - start);
    }
  } while (Now() < end);
  return std::accumulate(best.begin(), best.end(), 0.0) / kRequests;
}

/// Nanoseconds for a decision after everything that it reads was put out of the caches; the median.
auto Cold(const Setting& setting) -> double {
  std::vector<char> other(std::size_t{64} << 20U, 1);
  std::vector<double> times;
  for (std::uint32_t i = 0; i < 60; ++i) {
    for (std::size_t at = 0; at < other.size(); at += 64) other[at] = static_cast<char>(other[at] + 1);
    const double start = Now();
    sink += Decide(setting.table, setting.classes[i]).route;
    times.push_back(Now() - start);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

using ChainFunction = void (*)(const ChainRequest&, ChainAnswer&);

void CompareWithEvaluator(const Setting& setting) {
  for (std::uint32_t i = 0; i < 400; ++i) {
    const ir::Decision truth = ir::Evaluate(setting.policy, setting.requests[i]);
    const Decision decision = Decide(setting.table, setting.classes[i]);
    const bool same = truth.outcome == decision.outcome && decision.refusal == (truth.refusal ? truth.refusal->index : kNone) &&
                      (decision.outcome == Outcome::kRefused || decision.route == (truth.route ? truth.route->index : kNone));
    if (!same) Fail("the table decides a request otherwise than the evaluator");
    if (decision.outcome == Outcome::kRefused) continue;
    std::vector<std::uint32_t> rules;
    for (const RuleId rule : truth.rules) rules.push_back(rule.index);
    if (MatchedRules(setting.table, setting.classes[i]) != rules) Fail("the table matches other rules than the evaluator");
  }
}

void CompareWithChain(const Setting& setting, ChainFunction chain, const std::vector<ChainRequest>& requests) {
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    ChainAnswer answer;
    chain(requests[i], answer);
    const Decision decision = Decide(setting.table, setting.classes[i]);
    const bool same = answer.refusal == decision.refusal && answer.route == decision.route &&
                      answer.reaches == (decision.outcome == Outcome::kRouted) &&
                      std::equal(decision.allowed.begin(), decision.allowed.end(), answer.allowed);
    if (!same) Fail("the chain decides a request otherwise than the table");
  }
}

/// The inner part alone.
auto WarmWith(const Setting& setting, const Kernel& kernel) -> double {
  alignas(64) std::uint64_t allowed[kMaxDeployments / 64] = {};
  return Warm([&](std::uint32_t first) {
    for (const auto& classes : std::span(setting.classes).subspan(first, kChunk)) {
      Answer answer{.allowed = allowed};
      kernel.decide(setting.table.impl().bits, classes.data(), answer);
      sink += answer.route + allowed[0];
    }
  });
}

/// A chunk in one call.
auto WarmBatch(const Setting& setting) -> double {
  const auto columns = setting.Columns();
  std::vector<const std::uint16_t*> starts(columns.size());
  const auto each = [](std::size_t, const Decision& decision) { sink += decision.route + decision.allowed[0]; };
  return Warm([&](std::uint32_t first) {
    for (std::size_t d = 0; d < columns.size(); ++d) starts[d] = columns[d].data() + first;
    DecideColumns(setting.table, starts, kChunk, each);
  });
}

auto WarmValues(const Setting& setting) -> double {
  std::vector<std::vector<GivenValue>> given;
  for (const ir::Request& request : setting.requests) given.push_back(ToGiven(setting.policy, request));
  Values values(setting.table);
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    DecideGiven(setting.table, values, given[i]);
    if (!std::ranges::equal(values.classes(), setting.classes[i])) Fail("a request's values have other classes when they are read");
  }
  return Warm([&](std::uint32_t first) {
    for (const auto& each : std::span(given).subspan(first, kChunk)) sink += DecideGiven(setting.table, values, each).route;
  });
}

void Report(std::uint32_t rules, ChainFunction chain) {
  const Setting setting(rules);
  CompareWithEvaluator(setting);
  std::uint64_t routed = 0;
  std::uint64_t matched = 0;
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    routed += Decide(setting.table, setting.classes[i]).outcome == Outcome::kRouted;
    matched += MatchedRules(setting.table, setting.classes[i]).size();
  }
  ordered_json row;
  row["rules"] = rules;
  row["bytes"] = setting.table.impl().bytes.get().size();
  row["routed"] = static_cast<double>(routed) / kRequests;
  row["rules_applying"] = static_cast<double>(matched) / kRequests;
  row["decide_ns"] = Warm([&](std::uint32_t first) {
    for (const auto& classes : std::span(setting.classes).subspan(first, kChunk)) {
      const Decision decision = Decide(setting.table, classes);
      sink += decision.route + decision.allowed[0];
    }
  });
  row["batch_ns"] = WarmBatch(setting);
  row["values_ns"] = WarmValues(setting);
  row["portable_ns"] = WarmWith(setting, kPortableKernel);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) row["avx2_ns"] = WarmWith(setting, kAvx2Kernel);
  if (__builtin_cpu_supports("avx512f")) row["avx512_ns"] = WarmWith(setting, kAvx512Kernel);
#endif
  row["cold_ns"] = Cold(setting);
  if (chain != nullptr) {
    std::vector<ChainRequest> requests;
    for (const ir::Request& request : setting.requests) requests.push_back(ToChain(request));
    CompareWithChain(setting, chain, requests);
    row["chain_ns"] = Warm([&](std::uint32_t first) {
      for (const ChainRequest& request : std::span(requests).subspan(first, kChunk)) {
        ChainAnswer answer;
        chain(request, answer);
        sink += answer.route + answer.allowed[0];
      }
    });
  }
  std::printf("%s\n", row.dump().c_str());
  std::fflush(stdout);
}

// --- For the other engines ----------------------------------------------------------------------------------------

/// Numbers as integers: whole units, and days for dates.
auto Units(const ir::Policy& policy, std::uint32_t attribute, std::int64_t value) -> std::int64_t {
  return policy.attributes[attribute].kind == AttributeKind::kDate ? value : value / 1'000'000;
}

auto ToJson(const ir::Policy& policy, const ir::Condition& condition) -> ordered_json {
  using Kind = ir::Condition::Kind;
  const auto children = [&](const char* name) {
    ordered_json list = ordered_json::array();
    for (const ir::Condition& child : condition.children) list.push_back(ToJson(policy, child));
    return ordered_json{{name, list}};
  };
  if (condition.kind == Kind::kTrue) return {{"op", "true"}};
  if (condition.kind == Kind::kAll) return children("all");
  if (condition.kind == Kind::kAny) return children("any");
  const ir::Attribute& attribute = policy.attributes[condition.attribute.index];
  ordered_json row = {{"op", ""}, {"attribute", attribute.name}};
  switch (condition.kind) {
    case Kind::kIsOneOf:
    case Kind::kInCountries:
      row["op"] = "in";
      for (const std::uint32_t value : condition.values) {
        row["values"].push_back(attribute.kind == AttributeKind::kCountry
                                    ? std::string(CountryCode({static_cast<std::uint16_t>(value)}))
                                    : attribute.values[value]);
      }
      break;
    case Kind::kIncludes:
      row["op"] = "includes";
      row["value"] = attribute.values[condition.values[0]];
      break;
    case Kind::kIsYes:
      row["op"] = "yes";
      break;
    case Kind::kInRange:  // every range of this policy is open above
      row["op"] = "from";
      row["value"] = Units(policy, condition.attribute.index, condition.low);
      break;
    case Kind::kTextIs:
      row["op"] = "is";
      row["value"] = condition.text;
      break;
    case Kind::kStartsWith:
      row["op"] = "starts";
      row["value"] = condition.text;
      break;
    default:
      Fail("the benchmark's policy has a condition that no engine was taught");
  }
  return row;
}

auto ToJson(const ir::Policy& policy, const ir::Request& request) -> ordered_json {
  ordered_json row;
  for (std::uint32_t a = 0; a < request.size(); ++a) {
    const ir::Attribute& attribute = policy.attributes[a];
    ordered_json& value = row[attribute.name];
    if (const auto* name = std::get_if<ir::OneOfValue>(&request[a])) value = attribute.values[name->index];
    if (const auto* country = std::get_if<Country>(&request[a])) value = CountryCode(*country);
    if (const auto* yes = std::get_if<ir::YesNoValue>(&request[a])) value = yes->yes;
    if (const auto* number = std::get_if<Decimal>(&request[a])) value = number->micros / 1'000'000;
    if (const auto* date = std::get_if<Date>(&request[a])) value = date->days;
    if (const auto* text = std::get_if<std::string>(&request[a])) value = *text;
    if (const auto* set = std::get_if<ir::AnyOfValue>(&request[a])) {
      value = ordered_json::array();
      for (std::size_t i = 0; i < attribute.values.size(); ++i) {
        if (((set->members >> i) & 1U) != 0) value.push_back(attribute.values[i]);
      }
    }
  }
  return row;
}

void Export(std::uint32_t rules, const std::string& path) {
  const Setting setting(rules);
  ordered_json document;
  const auto add = [&](const char* name, const auto& owners) {
    document[name] = ordered_json::array();
    for (const auto& owner : owners) document[name].push_back({{"name", owner.name}, {"when", ToJson(setting.policy, owner.when)}});
  };
  add("refusals", setting.policy.refusals);
  add("rules", setting.policy.rules);
  add("routes", setting.policy.routes);
  for (std::uint32_t i = 0; i < 64; ++i) {
    const ir::Decision truth = ir::Evaluate(setting.policy, setting.requests[i]);
    ordered_json answer;
    answer["refusal"] = truth.refusal ? ordered_json(setting.policy.refusals[truth.refusal->index].name) : ordered_json();
    answer["route"] = truth.route && !truth.refusal ? ordered_json(setting.policy.routes[truth.route->index].name) : ordered_json();
    answer["rules"] = ordered_json::array();
    for (const std::uint32_t rule : MatchedRules(setting.table, setting.classes[i])) {
      answer["rules"].push_back(setting.policy.rules[rule].name);
    }
    document["requests"].push_back(ToJson(setting.policy, setting.requests[i]));
    document["answers"].push_back(std::move(answer));
  }
  std::ofstream(path) << document.dump();
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc == 4 && std::strcmp(argv[1], "--export") == 0) {
    Export(static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)), argv[3]);
    return 0;
  }
  if (argc == 4 && std::strcmp(argv[1], "--loop") == 0) {
    const Setting setting(static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)));
    const auto count = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
    for (std::uint32_t i = 0; i < count; ++i) sink += Decide(setting.table, setting.classes[i % kRequests]).route;
    return sink == 0 && count != 0 ? 1 : 0;
  }
  if (argc != 1) {
    std::fprintf(stderr, "usage: decide_bench [--loop RULES N | --export RULES FILE]\n");
    return 2;
  }
  Report(100, Chain100);
  Report(1'000, Chain1000);
  Report(10'000, Chain10000);
  return 0;
}
