#include <llvm/Support/raw_ostream.h>

#include <algorithm>

#include "compiler/diagnostics/xml.h"
#include "compiler/driver/test_report.h"

// The dialect that GitLab, Jenkins and GitHub's reporters all read: one suite for each policy, one case for each test, at
// most one failure or error in a case.

namespace route::driver {
namespace {

using diagnostics::Diagnostic;
using diagnostics::XmlText;
using testing::TestResult;

/// Everything that a failed expectation says but its place.
auto Detail(const TestedPolicy& tested, const Diagnostic& diagnostic) -> std::string {
  std::string text = PlaceOf(tested, diagnostic.span) + ": " + diagnostic.message;
  std::string request;
  for (const diagnostics::WitnessValue& value : diagnostic.witness) request += " " + value.attribute + "=" + value.text;
  if (!request.empty()) text += "\nrequest:" + request;
  if (!diagnostic.evidence.empty()) text += "\nso: " + diagnostic.evidence;
  if (!diagnostic.hint.empty()) text += "\nhint: " + diagnostic.hint;
  return text;
}

/// What stands between the tags of a `failure` or an `error`, about all these diagnostics.
void PrintElement(const TestedPolicy& tested, const char* element, const std::vector<const Diagnostic*>& about,
                  llvm::raw_ostream& out) {
  std::string message;
  std::string detail;
  for (const Diagnostic* diagnostic : about) {
    message += (message.empty() ? "" : "; ") + diagnostic->message;
    detail += (detail.empty() ? "" : "\n\n") + Detail(tested, *diagnostic);
  }
  out << "><" << element << " type=\"" << diagnostics::Entry(about.front()->code).name << "\" message=\"" << XmlText(message)
      << "\">" << XmlText(detail) << "</" << element << "></testcase>\n";
}

auto About(const TestedPolicy& tested, const TestResult& result) -> std::vector<const Diagnostic*> {
  std::vector<const Diagnostic*> about;
  for (const Diagnostic& diagnostic : tested.compilation->emitter.diagnostics()) {
    const bool is_failure = diagnostic.code == diagnostics::Code::kR0701;
    if (is_failure && !diagnostic.rules.empty() && diagnostic.rules.front() == result.name) about.push_back(&diagnostic);
  }
  return about;
}

void PrintSuite(const TestedPolicy& tested, llvm::raw_ostream& out) {
  const bool has_errors = tested.state == TestedPolicy::State::kHasErrors;
  std::string class_name = tested.path;
  if (class_name.ends_with(".route")) class_name.resize(class_name.size() - std::string_view(".route").size());
  std::ranges::replace(class_name, '.', '_');  // a `.` would begin another package
  const auto begin_case = [&](const std::string& name, Span span) {
    const SourceSet& sources = tested.compilation->sources;
    out << "    <testcase classname=\"" << XmlText(class_name) << "\" name=\"" << XmlText(name) << "\" file=\""
        << XmlText(sources.Get(span.file).path()) << "\" line=\"" << sources.Begin(span).line << "\"";
  };

  out << "  <testsuite name=\"" << XmlText(tested.path) << "\" tests=\"" << (has_errors ? 1 : tested.results.size())
      << "\" failures=\"" << tested.failed() << "\" errors=\"" << (has_errors ? 1 : 0) << "\" skipped=\"0\">\n";
  if (has_errors) {
    std::vector<const Diagnostic*> errors;
    for (const Diagnostic& diagnostic : tested.compilation->emitter.diagnostics()) {
      if (diagnostic.severity == diagnostics::Severity::kError) errors.push_back(&diagnostic);
    }
    begin_case("the policy can be read", errors.front()->span);
    PrintElement(tested, "error", errors, out);
  }
  for (const TestResult& result : tested.results) {
    begin_case(result.name, result.span);
    const auto about = About(tested, result);
    if (about.empty()) {
      out << "/>\n";
    } else {
      PrintElement(tested, "failure", about, out);
    }
  }
  out << "  </testsuite>\n";
}

}  // namespace

void PrintTestJunit(const std::vector<TestedPolicy>& all) {
  auto& out = llvm::outs();
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  for (const TestedPolicy& tested : all) {
    const std::size_t unread = tested.state == TestedPolicy::State::kHasErrors ? 1 : 0;
    tests += tested.results.size() + unread;
    failures += tested.failed();
    errors += unread;
  }
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"routec test\" tests=\"" << tests << "\" failures=\""
      << failures << "\" errors=\"" << errors << "\" skipped=\"0\">\n";
  for (const TestedPolicy& tested : all) PrintSuite(tested, out);
  out << "</testsuites>\n";
  out.flush();
}

}  // namespace route::driver
