#include "compiler/import/usual_price.h"

#include <algorithm>

namespace route::import {

void UsualPrices::Add(const std::string& model, const std::string& provider, std::int64_t together) {
  Model& known = models_[model];
  known.rows.emplace_back(together, provider);
  known.places.clear();
  known.answers.clear();
}

auto UsualPrices::Elsewhere(const std::string& model, const std::string& provider) -> std::optional<Usual> {
  auto found = models_.find(model);
  if (found == models_.end()) return std::nullopt;
  Model& known = found->second;
  if (known.places.empty()) {
    std::ranges::sort(known.rows);
    for (std::size_t i = 0; i < known.rows.size(); ++i) known.places[known.rows[i].second].push_back(i);
  }
  auto [answer, is_new] = known.answers.try_emplace(provider);
  if (!is_new) return answer->second;
  const std::vector<std::size_t>& own = known.places[provider];
  std::size_t others = known.rows.size() - own.size();
  if (others == 0) return std::nullopt;
  // The median of the others, found by stepping over the provider's own rows.
  std::size_t at = (others - 1) / 2;
  for (std::size_t place : own) {
    if (place > at) break;
    ++at;
  }
  answer->second = Usual{known.rows[at].first, others};
  return answer->second;
}

}  // namespace route::import
