#include "runtime/upstream/endpoint.h"

#include <algorithm>

namespace route {
namespace {

auto IsHostCharacter(char c) -> bool {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

auto IsPort(std::string_view text) -> bool {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value >= 1 && value <= 65535;
}

}  // namespace

auto ParseEndpoint(std::string_view base_url) -> std::expected<Endpoint, std::string> {
  Endpoint endpoint;
  const bool printable = std::ranges::all_of(
      base_url, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '<' && c != '>' && c != '\\'; });
  if (!printable) return std::unexpected("the URL holds a blank or a character that URLs do not have");
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  endpoint.base_url = base_url;
  std::string_view rest = base_url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    endpoint.scheme = Endpoint::Scheme::kHttps;
    endpoint.port = "443";
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    endpoint.scheme = Endpoint::Scheme::kHttp;
    endpoint.port = "80";
  } else {
    return std::unexpected("a base URL starts with `https://` or `http://`");
  }
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return std::unexpected("a base URL has neither a query nor a fragment");
  }
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  if (authority.contains('@'))
    return std::unexpected("a base URL must not hold a user name or password: keys come from the environment");
  endpoint.host_header = authority;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::unexpected("the address lacks its `]`");
    endpoint.host = authority.substr(1, close - 1);
    const bool address = !endpoint.host.empty() && std::ranges::all_of(endpoint.host, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    });
    if (!address) return std::unexpected("there is no IPv6 address between the brackets");
    authority.remove_prefix(close + 1);
  } else {
    const std::size_t colon = authority.find(':');
    endpoint.host = authority.substr(0, colon);
    if (endpoint.host.empty() || !std::ranges::all_of(endpoint.host, IsHostCharacter)) {
      return std::unexpected("the URL names no valid host");
    }
    authority.remove_prefix(endpoint.host.size());
  }
  if (!authority.empty()) {
    if (!authority.starts_with(':') || !IsPort(authority.substr(1))) {
      return std::unexpected("the port must be a number from 1 to 65535");
    }
    endpoint.port = authority.substr(1);
  }
  for (const std::string_view asked : {"/chat/completions", "/completions", "/embeddings", "/responses", "/messages"}) {
    if (!path.ends_with(asked)) continue;
    return std::unexpected("a base URL ends before `" + std::string(asked) + "`, which requests add to it");
  }
  endpoint.path = path;
  return endpoint;
}

}  // namespace route
