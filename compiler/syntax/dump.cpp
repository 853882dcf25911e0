#include "compiler/syntax/dump.h"

#include <string_view>

#include "runtime/values/value_text.h"

namespace route::syntax {
namespace {

auto UnitText(ast::UnitWord unit) -> std::string_view {
  switch (unit) {
    case ast::UnitWord::kNone: return "";
    case ast::UnitWord::kPercent: return "%";
    case ast::UnitWord::kTokens: return " tokens";
    case ast::UnitWord::kMilliseconds: return " ms";
    case ast::UnitWord::kSeconds: return " s";
    case ast::UnitWord::kUsd: return " USD";
    case ast::UnitWord::kEur: return " EUR";
    case ast::UnitWord::kDays: return " days";
    case ast::UnitWord::kTimeOfDay: return "";
  }
  return "";
}

auto OperatorText(ast::Operator op) -> std::string_view {
  switch (op) {
    case ast::Operator::kBare: return "";
    case ast::Operator::kIs: return "is";
    case ast::Operator::kIsNot: return "is not";
    case ast::Operator::kIn: return "in";
    case ast::Operator::kNotIn: return "not in";
    case ast::Operator::kIncludesEither: return "includes any of";
    case ast::Operator::kIncludesAll: return "includes all of";
    case ast::Operator::kIncludesNone: return "includes none of";
    case ast::Operator::kIsEmpty: return "is empty";
    case ast::Operator::kIsNotEmpty: return "is not empty";
    case ast::Operator::kLess: return "<";
    case ast::Operator::kLessEqual: return "<=";
    case ast::Operator::kGreater: return ">";
    case ast::Operator::kGreaterEqual: return ">=";
    case ast::Operator::kBetween: return "between";
    case ast::Operator::kStartsWith: return "starts with";
    case ast::Operator::kApply: return "with";
  }
  return "";
}

auto FactText(ast::Fact fact) -> std::string_view {
  switch (fact) {
    case ast::Fact::kProcessed: return "processed";
    case ast::Fact::kHeadquarters: return "headquartered";
    case ast::Fact::kVendor: return "vendor";
    case ast::Fact::kModel: return "model";
    case ast::Fact::kDeployment: return "deployment";
    case ast::Fact::kService: return "service";
    case ast::Fact::kStatus: return "status";
    case ast::Fact::kCertified: return "certified";
    case ast::Fact::kCapable: return "capable of";
    case ast::Fact::kPriceIn: return "price in";
    case ast::Fact::kPriceOut: return "price out";
    case ast::Fact::kFirstToken: return "first token";
    case ast::Fact::kRetention: return "retention";
    case ast::Fact::kQuality: return "quality";
    case ast::Fact::kContext: return "context";
    case ast::Fact::kGroup: return "in group";
    case ast::Fact::kTag: return "tagged";
    case ast::Fact::kSeenBy: return "seen by";
    case ast::Fact::kSeenOnlyBy: return "seen only by";
    case ast::Fact::kSeenFrom: return "seen from";
    case ast::Fact::kSeenOnlyFrom: return "seen only from";
    case ast::Fact::kOwn: return "property";
  }
  return "";
}

auto OrderText(TierOrder order) -> std::string_view {
  switch (order) {
    case TierOrder::kAsListed: return "as listed";
    case TierOrder::kByWeight: return "by weight";
    case TierOrder::kCheapest: return "by cheapest";
    case TierOrder::kFastest: return "by fastest";
    case TierOrder::kQuality: return "by quality";
  }
  return "";
}

class Printer {
 public:
  explicit Printer(const SourceSet& sources) : sources_(sources) {}

  auto Take() && -> std::string { return std::move(out_); }

  void Line(std::string_view words, Span span) {
    out_.append(depth_ * 2, ' ');
    out_ += words;
    out_ += "  @" + std::to_string(sources_.Begin(span).line) + "\n";
  }

  void operator()(const ast::PolicyLine& node) {
    Line("policy " + node.name.text + (node.extends ? " extends " + node.extends->text : "") + (node.version ? " version " + Quote(node.version->text) : ""), node.name.span);
  }

  void operator()(const ast::Import& node) {
    std::string text;
    for (const ast::Name& part : node.library) text += (text.empty() ? "" : ".") + part.text;
    Line("import " + (node.path ? Quote(node.path->text) : text), node.span);
  }

