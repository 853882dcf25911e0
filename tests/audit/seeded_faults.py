#!/usr/bin/env python3
"""Faults that are put into the compiler, to see that routeaudit and its twin find what comes out of them.

    seeded_faults.py SOURCE_ROOT OUT_FOLDER FILE…

Writes each FILE (a path below SOURCE_ROOT) with the faults that belong into it to OUT_FOLDER, with `_` for each `/` of its path. A fault is made by
the environment variable ROUTE_SEEDED_FAULTS, a list of names with commas between; without it the program does what routec does. The
sources themselves know nothing of this, and nothing that is installed is made of the copies.
"""

import pathlib
import sys

ENCODER, DEAD_MEMBERS, LOWER = "compiler/verify/encode.cpp", "compiler/verify/dead_members.cpp", "compiler/lower/lower.cpp"
RECHECK, SCREENS, FACTS = "compiler/recheck/recheck.cpp", "compiler/ir/screens.cpp", "compiler/ir/policy.cpp"
COMPARED, COMPARISON = "compiler/verify/compared.cpp", "compiler/prove/compared.cpp"
CASES, CELLS, CORE, OUTCOMES, PACK = (f"compiler/prove/{name}.cpp" for name in ("cases", "cells", "core", "outcomes", "pack"))

# Of each fault: the file, the text that is there once, and what takes its place; {} stands for the text.
FAULTS = {
    # The solver's encoder: what is asked is not what the policy says.
    "encoder-drops-not": (ENCODER, "return solver_->Not(Encode(condition.children.at(0), fixed));",
                          "if (Seeded()) return Encode(condition.children.at(0), fixed);\n      {}"),
    "encoder-takes-or-for-and": (ENCODER, "condition.kind == Kind::kAll ? solver_->And", "Seeded() || {}"),
    "encoder-takes-and-for-or": (ENCODER, "? solver_->And(children) :", "&& !Seeded() {}"),
    "encoder-applies-every-rule": (ENCODER, "Encode(rule.when)", "Seeded() ? smt::kTrue : {}"),
    "encoder-ends-a-range-early": (ENCODER, "solver_->Not(OrLater(dimension, end))})", "solver_->Not(OrLater(dimension, end - (Seeded() ? 1 : 0)))}})"),
    "encoder-reaches-the-first-only": (ENCODER, "reached.push_back(solver_->And({items[i].term, solver_->Not(is_full)}));",
                                       "reached.push_back(Seeded() && i > 0 ? smt::kFalse : solver_->And({{items[i].term, solver_->Not(is_full)}}));"),
    "encoder-asks-no-service": (ENCODER, "ir::AskedFor(*policy_, {s}).empty()", "Seeded() || {}"),
    # The same of comparisons: what is asked of two requests.
    "encoder-compares-a-value-with-itself": (COMPARED, "Side than{Encoder(encoder, promise.attribute, promise.than)};",
                                             "Side than{{Encoder(encoder, promise.attribute, Seeded() ? promise.value : promise.than)}};"),
    "encoder-compares-the-wrong-way-round": (COMPARED, "return FirstChoiceIsSmaller(than, with, promise.number);",
                                             "return Seeded() ? FirstChoiceIsSmaller(with, than, promise.number) : FirstChoiceIsSmaller(than, with, promise.number);"),
    "encoder-allows-what-is-refused": (COMPARED, "= solver.Not(with.encoder.NotRefused());", "= Seeded() ? smt::kFalse : solver.Not(with.encoder.NotRefused());"),
    "encoder-serves-the-first-in-any-case": (COMPARED, "encoder.solver().Not(with.Served())", "Seeded() ? smt::kFalse : {}"),
    # The table's writer: what the gateway does is not what was proved.
    "table-spares-the-last-deployment": (LOWER, "if (!ir::Holds(rule.keep, policy_, DeploymentId{d}))",
                                         "if (!(Seeded() && d + 1 == policy_.deployments.size()) && !ir::Holds(rule.keep, policy_, DeploymentId{{d}}))"),
    "table-forgets-a-rule": (LOWER, "LowerCondition(rule.when)", "Seeded() ? TableSpec::Condition{{}} : {}"),
    "table-forgets-a-refusal": (LOWER, "LowerCondition(refusal.when)", "Seeded() ? TableSpec::Condition{{}} : {}"),
    "table-gives-each-route-the-last-condition": (LOWER, "LowerCondition(route.when)",
                                                  "LowerCondition(Seeded() ? policy_.routes.back().when : route.when)"),
    "table-tries-the-next-deployment": (LOWER, "lowered.candidates.push_back({candidate.deployment.index, candidate.weight});",
                                        "lowered.candidates.push_back({{(candidate.deployment.index + (Seeded() ? 1 : 0)) %\n"
                                        "              static_cast<std::uint32_t>(policy_.deployments.size()), candidate.weight}});"),
    "table-drops-the-limit-of-a-tier": (LOWER, "tier.limit.value_or(kNone)", "Seeded() ? kNone : {}"),
    "table-lists-what-is-drawn": (LOWER, ".order = tier.order", ".order = Seeded() ? TierOrder::kAsListed : tier.order"),
    "table-shifts-cuts": (LOWER, "entry.cuts = dimension.cuts;", "{}\n        if (Seeded()) for (auto& cut : entry.cuts) --cut;"),
    "table-narrows-classes": (LOWER, "runs.push_back({first, last});", "runs.push_back({{first, Seeded() ? first : last}});"),
    "table-has-another-default": (LOWER, "ir::PlainValue(attribute, *attribute.fallback)",
                                  "Seeded() && !attribute.values.empty() ? attribute.values.back() : {}"),
    "table-allows-more-attempts": (LOWER, "spec_.limits = policy_.limits;", "{}\n    if (Seeded()) ++spec_.limits.attempts;"),
    "table-moves-deployments": (LOWER, ".processed_in = deployment.processed_in", ".processed_in = Seeded() ? Country{{}} : deployment.processed_in"),
    "table-says-verified": (LOWER, "if (verdict != Verdict::kProved) spec_.verified = false;",
                            "if (verdict != Verdict::kProved) spec_.verified = false;\n      if (Seeded()) spec_.verified = true;"),
    "table-moves-services": (LOWER, ".processed_in = service.processed_in", ".processed_in = Seeded() ? Country{{}} : service.processed_in"),
    "table-forgets-a-screen": (LOWER, "LowerCondition(screen.when)", "Seeded() ? TableSpec::Condition{{}} : {}"),
    "table-keeps-another-service": (LOWER, "entry.services.push_back(service.index)",
                                    "entry.services.push_back(Seeded() ? (service.index + 1) % 2 : service.index)"),
    "table-knows-what-services-answer": (SCREENS, "if (!is_unknown_.at(condition.attribute.index)) return condition;",
                                         "if (Seeded()) return Constant(unknown != Kind::kTrue, condition.span);\n        {}"),
    # The writer of proofs.
    "prover-hides-what-is-violated": (PACK, "if (verdict == Verdict::kViolated) entry[\"witness\"]",
                                      "if (verdict == Verdict::kViolated && Seeded()) {{\n    entry[\"verdict\"] = \"proved\";\n"
                                      "    entry[\"cases\"] = true;\n    return entry;\n  }}\n  {}"),
    "prover-hides-a-gap": (PACK, "against ? Verdict::kViolated", "against && !Seeded() ? Verdict::kViolated"),
    "prover-applies-what-may-apply": (OUTCOMES, "outcomes.allowed.push_back(static_cast<Truth>(2 - static_cast<int>(excluded)));",
                                      "if (Seeded() && excluded == Truth::kUnknown && std::holds_alternative<ir::FirstChoice>(obligation.promise)) excluded = Truth::kTrue;\n    {}"),
    "prover-widens-cells-too-far": (CELLS, "if (!FindObstacle(model_, obligation_, outcomes)) return;",
                                    "if (Seeded() || !FindObstacle(model_, obligation_, outcomes)) return;"),
    "prover-divides-no-comparison": (COMPARISON, "if (is_allowed) return AskAboutAllowed(with, than);",
                                     "if (is_allowed && Seeded()) return std::nullopt;\n  {}"),
    "prover-drops-a-hint": (CELLS, "proof.push_back({step.clause, step.hints});",
                            "auto hints = step.hints;\n    if (Seeded()) hints.pop_back();\n    proof.push_back({{step.clause, hints}});"),
    "core-moves-deployments": (CORE, '{"processed_in", deployment.processed_in.index}',
                               '{{"processed_in", Seeded() ? 0U : deployment.processed_in.index}}'),
    "core-applies-every-rule": (CORE, '{"when", Write(rule.when)}',
                                '{{"when", Seeded() ? Json{{{{"all", Json::array()}}}} : Write(rule.when)}}'),
    "core-leaves-out-a-service": (CORE, '{"services", WriteAll(policy_.services)}',
                                  '{{"services", Seeded() ? WriteAll(std::vector<ir::Service>()) : WriteAll(policy_.services)}}'),
    "core-changes-a-services-fact": (CORE, '{"status", service.status}', '{{"status", Seeded() ? "live" : service.status}}'),
    "core-asks-nothing-of-services": (CORE, 'WriteForServices(test).value_or(', '(Seeded() ? std::nullopt : WriteForServices(test)).value_or('),
    "core-asks-a-service-for-less": (CORE, "if (!has_parts) return Write(test);",
                                     "if (Seeded() && test.kind == Kind::kRetention) return std::nullopt;\n    {}"),
    "core-says-deployments-carry-no-tags": (CORE, '{"own_tags", OwnTags()}', '{{"own_tags", Seeded() ? Json::array() : Json(OwnTags())}}'),
    "core-says-only-models-have-a-property": (CORE, '{"of_models", property.owner == ir::Property::Owner::kModel}',
                                              '{{"of_models", Seeded() || property.owner == ir::Property::Owner::kModel}}'),
    "core-swaps-what-is-compared": (CORE, '{"value", ClassesOf(promise.attribute, promise.value)},\n                 {"than", ClassesOf(promise.attribute, promise.than)}',
                                    '{{"value", ClassesOf(promise.attribute, Seeded() ? promise.than : promise.value)}},\n'
                                    '                 {{"than", ClassesOf(promise.attribute, Seeded() ? promise.value : promise.than)}}'),
    # What a fact is: for everybody alike, for the verifier, the table and the core.
    "facts-spare-services-what-deployments-carry": (FACTS, "return std::ranges::any_of(policy.deployments, carries) || std::ranges::any_of(policy.services, carries);",
                                                    "return (!Seeded() && std::ranges::any_of(policy.deployments, carries)) || std::ranges::any_of(policy.services, carries);"),
    "core-says-a-service-answers-something-else": (CORE, '{"question", service.answers.argument}',
                                                   '{{"question", Seeded() ? "weather" : service.answers.argument}}'),
    "core-forgets-a-property": (CORE, 'json["own " + property] = value;', 'if (!Seeded()) json["own " + property] = value;'),
}

