#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/ast.h"
#include "generated/RouteParser.h"

namespace route::syntax {

/// Turns the trees of words, numbers, texts and lists into syntax: one method for each rule of the grammar. What is
/// built from them stands in the classes derived from this one.
class ValueBuilder {
 protected:
  using P = grammar::RouteParser;

  ValueBuilder(FileId file, diagnostics::Emitter& emitter) : file_(file), emitter_(emitter) {}

  auto SpanOf(const antlr4::Token& token) const -> Span;
  auto SpanOf(const antlr4::ParserRuleContext& tree) const -> Span;
  auto Name(P::NameContext& tree) const -> ast::Name;
  auto Identifier(antlr4::tree::TerminalNode& node) const -> ast::Name;
  auto Names(const std::vector<P::NameContext*>& trees, std::size_t from = 0) const -> std::vector<ast::Name>;
  auto String(antlr4::tree::TerminalNode& node) const -> ast::String;
  auto OptionalString(antlr4::tree::TerminalNode* node) const -> std::optional<ast::String>;
  auto Number(antlr4::tree::TerminalNode& node) -> ast::Quantity;
  auto DateOf(antlr4::tree::TerminalNode& node) -> ast::Quantity;
  auto TimeOf(antlr4::tree::TerminalNode& node) -> ast::Quantity;
  auto Quantity(P::QuantityContext& tree) -> ast::Quantity;
  auto Value(P::ValueContext& tree) -> ast::Value;
  auto Bound(P::BoundContext& tree) -> ast::Value;
  auto Cell(P::CellContext& tree) -> std::vector<ast::Value>;
  auto Parameters(P::ParametersContext* tree) const -> std::vector<ast::Name>;
  auto Application(P::ApplicationContext& tree) -> ast::Application;
  auto ProvenanceOf(P::AsOfContext* as_of, P::SourceTextContext* source) -> ast::Provenance;
  void AddFact(P::FactPropertyContext& tree, ast::Provenance& provenance, std::vector<ast::OwnFact>& own);
  auto ValueList(const std::vector<P::ValueContext*>& trees) -> std::vector<ast::Value>;
  /// Values and how they were joined.
  struct JoinedValues {
    enum class How : std::uint8_t { kSet, kEither, kEvery, kOne };
    How how = How::kOne;
    std::vector<ast::Value> values;
  };
  auto Values(P::ValuesContext& tree) -> JoinedValues;
  auto Choice(P::ChoiceContext& tree) -> std::vector<ast::Value>;
  static auto Comparator(P::ComparatorContext& tree) -> ast::Operator;

  auto emitter() const -> diagnostics::Emitter& { return emitter_; }

 private:
  FileId file_;
  diagnostics::Emitter& emitter_;
};

}  // namespace route::syntax
