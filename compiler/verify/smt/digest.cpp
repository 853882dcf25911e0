#include "compiler/verify/smt/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace route::smt {
namespace {

/// What a digest is of, so that no two kinds are confused.
enum class Mark : std::uint64_t { kConstant = 1, kVariable, kConjunction };

[[noreturn]] void Die() {
  std::fputs("internal error: smt: OpenSSL cannot compute SHA-256\n", stderr);
  std::abort();
}

/// The negation differs in one bit of the last byte, which no two digests of formulas share but by chance.
auto Flipped(Digest digest) -> Digest {
  digest.back() ^= std::byte{1};
  return digest;
}

}  // namespace

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) Die();
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(context_);
}

// Without a type: the context keeps the one that it has, which saves looking it up.
void Hasher::Begin() {
  if (EVP_DigestInit_ex(context_, nullptr, nullptr) != 1) Die();
}

void Hasher::Add(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1) Die();
}

void Hasher::Add(std::string_view text) {
  Add(std::uint64_t{text.size()});
  Add(std::as_bytes(std::span(text)));
}

void Hasher::Add(std::uint64_t number) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(number >> (8 * i));
  Add(std::span<const std::byte>(bytes));
}

auto Hasher::Finish() -> Digest {
  std::array<unsigned char, EVP_MAX_MD_SIZE> whole{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_, whole.data(), &size) != 1 || size < sizeof(Digest)) Die();
  Begin();
  Digest digest;
  std::memcpy(digest.data(), whole.data(), digest.size());
  return digest;
}

void TermDigests::Describe(Term variable, std::string_view context) {
  hasher_.Add(static_cast<std::uint64_t>(Mark::kVariable));
  hasher_.Add(graph_.NameOf(NodeOf(variable)));
  hasher_.Add(context);
  Store(NodeOf(variable), hasher_.Finish());
}

auto TermDigests::Of(Term term) -> Digest {
  // Children first, by hand: a diagram may be deeper than the stack.
  std::vector<std::uint32_t> todo{NodeOf(term)};
  while (!todo.empty()) {
    const std::uint32_t node = todo.back();
    const std::size_t before = todo.size();
    if (!IsKnown(node)) {
      for (const Term child : graph_.ChildrenOf(node)) {
        if (!IsKnown(NodeOf(child))) todo.push_back(NodeOf(child));
      }
    }
    if (todo.size() > before) continue;
    if (!IsKnown(node)) Store(node, Make(node));
    todo.pop_back();
  }
  const Digest& digest = digests_[NodeOf(term)];
  return IsNegated(term) ? Flipped(digest) : digest;
}

auto TermDigests::Make(std::uint32_t node) -> Digest {
  const auto of_child = [&](Term child) {
    const Digest& digest = digests_[NodeOf(child)];
    return IsNegated(child) ? Flipped(digest) : digest;
  };
  switch (graph_.KindOf(node)) {
    case TermGraph::Kind::kConstant:
      hasher_.Add(static_cast<std::uint64_t>(Mark::kConstant));
      return hasher_.Finish();
    case TermGraph::Kind::kVariable:  // of no row and no choice
      hasher_.Add(static_cast<std::uint64_t>(Mark::kVariable));
      hasher_.Add(graph_.NameOf(node));
      return hasher_.Finish();
    case TermGraph::Kind::kDefinition:
      return of_child(graph_.ChildrenOf(node)[0]);
    case TermGraph::Kind::kAnd: {
      std::vector<Digest> children;
      for (const Term child : graph_.ChildrenOf(node)) children.push_back(of_child(child));
      std::ranges::sort(children);
      hasher_.Add(static_cast<std::uint64_t>(Mark::kConjunction));
      for (const Digest& child : children) hasher_.Add(child);
      return hasher_.Finish();
    }
  }
  std::abort();  // every kind is handled above
}

void TermDigests::Store(std::uint32_t node, const Digest& digest) {
  if (node >= digests_.size()) {
    digests_.resize(graph_.size());
    known_.resize(graph_.size(), false);
  }
  digests_[node] = digest;
  known_[node] = true;
}

}  // namespace route::smt
