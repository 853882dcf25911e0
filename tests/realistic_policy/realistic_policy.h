#pragma once

#include <cstdint>
#include <string>

/// Policies of the kind and size that an operator has, as text: for benchmarks, and for tests that plant mistakes.
namespace route::realistic_policy {

struct Size {
  std::uint32_t rules = 200;
  std::uint32_t deployments = 100;
  std::uint32_t attributes = 12;  ///< at least 12; those beyond are flags of the author's own
  std::uint32_t routes = 40;      ///< the last takes everything
  std::uint32_t guarantees = 10;

  /// Of `rules` rules and so many deployments; a fifth as many routes, a twentieth as many guarantees.
  static auto Of(std::uint32_t rules, std::uint32_t deployments) -> Size {
    return {.rules = rules,
            .deployments = deployments,
            .attributes = 12,
            .routes = 1 + rules / 5,
            .guarantees = 4 + rules / 20};
  }
};

/// A sound policy, imports of the library aside in one file. Equal arguments give equal text.
///
/// Rules are about teams (a text that names about a tenth as many teams as there are rules), classes of data, workloads,
/// tiers, lengths of prompts, spend, dates and countries, alone and combined. Each keeps a handful of deployments, the
/// haven, that every team accepts, and every route ends with it, so that all requests are served and every guarantee
/// holds. Numbers have many thresholds, as thousands of rules by many authors would.
auto PolicyText(std::uint64_t seed, const Size& size) -> std::string;

/// `count` rules and as many routes that tell requests apart by one text, or by one number: what a gateway with an entry
/// for each customer or model looks like, and the hardest case for a sweep over routes.
enum class Over : std::uint8_t { kText, kNumber };
auto OneAttributeText(std::uint32_t count, Over over) -> std::string;

}  // namespace route::realistic_policy
