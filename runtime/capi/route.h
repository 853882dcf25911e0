/* libroute: decisions by a compiled policy, from C and everything that can call C.
 *
 *     route_table* table;
 *     char why[256];
 *     if (route_open("policy.rtb", NULL, &table, why, sizeof why) != ROUTE_OK) { puts(why); return 1; }
 *     route_request* request = route_request_new(table);
 *     route_request_set(request, route_attribute(table, "tier"), "gold", 4, NULL, 0);
 *     uint32_t missing = route_request_complete(request);       // ROUTE_NONE, or refuse: it has no value
 *     route_decision decision;
 *     route_decide(table, route_request_classes(request), route_dimensions(table), &decision);
 *     if (decision.outcome == ROUTE_ROUTED) {
 *       route_planned plan[16];
 *       size_t count = route_plan(table, &decision, plan, 16);  // whom to try, in order
 *     }
 *
 * A table never changes: any number of threads may use one. A request belongs to one thread at a time. What begins with
 * route_decide, route_plan or route_matched allocates nothing, cannot fail and never blocks. Texts live as long as their table
 * and are UTF-8 without a zero at the end. Indexes count from 0; functions given one that does not exist return ROUTE_NONE, 0 or an
 * empty text.
 *
 * Version 1 of the interface (libroute.so.1): functions may be added, and nothing is changed or taken away. */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ROUTE_API __attribute__((visibility("default")))
#else
#define ROUTE_API
#endif

#define ROUTE_NONE UINT32_MAX /* "there is none", for an index, a time or a number of retries */
#define ROUTE_MAX_DEPLOYMENTS 1024

typedef struct route_table route_table;
typedef struct route_request route_request;

typedef struct route_text {
  const char* data;
  size_t size;
} route_text;

typedef enum route_status {
  ROUTE_OK = 0,
  ROUTE_UNREADABLE = 1,     /* the file cannot be opened or mapped */
  ROUTE_NOT_A_BUNDLE = 2,   /* the magic number is missing */
  ROUTE_WRONG_VERSION = 3,  /* written in a format version that this library does not read */
  ROUTE_TRUNCATED = 4,      /* shorter than it says */
  ROUTE_CHANGED = 5,        /* its bytes are not those that were written */
  ROUTE_MALFORMED = 6,      /* something in it is out of bounds */
  ROUTE_NO_SUCH_POLICY = 7, /* it holds several policies, and none of this name */
  ROUTE_BAD_VALUE = 8       /* a value is not one of the attribute's */
} route_status;

typedef enum route_outcome {
  ROUTE_ROUTED = 0,
  ROUTE_REFUSED = 1,
  ROUTE_UNCOVERED = 2,  /* no route matches: refuse */
  ROUTE_UNSERVABLE = 3  /* a route matches, but nothing of its chain is allowed: refuse */
} route_outcome;

typedef struct route_decision {
  uint32_t outcome; /* a route_outcome */
  uint32_t refusal; /* when refused by a rule: which */
  uint32_t route;   /* when routed or unservable: which */
  uint32_t reserved;
  uint64_t allowed[ROUTE_MAX_DEPLOYMENTS / 64]; /* bit d % 64 of word d / 64: deployment d may be reached */
} route_decision;

/* One step of a plan. */
typedef struct route_planned {
  uint32_t tier;       /* index among all tiers; the steps of a tier follow each other */
  uint32_t deployment;
  uint32_t weight;     /* for a tier that is drawn by weight */
  uint32_t within_ms;  /* the tier's time to the first token, or ROUTE_NONE */
  uint32_t retries;    /* the tier's further attempts, or ROUTE_NONE */
} route_planned;

/* The answer for one request of a batch. */
typedef struct route_answer {
  uint32_t outcome;
  uint32_t refusal;
  uint32_t route;
  uint32_t first; /* when routed: the first deployment of the plan */
} route_answer;

/* The version of the interface that the library implements: 1. */
ROUTE_API unsigned route_api_version(void);

