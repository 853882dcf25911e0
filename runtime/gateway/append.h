#pragma once

#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/inbox.h"
#include "runtime/ledger/writer.h"

namespace route {

/// Waits until the lines are on disk or are known not to be. They must live until then. To be awaited on the thread whose
/// inbox it is.
auto Append(LogWriter& log, LoopInbox& inbox, std::string_view lines) -> boost::asio::awaitable<Durability>;

}  // namespace route
