#include <algorithm>

#include "compiler/resolve/resolver.h"

// Services see prompts, as deployments do, and say what attributes are. So they have the facts of a recipient, and a question.

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

void Resolver::AddQuestion(const ast::Service& declared) {
  const ast::Source& answers = declared.answers;
  ir::Source question{answers.kind, answers.argument};
  if (!ComesFromService(answers.kind, answers.argument)) {
    const bool built_in = answers.kind == SourceKind::kDetector;
    Error(Code::kR0209, answers.span,
          built_in ? "the gateway itself answers `" + TextOf(answers.span) + "`"
                   : "`" + TextOf(answers.span) + "` is nothing that a service answers",
          "a service answers `classifier \"NAME\"` or `detector NAME`");
  } else if (IsAnsweredByService(question)) {
    Error(Code::kR0202, answers.span, "another service answers `" + TextOf(answers.span) + "` already", "take one of the two out");
  } else {
    answered_.push_back(std::move(question));
  }
}

auto Resolver::IsAnsweredByService(const ir::Source& source) const -> bool {
  return std::ranges::find(answered_, source) != answered_.end();
}

void Resolver::AddService(const ast::Service& declared) {
  ir::Service service;
  service.answers = {declared.answers.kind, declared.answers.argument};
  const bool has_vendor = AddRecipient(declared, service);
  if (const ast::Quantity* within = Only(declared.within, Need::kOptional, declared.name, "within")) {
    if (auto time = Milliseconds(*within, "the time for an answer")) service.within_ms = *time;
  }
  if (deployment_names_.Find(declared.name.text)) {
    Report(Builder(Code::kR0202, declared.name.span, "the service `" + service.name + "` has the name of a deployment")
               .AddNote(deployment_names_.SpanOf(declared.name.text), "this one")
               .WithHint("give one of them another name"));
    return;
  }
  auto index = static_cast<std::uint32_t>(policy_.services.size());
  if (!Declare(service_names_, "service", declared.name, index)) return;
  if (!has_vendor && policy_.vendors.empty()) policy_.vendors.emplace_back();
  policy_.services.push_back(std::move(service));
}

auto Resolver::IsService(const ast::Name& name) -> bool {
  if (!service_names_.Find(name.text)) return false;
  Error(Code::kR0201, name.span, "`" + name.text + "` is a service, which sees prompts and answers no request",
        "name deployments, or a group of them");
  return true;
}

void Resolver::CheckServices() {
  if (policy_.services.size() > kMaxServices) {
    Error(Code::kR0208, policy_.services[kMaxServices].span,
          "a policy may have at most " + std::to_string(kMaxServices) + " services");
  }
  if (emitter_.has_errors()) return;  // a name that is written wrongly is reported already
  for (std::uint32_t i = 0; i < policy_.services.size(); ++i) {
    const ir::Service& service = policy_.services[i];
    if (!IsAnsweredByService(service.answers) || !ir::AskedFor(policy_, {i}).empty()) continue;
    const std::string question = std::string(SourceName(service.answers.kind)) + " " +
                                 (service.answers.kind == SourceKind::kDetector ? service.answers.argument
                                                                                : "\"" + service.answers.argument + "\"");
    Report(Builder(Code::kR0411, service.span, "no attribute asks the service `" + service.name + "`, so it is never called")
               .WithRules({service.name})
               .WithHint("let an attribute say `from " + question + "`, or take the service out"));
  }
}

}  // namespace route::resolve
