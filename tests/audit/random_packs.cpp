// Bundles and packs of random policies, for what checks packs.
//
//     random_packs FOLDER FIRST_SEED COUNT SERVICES
//
// Writes for each seed N, of a policy with at most so many services, the files N.rtb, N.cases.rpp, N.clauses.rpp (with clausal proofs where there can be) and N.txt (the core as
// text), and once the source file that the policies' spans point into.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "compiler/lower/lower.h"
#include "compiler/prove/core_text.h"
#include "compiler/prove/prove.h"
#include "compiler/verify/verify.h"
#include "runtime/table/table.h"
#include "tests/random_policy/random_policy.h"

namespace {

void Write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out) std::abort();
}

}  // namespace

auto main(int argc, char** argv) -> int {
  using namespace route;
  if (argc != 5) return 2;
  const std::filesystem::path folder = argv[1];
  const std::uint64_t first = std::stoull(argv[2]), count = std::stoull(argv[3]);
  const random_policy::Shape shape{.services = static_cast<std::uint32_t>(std::stoul(argv[4]))};
  const SourceSet sources = random_policy::Sources();
  for (std::uint32_t i = 0; i < sources.size(); ++i) Write(folder / sources.Get({i}).path(), sources.Get({i}).text());
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, shape);
    const verify::VerifyReport report = verify::Verify(policy, {});
    const auto bundle = lower::Lower(policy, report, {"routec test", &sources});
    if (!bundle) std::abort();
    const std::string name = std::to_string(seed);
    Write(folder / (name + ".rtb"), {reinterpret_cast<const char*>(bundle->data()), bundle->size()});
    Write(folder / (name + ".txt"), prove::CoreText(policy));
    prove::Inputs inputs{.sources = &sources, .tool_version = "routec test", .bundle_sha256 = std::string(Table::FromBytes(*bundle)->hash())};
    Write(folder / (name + ".cases.rpp"), prove::WritePack(policy, report, inputs));
    inputs.most_cases = 0;
    Write(folder / (name + ".clauses.rpp"), prove::WritePack(policy, report, inputs));
  }
  return 0;
}
