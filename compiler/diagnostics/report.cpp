#include "compiler/diagnostics/report.h"

namespace route::diagnostics {

auto Fails(const Diagnostic& diagnostic, FailLevel level) -> bool {
  if (diagnostic.code == Code::kR0520) return false;
  switch (level) {
    case FailLevel::kError: return diagnostic.severity == Severity::kError;
    case FailLevel::kWarning: return true;
    case FailLevel::kNever: return false;
  }
  return true;
}

}  // namespace route::diagnostics
