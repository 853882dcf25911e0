#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace route {

/// Where a deployment's requests go.
struct Endpoint {
  enum class Scheme : std::uint8_t { kHttp, kHttps };

  Scheme scheme = Scheme::kHttps;
  std::string host;         ///< a name or an address, an IPv6 address without its brackets
  std::string port;         ///< digits
  std::string host_header;  ///< as the `Host` header has it
  std::string path;         ///< of the base URL, `/v1`, or empty
  std::string base_url;     ///< as given, without a slash at its end
};

/// Reads a base URL such as `https://api.mistral.example/v1`. User names, queries and fragments are errors. The error
/// is in words that can follow a colon.
auto ParseEndpoint(std::string_view base_url) -> std::expected<Endpoint, std::string>;

}  // namespace route