  void operator()(const ast::Jurisdiction& node) {
    Line("jurisdiction " + node.name.text + " = " + Join(node.members) + Text(node.provenance), node.name.span);
  }

  void operator()(const ast::NamedType& node) {
    Line("type " + node.name.text + ": " + Text(node.type) + Text(node.provenance), node.name.span);
  }

  void operator()(const ast::Property& node) {
    const char* owner = node.owner == ast::Owner::kVendor ? "vendors" : node.owner == ast::Owner::kModel ? "models" : "deployments";
    std::string text = "property " + node.name.text + " of " + owner + ": " + Text(node.type);
    if (node.fallback) text += " default " + Text(std::vector{*node.fallback});
    Line(text, node.name.span);
  }

  void operator()(const ast::Accept& node) {
    std::string text = "accept " + node.code.text;
    if (!node.subjects.empty()) text += " for " + Join(node.subjects);
    Line(text + " because " + Quote(node.because.text), node.span);
  }

  void operator()(const ast::Attribute& node) {
    std::string text = "attribute " + node.name.text + ": " + Text(node.type);
    for (const ast::Source& source : node.sources) {
      text += " from " + std::string(SourceName(source.kind)) + (source.argument.empty() ? "" : " " + Quote(source.argument));
    }
    if (!node.fallback.empty()) text += " default " + Text(node.fallback);
    Line(text, node.name.span);
  }

  void operator()(const ast::NamedCondition& node) {
    Line("condition " + node.name.text + Parameters(node.parameters), node.name.span);
    Nested([&] { Print(node.condition); });
  }

  void operator()(const ast::Vendor& node) {
    Line("vendor " + node.name.text + " headquarters " + Join(node.headquarters) + " certified " + Join(node.certifications),
         node.name.span);
    Nested([&] { Print(node.provenance, node.own); });
  }

  void operator()(const ast::Model& node) {
    Line("model " + node.name.text, node.name.span);
    Nested([&] {
      for (const ast::WorkQuality& quality : node.qualities) {
        Line("quality " + (quality.work ? quality.work->text + " " : "") + Text(quality.value), quality.value.span);
      }
      for (const ast::Quantity& context : node.context) Line("context " + Text(context), context.span);
      if (!node.capabilities.empty()) Line("capabilities " + Join(node.capabilities), node.capabilities[0].span);
      if (!node.licence.empty()) Line("licence " + Join(node.licence), node.licence[0].span);
      if (!node.tags.empty()) Line("tags " + Join(node.tags), node.tags[0].span);
      Print(node.provenance, node.own);
    });
  }

  void operator()(const ast::Deployment& node) {
    Line("deployment " + node.name.text + " serves " + node.model.text, node.name.span);
    Nested([&] {
      for (const ast::Price& price : node.price) Line("price " + Text(price.in) + " in, " + Text(price.out) + " out", price.span);
      for (const ast::Quantity& time : node.first_token) Line("first token " + Text(time), time.span);
      for (const ast::String& text : node.upstream_model) Line("model " + Quote(text.text), text.span);
      PrintRecipient(node);
    });
  }

  void operator()(const ast::Service& node) {
    Line("service " + node.name.text + " answers " + std::string(SourceName(node.answers.kind)) + " " + Quote(node.answers.argument),
         node.name.span);
    Nested([&] {
      for (const ast::Quantity& time : node.within) Line("within " + Text(time), time.span);
      PrintRecipient(node);
    });
  }

  void PrintRecipient(const ast::Recipient& node) {
    for (const ast::Name& name : node.vendor) Line("vendor " + name.text, name.span);
    for (const ast::Name& name : node.processed_in) Line("processed in " + name.text, name.span);
    for (const ast::Quantity& time : node.retention) Line("retention " + Text(time), time.span);
    for (const ast::Name& name : node.status) Line("status " + name.text, name.span);
    if (!node.tags.empty()) Line("tags " + Join(node.tags), node.tags[0].span);
    for (const ast::String& text : node.endpoint) Line("endpoint " + Quote(text.text), text.span);
    for (const ast::Name& name : node.key_env) Line("key env " + name.text, name.span);
    for (const ast::SeenBy& seen : node.seen_by) Line("seen by " + Join(seen.names), seen.span);
    Print(node.provenance, node.own);
  }

