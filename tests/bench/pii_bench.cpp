// pii_bench: how fast the detector `pii` reads texts in which it finds nothing, the slowest case, on one core.
//
//     pii_bench [MEGABYTES]
//
// Prints a line for each kind of text: its name, gigabytes (10^9 bytes) a second of processor time, best of
// five runs.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "runtime/signals/pii.h"

namespace {

struct Kind {
  const char* name;
  std::string_view piece;
};

constexpr Kind kKinds[] = {
    {"prose",
     "The committee met on the second Tuesday of the month, and nobody could say who had asked for it; the minutes, "
     "as ever, were kept by hand and read aloud at the end. "},
    {"prose with numbers",
     "In 2024 the firm sold 1,250 units at 39.90 each, 12 % more than in 2023, and hired 17 people for its "
     "3 sites (see pages 41 to 44). "},
    {"source code",
     "for (std::size_t i = 0; i < 16; ++i) { table[i] = Mix(seed ^ 0x9E3779B9u, i + 1); } // see RFC 9110, 5.6.7\n"},
    {"JSON", "{\"id\": 482913, \"price\": 12.5, \"tags\": [\"a-1\", \"b-2\"], \"at\": \"2026-11-24T18:30:00Z\"},\n"},
    {"French",
     "Le comit\xC3\xA9 s'est r\xC3\xA9uni le deuxi\xC3\xA8me mardi du mois ; le proc\xC3\xA8s-verbal a "
     "\xC3\xA9t\xC3\xA9 lu. "},
    {"a log", "2026-11-24T18:30:00.123Z INFO [worker-12] 10.0.12.7:443 took=182ms id=7f3a9c02-5b1e-4d7a-9a63-0c8f1e2d4b5a v1.24.3\n"},
    {"hexadecimal", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"},
    {"base64", "TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNlY3RldHVyIGFkaXBpc2NpbmcgZWxpdCwg\n"},
    {"decorators", "@app.get(\"/x\")\n@cache\nasync def f(a: int = 1) -> b@c: return a++ + ++b # user@localhost\n"},
    {"numbers", "-0.0123, 1.75e-3, 0.48213, 12.0071, -3.1415, 0.9999, 1024, 65536\n"},
    {"digits alone", "4 8 15 16 23 42 "},
};

auto Repeat(std::string_view piece, std::size_t size) -> std::string {
  std::string text;
  while (text.size() < size) text += piece;
  return text;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  const std::size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 64;
  for (const Kind& kind : kKinds) {
    const std::string text = Repeat(kind.piece, megabytes * 1'000'000);
    double best = 0;
    for (int run = 0; run < 5; ++run) {
      const std::clock_t begin = std::clock();
      const route::PiiFindings found = route::DetectPii(text);
      const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
      if (found != route::PiiFindings{}) {
        std::fprintf(stderr, "pii_bench: something was found in `%s`\n", kind.name);
        return 1;
      }
      best = std::max(best, static_cast<double>(text.size()) / took / 1e9);
    }
    std::printf("%-20s %6.2f GB/s\n", kind.name, best);
  }
  return 0;
}
