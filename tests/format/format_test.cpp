#include "compiler/format/format.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace route;

auto Formatted(std::string text) -> std::string {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("test.route", std::move(text));
  return format::Format(sources, file, emitter).value_or("not formatted");
}

TEST_CASE("nothing is made of nothing") {
  CHECK(Formatted("") == "");
  CHECK(Formatted(" \r\n\t\n") == "");
}

}  // namespace
