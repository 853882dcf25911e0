#pragma once

#include <array>
#include <cstdint>

#include "runtime/table/bits.h"

/// The inner part of a decision: a request's classes to which refusal, which route and which deployments. It is compiled for
/// every processor and, where there is one to choose, for those with wider registers; both give the same answers.
namespace route {

struct Answer {
  std::uint32_t refusal = kNone;
  std::uint32_t route = kNone;      ///< none when refused
  bool reaches = false;             ///< the route has a deployment that is allowed
  std::uint64_t* allowed = nullptr; ///< kMaxDeployments bits, zero before; stays so when refused
};

struct Kernel {
  /// `classes` has one for each dimension and none that the table does not have. Reads nothing that it need not.
  void (*decide)(const TableBits& table, const std::uint16_t* classes, Answer& answer) noexcept;
  /// Which terms hold, `count` words of them from word `first` of all on.
  void (*terms)(const TableBits& table, const std::uint16_t* classes, std::uint32_t first, std::uint32_t count,
                     std::uint64_t* terms) noexcept;
};

/// For any processor.
extern const Kernel kPortableKernel;
#if defined(__x86_64__)
/// For x86-64 processors with AVX2.
extern const Kernel kAvx2Kernel;
/// For x86-64 processors with AVX-512, where a cell is one register.
extern const Kernel kAvx512Kernel;
#endif

/// The best one for the processor that this runs on.
auto BestKernel() noexcept -> const Kernel&;

}  // namespace route
