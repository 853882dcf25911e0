// clips_bench POLICY.json: microseconds for a decision by CLIPS, the native rule engine that Debian ships, as one JSON line.
//
// CLIPS matches forwards by the Rete algorithm: a request is a fact, each condition is a rule that calls `holds` with its number.
// For a decision the fact is asserted, the rules that match fire, and the fact is taken back. As with the engines of npm, all
// refusals, routes and rules have to be the evaluator's before anything is measured, and which deployments are left is not
// worked out.

extern "C" {
#include <clips/clips.h>
}

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace {

using nlohmann::json;

constexpr const char* kKinds[] = {"refusals", "rules", "routes"};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "clips_bench: %s\n", what.c_str());
  std::exit(1);
}

// --- Conditions as CLIPS writes them ---------------------------------------------------------------------------------

auto Literal(const json& value) -> std::string {
  if (value.is_boolean()) return value.get<bool>() ? "TRUE" : "FALSE";
  return value.dump();
}

/// What a question says of the value of its slot, which is bound to `variable`.
auto Question(const json& when, const std::string& variable) -> std::string {
  const std::string op = when.at("op");
  if (op == "in") {
    std::string any = "(or";
    for (const json& value : when.at("values")) any += " (eq " + variable + " " + Literal(value) + ")";
    return any + " FALSE)";
  }
  if (op == "includes") return "(member$ " + Literal(when.at("value")) + " " + variable + ")";
  if (op == "yes") return "(eq " + variable + " TRUE)";
  if (op == "from") return "(>= " + variable + " " + Literal(when.at("value")) + ")";
  if (op == "is") return "(eq " + variable + " " + Literal(when.at("value")) + ")";
  if (op == "starts") return "(eq 1 (str-index " + Literal(when.at("value")) + " " + variable + "))";
  Fail("a condition that CLIPS was not taught: " + when.dump());
}

/// A question that is the only one about its slot: constants are compared in CLIPS's own network.
auto OnlyQuestion(const json& when, const std::string& variable) -> std::string {
  const std::string op = when.at("op");
  if (op == "yes") return "TRUE";
  if (op == "is") return Literal(when.at("value"));
  if (op != "in") return variable + "&:" + Question(when, variable);
  std::string any;
  for (const json& value : when.at("values")) any += (any.empty() ? "" : "|") + Literal(value);
  return any;
}

using Questions = std::vector<json>;

/// The condition as alternatives, in each of which all questions must be answered with yes.
auto Alternatives(const json& when) -> std::vector<Questions> {
  if (when.contains("any")) {
    std::vector<Questions> all;
    for (const json& child : when.at("any")) {
      for (Questions& each : Alternatives(child)) all.push_back(std::move(each));
    }
    return all;
  }
  if (when.contains("all")) {
    std::vector<Questions> all(1);
    for (const json& child : when.at("all")) {
      std::vector<Questions> joined;
      for (const Questions& left : all) {
        for (const Questions& right : Alternatives(child)) {
          joined.push_back(left);
          joined.back().insert(joined.back().end(), right.begin(), right.end());
        }
      }
      all = std::move(joined);
    }
    return all;
  }
  if (when.at("op") == "true") return {{}};
  return {{when}};
}

auto Pattern(const Questions& questions) -> std::string {
  std::map<std::string, Questions> slots;
  for (const json& question : questions) slots[question.at("attribute")].push_back(question);
  std::string pattern = "(request";
  for (const auto& [slot, asked] : slots) {
    const bool many = asked.front().at("op") == "includes";
    const std::string variable = "?" + slot;
    pattern += " (" + slot + " ";
    if (asked.size() == 1 && !many) {
      pattern += OnlyQuestion(asked.front(), variable);
    } else {
      pattern += many ? "$" + variable : variable;
      for (const json& question : asked) pattern += "&:" + Question(question, variable);
    }
    pattern += ")";
  }
  return pattern + ")";
}

auto RuleOf(std::size_t number, const json& when) -> std::string {
  std::string patterns;
  const auto alternatives = Alternatives(when);
  for (const Questions& each : alternatives) patterns += Pattern(each);
  if (alternatives.size() > 1) patterns = "(or " + patterns + ")";
  return "(defrule condition" + std::to_string(number) + " " + patterns + " => (holds " + std::to_string(number) + "))";
}

// --- Deciding ------------------------------------------------------------------------------------------------------

/// Which conditions hold of the request that CLIPS is asked about. The engine calls back without saying for whom.
std::vector<bool> holding;

extern "C" void Holds(void* engine) { holding[static_cast<std::size_t>(EnvRtnLong(engine, 1))] = true; }

