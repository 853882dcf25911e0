#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a model costs at other providers.
namespace route::import {

class UsualPrices {
 public:
  /// One row: what a provider asks for a million tokens in and a million out together, in millionths of a USD.
  void Add(const std::string& model, const std::string& provider, std::int64_t together);

  struct Usual {
    std::int64_t median = 0;  ///< the lower one of two
    std::size_t rows = 0;     ///< of other providers
  };
  /// What the rows of all other providers say; nothing if there are none. The cost of all questions together is that of
  /// sorting the rows, whatever their number.
  auto Elsewhere(const std::string& model, const std::string& provider) -> std::optional<Usual>;

 private:
  struct Model {
    std::vector<std::pair<std::int64_t, std::string>> rows;  ///< sorted once the first question is asked
    std::map<std::string, std::vector<std::size_t>> places;  ///< of each provider's rows among them, ascending
    std::map<std::string, std::optional<Usual>> answers;
  };
  std::map<std::string, Model> models_;
};

}  // namespace route::import
