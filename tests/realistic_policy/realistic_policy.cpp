#include "tests/realistic_policy/realistic_policy.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "tests/random_policy/random_policy.h"

namespace route::realistic_policy {
namespace {

using random_policy::Random;

constexpr std::uint32_t kFewestAttributes = 12;
constexpr std::uint32_t kHaven = 4;  // deployments that every rule keeps
constexpr std::array<std::string_view, 8> kCountries = {"FR", "DE", "SE", "IE", "US", "IN", "JP", "GB"};
constexpr std::array<std::string_view, 4> kTiers = {"free", "silver", "gold", "platinum"};
constexpr std::array<std::string_view, 6> kWorkloads = {"chat", "code", "legal", "expenses", "ocr", "search"};
constexpr std::array<std::string_view, 6> kDataClasses = {"personal", "health", "financial", "children", "criminal", "secret"};

constexpr const char* kAttributes = R"(
attribute tier         one of free, silver, gold, platinum                             from tenant                        default free
attribute workload     one of chat, code, legal, expenses, ocr, search                 from header "x-route-workload"     default chat
attribute data         any of personal, health, financial, children, criminal, secret  from header "x-data-class" and detector pii
attribute prompt       tokens up to 2_000_000                                          from request
attribute needs        any of tools, vision, json                                      from request
attribute difficulty   percent                                                         from header "x-route-difficulty"   default 100%
attribute spend        percent up to 1000%                                             from budget
attribute origin       country                                                         from tenant                        default FR
attribute asked_model  text                                                            from request "model"
attribute team         text                                                            from tenant                        default ""
attribute today        date                                                            from clock
attribute interactive  yes/no                                                          from header "x-route-interactive"  default no
)";

auto Number(std::uint64_t value) -> std::string {
  return std::to_string(value);
}

class Writer {
 public:
  Writer(std::uint64_t seed, const Size& size) : random_(seed), size_(size) {}

  auto Write() -> std::string {
    text_ = "policy realistic version \"1\"\n\nimport std.jurisdictions\n";
    Attributes();
    Catalogue();
    Groups();
    for (std::uint32_t i = 0; i < size_.rules; ++i) Rule(i);
    text_ += "\nrefuse embargo\n  when origin in { KP, IR, SY }\n  with \"not available in your region\"\n";
    for (std::uint32_t i = 0; i + 1 < size_.routes; ++i) Route(i);
    text_ += "\nroute everything_else to haven\n";
    for (std::uint32_t i = 0; i < size_.guarantees; ++i) Guarantee(i);
    return std::move(text_);
  }

 private:
  void Attributes() {
    text_ += kAttributes;
    for (std::uint32_t i = kFewestAttributes; i < size_.attributes; ++i) {
      text_ += "attribute flag_" + Number(i) + " yes/no from header \"x-flag-" + Number(i) + "\" default no\n";
    }
  }

