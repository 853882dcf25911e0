#pragma once

#include <string>
#include <vector>

#include "compiler/diff/cost.h"
#include "compiler/diff/diff.h"

/// A report in sentences, for every form of output.
namespace route::diff {

/// Requests of one cube: `` `data` includes health and `tier` is not platinum``; of all requests, `every request`.
auto WhereText(const JointSpace& space, const Cube& cube) -> std::string;

/// `gpt_us`; `gpt_us (3 of 4) or large_paris (1 of 4)`; `nothing`.
auto FirstChoiceText(const FirstChoice& choice, const std::vector<std::string>& names) -> std::string;

/// What one change does, in a few phrases: `first choice gpt_us → mistral_paris`, `no longer reached: gpt_us`.
auto WhatText(const DiffReport& report, const Side& before, const Side& after, const Delta& delta)
    -> std::vector<std::string>;

/// `rules`, `catalogue`, `rules and catalogue`; empty if it is not known.
auto CauseText(Cause cause) -> std::string;

/// Which rules let go or take the deployments of the witness: `gpt_us is excluded by rule health_stays (new.route:12)`.
auto BlameTexts(const DiffReport& report, const Side& before, const Side& after, const Change& change)
    -> std::vector<std::string>;

/// What a policy decides about a witness, on one line: ``route `rest`: gpt_us, then large_paris``.
auto DecisionText(const Side& side, const Witness::Reading& reading) -> std::string;

/// `tier=free data=health, without prompt`
auto GivenText(const Witness& witness) -> std::string;

/// One sentence on a verdict, without a full stop.
auto VerdictText(const DiffReport& report) -> std::string;

/// The cost of the first choices, if it changes: `17.5 USD → 2 USD: 15.5 USD less`; else nothing.
auto CostChangeText(const DiffReport& report, const Side& before, const Side& after, const Delta& delta, Tokens tokens)
    -> std::string;

/// ``price in: 2.5 USD → 3 USD`` for each fact; `added`, `removed`.
auto FactTexts(const DeploymentChange& change) -> std::vector<std::string>;

}  // namespace route::diff
