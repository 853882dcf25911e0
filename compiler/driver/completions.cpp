#include "compiler/driver/completions.h"

#include "compiler/base/internal_error.h"

namespace route::driver {

auto Completions(const Command& routec, Shell shell) -> std::string {
  switch (shell) {
    case Shell::kBash:
      return BashCompletions(routec);
    case Shell::kZsh:
      return ZshCompletions(routec);
    case Shell::kFish:
      return FishCompletions(routec);
  }
  throw InternalError("an unknown shell");
}

}  // namespace route::driver
