#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <cstdint>
#include <functional>

#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/words.h"
#include "compiler/diagnostics/xml.h"

// The dialect that GitLab and Jenkins both read: testsuites > testsuite > testcase with at most one of failure, error and
// skipped. Jenkins takes what is before the last `.` of a class name for its package, so no other `.` stands in one.

namespace route::diagnostics {
namespace {

/// How one case ended.
struct Outcome {
  enum class Kind : std::uint8_t { kPassed, kFailed, kError, kSkipped };
  Kind kind = Kind::kPassed;
  std::string type;     ///< the code
  std::string message;  ///< in one line
  std::string detail;
};

struct Case {
  std::string name;
  std::string file;
  std::uint32_t line = 0;  ///< 0: no place
  Outcome outcome;
};

struct Suite {
  std::string name;
  std::vector<Case> cases;

  auto Count(Outcome::Kind kind) const -> std::size_t {
    return static_cast<std::size_t>(
        std::ranges::count_if(cases, [&](const Case& each) { return each.outcome.kind == kind; }));
  }
};

class JunitRenderer {
 public:
  JunitRenderer(const Report& report, const SourceSet& sources, llvm::raw_ostream& out)
      : report_(report), sources_(sources), out_(out) {}

  void Render() {
    std::vector<Suite> suites = {{"guarantees", Questions(report_.guarantees)},
                                 {"tests", Questions(report_.tests)},
                                 {"checks", Checks()},
                                 {"findings", Findings()}};
    auto total = [&](auto count) {
      std::size_t sum = 0;
      for (const Suite& suite : suites) sum += count(suite);
      return sum;
    };
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"" << XmlText(report_.tool + " " + Policy()) << "\"";
    Counts([&](Outcome::Kind kind) { return total([&](const Suite& suite) { return suite.Count(kind); }); },
           total([](const Suite& suite) { return suite.cases.size(); }));
    for (const Suite& suite : suites) Write(suite);
    out_ << "</testsuites>\n";
  }

 private:
  auto Policy() const -> std::string { return ReportedPath(report_.policy); }

  void Counts(const std::function<std::size_t(Outcome::Kind)>& count, std::size_t cases) {
    out_ << " tests=\"" << cases << "\" failures=\"" << count(Outcome::Kind::kFailed) << "\" errors=\""
         << count(Outcome::Kind::kError) << "\" skipped=\"" << count(Outcome::Kind::kSkipped) << "\">\n";
  }

  void Write(const Suite& suite) {
    if (suite.cases.empty()) return;
    std::string class_name = JunitClass(Policy());
    out_ << "  <testsuite name=\"" << XmlText(Policy() + ": " + suite.name) << "\"";
    Counts([&](Outcome::Kind kind) { return suite.Count(kind); }, suite.cases.size());
    for (const Case& each : suite.cases) {
      out_ << "    <testcase classname=\"" << XmlText(class_name + "." + suite.name) << "\" name=\"" << XmlText(each.name) << "\"";
      if (each.line > 0) out_ << " file=\"" << XmlText(each.file) << "\" line=\"" << each.line << "\"";
      Write(each.outcome);
    }
    out_ << "  </testsuite>\n";
  }

  void Write(const Outcome& outcome) {
    switch (outcome.kind) {
      case Outcome::Kind::kPassed: {
        if (outcome.detail.empty()) {
          out_ << "/>\n";
        } else {
          out_ << "><system-out>" << XmlText(outcome.detail) << "</system-out></testcase>\n";
        }
        return;
      }
      case Outcome::Kind::kSkipped:
        out_ << "><skipped message=\"" << XmlText(outcome.message) << "\"/></testcase>\n";
        return;
      case Outcome::Kind::kFailed: Element("failure", outcome); return;
      case Outcome::Kind::kError: Element("error", outcome); return;
    }
  }

  void Element(const char* element, const Outcome& outcome) {
    out_ << "><" << element << " type=\"" << XmlText(outcome.type) << "\" message=\"" << XmlText(outcome.message) << "\">"
         << XmlText(outcome.detail) << "</" << element << "></testcase>\n";
  }

  /// The place, what is said, and where else it is about.
  auto Detail(const Diagnostic& diagnostic) const -> std::string {
    return ReportedPlace(diagnostic.span, sources_) + ": " + MessageWithNotes(diagnostic, sources_);
  }

  auto OutcomeOf(const Diagnostic& diagnostic) const -> Outcome {
    Outcome outcome{Outcome::Kind::kPassed, std::string(Entry(diagnostic.code).name), diagnostic.message,
                    Detail(diagnostic)};
    if (IsFailure(diagnostic)) outcome.kind = Outcome::Kind::kFailed;
    if (diagnostic.code == Code::kR0520) outcome.kind = Outcome::Kind::kError;
    return outcome;
  }

  /// An error is one whatever the exit code; a warning only where it makes the run fail.
  auto IsFailure(const Diagnostic& diagnostic) const -> bool {
    return Fails(diagnostic, FailLevel::kError) || Fails(diagnostic, report_.fail_level);
  }

