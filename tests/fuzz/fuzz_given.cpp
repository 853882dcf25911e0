// Any text as a request on the command line: the evaluator's reader and the table's reader take the same texts, and
// then decide alike.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"
#include "compiler/lower/lower.h"
#include "runtime/decide/decide.h"
#include "runtime/values/given_text.h"
#include "tests/random_policy/random_policy.h"

namespace {

using namespace route;

struct Fixture {
  ir::Policy policy = random_policy::MakeRandomPolicy(7, {});
  Table table = *Table::FromBytes(*lower::Lower(policy, {}, {"fuzz", nullptr}));
};

auto SetAll(const Table& table, std::string_view text, Values& values) -> bool {
  auto pairs = SplitGiven(text);
  if (!pairs) return false;
  for (const GivenText& pair : *pairs) {
    std::uint32_t attribute = table.FindAttribute(pair.name);
    if (attribute == kNone || !values.SetText(attribute, pair.value)) return false;
  }
  return true;
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  static const Fixture fixture;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Date today = *ParseDate("2026-11-24");
  auto given = ir::ParseGiven(fixture.policy, text);
  Values values(fixture.table);
  bool taken = SetAll(fixture.table, text, values);
  if (taken != given.has_value()) {
    std::fprintf(stderr, "the evaluator %s and the table %s\n", given ? "takes it" : given.error().c_str(),
                 taken ? "takes it" : "does not");
    std::abort();
  }
  if (!taken) return 0;
  auto request = ir::CompleteRequest(fixture.policy, *given, today);
  auto missing = values.CompleteAsMeasured(today);
  if (request.has_value() == missing.has_value()) std::abort();
  if (!request) return 0;
  auto classes = ir::ValueClasses(fixture.policy).Classify(*request);
  if (!std::equal(classes.begin(), classes.end(), values.classes().begin(), values.classes().end())) std::abort();
  return 0;
}
