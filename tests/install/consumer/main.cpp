// from_cxx BUNDLE: decides the request without any value three times over, in one batch, and compares with a single decision.
#include <route.h>

#include <cstdint>
#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  route_table* table = nullptr;
  if (argc != 2 || route_open(argv[1], nullptr, &table, nullptr, 0) != ROUTE_OK) return 1;
  const std::size_t dimensions = route_dimensions(table);
  const std::vector<std::uint16_t> classes(dimensions, 0);
  route_decision one;
  route_decide(table, classes.data(), dimensions, &one);
  const std::vector<std::uint16_t> column(3, 0);
  const std::vector<const std::uint16_t*> columns(dimensions, column.data());
  route_answer answers[3];
  route_decide_batch(table, columns.data(), 3, answers);
  bool same = true;
  for (const route_answer& answer : answers) same = same && answer.outcome == one.outcome && answer.route == one.route;
  const std::vector<std::uint16_t> wild(dimensions, 0xFFFF);
  route_decide(table, wild.data(), dimensions, &one);
  std::printf("%s, version %u, %s\n", same ? "same" : "different", route_api_version(),
              one.outcome == ROUTE_REFUSED ? "refused" : "not refused");
  route_close(table);
  return same ? 0 : 1;
}
