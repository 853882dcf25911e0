#include "compiler/syntax/build_values.h"

#include "runtime/values/value_text.h"

namespace route::syntax {
namespace {

using diagnostics::Builder;
using diagnostics::Code;

auto ByteOf(Span span, std::size_t offset) -> Span {
  auto begin = span.begin + static_cast<std::uint32_t>(offset);
  return {span.file, begin, begin + 1};
}

}  // namespace

auto ValueBuilder::SpanOf(const antlr4::Token& token) const -> Span {
  return {file_, static_cast<std::uint32_t>(token.getStartIndex()),
          static_cast<std::uint32_t>(token.getStopIndex() + 1)};
}

auto ValueBuilder::SpanOf(const antlr4::ParserRuleContext& tree) const -> Span {
  return Join(SpanOf(*tree.start), SpanOf(*tree.stop));
}

auto ValueBuilder::Name(P::NameContext& tree) const -> ast::Name {
  return {tree.start->getText(), SpanOf(tree)};
}

auto ValueBuilder::Identifier(antlr4::tree::TerminalNode& node) const -> ast::Name {
  return {node.getText(), SpanOf(*node.getSymbol())};
}

auto ValueBuilder::Names(const std::vector<P::NameContext*>& trees, std::size_t from) const -> std::vector<ast::Name> {
  std::vector<ast::Name> names;
  for (std::size_t i = from; i < trees.size(); ++i) names.push_back(Name(*trees[i]));
  return names;
}

auto ValueBuilder::String(antlr4::tree::TerminalNode& node) const -> ast::String {
  std::string written = node.getText();
  Span span = SpanOf(*node.getSymbol());
  std::string text;
  for (std::size_t i = 1; i + 1 < written.size(); ++i) {
    if (written[i] == '\\' && i + 2 < written.size()) {
      ++i;
      if (written[i] != '"' && written[i] != '\\') {
        emitter_.Report(
            Builder(Code::kR0106, span, "a backslash in a text stands only before `\"` or another backslash")
                .WithHint("write `\\\\` for a backslash")
                .WithFix({"write `\\\\` for the backslash", {{ByteOf(span, i - 1), "\\\\"}}}));
      }
    }
    text.push_back(written[i]);
  }
  return {text, span};
}

auto ValueBuilder::OptionalString(antlr4::tree::TerminalNode* node) const -> std::optional<ast::String> {
  if (node == nullptr) return std::nullopt;
  return String(*node);
}

auto ValueBuilder::Number(antlr4::tree::TerminalNode& node) -> ast::Quantity {
  Span span = SpanOf(*node.getSymbol());
  auto number = ParseDecimal(node.getText());
  if (!number) {
    std::string message = "the number `" + node.getText() + "` ";
    switch (number.error()) {
      case DecimalError::kMalformed:
        message += "is not well formed";
        break;
      case DecimalError::kTooPrecise:
        message += "has more than six digits after the point";
        break;
      case DecimalError::kOutOfRange:
        message += "is too large";
        break;
    }
    emitter_.Report(Builder(Code::kR0108, span, message)
                        .WithHint("numbers are exact: up to six digits after the point, at most 9,223,372,036,854"));
    return {Decimal{}, ast::UnitWord::kNone, std::nullopt, span};
  }
  return {*number, ast::UnitWord::kNone, std::nullopt, span};
}

auto ValueBuilder::DateOf(antlr4::tree::TerminalNode& node) -> ast::Quantity {
  Span span = SpanOf(*node.getSymbol());
  auto date = ParseDate(node.getText());
  if (!date) {
    emitter_.Report(Builder(Code::kR0109, span, "there is no day `" + node.getText() + "`")
                        .WithHint("dates are written year-month-day, for example 2026-08-02"));
    date = kFirstDate;
  }
  return {Decimal{}, ast::UnitWord::kNone, date, span};
}

auto ValueBuilder::TimeOf(antlr4::tree::TerminalNode& node) -> ast::Quantity {
  Span span = SpanOf(*node.getSymbol());
  auto minutes = ParseTimeOfDay(node.getText());
  if (!minutes) {
    emitter_.Report(Builder(Code::kR0109, span, "there is no time of day `" + node.getText() + "`")
                        .WithHint("times are written hours:minutes, from 00:00 to 23:59"));
  }
  return {minutes.value_or(Decimal{}), ast::UnitWord::kTimeOfDay, std::nullopt, span};
}

auto ValueBuilder::Quantity(P::QuantityContext& tree) -> ast::Quantity {
  if (auto* date = tree.DATE()) return DateOf(*date);
  if (auto* time = tree.TIME()) return TimeOf(*time);
  ast::Quantity quantity = Number(*tree.NUMBER());
  if (auto* unit = tree.unit()) {
    if (unit->PERCENT_SIGN() != nullptr || unit->PERCENT() != nullptr) quantity.unit = ast::UnitWord::kPercent;
    if (unit->TOKENS() != nullptr) quantity.unit = ast::UnitWord::kTokens;
    if (unit->MS() != nullptr) quantity.unit = ast::UnitWord::kMilliseconds;
    if (unit->SECONDS() != nullptr) quantity.unit = ast::UnitWord::kSeconds;
    if (unit->USD() != nullptr) quantity.unit = ast::UnitWord::kUsd;
    if (unit->EUR() != nullptr) quantity.unit = ast::UnitWord::kEur;
    if (unit->DAYS() != nullptr) quantity.unit = ast::UnitWord::kDays;
  }
  quantity.span = SpanOf(tree);
  return quantity;
}

auto ValueBuilder::Value(P::ValueContext& tree) -> ast::Value {
  if (auto* name = tree.name()) return Name(*name);
  if (auto* quantity = tree.quantity()) return Quantity(*quantity);
  return String(*tree.STRING());
}

auto ValueBuilder::Bound(P::BoundContext& tree) -> ast::Value {
  if (auto* name = tree.name()) return Name(*name);
  return Quantity(*tree.quantity());
}

auto ValueBuilder::Cell(P::CellContext& tree) -> std::vector<ast::Value> {
  return ValueList(tree.value());
}

auto ValueBuilder::Parameters(P::ParametersContext* tree) const -> std::vector<ast::Name> {
  return tree == nullptr ? std::vector<ast::Name>{} : Names(tree->name());
}

auto ValueBuilder::Application(P::ApplicationContext& tree) -> ast::Application {
  ast::Application result{Names(tree.name()), {}, SpanOf(tree)};
  if (tree.arguments() != nullptr) result.arguments = ValueList(tree.arguments()->value());
  return result;
}

auto ValueBuilder::ProvenanceOf(P::AsOfContext* as_of, P::SourceTextContext* source) -> ast::Provenance {
  ast::Provenance result;
  if (as_of != nullptr) result.as_of.push_back(DateOf(*as_of->DATE()));
  if (source != nullptr) result.source.push_back(String(*source->STRING()));
  return result;
}

void ValueBuilder::AddFact(P::FactPropertyContext& tree, ast::Provenance& provenance, std::vector<ast::OwnFact>& own) {
  if (tree.asOf() != nullptr) {
    provenance.as_of.push_back(DateOf(*tree.asOf()->DATE()));
  } else if (tree.sourceText() != nullptr) {
    provenance.source.push_back(String(*tree.sourceText()->STRING()));
  } else {
    own.push_back({Identifier(*tree.IDENTIFIER()), Value(*tree.value())});
  }
}

auto ValueBuilder::ValueList(const std::vector<P::ValueContext*>& trees) -> std::vector<ast::Value> {
  std::vector<ast::Value> values;
  for (auto* tree : trees) values.push_back(Value(*tree));
  return values;
}

auto ValueBuilder::Values(P::ValuesContext& tree) -> JoinedValues {
  using How = JoinedValues::How;
  if (auto* t = dynamic_cast<P::SetOfValuesContext*>(&tree)) return {How::kSet, ValueList(t->value())};
  if (auto* t = dynamic_cast<P::EitherValueContext*>(&tree)) return {How::kEither, ValueList(t->value())};
  if (auto* t = dynamic_cast<P::EveryValueContext*>(&tree)) return {How::kEvery, ValueList(t->value())};
  return {How::kOne, {Value(*dynamic_cast<P::OneValueContext&>(tree).value())}};
}

auto ValueBuilder::Choice(P::ChoiceContext& tree) -> std::vector<ast::Value> {
  if (auto* t = dynamic_cast<P::SetChoiceContext*>(&tree)) return ValueList(t->value());
  return ValueList(dynamic_cast<P::OrChoiceContext&>(tree).value());
}

auto ValueBuilder::Comparator(P::ComparatorContext& tree) -> ast::Operator {
  if (tree.LESS() != nullptr) return ast::Operator::kLess;
  if (tree.LESS_EQUAL() != nullptr) return ast::Operator::kLessEqual;
  if (tree.GREATER() != nullptr) return ast::Operator::kGreater;
  return ast::Operator::kGreaterEqual;
}

}  // namespace route::syntax
