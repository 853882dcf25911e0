#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace route {

/// Everything in a request's body that says something and is sent on, one a line: all strings, wherever they stand, all keys, and
/// whole numbers of nine digits or more. For a search that must not depend on which fields are known.
///
/// A text that holds JSON in it, as tool arguments do, comes a second time with that JSON's escapes resolved. The pieces of
/// one content (an array under `content`, `instructions`, `output` or `system`: texts, or objects with a `text`) come once
/// more joined without a break, because a model reads them so. Left out are what is too short for any finding, the `model`,
/// which is replaced, the `seed`, which is drawn at random, and images, audio and files: base64 of 64 characters or more where
/// an API has these. What stands there and is not base64 is text like any other.
auto SearchableText(const nlohmann::ordered_json& body) -> std::string;

}  // namespace route
