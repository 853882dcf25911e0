#include "compiler/syntax/annotate.h"

#include "generated/RouteLexer.h"

namespace route::syntax {
namespace {

using antlr4::tree::ParseTree;
using antlr4::tree::TerminalNode;
using grammar::RouteParser;

auto FirstToken(ParseTree& tree) -> std::size_t {
  if (auto* terminal = dynamic_cast<TerminalNode*>(&tree)) return terminal->getSymbol()->getTokenIndex();
  return dynamic_cast<antlr4::ParserRuleContext&>(tree).getStart()->getTokenIndex();
}

/// The token's type, or 0 for a tree that is more than a token.
auto TypeOf(ParseTree& tree) -> std::size_t {
  auto* terminal = dynamic_cast<TerminalNode*>(&tree);
  return terminal == nullptr ? 0 : terminal->getSymbol()->getType();
}

/// The rule, or nothing for a token.
auto RuleOf(ParseTree& tree) -> std::size_t {
  auto* context = dynamic_cast<antlr4::ParserRuleContext*>(&tree);
  return context == nullptr ? antlr4::Token::EPSILON : context->getRuleIndex();
}

class Annotator {
 public:
  explicit Annotator(std::vector<Word>& words) : words_(words) {}

  void Declaration(antlr4::ParserRuleContext& tree) {
    words_[FirstToken(tree)].joint = Joint::kStart;
    Phrases(tree, 0);
  }

 private:
  void Mark(ParseTree& tree, Joint joint, std::uint8_t column = 0, std::uint16_t depth = 0) {
    Word& word = words_[FirstToken(tree)];
    word.joint = joint;
    word.column = column;
    word.depth = depth;
  }
  void Column(ParseTree& tree, std::uint8_t column) { words_[FirstToken(tree)].column = column; }

  /// `depth` is that of the tree itself, so whatever is nested has a larger one.
  void Phrases(antlr4::ParserRuleContext& tree, std::uint16_t depth) {
    bool connects = tree.getRuleIndex() == RouteParser::RuleConnective;
    bool interval =
        tree.getRuleIndex() == RouteParser::RuleRange || dynamic_cast<RouteParser::IntervalContext*>(&tree) != nullptr;
    ParseTree* before = nullptr;
    for (ParseTree* child : tree.children) {
      std::size_t type = TypeOf(*child);
      bool joins = (type == RouteParser::AND || type == RouteParser::OR) && !interval && !connects;
      if (joins || (before != nullptr && TypeOf(*before) == RouteParser::COMMA)) Mark(*child, Joint::kItem, 0, depth);
      if (RuleOf(*child) == RouteParser::RuleConnective) Mark(*child, Joint::kStep, 0, depth);
      if (auto* context = dynamic_cast<antlr4::ParserRuleContext*>(child)) {
        Phrases(*context, static_cast<std::uint16_t>(depth + 1));
      }
      before = child;
    }
    Parts(tree, depth);
  }

  /// What each kind of tree says beyond its lists.
  void Parts(antlr4::ParserRuleContext& tree, std::uint16_t depth) {
    switch (tree.getRuleIndex()) {
      case RouteParser::RuleJurisdiction:
        return Jurisdiction(tree);
      case RouteParser::RuleNamedType:
        return NamedType(tree);
      case RouteParser::RuleAttribute:
        return Attribute(tree);
      case RouteParser::RuleProperty:
        return Property(tree);
      case RouteParser::RuleNamedCondition:
        return Definition(tree);
      case RouteParser::RuleGroup:
        return Definition(tree);
      case RouteParser::RuleVendor:
        return Block(tree);
      case RouteParser::RuleModel:
        return Block(tree);
      case RouteParser::RuleDeployment:
        return Block(tree);
      case RouteParser::RuleService:
        return Block(tree);
      case RouteParser::RuleLimits:
        return Block(tree);
      case RouteParser::RuleRule_:
        return Rule(tree);
      case RouteParser::RuleRefuse:
        return Rule(tree);
      case RouteParser::RuleRoute:
        return Route(tree, depth);
      case RouteParser::RuleGuarantee:
        return Guarantee(tree, depth);
      case RouteParser::RuleAccept:
        return Accept(tree);
      case RouteParser::RuleTest:
        return Test(tree);
      case RouteParser::RuleTestCase:
        return TestCase(tree, depth);
      case RouteParser::RuleExpected:
        return Expected(tree, depth);
      case RouteParser::RuleParameters:
        return Mark(tree, Joint::kTight);
      case RouteParser::RuleArguments:
        return Mark(tree, Joint::kTight);
      default:
        return;  // a rule of the grammar whose words only follow each other
    }
  }

  void Jurisdiction(antlr4::ParserRuleContext& tree) {
    for (ParseTree* child : tree.children) {
      if (TypeOf(*child) == RouteParser::STRING) Column(*child, 1);
      if (RuleOf(*child) == RouteParser::RuleAsOf) Mark(*child, Joint::kPart, 3);
      if (RuleOf(*child) == RouteParser::RuleSourceText) Mark(*child, Joint::kPart, 4);
    }
    Body(tree, 2);
  }

  void NamedType(antlr4::ParserRuleContext& tree) {
    for (ParseTree* child : tree.children) {
      if (RuleOf(*child) == RouteParser::RuleAsOf) Mark(*child, Joint::kPart, 2);
      if (RuleOf(*child) == RouteParser::RuleSourceText) Mark(*child, Joint::kPart, 3);
    }
    Body(tree, 1);
  }