  void operator()(const ast::Group& node) {
    Line("group " + node.name.text, node.name.span);
    Nested([&] {
      if (const auto* selection = std::get_if<ast::Selection>(&node.what)) {
        Print(*selection);
      } else {
        Print(std::get<ast::Members>(node.what));
      }
      if (node.order) Line(OrderText(node.order->order), node.order->span);
    });
  }

  void operator()(const ast::LimitsBlock& node) {
    Line("limits", node.span);
    Nested([&] {
      for (const ast::Quantity& limit : node.attempts) Line("attempts " + Text(limit), limit.span);
      for (const ast::Quantity& limit : node.deadline) Line("deadline " + Text(limit), limit.span);
      for (const ast::Quantity& limit : node.answer) Line("answer " + Text(limit), limit.span);
      for (const ast::Quantity& limit : node.cost) Line("cost " + Text(limit), limit.span);
    });
  }

  void operator()(const ast::Rule& node) {
    Line("rule " + node.name.text + Parameters(node.parameters) + Text(node.dates), node.name.span);
    Nested([&] {
      if (node.shape) Print(*node.shape);
      Print(node.clauses);
      for (const ast::Effect& effect : node.effects) {
        Line(effect.kind == ast::Effect::Kind::kRequire ? "require" : "forbid", effect.test.span);
        Nested([&] { Print(effect.test); });
      }
      if (node.because) Line("because " + Quote(node.because->text), node.because->span);
    });
  }

  void operator()(const ast::Refuse& node) {
    Line("refuse " + node.name.text + Text(node.dates), node.name.span);
    Nested([&] {
      Print(node.clauses);
      if (node.reason) Line("with " + Quote(node.reason->text), node.reason->span);
    });
  }

  void operator()(const ast::Route& node) {
    Line("route " + node.name.text + Text(node.dates), node.name.span);
    Nested([&] {
      Print(node.clauses);
      for (const ast::Tier& tier : node.tiers) Print(tier);
    });
  }

  void operator()(const ast::Guarantee& node) {
    Line("guarantee " + node.name.text + Parameters(node.parameters), node.name.span);
    Nested([&] {
      if (node.shape) {
        Print(*node.shape);
        return;
      }
      if (node.premise) {
        Line("when", node.premise->span);
        Nested([&] { Print(*node.premise); });
      }
      std::visit([&](const auto& promise) { Promise(promise, node.span); }, node.promise);
    });
  }

  void operator()(const ast::Test& node) {
    Line("test " + Quote(node.name.text), node.span);
    Nested([&] {
      for (const ast::Assignment& given : node.given) {
        Line("given " + given.attribute.text + " " + Text(given.values), given.attribute.span);
      }
      Print(node.expectations);
      for (const ast::Case& row : node.cases) {
        std::string text = "case";
        for (const std::vector<ast::Value>& cell : row.cells) text += " (" + Text(cell) + ")";
        Line(text, row.span);
        Nested([&] { Print(row.expectations); });
      }
    });
  }

 private:
  template <typename Body>
  void Nested(Body body) {
    ++depth_;
    body();
    --depth_;
  }

  static auto Quote(std::string_view text) -> std::string {
    std::string quoted = "\"";
    for (char c : text) {
      if (c == '"' || c == '\\') quoted.push_back('\\');
      quoted.push_back(c);
    }
    return quoted + "\"";
  }

  static auto Join(const std::vector<ast::Name>& names) -> std::string {
    std::string text;
    for (const ast::Name& name : names) text += (text.empty() ? "" : ", ") + name.text;
    return text;
  }

  static auto WhatText(const ast::Compared& promise) -> std::string {
    const std::string number = std::string(FactText(promise.fact)) + (promise.work ? " " + promise.work->text : "");
    switch (promise.what) {
      case ast::Compared::What::kAllowed: return "what is allowed";
      case ast::Compared::What::kServed: return "being served";
      case ast::Compared::What::kFirstChoiceAtLeast: return "the first choice, at least the same " + number;
      case ast::Compared::What::kFirstChoiceAtMost: return "the first choice, at most the same " + number;
    }
    return "";
  }
  static auto Text(const ast::Quantity& quantity) -> std::string {
    if (quantity.date) return FormatDate(*quantity.date);
    if (quantity.unit == ast::UnitWord::kTimeOfDay) return FormatQuantity(quantity.number, Unit::kTimeOfDay);
    return FormatDecimal(quantity.number) + std::string(UnitText(quantity.unit));
  }

