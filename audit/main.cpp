#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

#include "audit/files.h"
#include "audit/report.h"
#include "audit/show.h"

namespace {

constexpr const char* kUsage =
    "usage: routeaudit check PACK.rpp --bundle FILE.rtb --sources DIR [options]\n"
    "       routeaudit show PACK.rpp [--sources DIR] [--library DIR]\n"
    "\n"
    "check: checks a proof pack against a bundle and the policy's sources, trusting neither routec nor routegate.\n"
    "  --bundle FILE.rtb         the bundle that the gateway runs\n"
    "  --sources DIR             the folder that the sources' names in the pack start from\n"
    "  --library DIR             the folder of the standard library's files; without it their hashes are only listed\n"
    "  --base BASE.rpp           the pack of the policy that this one extends: all of its rules must stand here\n"
    "  --attestation FILE.proof  the file that names this pack for this bundle\n"
    "  --key FILE.pem            the public key that must have signed it\n"
    "\n"
    "show: says in sentences what the policy core says, beside the source's lines. The one thing to read for oneself.\n"
    "\n"
    "Exit codes: 0 everything is proved and confirmed, 1 the pack is rejected or a guarantee is violated,\n"
    "2 wrong usage or unreadable file, 3 something is not established, 70 internal error.\n";

enum ExitCode { kGood = 0, kFindings = 1, kWrongUsage = 2, kInconclusive = 3, kInternalError = 70 };

/// What a file's bytes are quoted in, for a terminal: not too much of it, printable ASCII, and `?` for everything else.
auto Ascii(std::string text) -> std::string {
  constexpr std::size_t kMost = 1000;
  if (text.size() > kMost) text.resize(kMost);
  for (char& c : text) c = ' ' <= c && c <= '~' ? c : '?';
  return text;
}

auto Usage(const std::string& what) -> int {
  std::fprintf(stderr, "routeaudit: error: %s\n\n%s", what.c_str(), kUsage);
  return kWrongUsage;
}

/// Nothing, after saying why, if the words are not understood.
auto ReadOptions(int argc, char** argv) -> std::optional<audit::CheckOptions> {
  audit::CheckOptions options;
  const std::map<std::string, std::string*> places = {
      {"--bundle", &options.bundle}, {"--sources", &options.sources},         {"--library", &options.library},
      {"--base", &options.base},     {"--attestation", &options.attestation}, {"--key", &options.key}};
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const auto place = places.find(word);
    if (place != places.end() && i + 1 < argc) {
      *place->second = argv[++i];
    } else if (place == places.end() && !word.starts_with("-") && options.pack.empty()) {
      options.pack = word;
    } else {
      Usage(place != places.end() ? word + " needs a value" : "`" + word + "` is not understood");
      return std::nullopt;
    }
  }
  return options;
}

auto RunShow(const audit::CheckOptions& options) -> int {
  if (options.pack.empty()) return Usage("a pack is needed");
  std::fputs(audit::Show(audit::OpenPack(audit::ReadBytes(options.pack)), options.sources, options.library).c_str(),
             stdout);
  return kGood;
}

auto RunCheck(const audit::CheckOptions& options) -> int {
  if (options.pack.empty() || options.bundle.empty() || options.sources.empty()) {
    return Usage("a pack, --bundle and --sources are needed");
  }
  if (!options.key.empty() && options.attestation.empty()) return Usage("--key needs --attestation");
  const audit::Checked checked = audit::Check(options);
  std::fputs(audit::Report(checked).c_str(), stdout);
  int code = kGood;
  for (const std::string& verdict : checked.verdicts) {
    if (verdict == "violated") return kFindings;
    if (verdict != "proved") code = kInconclusive;
  }
  return code;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc == 2 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) {
    std::fputs(kUsage, stdout);
    return kGood;
  }
  const bool show = argc > 1 && std::strcmp(argv[1], "show") == 0;
  if (argc < 2 || (!show && std::strcmp(argv[1], "check") != 0)) return Usage("say what to do: check or show");
  const auto options = ReadOptions(argc, argv);
  if (!options) return kWrongUsage;
  try {
    return show ? RunShow(*options) : RunCheck(*options);
  } catch (const audit::Unreadable& error) {
    std::fprintf(stderr, "routeaudit: error: %s\n", error.what());
    return kWrongUsage;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "routeaudit: error: there is not enough memory\n");
    return kWrongUsage;
  } catch (const audit::Rejected& error) {
    std::printf("REJECTED: %s\nNothing in this pack is established.\n", error.what());
    return kFindings;
  } catch (const audit::Json::exception& error) {
    std::printf(
        "REJECTED: the pack lacks something that belongs into it, or is malformed (%s)\nNothing in this pack is "
        "established.\n",
        Ascii(error.what()).c_str());
    return kFindings;
  } catch (const std::out_of_range& error) {
    std::printf(
        "REJECTED: the pack speaks of something that there is not (%s)\nNothing in this pack is established.\n", error.what());
    return kFindings;
  } catch (const audit::Inconclusive& error) {
    std::printf("INCONCLUSIVE: %s\nNothing in this pack is established.\n", error.what());
    return kInconclusive;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "routeaudit: internal error: %s\n", error.what());
    return kInternalError;
  }
}
