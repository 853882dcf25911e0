#pragma once

#include "compiler/verify/encode.h"

/// Promises that compare what a request gets with what the same request gets when one attribute has another value.
///
/// Either value makes another policy of the one at hand: what it says of requests that have this value, over the other
/// attributes, which the two have in common. A request that breaks the promise is then one request, and the value that
/// it has for the attribute plays no part.
namespace route::verify {

/// "A request for which the promise does not hold", without its premise. Linear in the size of the policy; for the number of
/// a first choice, times the different numbers of the catalogue. Adds no names to the solver.
auto ComparisonFails(Encoder& encoder, const ir::Compared& promise) -> smt::Term;

}  // namespace route::verify