  static auto Text(const std::vector<ast::Value>& values) -> std::string {
    std::string text;
    for (const ast::Value& value : values) {
      if (!text.empty()) text += ", ";
      if (const auto* name = std::get_if<ast::Name>(&value)) text += name->text;
      if (const auto* quantity = std::get_if<ast::Quantity>(&value)) text += Text(*quantity);
      if (const auto* string = std::get_if<ast::String>(&value)) text += Quote(string->text);
    }
    return text;
  }

  static auto Text(const ast::Dates& dates) -> std::string {
    return (dates.from ? " from " + Text(*dates.from) : "") + (dates.until ? " until " + Text(*dates.until) : "");
  }

  static auto Text(const ast::Provenance& provenance) -> std::string {
    std::string text;
    for (const ast::Quantity& day : provenance.as_of) text += " as of " + Text(day);
    for (const ast::String& source : provenance.source) text += " source " + Quote(source.text);
    return text;
  }

  static auto Text(const ast::TypeUse& use) -> std::string {
    if (const auto* name = std::get_if<ast::Name>(&use)) return name->text;
    return Text(std::get<ast::Type>(use));
  }

  static auto Text(const ast::Type& type) -> std::string {
    if (type.word == ast::Type::Word::kTime) return "time";
    if (type.word == ast::Type::Word::kWeekday) return "weekday";
    std::string text(KindName(type.kind));
    if (!type.names.empty()) text += " of " + Join(type.names);
    if (type.unit != Unit::kNone) text += " in " + std::string(UnitName(type.unit));
    if (type.maximum) text += " up to " + Text(*type.maximum);
    return text;
  }

  static auto Parameters(const std::vector<ast::Name>& names) -> std::string {
    return names.empty() ? "" : "(" + Join(names) + ")";
  }

  void Print(const ast::Application& shape) {
    std::string path;
    for (const ast::Name& part : shape.path) path += (path.empty() ? "" : ".") + part.text;
    Line("shape " + path + " with " + Text(shape.arguments), shape.span);
  }

  void Print(const ast::Provenance& provenance, const std::vector<ast::OwnFact>& own) {
    for (const ast::OwnFact& fact : own) Line(fact.property.text + " " + Text(std::vector{fact.value}), fact.property.span);
    for (const ast::Quantity& day : provenance.as_of) Line("as of " + Text(day), day.span);
    for (const ast::String& source : provenance.source) Line("source " + Quote(source.text), source.span);
  }

  void Print(const std::vector<ast::Expectation>& expectations) {
    for (const ast::Expectation& expectation : expectations) {
      std::visit([&](const auto& what) { Promise(what, expectation.span); }, expectation.what);
    }
  }

  void Print(const std::vector<ast::Clause>& clauses) {
    for (const ast::Clause& clause : clauses) {
      Line(clause.kind == ast::Clause::Kind::kWhen ? "when" : "unless", clause.condition.span);
      Nested([&] { Print(clause.condition); });
    }
  }

  void Print(const ast::Condition& node) {
    switch (node.kind) {
      case ast::Condition::Kind::kAll: Line("all", node.span); break;
      case ast::Condition::Kind::kAny: Line("any", node.span); break;
      case ast::Condition::Kind::kNot: Line("not", node.span); break;
      case ast::Condition::Kind::kComparison: {
        std::string text = node.subject.text;
        if (node.op != ast::Operator::kBare) text += " " + std::string(OperatorText(node.op));
        if (!node.values.empty()) text += " " + Text(node.values);
        Line(text, node.span);
        break;
      }
    }
    Nested([&] {
      for (const ast::Condition& child : node.children) Print(child);
    });
  }

