#pragma once

#include <string>
#include <vector>

#include "compiler/driver/commands.h"

/// The commands that work on bundles and need no policy's text.
namespace route::driver {

struct SimulateOptions {
  std::string bundle;
  std::string policy;   ///< which of several; may be empty for a bundle of one
  std::string trace;    ///< a file, or `-` for standard input
  std::string against;  ///< another bundle; empty: none
};
auto SimulateCommand(const SimulateOptions& options, const CommonOptions& common) -> int;

struct SignOptions {
  std::string bundle;
  std::string key;     ///< a file: a private key never stands on a command line
  std::string output;  ///< empty: beside the bundle
};
auto SignCommand(const SignOptions& options, const CommonOptions& common) -> int;

struct AttestOptions {
  std::string bundle;
  std::vector<std::string> packs;  ///< one for each of the bundle's policies
  std::string key;                 ///< a file; empty: the attestation is not signed
  std::string output;              ///< empty: beside the bundle
};
auto AttestCommand(const AttestOptions& options, const CommonOptions& common) -> int;

}  // namespace route::driver
