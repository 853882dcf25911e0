#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace route::verify {

/// Do the members in `kept`, together with the first `count` candidates, contradict each other? If so, how many of the
/// first candidates are known to be enough, at most `count`. Nothing if they do not, or if that is not known.
using Contradict = std::function<std::optional<std::size_t>(const std::vector<std::size_t>& kept, std::size_t count)>;

/// A set of candidates, ascending, that contradict each other and from which none can be dropped; of several such sets,
/// the one that dropping from the last to the first leaves. Takes for granted that all `count` together contradict.
///
/// Finds the member that this dropping keeps first, which is the last of the shortest contradicting prefix, by
/// bisection; then goes on before it. About size × log(count) questions. Where an answer is not known, the set still
/// contradicts and may be larger than it need be; so it is when answers are at odds with each other.
auto MinimalSet(std::size_t count, const Contradict& contradict) -> std::vector<std::size_t>;

}  // namespace route::verify