  void Print(const ast::DeploymentTest& node) {
    switch (node.kind) {
      case ast::DeploymentTest::Kind::kAll: Line("all", node.span); break;
      case ast::DeploymentTest::Kind::kAny: Line("any", node.span); break;
      case ast::DeploymentTest::Kind::kNot: Line("not", node.span); break;
      case ast::DeploymentTest::Kind::kFact: {
        std::string text(FactText(node.fact));
        if (node.work) text += " " + node.work->text;
        Line(text + " " + std::string(OperatorText(node.op)) + " " + Text(node.values), node.span);
        break;
      }
    }
    Nested([&] {
      for (const ast::DeploymentTest& child : node.children) Print(child);
    });
  }

  void Print(const ast::Selection& node) {
    std::string text = "select";
    if (node.order) text += " " + std::string(OrderText(*node.order));
    if (node.count) text += " first " + Text(*node.count);
    if (!node.count && node.number == ast::Selection::Number::kOne) text += " first 1";
    Line(text, node.span);
    Nested([&] {
      if (node.test) Print(*node.test);
    });
  }

  void Print(const ast::Members& members) {
    for (const ast::Member& member : members) {
      Line("member " + member.name.text + (member.weight ? " weight " + Text(*member.weight) : ""), member.name.span);
    }
  }

  void Print(const ast::Tier& node) {
    Line("tier", node.span);
    Nested([&] {
      if (const auto* selection = std::get_if<ast::Selection>(&node.target)) Print(*selection);
      if (const auto* name = std::get_if<ast::Name>(&node.target)) Line("to " + name->text, name->span);
      if (const auto* members = std::get_if<ast::Members>(&node.target)) Print(*members);
      for (const ast::Order& order : node.order) Line(OrderText(order.order), order.span);
      for (const ast::Quantity& within : node.within) Line("within " + Text(within), within.span);
      for (const ast::Quantity& retry : node.retry) Line("retry " + Text(retry), retry.span);
    });
  }

  void TestOf(std::string_view words, const ast::DeploymentTest& test, Span span) {
    Line(words, span);
    Nested([&] { Print(test); });
  }

  void Promise(const ast::EveryReached& promise, Span span) { TestOf("every deployment reached", promise.test, span); }
  void Promise(const ast::Never& promise, Span span) { TestOf("never", promise.test, span); }
  void Promise(const ast::FirstChoice& promise, Span span) { TestOf("the first choice", promise.test, span); }
  void Promise(const ast::Served& promise, Span span) {
    Line("served" + (promise.unless_refused_by.empty() ? "" : " unless refused by " + Join(promise.unless_refused_by)), span);
  }
  void Promise(const ast::Survives& promise, Span span) {
    const char* unit = promise.unit == ast::Survives::Unit::kDeployment ? "deployment"
                       : promise.unit == ast::Survives::Unit::kVendor   ? "vendor"
                                                                        : "country";
    Line("survives the loss of any " + Text(promise.count) + " " + unit, span);
  }
  void Promise(const ast::Bounded& promise, Span span) {
    Line("at most " + Text(promise.attempts) + " attempts" + (promise.within ? " within " + Text(*promise.within) : ""), span);
  }
  void Promise(const ast::CostsAtMost& promise, Span span) { Line("costs at most " + Text(promise.usd), span); }
  void Promise(const ast::Compared& promise, Span span) {
    Line("compared by " + WhatText(promise), span);
    Nested([&] {
      for (const ast::Setting* setting : {&promise.with, &promise.than}) {
        Line("with " + setting->attribute.text + " " + Text(setting->values), setting->span);
      }
    });
  }
  void Promise(const ast::ExpectRoute& what, Span span) { Line("expect route " + what.route.text, span); }
  void Promise(const ast::ExpectRefused& what, Span span) {
    Line("expect refused" + (what.by ? " by " + what.by->text : ""), span);
  }
  void Promise(const ast::ExpectUncovered&, Span span) { Line("expect uncovered", span); }
  void Promise(const ast::ExpectUnservable&, Span span) { Line("expect unservable", span); }

  const SourceSet& sources_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

auto Dump(const ast::File& file, const SourceSet& sources) -> std::string {
  Printer printer(sources);
  for (const ast::Declaration& declaration : file.declarations) std::visit(printer, declaration);
  return "# " + sources.Get(file.id).path() + "\n" + std::move(printer).Take();
}

}  // namespace route::syntax