  // The first vendor's deployments are the haven: in France, cheap, with every capability and the longest window.
  void Catalogue() {
    const std::uint32_t vendors = Vendors();
    for (std::uint32_t i = 0; i < vendors; ++i) {
      const std::string_view home = i == 0 ? "FR" : kCountries[i % kCountries.size()];
      text_ += "vendor vendor_" + Number(i) + " { headquarters " + std::string(home) + "   certified soc2" +
               (i % 3 == 0 ? ", iso27001" : "") + " }\n";
    }
    for (std::uint32_t i = 0; i <= Models(); ++i) {
      const bool is_best = i == 0;
      text_ += "model model_" + Number(i) + " { quality " + Number(is_best ? 90 : 40 + random_.Below(60)) +
               "   context " + (is_best ? "2_000_000" : Number(64'000 << random_.Below(5))) +
               " tokens   capabilities tools" + (is_best || random_.Chance(70) ? ", vision" : "") + ", json }\n";
    }
    for (std::uint32_t i = 0; i < size_.deployments; ++i) {
      const bool is_haven = i < kHaven;
      const std::uint32_t vendor = is_haven ? 0 : 1 + i % (vendors - 1);
      text_ += "deployment d_" + Number(i) + " serves model_" +
               Number(is_haven ? 0 : 1 + random_.Below(Models())) + " {\n  vendor vendor_" + Number(vendor) +
               "   processed in " + std::string(is_haven ? "FR" : kCountries[random_.Below(kCountries.size())]) +
               "   retention " + Number(is_haven ? 0 : 15 * random_.Below(4)) + " days\n  price " +
               (is_haven ? "0.10" : Number(1 + random_.Below(10)) + ".00") + " USD in, " +
               (is_haven ? "0.40" : Number(2 + random_.Below(30)) + ".00") + " USD out   first token " +
               Number(200 + 50 * random_.Below(30)) + " ms" +
               (!is_haven && random_.Chance(15) ? "   status preview" : "") + "\n}\n";
    }
  }

  void Groups() {
    text_ += "group haven = d_0, d_1, d_2, d_3\n";
    for (std::uint32_t i = 0; i < GroupCount(); ++i) {
      text_ += "group group_" + Number(i) + " = " + Deployment() + " weight 3, " + Deployment() + ", " + Deployment() +
               ", " + Deployment() + "\n";
    }
  }

  // --- Rules: each keeps the haven --------------------------------------------------------------------------------

  void Rule(std::uint32_t i) {
    text_ += "\nrule rule_" + Number(i) + "\n  when " + RuleCondition() + "\n  " + Effect() + "\n";
  }

  auto RuleCondition() -> std::string {
    switch (random_.Below(8)) {
      case 0:
      case 1: return "team is \"" + Team() + "\"";
      case 2: return "team is \"" + Team() + "\" and data includes " + Data();
      case 3: return "data includes " + Data() + " and " + SituationBut(About::kData);
      case 4: return TwoSituations(" and ");
      case 5: return "(" + TwoSituations(" or ") + ") and not (asked_model starts with \"internal-\")";
      case 6: return "asked_model starts with \"" + Family() + "\" and " + Situation();
      default: return "workload is " + Workload() + " and " + SituationBut(About::kWorkload);
    }
  }

  enum class About : std::uint8_t { kTier, kWorkload, kData, kPrompt, kSpend, kDifficulty, kOrigin, kToday, kFlag };
  static constexpr std::uint64_t kAbouts = 9;

  auto AnyAbout() -> About { return static_cast<About>(random_.Below(kAbouts)); }
  auto Situation() -> std::string { return SituationAbout(AnyAbout()); }

  // Two about one attribute could contradict each other.
  auto AboutBut(About other) -> About {
    return static_cast<About>((static_cast<std::uint64_t>(other) + 1 + random_.Below(kAbouts - 1)) % kAbouts);
  }
  auto SituationBut(About other) -> std::string { return SituationAbout(AboutBut(other)); }
  auto TwoSituations(const std::string& connective) -> std::string {
    const About first = AnyAbout();
    const std::string text = SituationAbout(first);
    return text + connective + SituationBut(first);
  }

  auto SituationAbout(About about) -> std::string {
    switch (about) {
      case About::kTier: return "tier is " + std::string(kTiers[random_.Below(kTiers.size())]);
      case About::kWorkload: return "workload is " + Workload();
      case About::kData: return "data includes " + Data();
      case About::kPrompt: return "prompt > " + Number(1000 * (1 + random_.Below(999))) + " tokens";
      case About::kSpend: return "spend >= " + Number(10 * (1 + random_.Below(99))) + "%";
      case About::kDifficulty: return "difficulty < " + Number(1 + random_.Below(99)) + "%";
      case About::kOrigin: return "origin in { " + Country() + ", " + Country() + " }";
      case About::kToday:
        return "today >= 2026-" + TwoDigits(1 + random_.Below(12)) + "-" + TwoDigits(1 + random_.Below(28));
      case About::kFlag: return "(" + Flag() + ")";
    }
    std::abort();  // every one is handled above
  }

  auto Effect() -> std::string {
    switch (random_.Below(7)) {
      case 0: return "require vendor in { vendor_0, " + Vendor() + ", " + Vendor() + ", " + Vendor() + " }";
      case 1: return "require processed in EU";
      case 2: return "require price out <= " + Number(1 + random_.Below(30)) + " USD";
      case 3: return "require retention <= " + Number(15 * random_.Below(3)) + " days";
      case 4: return "forbid status is preview";
      case 5: return "forbid vendor " + Vendor();
      default: return "require quality >= " + Number(40 + random_.Below(50));
    }
  }

  // --- Routes: each takes what its own team or model sends ----------------------------------------------------------

  void Route(std::uint32_t i) {
    const std::string own = random_.Chance(70) ? "team is \"team-" + Number(i) + "\"" : "asked_model is \"model-" + Number(i) + "\"";
    text_ += "\nroute route_" + Number(i) + "\n  when " + own;
    if (random_.Chance(60)) text_ += " and " + Situation();
    text_ += "\n  to " + Target() + (random_.Chance(30) ? " within " + Number(1 + random_.Below(5)) + " s" : "");
    if (random_.Chance(50)) text_ += ", then " + Target();
    text_ += ", then haven\n";
  }

  auto Target() -> std::string {
    switch (random_.Below(5)) {
      case 0: return Deployment();
      case 1: return "cheapest 3 deployments with quality >= " + Number(50 + random_.Below(30));
      case 2: return "fastest 2 deployments with price out <= " + Number(5 + random_.Below(20)) + " USD";
      default: return "group_" + Number(random_.Below(GroupCount()));
    }
  }

  // --- Guarantees: each holds -----------------------------------------------------------------------------------------

  void Guarantee(std::uint32_t i) {
    const std::string name = "\nguarantee guarantee_" + Number(i) + " ";
    switch (i % 5) {
      case 0: text_ += name + "every request is served unless refused by embargo\n"; return;
      case 1: text_ += name + "every request makes at most 6 attempts within 30 s\n"; return;
      case 2: text_ += name + "when " + Situation() + ", every deployment reached has quality >= 0\n"; return;
      case 3: text_ += name + "when " + Situation() + ", every deployment reached has price out <= 40 USD\n"; return;
      default:
        text_ += "\nrule of_guarantee_" + Number(i) + "\n  when data includes " + Data() + " and team is \"" + Team() +
                 "\"\n  require processed in EU\n";
        const std::size_t when = text_.rfind("when ");
        const std::string condition = text_.substr(when + 5, text_.rfind("\n  require") - when - 5);
        text_ += name + "when " + condition + ", every deployment reached is processed in EU\n";
        return;
    }
  }

  // --- Words --------------------------------------------------------------------------------------------------------------

  auto Vendors() const -> std::uint32_t { return std::max(3U, size_.deployments / 6); }
  auto Models() const -> std::uint32_t { return std::max(2U, size_.deployments / 3); }
  auto GroupCount() const -> std::uint32_t { return std::max(3U, size_.deployments / 10); }
  auto Team() -> std::string { return "team-" + Number(random_.Below(std::max(8U, size_.rules / 10))); }
  auto Family() -> std::string { return "family-" + Number(random_.Below(20)) + "-"; }
  auto Vendor() -> std::string { return "vendor_" + Number(1 + random_.Below(Vendors() - 1)); }
  auto Deployment() -> std::string {
    // A tier may name a deployment once, so each call in a row takes the next.
    return "d_" + Number(kHaven + next_deployment_++ % (size_.deployments - kHaven));
  }
  auto Data() -> std::string { return std::string(kDataClasses[random_.Below(kDataClasses.size())]); }
  auto Workload() -> std::string { return std::string(kWorkloads[random_.Below(kWorkloads.size())]); }
  auto Country() -> std::string { return std::string(kCountries[random_.Below(kCountries.size())]); }
  auto Flag() -> std::string {
    if (size_.attributes <= kFewestAttributes) return "interactive";
    return "flag_" + Number(kFewestAttributes + random_.Below(size_.attributes - kFewestAttributes));
  }
  static auto TwoDigits(std::uint64_t value) -> std::string { return (value < 10 ? "0" : "") + Number(value); }

  Random random_;
  Size size_;
  std::string text_;
  std::uint32_t next_deployment_ = 0;
};

}  // namespace

auto PolicyText(std::uint64_t seed, const Size& size) -> std::string {
  return Writer(seed, size).Write();
}

auto OneAttributeText(std::uint32_t count, Over over) -> std::string {
  std::string text =
      "policy one_attribute version \"1\"\n"
      "attribute team   text                from tenant  default \"\"\n"
      "attribute spend  percent up to 1000000%  from budget\n"
      "vendor a { headquarters FR }\nvendor b { headquarters US }\nmodel m { quality 80 }\n"
      "deployment d_a serves m { vendor a   processed in FR   price 1 USD in, 1 USD out }\n"
      "deployment d_b serves m { vendor b   processed in US   price 1 USD in, 1 USD out }\n";
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string n = Number(i);
    const std::string condition = over == Over::kText
                                      ? "team is \"team-" + n + "\""
                                      : "spend between " + Number(100 * i) + "% and " + Number(100 * i + 50) + "%";
    text += "rule rule_" + n + " when " + condition + " forbid vendor b\n";
    text += "route route_" + n + " when " + condition + " to d_b, then d_a\n";
  }
  text += "route everything_else to d_a\nguarantee served every request is served\n";
  return text;
}

}  // namespace route::realistic_policy
