// make_trace BUNDLE COUNT SEED > trace.jsonl: requests to a bundle's policy, recorded as `routec simulate` reads them.
//
// Arrivals, prompts and answers are distributed like those of the Azure LLM inference trace of 2023 (Patel et al., "Splitwise", ISCA
// 2024): bursts of a few requests a second; prompts with a median of about 1,000 tokens and a long tail, answers with a median of
// about 130. It is not that trace. Attributes get values that the policy tells apart and some that it does not; the early names of
// a list are the common ones. The same arguments give the same bytes on every machine.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "runtime/table/impl.h"
#include "runtime/values/value_text.h"

namespace {

using namespace route;

/// splitmix64
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  auto Below(std::uint64_t limit) -> std::uint64_t { return Next() % limit; }
  auto Chance(unsigned percent) -> bool { return Below(100) < percent; }

  /// A whole number around `median`, each doubling or halving half as likely: a log-normal law by coin tosses, without floating point.
  auto Around(std::uint64_t median) -> std::uint64_t {
    std::uint64_t value = median * 1024;
    const int heads = __builtin_popcountll(Next() & 0xFFFFU);  // 8 on average
    for (int i = 8; i < heads; ++i) value = value * 17 / 11;
    for (int i = heads; i < 8; ++i) value = value * 11 / 17;
    return value / 1024 + Below(median / 8 + 1);
  }

 private:
  auto Next() -> std::uint64_t {
    std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31U);
  }
  std::uint64_t state_;
};

/// The earlier the more likely.
auto Early(std::size_t count, Random& random) -> std::size_t {
  return std::min(random.Below(count), std::min(random.Below(count), random.Below(count)));
}

auto Quoted(std::string_view text) -> std::string {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// The value of an attribute as JSON; empty to leave it out.
auto ValueOf(const AttributeView& view, const AttributeClasses& classes, std::uint64_t prompt, Random& random) -> std::string {
  switch (view.kind) {
    case AttributeKind::kOneOf: return Quoted(view.values[Early(view.values.size(), random)]);
    case AttributeKind::kAnyOf: {
      if (!random.Chance(25)) return "[]";
      std::string list = "[" + Quoted(view.values[random.Below(view.values.size())]);
      if (random.Chance(20)) list += "," + Quoted(view.values[random.Below(view.values.size())]);
      return list + "]";
    }
    case AttributeKind::kYesNo: return random.Chance(20) ? "true" : "false";
    case AttributeKind::kNumber: {
      if (view.unit == Unit::kTokens) return std::to_string(std::min<std::uint64_t>(prompt, static_cast<std::uint64_t>(view.maximum.micros) / 1'000'000));
      if (view.unit == Unit::kTimeOfDay) return Quoted(FormatQuantity(Decimal::FromInteger(static_cast<std::int64_t>(random.Below(24 * 60))), view.unit));
      return std::to_string(random.Below(static_cast<std::uint64_t>(view.maximum.micros) / 1'000'000 + 1));
    }
    case AttributeKind::kText: {
      const std::size_t known = classes.texts.size();
      if (known != 0 && random.Chance(80)) return Quoted(classes.texts[Early(known, random)]);
      return Quoted("other-" + std::to_string(random.Below(1000)));
    }
    case AttributeKind::kCountry: return Quoted(CountryCode({static_cast<std::uint16_t>(random.Below(Countries().size()))}));
    case AttributeKind::kDate: return {};
  }
  return {};
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc != 4) {
    std::fprintf(stderr, "usage: make_trace BUNDLE COUNT SEED\n");
    return 2;
  }
  const auto table = Table::Load(argv[1]);
  if (!table) {
    std::fprintf(stderr, "make_trace: %s\n", table.error().message.c_str());
    return 2;
  }
  Random random(std::strtoull(argv[3], nullptr, 10));
  std::uint64_t milliseconds = 0;
  std::string line;
  for (std::uint64_t i = std::strtoull(argv[2], nullptr, 10); i > 0; --i) {
    milliseconds += random.Chance(70) ? random.Below(20) : random.Around(300);
    const std::uint64_t prompt = random.Around(1000);
    line = "{\"at\":" + std::to_string(milliseconds);
    for (std::uint32_t a = 0; a < table->attributes().size(); ++a) {
      const AttributeView& view = table->attributes()[a];
      if (view.sources[0].kind == SourceKind::kClock) continue;
      const std::string value = ValueOf(view, table->impl().classes[a], prompt, random);
      if (!value.empty()) line += "," + Quoted(view.name) + ":" + value;
    }
    line += ",\"input_tokens\":" + std::to_string(prompt) + ",\"output_tokens\":" + std::to_string(random.Around(130)) + "}\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  return 0;
}
