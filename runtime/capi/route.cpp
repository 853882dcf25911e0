#include "runtime/capi/route.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "runtime/decide/walk.h"
#include "runtime/table/collection.h"

// Nothing is thrown across this border: what can fail for want of memory says so.

struct route_table {
  route::Table table;
};

struct route_request {
  explicit route_request(const route::Table& of) : table(of), values(of) {}
  const route::Table& table;
  route::Values values;
};

namespace {

using namespace route;

static_assert(ROUTE_NONE == kNone && ROUTE_MAX_DEPLOYMENTS == kMaxDeployments);
static_assert(static_cast<int>(Outcome::kRouted) == ROUTE_ROUTED && static_cast<int>(Outcome::kRefused) == ROUTE_REFUSED &&
              static_cast<int>(Outcome::kUncovered) == ROUTE_UNCOVERED &&
              static_cast<int>(Outcome::kUnservable) == ROUTE_UNSERVABLE);

auto StatusOf(LoadError::Kind kind) -> route_status {
  switch (kind) {
    case LoadError::Kind::kUnreadable: return ROUTE_UNREADABLE;
    case LoadError::Kind::kNotABundle: return ROUTE_NOT_A_BUNDLE;
    case LoadError::Kind::kVersion: return ROUTE_WRONG_VERSION;
    case LoadError::Kind::kTruncated: return ROUTE_TRUNCATED;
    case LoadError::Kind::kChecksum: return ROUTE_CHANGED;
    case LoadError::Kind::kMalformed: break;
  }
  return ROUTE_MALFORMED;
}

void Tell(std::string_view message, char* why, size_t why_size) {
  if (why == nullptr || why_size == 0) return;
  const size_t size = std::min(message.size(), why_size - 1);
  std::memcpy(why, message.data(), size);
  why[size] = '\0';
}

auto Text(std::string_view text) -> route_text { return {text.data(), text.size()}; }

auto Name(const auto& list, uint32_t index) -> route_text {
  return index < list.size() ? Text(list[index].name) : route_text{"", 0};
}

auto Count(const auto& list) -> uint32_t { return static_cast<uint32_t>(list.size()); }

auto Done(const std::expected<void, std::string>& set, char* why, size_t why_size) -> route_status {
  if (set) return ROUTE_OK;
  Tell(set.error(), why, why_size);
  return ROUTE_BAD_VALUE;
}

/// Calls `set` if there is such an attribute; no memory is a bad value too.
template <typename Set>
auto SetValue(const route_request* request, uint32_t attribute, char* why, size_t why_size, Set set) -> route_status {
  if (attribute >= request->table.attributes().size()) {
    Tell("there is no such attribute", why, why_size);
    return ROUTE_BAD_VALUE;
  }
  try {
    return Done(set(), why, why_size);
  } catch (const std::bad_alloc&) {
    Tell("there is not enough memory", why, why_size);
    return ROUTE_BAD_VALUE;
  }
}

auto Open(const char* path, const char* policy, route_table** table, char* why, size_t why_size) -> route_status {
  auto tables = LoadTables(path);
  if (!tables) {
    Tell(tables.error().message, why, why_size);
    return StatusOf(tables.error().kind);
  }
  const auto wanted = std::ranges::find_if(*tables, [&](const Table& each) {
    return policy == nullptr ? tables->size() == 1 : each.policy_name() == policy;
  });
  if (wanted == tables->end()) {
    Tell(policy == nullptr ? "the bundle holds several policies: name one" : "the bundle has no policy of this name", why, why_size);
    return ROUTE_NO_SUCH_POLICY;
  }
  *table = new route_table{std::move(*wanted)};
  return ROUTE_OK;
}

}  // namespace

