#pragma once

#include <stdexcept>

namespace route {

/// This program contradicts itself: what cannot happen happened. Never the user's fault; `main` prints it and exits with
/// the code for internal errors.
class InternalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace route
