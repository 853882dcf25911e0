#pragma once

#include <string>
#include <string_view>

namespace route::diagnostics {

/// Text as it may stand between tags or in an attribute of XML 1.0. Bytes that are not UTF-8 and characters that XML cannot
/// hold become U+FFFD; tabs and line ends become references, so that an attribute keeps them.
auto XmlText(std::string_view text) -> std::string;

}  // namespace route::diagnostics
