// node run.mjs POLICY.json: microseconds for a decision by each engine, as JSON lines.
//
// Each engine gets every condition in its own form and all requests, and has to find the same refusal, route and rules as the
// evaluator before it is measured. What the engines are asked for is less than what Route answers: which conditions hold. None of
// them works out which deployments are left. json-logic-js, which knows nothing of lists of rules, is asked as one would ask it by
// hand: the first refusal ends a decision, and so does the first route.

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const policy = JSON.parse(readFileSync(process.argv[2], "utf8"));
const kinds = ["refusals", "rules", "routes"];
const owners = kinds.flatMap((kind) => policy[kind].map((each) => ({ kind, ...each })));

/** Compares the names that hold with the evaluator's answer; nothing is said of what a refused request's rules would be. */
function check(engine, holding, index) {
  const answer = policy.answers[index];
  const first = (kind) => owners.find((each) => each.kind === kind && holding.has(each.name))?.name ?? null;
  const refusal = first("refusals");
  const fail = (what) => { throw new Error(`${engine} decides request ${index} otherwise: ${what}`); };
  if (refusal !== answer.refusal) fail(`refusal ${refusal}, not ${answer.refusal}`);
  if (refusal !== null) return;
  if (first("routes") !== answer.route) fail(`route ${first("routes")}, not ${answer.route}`);
  const rules = owners.filter((each) => each.kind === "rules" && holding.has(each.name)).map((each) => each.name);
  if (rules.join() !== answer.rules.join()) fail(`rules ${rules}, not ${answer.rules}`);
}

/** All requests in turn, for three seconds or eight rounds. The quickest time of each counts, so that neither what else the machine does nor
 * the collection of garbage is held against an engine. */
async function measure(engine, decide) {
  for (let i = 0; i < policy.requests.length; i++) check(engine, await decide(policy.requests[i]), i);
  const best = policy.requests.map(() => Infinity);
  const end = performance.now() + 3000;
  for (let round = 0; round < 8 || performance.now() < end; round++) {
    for (let i = 0; i < best.length; i++) {
      const start = performance.now();
      const holding = decide(policy.requests[i]);
      if (holding instanceof Promise) await holding;
      best[i] = Math.min(best[i], performance.now() - start);
    }
  }
  const milliseconds = best.reduce((sum, each) => sum + each) / best.length;
  console.log(JSON.stringify({ engine, rules: policy.rules.length, microseconds: milliseconds * 1000 }));
}

// --- json-logic-js ------------------------------------------------------------------------------------------

function toJsonLogic(when) {
  if (when.all) return { and: when.all.map(toJsonLogic) };
  if (when.any) return { or: when.any.map(toJsonLogic) };
  const value = { var: when.attribute };
  switch (when.op) {
    case "true": return true;
    case "in": return { in: [value, when.values] };
    case "includes": return { in: [when.value, value] };
    case "yes": return value;
    case "from": return { ">=": [value, when.value] };
    case "is": return { "===": [value, when.value] };
    case "starts": return { "===": [{ substr: [value, 0, when.value.length] }, when.value] };
  }
}

async function jsonLogic() {
  const { default: logic } = await import("json-logic-js");
  const [refusals, rules, routes] = kinds.map((kind) => policy[kind].map((each) => [each.name, toJsonLogic(each.when)]));
  const first = (list, request) => list.find(([, rule]) => logic.apply(rule, request))?.[0];
  await measure("json-logic-js", (request) => {
    const refusal = first(refusals, request);
    if (refusal) return new Set([refusal]);
    const holding = new Set();
    for (const [name, rule] of rules) if (logic.apply(rule, request)) holding.add(name);
    const route = first(routes, request);
    if (route) holding.add(route);
    return holding;
  });
}

// --- json-rules-engine --------------------------------------------------------------------------------------

function toJsonRules(when) {
  if (when.all) return { all: when.all.map(toJsonRules) };
  if (when.any) return { any: when.any.map(toJsonRules) };
  const fact = when.attribute;
  switch (when.op) {
    case "true": return { fact: "always", operator: "equal", value: true };
    case "in": return { fact, operator: "in", value: when.values };
    case "includes": return { fact, operator: "contains", value: when.value };
    case "yes": return { fact, operator: "equal", value: true };
    case "from": return { fact, operator: "greaterThanInclusive", value: when.value };
    case "is": return { fact, operator: "equal", value: when.value };
    case "starts": return { fact, operator: "startsWith", value: when.value };
  }
}

async function jsonRulesEngine() {
  const { Engine } = await import("json-rules-engine");
  const engine = new Engine();
  engine.addFact("always", true);
  engine.addOperator("startsWith", (value, start) => value.startsWith(start));
  for (const each of owners) {
    const when = toJsonRules(each.when);
    engine.addRule({ conditions: when.all || when.any ? when : { all: [when] }, event: { type: each.name } });
  }
  await measure("json-rules-engine", async (request) => new Set((await engine.run(request)).events.map((event) => event.type)));
}

// --- Cedar, as WebAssembly --------------------------------------------------------------------------------------

function toCedar(when) {
  if (when.all) return "(" + when.all.map(toCedar).join(" && ") + ")";
  if (when.any) return "(" + when.any.map(toCedar).join(" || ") + ")";
  const value = `context.${when.attribute}`;
  switch (when.op) {
    case "true": return "true";
    case "in": return `${JSON.stringify(when.values)}.contains(${value})`;
    case "includes": return `${value}.contains(${JSON.stringify(when.value)})`;
    case "yes": return value;
    case "from": return `${value} >= ${when.value}`;
    case "is": return `${value} == ${JSON.stringify(when.value)}`;
    case "starts": return `${value} like ${JSON.stringify(when.value + "*")}`;
  }
}

/** Every condition is a forbid; the answer's reasons are then the conditions that hold. */
async function cedar() {
  const engine = await import("@cedar-policy/cedar-wasm/nodejs");
  const policies = Object.fromEntries(owners.map((each) => [each.name, `forbid(principal, action, resource) when { ${toCedar(each.when)} };`]));
  policies.otherwise = "permit(principal, action, resource);";
  const entity = (type, id) => ({ type, id });
  const call = (request) => ({
    principal: entity("Caller", "a"), action: entity("Action", "ask"), resource: entity("Model", "m"), context: request, entities: [],
  });
  const decide = (answer) => {
    if (answer.type !== "success" || answer.response.diagnostics.errors.length) throw new Error(JSON.stringify(answer));
    return new Set(answer.response.diagnostics.reason);
  };
  if (engine.preparsePolicySet) {
    const prepared = engine.preparsePolicySet("bench", { staticPolicies: policies });
    if (prepared.type !== "success") throw new Error(JSON.stringify(prepared));
    await measure("cedar-wasm, preparsed", (request) =>
      decide(engine.statefulIsAuthorized({ ...call(request), preparsedPolicySetId: "bench", preparsedSchemaName: undefined, validateRequest: false })));
  } else {
    await measure("cedar-wasm", (request) => decide(engine.isAuthorized({ ...call(request), policies: { staticPolicies: policies } })));
  }
}

for (const run of [jsonLogic, jsonRulesEngine, cedar]) {
  try {
    await run();
  } catch (error) {
    console.log(JSON.stringify({ engine: run.name, rules: policy.rules.length, error: String(error.message ?? error).slice(0, 300) }));
  }
}