/* Maps a bundle and checks every byte of it. `policy` names one of several and may be NULL for a bundle with one. On failure
 * *table is NULL and `why` (which may be NULL) gets a sentence of at most `why_size` bytes with a zero at the end. */
ROUTE_API route_status route_open(const char* path, const char* policy, route_table** table, char* why, size_t why_size);
ROUTE_API void route_close(route_table* table); /* after its requests are freed; NULL does nothing */

ROUTE_API route_text route_policy_name(const route_table* table);
ROUTE_API route_text route_policy_version(const route_table* table);
ROUTE_API route_text route_hash(const route_table* table); /* SHA-256 of the bundle, 64 hexadecimal digits */
ROUTE_API int route_is_verified(const route_table* table);  /* 0: do not enforce it */

ROUTE_API uint32_t route_attributes(const route_table* table);
ROUTE_API uint32_t route_attribute(const route_table* table, const char* name); /* its index, or ROUTE_NONE */
ROUTE_API route_text route_attribute_name(const route_table* table, uint32_t attribute);
ROUTE_API size_t route_dimensions(const route_table* table); /* classes of a request */

ROUTE_API uint32_t route_deployments(const route_table* table);
ROUTE_API route_text route_deployment_name(const route_table* table, uint32_t deployment);
ROUTE_API route_text route_deployment_model(const route_table* table, uint32_t deployment); /* to ask upstream for */
ROUTE_API uint32_t route_rules(const route_table* table);
ROUTE_API route_text route_rule_name(const route_table* table, uint32_t rule);
ROUTE_API int route_rule_excludes(const route_table* table, uint32_t rule, uint32_t deployment);
ROUTE_API uint32_t route_routes(const route_table* table);
ROUTE_API route_text route_route_name(const route_table* table, uint32_t route);
ROUTE_API uint32_t route_refusals(const route_table* table);
ROUTE_API route_text route_refusal_name(const route_table* table, uint32_t refusal);
ROUTE_API route_text route_refusal_reason(const route_table* table, uint32_t refusal);

/* The attribute values of one request. NULL when there is no memory. */
ROUTE_API route_request* route_request_new(const route_table* table);
ROUTE_API void route_request_free(route_request* request);
ROUTE_API void route_request_clear(route_request* request); /* to be used for the next one */

/* Reads a value as a header has it: `gold`, `personal,health`, `40%`, `128k tokens`, `yes`, `FR`, `2026-08-02`. Names for an `any of`
 * attribute are added to those already there. ROUTE_BAD_VALUE leaves the attribute as it was, and `why` says what is wrong. */
ROUTE_API route_status route_request_set(route_request* request, uint32_t attribute, const char* text, size_t size, char* why,
                                         size_t why_size);
/* A number in millionths of its unit. */
ROUTE_API route_status route_request_set_number(route_request* request, uint32_t attribute, int64_t millionths, char* why,
                                                size_t why_size);
/* Gives what was not set its default. Returns the first attribute that is still missing: refuse. Or ROUTE_NONE. */
ROUTE_API uint32_t route_request_complete(route_request* request);
/* After route_request_complete: one class for each dimension, until the request is changed. */
ROUTE_API const uint16_t* route_request_classes(const route_request* request);

/* `classes` has `count` entries. Classes that the table does not have are refused. */
ROUTE_API void route_decide(const route_table* table, const uint16_t* classes, size_t count, route_decision* decision);
/* Many requests at once: columns[d][i] is the class of request i in dimension d; there are route_dimensions(table) columns. */
ROUTE_API void route_decide_batch(const route_table* table, const uint16_t* const* columns, size_t requests,
                                  route_answer* answers);
/* The steps of the plan, in order. Writes at most `capacity` and returns how many there are. None unless routed. */
ROUTE_API size_t route_plan(const route_table* table, const route_decision* decision, route_planned* plan, size_t capacity);
/* The rules that apply, ascending. Returns how many there are; if these are more than `capacity`, writes nothing. */
ROUTE_API size_t route_matched_rules(const route_table* table, const uint16_t* classes, size_t count, uint32_t* rules,
                                     size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