/// Lives as long as the program: CLIPS is never told to let go of the requests.
class Engine {
 public:
  explicit Engine(const json& policy) : engine_(CreateEnvironment()) {
    EnvDefineFunction2(engine_, "holds", 'v', PTIEF Holds, "Holds", "11i");
    std::string shape = "(deftemplate request";
    for (const auto& [name, value] : policy.at("requests").at(0).items()) {
      shape += (value.is_array() ? " (multislot " : " (slot ") + name + ")";
    }
    Build(shape + ")");
    for (const char* kind : kKinds) {
      for (const json& each : policy.at(kind)) {
        Build(RuleOf(names_.size(), each.at("when")));
        names_.push_back(each.at("name"));
      }
    }
    EnvReset(engine_);
    shape_ = EnvFindDeftemplate(engine_, "request");
  }
  auto names() const -> const std::vector<std::string>& { return names_; }

  /// A request as CLIPS keeps values, made before anything is measured.
  auto Prepare(const json& request) -> std::vector<std::pair<std::string, DATA_OBJECT>> {
    std::vector<std::pair<std::string, DATA_OBJECT>> slots;
    for (const auto& [name, value] : request.items()) slots.emplace_back(name, ValueOf(value));
    return slots;
  }

  void Decide(std::vector<std::pair<std::string, DATA_OBJECT>>& request) {
    holding.assign(names_.size(), false);
    fact* asked = EnvCreateFact(engine_, shape_);
    for (auto& [name, value] : request) EnvPutFactSlot(engine_, asked, name.c_str(), &value);
    void* fact = EnvAssert(engine_, asked);
    EnvRun(engine_, -1);
    EnvRetract(engine_, fact);
  }

 private:
  void Build(const std::string& construct) {
    if (EnvBuild(engine_, construct.c_str()) == 0) Fail("CLIPS does not take " + construct);
  }

  auto Atom(const json& value) -> std::pair<unsigned short, void*> {
    if (value.is_boolean()) return {SYMBOL, value.get<bool>() ? EnvTrueSymbol(engine_) : EnvFalseSymbol(engine_)};
    if (value.is_number()) {
      void* number = EnvAddLong(engine_, value.get<long long>());
      IncrementIntegerCount(number);
      return {INTEGER, number};
    }
    void* text = EnvAddSymbol(engine_, value.get<std::string>().c_str());
    IncrementSymbolCount(text);
    return {STRING, text};
  }

  auto ValueOf(const json& value) -> DATA_OBJECT {
    DATA_OBJECT result{};
    if (!value.is_array()) {
      const auto [type, atom] = Atom(value);
      SetType(result, type);
      SetValue(result, atom);
      return result;
    }
    void* list = CreateMultifield2(engine_, static_cast<long>(value.size()));
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto [type, atom] = Atom(value[i]);
      SetMFType(list, static_cast<long>(i + 1), type);
      SetMFValue(list, static_cast<long>(i + 1), atom);
    }
    SetType(result, MULTIFIELD);
    SetValue(result, list);
    SetDOBegin(result, 1);
    SetDOEnd(result, static_cast<long>(value.size()));
    return result;
  }

  void* engine_;
  void* shape_ = nullptr;
  std::vector<std::string> names_;
};

/// Nothing is said of what a refused request's routes and rules would be.
void Check(const Engine& engine, const json& policy, std::size_t request) {
  const json& answer = policy.at("answers")[request];
  std::size_t number = 0;
  const auto held = [&](const char* kind) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < policy.at(kind).size(); ++i, ++number) {
      if (holding[number]) list.push_back(engine.names()[number]);
    }
    return list;
  };
  const auto first = [](const std::vector<std::string>& list) { return list.empty() ? json() : json(list.front()); };
  const json refusal = first(held("refusals"));
  const std::vector<std::string> rules = held("rules");
  const json route = first(held("routes"));
  if (refusal != answer.at("refusal") || (refusal.is_null() && (route != answer.at("route") || json(rules) != answer.at("rules")))) {
    Fail("CLIPS decides request " + std::to_string(request) + " otherwise than the evaluator");
  }
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc != 2) return 2;
  const json policy = json::parse(std::ifstream(argv[1]));
  Engine engine(policy);
  holding.resize(engine.names().size());
  std::vector<std::vector<std::pair<std::string, DATA_OBJECT>>> requests;
  for (const json& request : policy.at("requests")) requests.push_back(engine.Prepare(request));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    engine.Decide(requests[i]);
    Check(engine, policy, i);
  }
  using Clock = std::chrono::steady_clock;
  std::vector<double> best(requests.size(), 1e30);  // of each request the quickest time counts
  const auto end = Clock::now() + std::chrono::seconds(3);
  do {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto start = Clock::now();
      engine.Decide(requests[i]);
      best[i] = std::min(best[i], std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
  } while (Clock::now() < end);
  const double microseconds = std::accumulate(best.begin(), best.end(), 0.0) / static_cast<double>(best.size());
  const json row = {{"engine", "CLIPS"}, {"rules", policy.at("rules").size()}, {"microseconds", microseconds}};
  std::printf("%s\n", row.dump().c_str());
  return 0;
}
