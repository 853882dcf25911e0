// Each kernel gives the same answers: the one for any processor, and where there is one to choose, the one for wider
// registers. Both run here, whichever of them `Decide` would take.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/lower/lower.h"
#include "runtime/decide/kernel.h"
#include "runtime/table/impl.h"
#include "tests/random_policy/random_policy.h"
#include "tests/table/families.h"

namespace route {
namespace {

using random_policy::Random;

/// Those that this processor can run, the portable one first.
auto Kernels() -> std::vector<const Kernel*> {
  std::vector<const Kernel*> kernels{&kPortableKernel};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back(&kAvx2Kernel);
#endif
  return kernels;
}

/// All that a kernel says of a request.
struct Said {
  std::uint32_t refusal = 0;
  std::uint32_t route = 0;
  bool reaches = false;
  std::array<std::uint64_t, kMaxDeployments / 64> allowed{};
  std::vector<std::uint64_t> terms;
  friend auto operator==(const Said&, const Said&) -> bool = default;
};

auto SaidBy(const Kernel& kernel, const TableBits& bits, const std::vector<std::uint16_t>& classes) -> Said {
  Said said;
  Answer answer{.allowed = said.allowed.data()};
  kernel.decide(bits, classes.data(), answer);
  said.refusal = answer.refusal;
  said.route = answer.route;
  said.reaches = answer.reaches;
  said.terms.resize(bits.rules.words);
  kernel.terms(bits, classes.data(), bits.rules.first_word, bits.rules.words, said.terms.data());
  return said;
}

auto RandomClasses(const ir::ValueClasses& classes, Random& random) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> vector;
  for (const ir::Dimension& dimension : classes.dimensions()) {
    vector.push_back(static_cast<std::uint16_t>(random.Below(dimension.classes)));
  }
  return vector;
}

void CheckThatKernelsAgree(const ir::Policy& policy, std::uint64_t seed) {
  const Table table = Table::FromBytes(lower::Lower(policy, {}, {"0.1.0", nullptr}).value()).value();
  const ir::ValueClasses classes(policy);
  Random random(seed);
  const std::vector<const Kernel*> kernels = Kernels();
  for (int i = 0; i < 60; ++i) {
    const std::vector<std::uint16_t> request = RandomClasses(classes, random);
    const Said portable = SaidBy(*kernels.front(), table.impl().bits, request);
    for (const Kernel* kernel : kernels) REQUIRE(SaidBy(*kernel, table.impl().bits, request) == portable);
  }
}

TEST_CASE("the kernels agree on random policies of every size") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    random_policy::Shape shape;
    if (seed % 3 == 0) shape = {.attributes = 9, .deployments = 700, .rules = 300, .refusals = 40, .routes = 80};
    if (seed % 3 == 1) shape = {.deployments = 70, .rules = 60, .refusals = 5, .routes = 20};
    CheckThatKernelsAgree(random_policy::MakeRandomPolicy(seed, shape), seed);
  }
}

TEST_CASE("the kernels agree on tables with definitions, many lines and many runs") {
  for (const table_families::Family& family : table_families::AllFamilies()) {
    CAPTURE(family.name);
    CheckThatKernelsAgree(family.make(family.largest / 8), 1);
  }
}

}  // namespace
}  // namespace route