  auto At(std::string name, Span span, Outcome outcome) const -> Case {
    return {std::move(name), ReportedPath(sources_.Get(span.file).path()), sources_.Begin(span).line, std::move(outcome)};
  }

  /// What was found about one guarantee or test, as one case.
  auto Questions(const std::vector<Question>& questions) const -> std::vector<Case> {
    std::vector<Case> cases;
    for (const Question& question : questions) {
      Outcome outcome;
      if (question.answer != Question::Answer::kGood) {
        outcome.kind = question.answer == Question::Answer::kBad ? Outcome::Kind::kFailed : Outcome::Kind::kError;
      }
      for (const Diagnostic& diagnostic : report_.open) {
        if (!IsAbout(diagnostic, question)) continue;
        if (IsFailure(diagnostic)) outcome.kind = Outcome::Kind::kFailed;
        outcome.type = Entry(diagnostic.code).name;
        outcome.message += (outcome.message.empty() ? "" : "; ") + diagnostic.message;
        outcome.detail += (outcome.detail.empty() ? "" : "\n\n") + Detail(diagnostic);
      }
      cases.push_back(At(question.name, question.span, std::move(outcome)));
    }
    return cases;
  }

  static auto IsAbout(const Diagnostic& diagnostic, const Question& question) -> bool {
    bool answers = diagnostic.code == Code::kR0510 || diagnostic.code == Code::kR0511 ||
                   diagnostic.code == Code::kR0520 || diagnostic.code == Code::kR0701;
    return answers && !diagnostic.rules.empty() && diagnostic.rules.front() == question.name;
  }

  auto IsAboutAQuestion(const Diagnostic& diagnostic) const -> bool {
    auto about = [&](const Question& question) { return IsAbout(diagnostic, question); };
    return std::ranges::any_of(report_.guarantees, about) || std::ranges::any_of(report_.tests, about);
  }

  /// One case for each thing that was looked for and does not make the run fail, so that a check that goes well shows too. What
  /// fails counts once, as a finding.
  auto Checks() const -> std::vector<Case> {
    std::vector<Case> cases;
    const auto is_about_reading = [&](const Diagnostic& diagnostic) {
      return !IsVerification(Entry(diagnostic.code)) && IsFailure(diagnostic) && !IsAboutAQuestion(diagnostic);
    };
    if (std::ranges::none_of(report_.open, is_about_reading)) cases.push_back({"the policy can be read", Policy(), 1, {}});
    for (const CatalogueEntry& entry : Catalogue()) {
      if (!IsVerification(entry)) continue;
      Outcome outcome;
      std::size_t found = 0;
      for (const Diagnostic& diagnostic : report_.open) {
        if (diagnostic.code != entry.code) continue;
        ++found;
        if (IsFailure(diagnostic)) outcome.kind = Outcome::Kind::kFailed;
      }
      outcome.type = entry.name;
      if (found > 0) outcome.message = std::to_string(found) + (found == 1 ? " finding" : " findings");
      if (outcome.kind == Outcome::Kind::kFailed) continue;
      outcome.detail = outcome.message;
      if (!IsLookedFor(entry.code, report_.depth)) outcome = {Outcome::Kind::kSkipped, "", "asked with --audit", ""};
      if (report_.verification == Report::Verification::kNotRun) {
        outcome = {Outcome::Kind::kSkipped, "", "not asked, because the policy has errors", ""};
      }
      cases.push_back({std::string(entry.name) + ": " + std::string(entry.title), Policy(), 1, std::move(outcome)});
    }
    return cases;
  }

  /// Codes that verification gives, apart from those that belong to one guarantee.
  static auto IsVerification(const CatalogueEntry& entry) -> bool {
    return entry.name.starts_with("R05") && entry.code != Code::kR0510 && entry.code != Code::kR0511 &&
           entry.code != Code::kR0520;
  }

  auto Findings() const -> std::vector<Case> {
    std::vector<Case> cases;
    auto name = [](const Diagnostic& diagnostic) {
      return std::string(Entry(diagnostic.code).name) + ": " + diagnostic.message;
    };
    auto skipped = [](std::string why) { return Outcome{Outcome::Kind::kSkipped, "", std::move(why), ""}; };
    for (const Diagnostic& diagnostic : report_.open) {
      if (IsAboutAQuestion(diagnostic)) continue;
      cases.push_back(At(name(diagnostic), diagnostic.span, OutcomeOf(diagnostic)));
    }
    for (const Diagnostic& diagnostic : report_.known) {
      cases.push_back(At(name(diagnostic), diagnostic.span, skipped("known to the baseline")));
    }
    for (const Accepted& accepted : report_.accepted) {
      cases.push_back(At(name(accepted.diagnostic), accepted.diagnostic.span, skipped("accepted: " + accepted.reason)));
    }
    return cases;
  }

  const Report& report_;
  const SourceSet& sources_;
  llvm::raw_ostream& out_;
};

}  // namespace

void RenderJunit(const Report& report, const SourceSet& sources, llvm::raw_ostream& out) {
  JunitRenderer(report, sources, out).Render();
}

}  // namespace route::diagnostics
