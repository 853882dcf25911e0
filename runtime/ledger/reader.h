#pragma once

#include <expected>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace route {

/// Every record of a decision log, in the file's order. A line that is not a record is an error, and so is a last line
/// without its end. For tests and tools; the whole log is held in memory.
auto ReadLog(const std::string& path) -> std::expected<std::vector<nlohmann::ordered_json>, std::string>;

}  // namespace route
