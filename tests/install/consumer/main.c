/* from_c BUNDLE ATTRIBUTE VALUE ...: prints the outcome, the rules that apply and the plan. */
#include <route.h>
#include <stdio.h>
#include <string.h>

static void print(route_text text) { printf("%.*s", (int)text.size, text.data); }

int main(int argc, char** argv) {
  char why[256] = "";
  route_table* table;
  if (argc < 2) return 2;
  if (route_open(argv[1], NULL, &table, why, sizeof why) != ROUTE_OK) {
    printf("error: %s\n", why);
    return 1;
  }
  route_request* request = route_request_new(table);
  if (request == NULL) return 1;
  for (int i = 2; i + 1 < argc; i += 2) {
    const uint32_t attribute = route_attribute(table, argv[i]);
    if (route_request_set(request, attribute, argv[i + 1], strlen(argv[i + 1]), why, sizeof why) != ROUTE_OK) {
      printf("error: %s\n", why);
      return 1;
    }
  }
  const uint32_t missing = route_request_complete(request);
  if (missing != ROUTE_NONE) {
    printf("missing ");
    print(route_attribute_name(table, missing));
    printf("\n");
    return 0;
  }
  route_decision decision;
  route_decide(table, route_request_classes(request), route_dimensions(table), &decision);
  printf("outcome %u\n", (unsigned)decision.outcome);
  if (decision.outcome == ROUTE_REFUSED) {
    print(route_refusal_name(table, decision.refusal));
    printf("\n");
  }
  if (decision.route != ROUTE_NONE) {
    printf("route ");
    print(route_route_name(table, decision.route));
    printf("\n");
  }
  uint32_t rules[256];
  const size_t applying = route_matched_rules(table, route_request_classes(request), route_dimensions(table), rules, 256);
  for (size_t i = 0; i < applying && i < 256 && decision.outcome != ROUTE_REFUSED; ++i) {
    printf("rule ");
    print(route_rule_name(table, rules[i]));
    printf("\n");
  }
  route_planned plan[64];
  const size_t steps = route_plan(table, &decision, plan, 64);
  for (size_t i = 0; i < steps && i < 64; ++i) {
    printf("try ");
    print(route_deployment_name(table, plan[i].deployment));
    printf("\n");
  }
  route_request_free(request);
  route_close(table);
  return 0;
}
