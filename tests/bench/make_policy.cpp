// Writes a generated policy to standard output, so that `routec` itself can be timed and profiled on it.
//
//   make_policy RULES DEPLOYMENTS [ATTRIBUTES [SEED [GUARANTEES]]]     a realistic one
//   make_policy text|number COUNT                         rules and routes over one attribute
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/realistic_policy/realistic_policy.h"

auto main(int argc, char** argv) -> int {
  using namespace route::realistic_policy;
  const auto number = [&](int i, unsigned long otherwise) {
    return static_cast<std::uint32_t>(argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise);
  };
  const std::string first = argc > 1 ? argv[1] : "";
  std::string text;
  if (first == "text" || first == "number") {
    text = OneAttributeText(number(2, 1000), first == "text" ? Over::kText : Over::kNumber);
  } else {
    Size size = Size::Of(number(1, 200), number(2, 100));
    size.attributes = number(3, 12);
    size.guarantees = number(5, size.guarantees);
    text = PolicyText(number(4, 1), size);
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}
