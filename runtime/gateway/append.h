#pragma once

#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "runtime/ledger/writer.h"

namespace route {

/// Waits until the lines are on disk or are known not to be. They must live until then.
auto Append(LogWriter& log, std::string_view lines) -> boost::asio::awaitable<Durability>;

}  // namespace route
