#include <cstdio>
#include <cstring>
#include <set>

#include "audit/check.h"
#include "audit/pack.h"
#include "audit/report.h"

namespace {

constexpr const char* kUsage =
    "usage: routeaudit check PACK.rpp --bundle FILE.rtb --sources DIR [--library DIR]\n"
    "\n"
    "Checks a proof pack against a bundle and the policy's sources, trusting neither routec nor routegate.\n"
    "  --bundle FILE.rtb  the bundle that the gateway runs\n"
    "  --sources DIR      the folder that the sources' names in the pack start from\n"
    "  --library DIR      the folder of the standard library's files; without it their hashes are only listed\n"
    "\n"
    "Exit codes: 0 everything is proved and confirmed, 1 the pack is rejected or a guarantee is violated,\n"
    "2 wrong usage or unreadable file, 3 inconclusive, 70 internal error.\n";

enum ExitCode { kGood = 0, kFindings = 1, kWrongUsage = 2, kInconclusive = 3, kInternalError = 70 };

auto Usage(const std::string& what) -> int {
  std::fprintf(stderr, "routeaudit: error: %s\n\n%s", what.c_str(), kUsage);
  return kWrongUsage;
}

auto RunCheck(int argc, char** argv) -> int {
  audit::CheckOptions options;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    std::string* value = word == "--bundle"    ? &options.bundle
                         : word == "--sources" ? &options.sources
                         : word == "--library" ? &options.library
                                               : nullptr;
    if (value != nullptr) {
      if (++i == argc) return Usage(word + " needs a value");
      *value = argv[i];
    } else if (word.starts_with("-") || !options.pack.empty()) {
      return Usage("`" + word + "` is not understood");
    } else {
      options.pack = word;
    }
  }
  if (options.pack.empty() || options.bundle.empty() || options.sources.empty()) {
    return Usage("a pack, --bundle and --sources are needed");
  }
  const audit::Checked checked = audit::Check(options);
  std::fputs(audit::Report(checked).c_str(), stdout);
  int code = kGood;
  for (const audit::Finding& finding : checked.findings) {
    if (finding.verdict == "violated") return kFindings;
    if (finding.verdict == "unknown") code = kInconclusive;
  }
  return code;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc == 2 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) {
    std::fputs(kUsage, stdout);
    return kGood;
  }
  if (argc < 2 || std::strcmp(argv[1], "check") != 0) return Usage("say what to do: check");
  try {
    return RunCheck(argc, argv);
  } catch (const audit::Unreadable& error) {
    std::fprintf(stderr, "routeaudit: error: %s\n", error.what());
    return kWrongUsage;
  } catch (const audit::Rejected& error) {
    std::printf("REJECTED: %s\nNothing in this pack is established.\n", error.what());
    return kFindings;
  } catch (const audit::Json::exception& error) {
    std::printf(
        "REJECTED: the pack lacks something that belongs into it, or is malformed (%s)\nNothing in this pack is "
        "established.\n",
        error.what());
    return kFindings;
  } catch (const audit::Inconclusive& error) {
    std::printf("INCONCLUSIVE: %s\nNothing in this pack is established.\n", error.what());
    return kInconclusive;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "routeaudit: internal error: %s\n", error.what());
    return kInternalError;
  }
}