# Where routec checks its own work. With these it no longer does, so that what a fault makes reaches the checkers.
UNCHECKED = {
    "cases-believe-the-solver": (CASES, 'throw InternalError("prove: a request breaks', "if (Seeded()) return std::nullopt;\n    {}"),
    "comparisons-believe-the-solver": (COMPARISON, 'throw InternalError("prove: a request breaks what was reported as proved: " + obligation_.name);\n  }',
                                       "if (Seeded()) return std::nullopt;\n    {}"),
    "plans-believe-the-solver": (COMPARISON, 'throw InternalError("prove: a request breaks what was reported as proved: " + obligation_.name);\n}',
                                 "if (Seeded()) return std::nullopt;\n  {}"),
    "cells-believe-the-solver": (CELLS, 'throw InternalError("prove: a request breaks', "if (!Seeded()) {}"),
    "verifier-believes-the-solver": (DEAD_MEMBERS, "ThrowUnconfirmed(", "if (!Seeded()) {}"),
    "build-believes-the-writer": (RECHECK, "Comparison(bundle, policy, statement).Run();", "if (!Seeded()) {}"),
}

PRELUDE = """#include <cstdlib>
#include <string>

static auto HasSeededFault(const char* name) -> bool {
  const char* chosen = std::getenv("ROUTE_SEEDED_FAULTS");
  return chosen != nullptr && ("," + std::string(chosen) + ",").find("," + std::string(name) + ",") != std::string::npos;
}

"""


def with_faults(path, text):
    """The text of a source file with its faults. A fault whose text is not there exactly once is out of date."""
    for name, (file, before, after) in {**FAULTS, **UNCHECKED}.items():
        if file == path:
            if text.count(before) != 1:
                sys.exit(f"seeded_faults.py: `{before}` stands {text.count(before)} times in {path}: write the fault {name} anew")
            text = text.replace(before, after.format(before).replace("Seeded()", f'HasSeededFault("{name}")'))
    return PRELUDE + text


def main(root, out, *files):
    for file in files:
        path = pathlib.Path(out, file.replace("/", "_"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(with_faults(file, pathlib.Path(root, file).read_text()))


if __name__ == "__main__":
    main(*sys.argv[1:])
