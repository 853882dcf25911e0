#include "runtime/ledger/reader.h"

#include <fstream>

namespace route {

auto ReadLog(const std::string& path) -> std::expected<std::vector<nlohmann::ordered_json>, std::string> {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected("the decision log `" + path + "` cannot be read");
  std::vector<nlohmann::ordered_json> records;
  std::string line;
  while (std::getline(file, line)) {
    const std::string place = "line " + std::to_string(records.size() + 1) + " of the decision log `" + path + "`";
    if (file.eof()) return std::unexpected(place + " is torn");
    auto record = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!record.is_object() || !record.contains("record")) return std::unexpected(place + " is not a record");
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace route