extern "C" {

unsigned route_api_version(void) { return 1; }

route_status route_open(const char* path, const char* policy, route_table** table, char* why, size_t why_size) {
  *table = nullptr;
  try {
    return Open(path, policy, table, why, why_size);
  } catch (const std::bad_alloc&) {
    Tell("there is not enough memory to load the bundle", why, why_size);
    return ROUTE_UNREADABLE;
  }
}

void route_close(route_table* table) { delete table; }

route_text route_policy_name(const route_table* table) { return Text(table->table.policy_name()); }
route_text route_policy_version(const route_table* table) { return Text(table->table.policy_version()); }
route_text route_hash(const route_table* table) { return Text(table->table.hash()); }
int route_is_verified(const route_table* table) { return table->table.verified() ? 1 : 0; }

uint32_t route_attributes(const route_table* table) { return Count(table->table.attributes()); }
uint32_t route_attribute(const route_table* table, const char* name) { return table->table.FindAttribute(name); }
route_text route_attribute_name(const route_table* table, uint32_t attribute) { return Name(table->table.attributes(), attribute); }
size_t route_dimensions(const route_table* table) { return DimensionCount(table->table); }

uint32_t route_deployments(const route_table* table) { return Count(table->table.deployments()); }
route_text route_deployment_name(const route_table* table, uint32_t deployment) {
  return Name(table->table.deployments(), deployment);
}
route_text route_deployment_model(const route_table* table, uint32_t deployment) {
  const auto list = table->table.deployments();
  return deployment < list.size() ? Text(list[deployment].upstream_model) : route_text{"", 0};
}
uint32_t route_rules(const route_table* table) { return Count(table->table.rules()); }
route_text route_rule_name(const route_table* table, uint32_t rule) { return Name(table->table.rules(), rule); }
int route_rule_excludes(const route_table* table, uint32_t rule, uint32_t deployment) {
  return RuleExcludes(table->table, rule, deployment) ? 1 : 0;
}
uint32_t route_routes(const route_table* table) { return Count(table->table.routes()); }
route_text route_route_name(const route_table* table, uint32_t route) { return Name(table->table.routes(), route); }
uint32_t route_refusals(const route_table* table) { return Count(table->table.refusals()); }
route_text route_refusal_name(const route_table* table, uint32_t refusal) { return Name(table->table.refusals(), refusal); }
route_text route_refusal_reason(const route_table* table, uint32_t refusal) {
  const auto list = table->table.refusals();
  return refusal < list.size() ? Text(list[refusal].reason) : route_text{"", 0};
}

route_request* route_request_new(const route_table* table) {
  try {
    return new route_request(table->table);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void route_request_free(route_request* request) { delete request; }
void route_request_clear(route_request* request) { request->values.Clear(); }

route_status route_request_set(route_request* request, uint32_t attribute, const char* text, size_t size, char* why,
                               size_t why_size) {
  return SetValue(request, attribute, why, why_size, [&] { return request->values.SetText(attribute, {text, size}); });
}

route_status route_request_set_number(route_request* request, uint32_t attribute, int64_t millionths, char* why,
                                      size_t why_size) {
  return SetValue(request, attribute, why, why_size, [&]() -> std::expected<void, std::string> {
    if (request->table.attributes()[attribute].kind != AttributeKind::kNumber) {
      return std::unexpected("the attribute is not a number");
    }
    return request->values.SetNumber(attribute, Decimal{millionths});
  });
}

uint32_t route_request_complete(route_request* request) {
  try {
    return request->values.Complete().value_or(ROUTE_NONE);
  } catch (const std::bad_alloc&) {
    return 0;  // as if the first attribute had no value: the request is refused
  }
}

const uint16_t* route_request_classes(const route_request* request) { return request->values.classes().data(); }

void route_decide(const route_table* table, const uint16_t* classes, size_t count, route_decision* decision) {
  const Decision decided = Decide(table->table, {classes, count});
  decision->outcome = static_cast<uint32_t>(decided.outcome);
  decision->refusal = decided.refusal;
  decision->route = decided.route;
  decision->reserved = 0;
  std::memcpy(decision->allowed, decided.allowed.data(), sizeof(decision->allowed));
}

void route_decide_batch(const route_table* table, const uint16_t* const* columns, size_t requests, route_answer* answers) {
  DecideColumns(table->table, {columns, DimensionCount(table->table)}, requests, [&](size_t i, const Decision& decision) {
    answers[i] = {static_cast<uint32_t>(decision.outcome), decision.refusal, decision.route,
                  FirstPlanned(table->table, decision)};
  });
}

size_t route_plan(const route_table* table, const route_decision* decision, route_planned* plan, size_t capacity) {
  Decision decided;
  decided.outcome = static_cast<Outcome>(decision->outcome);
  decided.route = decision->route;
  std::memcpy(decided.allowed.data(), decision->allowed, sizeof(decision->allowed));
  size_t count = 0;
  ForEachPlanned(table->table, decided, [&](uint32_t tier, const CandidateView& candidate) {
    if (count < capacity) {
      const TierView& view = table->table.tiers()[tier];
      plan[count] = {tier, candidate.deployment, candidate.weight, view.within_ms, view.retries};
    }
    ++count;
    return true;
  });
  return count;
}

size_t route_matched_rules(const route_table* table, const uint16_t* classes, size_t count, uint32_t* rules, size_t capacity) {
  return CopyMatchedRules(table->table, {classes, count}, {rules, capacity});
}

}  // extern "C"
