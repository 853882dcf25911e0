#pragma once

namespace route::driver {

/// What scripts rely on. Documented in docs/cli.md.
inline constexpr int kGood = 0;
inline constexpr int kPolicyHasErrors = 1;   ///< or a test failed
inline constexpr int kWrongUsage = 2;        ///< unknown option, unreadable file, a request that does not parse
inline constexpr int kInconclusive = 3;      ///< nothing wrong found, but a question was not answered within its limits
inline constexpr int kInternalError = 70;    ///< a bug in this program

}  // namespace route::driver