  /// `= …`, whose sign is a column.
  void Body(antlr4::ParserRuleContext& tree, std::uint8_t column) {
    for (std::size_t i = 0; i + 1 < tree.children.size(); ++i) {
      if (TypeOf(*tree.children[i]) != RouteParser::EQUALS) continue;
      Column(*tree.children[i], column);
      Mark(*tree.children[i + 1], Joint::kBody);
    }
  }

  void Definition(antlr4::ParserRuleContext& tree) { Body(tree, 1); }

  void Attribute(antlr4::ParserRuleContext& tree) {
    Mark(*tree.children.at(2), Joint::kPart, 1);
    for (ParseTree* child : tree.children) {
      if (TypeOf(*child) == RouteParser::FROM) Mark(*child, Joint::kPart, 2);
      if (TypeOf(*child) == RouteParser::DEFAULT) Mark(*child, Joint::kPart, 3);
    }
  }

  void Property(antlr4::ParserRuleContext& tree) {
    Column(*tree.children.at(2), 1);
    Mark(*tree.children.at(4), Joint::kPart, 2);
    if (tree.children.size() > 5) Mark(*tree.children[5], Joint::kPart, 3);
  }

  void Block(antlr4::ParserRuleContext& tree) {
    std::uint8_t column = 1;
    for (ParseTree* child : tree.children) {
      std::size_t type = TypeOf(*child);
      if (type == RouteParser::SERVES || type == RouteParser::ANSWERS || type == RouteParser::LEFT_BRACE) Column(*child, column++);
      if (type == RouteParser::RIGHT_BRACE) Mark(*child, Joint::kClose);
      switch (RuleOf(*child)) {
        case RouteParser::RuleVendorProperty:
        case RouteParser::RuleModelProperty:
        case RouteParser::RuleDeploymentProperty:
        case RouteParser::RuleServiceProperty:
        case RouteParser::RuleLimit:
          Mark(*child, Joint::kProperty);
          break;
        default:
          break;  // the head of the declaration
      }
    }
  }

  void Rule(antlr4::ParserRuleContext& tree) {
    for (ParseTree* child : tree.children) {
      if (RuleOf(*child) == RouteParser::RuleClause) Mark(*child, Joint::kPart, 1);
      if (RuleOf(*child) == RouteParser::RuleEffect) Mark(*child, Joint::kPart, 2);
      if (TypeOf(*child) == RouteParser::WITH) Mark(*child, Joint::kPart, 2);
      if (TypeOf(*child) == RouteParser::BECAUSE) Mark(*child, Joint::kPart, 3);
    }
    Body(tree, 1);
  }

  void Route(antlr4::ParserRuleContext& tree, std::uint16_t depth) {
    for (ParseTree* child : tree.children) {
      if (RuleOf(*child) == RouteParser::RuleClause) Mark(*child, Joint::kPart, 1);
      if (TypeOf(*child) == RouteParser::TO) Mark(*child, Joint::kPart, 2);
      if (TypeOf(*child) == RouteParser::THEN) Mark(*child, Joint::kStep, 0, depth);
    }
  }

  void Guarantee(antlr4::ParserRuleContext& tree, std::uint16_t depth) {
    bool conditional = false;
    for (ParseTree* child : tree.children) {
      if (TypeOf(*child) == RouteParser::WHEN) {
        conditional = true;
        Mark(*child, Joint::kPart, 1);
      }
      if (RuleOf(*child) != RouteParser::RulePromise) continue;
      if (conditional) {
        Mark(*child, Joint::kPromise, 0, depth);
      } else {
        Mark(*child, Joint::kPart, 1);
      }
    }
    Body(tree, 1);
  }

  void Accept(antlr4::ParserRuleContext& tree) {
    for (ParseTree* child : tree.children) {
      if (TypeOf(*child) == RouteParser::FOR) Mark(*child, Joint::kPart, 1);
      if (TypeOf(*child) == RouteParser::BECAUSE) Mark(*child, Joint::kPart, 2);
    }
  }

  void Test(antlr4::ParserRuleContext& tree) {
    bool has_cases = RuleOf(*tree.children.back()) == RouteParser::RuleTestCase;
    for (ParseTree* child : tree.children) {
      if (TypeOf(*child) == RouteParser::GIVEN) Mark(*child, has_cases ? Joint::kBody : Joint::kPart, 1);
      if (RuleOf(*child) == RouteParser::RuleExpected) Mark(*child, Joint::kPart, 2);
      if (RuleOf(*child) == RouteParser::RuleTestCase) Mark(*child, Joint::kCase);
    }
  }

  void TestCase(antlr4::ParserRuleContext& tree, std::uint16_t depth) {
    std::uint8_t column = 0;
    for (ParseTree* child : tree.children) {
      if (RuleOf(*child) != RouteParser::RuleCell && RuleOf(*child) != RouteParser::RuleExpected) continue;
      bool last = RuleOf(*child) == RouteParser::RuleExpected;
      if (column < kMostColumns) ++column;
      if (column > 1) Mark(*child, last ? Joint::kStep : Joint::kItem, column, last ? depth : depth + 1);
    }
  }

  void Expected(antlr4::ParserRuleContext& tree, std::uint16_t depth) {
    for (std::size_t i = 2; i < tree.children.size(); ++i) {
      if (RuleOf(*tree.children[i]) == RouteParser::RuleExpectation) Mark(*tree.children[i], Joint::kStep, 0, depth);
    }
  }

  static constexpr std::uint8_t kMostColumns = 200;

  std::vector<Word>& words_;
};

}  // namespace

void Annotate(RouteParser::DeclarationContext& tree, std::vector<Word>& words) {
  Annotator(words).Declaration(tree);
}

}  // namespace route::syntax
