#include "compiler/syntax/build_conditions.h"

#include <utility>

namespace route::syntax {
namespace {

using diagnostics::Builder;
using diagnostics::Code;

auto Negate(ast::DeploymentTest test, Span span) -> ast::DeploymentTest {
  ast::DeploymentTest result;
  result.kind = ast::DeploymentTest::Kind::kNot;
  result.children.push_back(std::move(test));
  result.span = span;
  return result;
}

}  // namespace

auto ConditionBuilder::UniformConnective(const std::vector<P::ConnectiveContext*>& connectives) -> ast::Connective {
  auto which = [](P::ConnectiveContext* tree) {
    return tree->AND() != nullptr ? ast::Connective::kAnd : ast::Connective::kOr;
  };
  for (auto* tree : connectives) {
    if (which(tree) == which(connectives[0])) continue;
    std::string here = tree->getText();
    std::string before = connectives[0]->getText();
    emitter().Report(Builder(Code::kR0107, SpanOf(*tree), "`" + here + "` follows `" + before + "` without parentheses")
                         .WithHint("put parentheses around the part that belongs together: `(a " + before + " b) " +
                                   here + " c` or `a " + before + " (b " + here + " c)`"));
    break;
  }
  return which(connectives[0]);
}

auto ConditionBuilder::Condition(P::ConditionContext& tree) -> ast::Condition {
  auto terms = tree.conditionTerm();
  if (terms.size() == 1) return ConditionTerm(*terms[0]);
  ast::Condition result;
  result.kind = UniformConnective(tree.connective()) == ast::Connective::kAnd ? ast::Condition::Kind::kAll
                                                                              : ast::Condition::Kind::kAny;
  for (auto* term : terms) result.children.push_back(ConditionTerm(*term));
  result.span = SpanOf(tree);
  return result;
}

auto ConditionBuilder::ConditionTerm(P::ConditionTermContext& tree) -> ast::Condition {
  if (auto* t = dynamic_cast<P::GroupedConditionContext*>(&tree)) return Condition(*t->condition());
  if (auto* t = dynamic_cast<P::PlainConditionContext*>(&tree)) return Comparison(t->comparison());
  ast::Condition result;
  result.kind = ast::Condition::Kind::kNot;
  result.children.push_back(ConditionTerm(*dynamic_cast<P::NotConditionContext&>(tree).conditionTerm()));
  result.span = SpanOf(tree);
  return result;
}

auto ConditionBuilder::Comparison(P::ComparisonContext* tree) -> ast::Condition {
  ast::Condition result;
  result.span = SpanOf(*tree);
  auto set = [&](P::NameContext* subject, ast::Operator op, std::vector<ast::Value> values) {
    result.subject = Name(*subject);
    result.op = op;
    result.values = std::move(values);
  };
  using enum ast::Operator;
  if (auto* emptiness = dynamic_cast<P::EmptinessContext*>(tree)) {
    set(emptiness->name(), emptiness->NOT() != nullptr ? kIsNotEmpty : kIsEmpty, {});
  } else if (auto* equality = dynamic_cast<P::EqualityContext*>(tree)) {
    set(equality->name(), equality->NOT() != nullptr ? kIsNot : kIs, Choice(*equality->choice()));
  } else if (auto* membership = dynamic_cast<P::MembershipContext*>(tree)) {
    set(membership->name(), membership->NOT() != nullptr ? kNotIn : kIn, Choice(*membership->choice()));
  } else if (auto* inclusion = dynamic_cast<P::InclusionContext*>(tree)) {
    JoinedValues joined = Values(*inclusion->values());
    ast::Operator op = joined.how == JoinedValues::How::kEvery ? kIncludesAll : kIncludesEither;
    bool contradicts =
        (inclusion->ALL() != nullptr && joined.how == JoinedValues::How::kEither) ||
        ((inclusion->ANY() != nullptr || inclusion->NONE() != nullptr) && joined.how == JoinedValues::How::kEvery);
    if (contradicts) {
      emitter().Report(Builder(Code::kR0107, SpanOf(*tree),
                               inclusion->ALL() != nullptr
                                   ? "`all of` is followed by values joined by `or`"
                                   : "`any of` and `none of` are followed by values joined by `and`")
                           .WithHint("list the values in braces: `{ a, b }`"));
    }
    if (inclusion->ALL() != nullptr) op = kIncludesAll;
    if (inclusion->ANY() != nullptr) op = kIncludesEither;
    if (inclusion->NONE() != nullptr) op = kIncludesNone;
    set(inclusion->name(), op, std::move(joined.values));
  } else if (auto* inequality = dynamic_cast<P::InequalityContext*>(tree)) {
    set(inequality->name(), Comparator(*inequality->comparator()), {Bound(*inequality->bound())});
  } else if (auto* interval = dynamic_cast<P::IntervalContext*>(tree)) {
    set(interval->name(), kBetween, {Bound(*interval->bound(0)), Bound(*interval->bound(1))});
  } else if (auto* prefix = dynamic_cast<P::PrefixContext*>(tree)) {
    std::vector<ast::Value> prefixes;
    for (auto* text : prefix->STRING()) prefixes.emplace_back(String(*text));
    set(prefix->name(), kStartsWith, std::move(prefixes));
  } else if (auto* applied = dynamic_cast<P::AppliedShapeContext*>(tree)) {
    result.path = Names(applied->name());
    set(applied->name().back(), kApply, ValueList(applied->arguments()->value()));
  } else {
    set(dynamic_cast<P::BareNameContext&>(*tree).name(), kBare, {});
  }
  return result;
}

auto ConditionBuilder::DeploymentTest(P::DeploymentTestContext& tree) -> ast::DeploymentTest {
  auto terms = tree.deploymentTerm();
  if (terms.size() == 1) return DeploymentTerm(*terms[0]);
  ast::DeploymentTest result;
  result.kind = UniformConnective(tree.connective()) == ast::Connective::kAnd ? ast::DeploymentTest::Kind::kAll
                                                                              : ast::DeploymentTest::Kind::kAny;
  for (auto* term : terms) result.children.push_back(DeploymentTerm(*term));
  result.span = SpanOf(tree);
  return result;
}

auto ConditionBuilder::DeploymentTerm(P::DeploymentTermContext& tree) -> ast::DeploymentTest {
  if (auto* t = dynamic_cast<P::GroupedDeploymentContext*>(&tree)) return DeploymentTest(*t->deploymentTest());
  if (auto* not_deployment = dynamic_cast<P::NotDeploymentContext*>(&tree)) {
    return Negate(DeploymentTerm(*not_deployment->deploymentTerm()), SpanOf(tree));
  }
  auto& plain = dynamic_cast<P::PlainDeploymentContext&>(tree);
  ast::DeploymentTest fact = Fact(plain.fact());
  return plain.NOT() != nullptr ? Negate(std::move(fact), SpanOf(tree)) : fact;
}

auto ConditionBuilder::Fact(P::FactContext* tree) -> ast::DeploymentTest {
  ast::DeploymentTest result;
  result.span = SpanOf(*tree);
  auto values = [&](P::ValuesContext* list) {
    JoinedValues joined = Values(*list);
    if (joined.how == JoinedValues::How::kEvery) result.op = ast::Operator::kIncludesAll;
    if (joined.how == JoinedValues::How::kSet && joined.values.size() > 1) {
      emitter().Report(
          Builder(Code::kR0107, SpanOf(*list), "it is not said whether all of these are needed, or any one")
              .WithHint("join them with `and` or with `or` instead of braces"));
    }
    result.values = std::move(joined.values);
  };
  auto range = [&](ast::Fact fact, P::RangeContext* tree_of_range) {
    result.fact = fact;
    result.op =
        tree_of_range->comparator() != nullptr ? Comparator(*tree_of_range->comparator()) : ast::Operator::kBetween;
    for (auto* bound : tree_of_range->bound()) result.values.emplace_back(Bound(*bound));
  };
  using enum ast::Fact;
  if (auto* processed_fact = dynamic_cast<P::ProcessedFactContext*>(tree)) {
    result.fact = kProcessed;
    result.values = Choice(*processed_fact->choice());
  } else if (auto* headquarters_fact = dynamic_cast<P::HeadquartersFactContext*>(tree)) {
    result.fact = kHeadquarters;
    result.values = Choice(*headquarters_fact->choice());
  } else if (auto* identity_fact = dynamic_cast<P::IdentityFactContext*>(tree)) {
    result.fact = identity_fact->VENDOR() != nullptr       ? kVendor
                  : identity_fact->MODEL() != nullptr      ? kModel
                  : identity_fact->DEPLOYMENT() != nullptr ? kDeployment
                  : identity_fact->SERVICE() != nullptr    ? kService
                                                           : kStatus;
    result.values = Choice(*identity_fact->choice());
    if (identity_fact->NOT() != nullptr) return Negate(std::move(result), SpanOf(*tree));
  } else if (auto* certified_fact = dynamic_cast<P::CertifiedFactContext*>(tree)) {
    result.fact = kCertified;
    values(certified_fact->values());
  } else if (auto* capable_fact = dynamic_cast<P::CapableFactContext*>(tree)) {
    result.fact = kCapable;
    values(capable_fact->values());
  } else if (auto* price_fact = dynamic_cast<P::PriceFactContext*>(tree)) {
    range(price_fact->IN() != nullptr ? kPriceIn : kPriceOut, price_fact->range());
  } else if (auto* first_token_fact = dynamic_cast<P::FirstTokenFactContext*>(tree)) {
    range(kFirstToken, first_token_fact->range());
  } else if (auto* seen_fact = dynamic_cast<P::SeenFactContext*>(tree)) {
    bool only = seen_fact->ONLY() != nullptr;
    result.fact = seen_fact->BY() != nullptr ? (only ? kSeenOnlyBy : kSeenBy) : only ? kSeenOnlyFrom : kSeenFrom;
    result.values = Choice(*seen_fact->choice());
  } else if (auto* own_fact = dynamic_cast<P::OwnFactContext*>(tree)) {
    result.fact = kOwn;
    result.work = Identifier(*own_fact->IDENTIFIER());
    result.values = Choice(*own_fact->choice());
    if (own_fact->NOT() != nullptr) return Negate(std::move(result), SpanOf(*tree));
  } else if (auto* own_range_fact = dynamic_cast<P::OwnRangeFactContext*>(tree)) {
    range(kOwn, own_range_fact->range());
    result.work = Identifier(*own_range_fact->IDENTIFIER());
  } else if (auto* retention_fact = dynamic_cast<P::RetentionFactContext*>(tree)) {
    range(kRetention, retention_fact->range());
  } else if (auto* quality_fact = dynamic_cast<P::QualityFactContext*>(tree)) {
    range(kQuality, quality_fact->range());
    if (quality_fact->name() != nullptr) result.work = Name(*quality_fact->name());
  } else if (auto* context_fact = dynamic_cast<P::ContextFactContext*>(tree)) {
    range(kContext, context_fact->range());
  } else if (auto* group_fact = dynamic_cast<P::GroupFactContext*>(tree)) {
    result.fact = kGroup;
    result.values = Choice(*group_fact->choice());
  } else if (auto* tagged_fact = dynamic_cast<P::TaggedFactContext*>(tree)) {
    result.fact = kTag;
    values(tagged_fact->values());
  } else {
    auto& tag = dynamic_cast<P::TagFactContext&>(*tree);
    result.fact = kTag;
    result.values.emplace_back(Identifier(*tag.IDENTIFIER()));
  }
  return result;
}

}  // namespace route::syntax
