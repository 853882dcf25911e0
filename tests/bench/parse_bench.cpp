// How fast policy text is parsed, and that time and memory grow in proportion to it.
//
// The text is a realistic mix of declarations (rules, routes, guarantees, deployments, conditions, tests, comments), made
// anew at each size with other names, so that no cache of an earlier run helps. Each size runs in a process of its own,
// whose peak memory is the kernel's figure (getrusage). The reference in the same run is one pass over the bytes that
// counts line ends, which is what a program does at least with its input.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "compiler/syntax/parse.h"

namespace {

using namespace route;

auto PolicyOf(std::size_t lines) -> std::string {
  std::string text = "policy bench version \"1\"\nattribute tier one of free, gold from tenant default free\n";
  std::size_t written = 2;
  for (std::size_t i = 0; written < lines; ++i) {
    std::string n = std::to_string(i);
    text += "# ---- Customer " + n + " ----\n"
            "deployment large_" + n + " serves large {\n"
            "  vendor mistral   processed in FR   retention 0 days\n"
            "  price 2.00 USD in, 6.00 USD out    # for a million tokens\n"
            "  first token 400 ms\n"
            "}\n"
            "condition sensitive_" + n + " = data includes personal or health\n"
            "rule stays_" + n + " from 2026-08-02\n"
            "  when sensitive_" + n + " and (tier is gold or platinum)\n"
            "  require processed in EU and price out <= 15 USD\n"
            "  because \"GDPR chapter V\"\n"
            "route r_" + n + " when workload is legal and spend < 100% to large_" + n + " within 800 ms, then economy retry 2\n"
            "guarantee g_" + n + " when data includes personal, every deployment reached is processed in EU\n"
            "test \"t " + n + "\"\n"
            "  given tier gold, data health\n"
            "  expect route r_" + n + ", never vendor openai\n";
    written += 16;
  }
  return text;
}

struct Result {
  double parse_seconds = 0;
  double count_seconds = 0;
  double bytes = 0;
  double lines = 0;
  double peak_bytes = 0;
};

/// Of the processor, so that other work on the machine does not count.
auto Seconds() -> double {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

auto Peak() -> double {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

auto Measure(std::size_t lines) -> Result {
  Result result;
  std::string text = PolicyOf(lines);
  result.bytes = static_cast<double>(text.size());
  double start = Seconds();
  result.lines = static_cast<double>(std::count(text.begin(), text.end(), '\n'));
  result.count_seconds = Seconds() - start;
  SourceSet sources;
  FileId file = sources.Add("bench.route", std::move(text));
  diagnostics::Emitter emitter;
  start = Seconds();
  ast::File tree = syntax::Parse(sources, file, emitter);
  result.parse_seconds = Seconds() - start;
  result.peak_bytes = Peak();
  if (emitter.has_errors() || tree.declarations.size() < lines / 8) {
    std::fprintf(stderr, "the generated policy does not parse\n");
    std::exit(1);
  }
  return result;
}

/// In a child process, so that its peak memory is its own.
auto MeasureApart(std::size_t lines) -> Result {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) std::abort();
  pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    Result result = Measure(lines);
    if (::write(pipe_ends[1], &result, sizeof(result)) != static_cast<ssize_t>(sizeof(result))) std::_Exit(1);
    std::_Exit(0);
  }
  ::close(pipe_ends[1]);
  Result result;
  bool complete = ::read(pipe_ends[0], &result, sizeof(result)) == static_cast<ssize_t>(sizeof(result));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!complete || status != 0) std::exit(1);
  return result;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc == 2) {  // one size in this process, for a profiler
    Result result = Measure(std::strtoul(argv[1], nullptr, 10));
    std::printf("%.0f lines in %.3f s\n", result.lines, result.parse_seconds);
    return 0;
  }
  std::printf("%10s %9s %10s %12s %9s %14s %16s\n", "lines", "MB", "CPU s", "lines/s", "MB/s", "memory/text", "time/counting");
  double first_rate = 0;
  double last_rate = 0;
  for (std::size_t lines : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
    Result best = MeasureApart(lines);
    for (int i = 0; i < (lines <= 10'000 ? 4 : 0); ++i) {
      Result again = MeasureApart(lines);
      if (again.parse_seconds < best.parse_seconds) best = again;
    }
    double rate = best.lines / best.parse_seconds;
    std::printf("%10.0f %9.2f %10.3f %12.0f %9.2f %14.1f %16.0f\n", best.lines, best.bytes / 1e6, best.parse_seconds, rate,
                best.bytes / 1e6 / best.parse_seconds, best.peak_bytes / best.bytes, best.parse_seconds / best.count_seconds);
    if (lines == 10'000U) first_rate = rate;
    last_rate = rate;
  }
  std::printf("lines per second at 1,000,000 lines / at 10,000 lines: %.2f (1.00 is linear)\n", last_rate / first_rate);
  return 0;
}
