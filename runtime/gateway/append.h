#pragma once

#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/loop_log.h"

namespace route {

/// Waits until the lines are on disk or are known not to be. To be awaited on the loop whose log it is.
auto Append(LoopLog& log, std::string_view lines) -> boost::asio::awaitable<Durability>;

}  // namespace route
