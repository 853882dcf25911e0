#include "audit/shape.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace audit {
namespace {

/// As in `docs/proof-pack.md`, which also says how to read it.
const char* const kShapes = R"(
pack bundle:hash core:core files:file* obligations:entry* places:places tools:tools;
hash sha256:s; file path:s policy:s sha256:s; tools cadical:s routec:s;
places guarantees:place* refusals:place* routes:place* rules:place*; place #files p;
entry name:s verdict:=proved cases:tree; entry name:s verdict:=proved clauses:clauses; entry name:s verdict:=violated witness:u*;
entry name:s verdict:=unknown; entry name:s verdict:=proved|violated|unknown open:s;
tree #dimensions u* tree tree; clauses cells:i** proof:step*; step i* u*;
core attributes:attribute* deployments:deployment* dimensions:dimension* guarantees:guarantee* layers:layer* limits:limits own_tags:s*
  policy:s properties:property* refusals:refusal* routes:route* rules:rule* services:service* version:s;
layer name:s version:s; limits answer_tokens:u attempts:u cost_hundredth_cents:u deadline_ms:u;
property kind:=one~of|yes/no|number|text|country|date name:s of_models:b unit:s;
attribute countries:u* cuts:i* default:s first_dimension:u has_default:b kind:=one~of|any~of|yes/no|number|text|country|date maximum:n
  name:s prefixes:s* sources:source* texts:s* unit:s values:s*;
source argument:s kind:s; dimension attribute:#attributes classes:p member:u;
deployment capabilities:s* certified:s* endpoint:s headquarters:u key_env:s model:s name:s price_in:n price_out:n processed_in:u
  status:s tags:s* upstream_model:s vendor:s context_tokens?:i first_token_ms?:i quality?:i quality~+?:i own~+?:f retention_days?:i
  seen_by?:s* seen_from?:u*;
service certified:s* endpoint:s headquarters:u key_env:s kind:s name:s processed_in:u question:s status:s tags:s* vendor:s within_ms:u
  own~+?:f retention_days?:i seen_by?:s* seen_from?:u*;
rule because:s implied:b keep:pair layer:#layers name:s when:condition;
refusal layer:#layers name:s reason:s when:condition;
route layer:#layers name:s tiers:tier* when:condition;
tier candidates:candidate* label:s limit:p? order:s retries:u? within_ms:u?; candidate deployment:#deployments weight:u;
guarantee layer:#layers name:s promise:promise text:s when:condition;
pair deployments:test; pair deployments:test services:test;
promise every_deployment_reached:pair; promise first_choice:test; promise served:served; promise survives_loss:loss;
promise bounded:bounded; promise costs_at_most:cost; promise compared:compared; promise +:x;
served unless_refused_by:#refusals*; loss count:u of:=name|vendor|processed_in; bounded attempts:u? within_ms:u?; cost usd:n;
compared attribute:#attributes than:u* value:u* what:=allowed|served;
compared attribute:#attributes fact:s than:u* value:u* what:=first_choice_at_least|first_choice_at_most;
condition all:condition*; condition any:condition*; condition not:condition; condition dimension:#dimensions classes:run*; run u u;
test all:test*; test any:test*; test not:test; test fact:s in:f*; test fact:s only_in:f*;
test fact:s at_least:i; test fact:s below:i; test fact:s at_least:i below:i)";

constexpr std::uint64_t kCountries = 249, kLargest = 0x7FFFFFFFFFFFFFFE;
constexpr std::int64_t kFirstDay = -719'162, kLastDay = 2'932'896;

/// Whether a text is shown as what it is: it has no control character but the tab, and none that is not seen or changes the order of
/// others. Of valid UTF-8.
auto IsShownAsItIs(const std::string& text) -> bool {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::uint32_t c = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1FU : lead < 0xF0 ? lead & 0x0FU : lead & 0x07U;
    while (i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xC0U) == 0x80U) c = c << 6U | (text[++i] & 0x3FU);
    const auto is_in = [&](std::uint32_t first, std::uint32_t last) { return first <= c && c <= last; };
    const bool is_control = (c < 0x20 && c != '\t') || is_in(0x7F, 0x9F);
    const bool is_hidden = c == 0xAD || c == 0x61C || c == 0x180E || is_in(0x200B, 0x200F) || is_in(0x2028, 0x202E) || is_in(0x2060, 0x2069) ||
                           c == 0xFEFF || is_in(0xE0000, 0xE007F);
    if (is_control || is_hidden) return false;
  }
  return true;
}

auto IsPrintableAscii(const std::string& text) -> bool {
  return std::ranges::all_of(text, [](char c) { return ' ' <= c && c <= '~'; });
}

/// A member of an object, or without a name an element of a list.
struct Part {
  std::string name, type;
  bool optional = false, is_beginning = false;  // `is_beginning`: any name that begins so

  auto Fits(const std::string& member) const -> bool { return is_beginning ? member.starts_with(name) : member == name; }
};
using Shape = std::vector<Part>;

auto ReadShapes() -> std::multimap<std::string, Shape> {
  std::multimap<std::string, Shape> shapes;
  std::istringstream texts(kShapes);
  for (std::string text, word; std::getline(texts, text, ';');) {
    std::ranges::replace(text, '~', '\1');
    std::istringstream words(text);
    words >> word;
    Shape& shape = shapes.emplace(word, Shape())->second;
    while (words >> word) {
      std::ranges::replace(word, '\1', ' ');
      const std::size_t colon = word.find(':');
      Part part{.name = colon == std::string::npos ? "" : word.substr(0, colon), .type = word.substr(colon + 1)};
      if ((part.optional = part.name.ends_with('?'))) part.name.pop_back();
      if ((part.is_beginning = part.name.ends_with('+'))) part.name.pop_back();
      shape.push_back(std::move(part));
    }
  }
  return shapes;
}

class Checker {
 public:
  explicit Checker(const Json& pack) : pack_(pack) {}

  void Run() {
    Walk(pack_, "pack");
    CheckDimensions();
    relations_ = true;
    Walk(pack_, "pack");
  }

 private:
  void Require(bool holds, const char* why) const {
    if (!holds) throw Rejected("the pack is malformed at " + (path_.empty() ? "its top" : path_.substr(1)) + ": " + why);
  }

  /// Goes on with a part of what is looked at.
  template <typename Name>
  void Enter(const Json& part, const Name& name, const std::string& type) {
    const std::size_t size = path_.size();
    path_ += "/";
    if constexpr (std::is_convertible_v<Name, std::string>) {
      path_ += name;
    } else {
      path_ += std::to_string(name);
    }
    Walk(part, type);
    path_.resize(size);
  }

  void Walk(const Json& value, const std::string& type) {
    const char last = type.back();
    if (last == '*') {
      Require(value.is_array(), "this is no list");
      for (std::size_t i = 0; i < value.size(); ++i) Enter(value[i], i, type.substr(0, type.size() - 1));
    } else if (last == '?') {
      if (!value.is_null()) Walk(value, type.substr(0, type.size() - 1));
    } else if (type[0] == '=') {
      const std::string words = "|" + type.substr(1) + "|";
      Require(value.is_string() && words.find("|" + Text(value) + "|") != std::string::npos, "this is none of the words that belong here");
    } else if (type[0] == '#') {
      Require(value.is_number_unsigned() && value < List(type.substr(1)).size(), "there is no such entry");
    } else if (type.size() == 1) {
      CheckPlain(value, last);
    } else if (type != "tree" || value != true) {
      WalkParts(value, type);
    }
  }

  void CheckPlain(const Json& value, char type) {
    const bool is_natural = value.is_number_unsigned();
    Require(!value.is_string() || IsShownAsItIs(Text(value)), "this text has a character that is not shown, or that changes how others are");
    switch (type) {
      case 's': return Require(value.is_string(), "this is no text");
      case 'b': return Require(value.is_boolean(), "this is neither true nor false");
      case 'u': return Require(is_natural && value < 0xFFFFFFFFU, "this is no small number");
      case 'p': return Require(is_natural && value > 0U && value < 0xFFFFFFFFU, "this is no small number above 0");
      case 'n': return Require(is_natural && value <= kLargest, "this is no number from 0");
      case 'i': return Require(value.is_number_integer(), "this is no whole number");
      case 'f': return Require(value.is_string() || value.is_number_integer(), "this is neither a text nor a whole number");
      default: return WalkAnything(value);
    }
  }

  void WalkAnything(const Json& value) {
    if (!value.is_structured()) return;
    for (const auto& [name, part] : value.items()) {
      Require(IsPrintableAscii(name), "the name of a member has another character than those of ASCII");
      Enter(part, name, "x");
    }
  }

  /// An object or a list that has exactly the parts of one of the type's shapes.
  void WalkParts(const Json& value, const std::string& type) {
    static const std::multimap<std::string, Shape> shapes = ReadShapes();
    const auto [first, end] = shapes.equal_range(type);
    const auto shape = std::find_if(first, end, [&](const auto& each) { return Has(value, each.second); });
    Require(shape != end, value.is_structured() ? "something is missing here, or does not belong here" : "this is no object or list");
    std::size_t i = 0;
    for (const auto& [name, part] : value.items()) {
      const auto fits = [&](const Part& each) { return each.Fits(name); };
      Enter(part, name, value.is_array() ? shape->second[i++].type : std::ranges::find_if(shape->second, fits)->type);
    }
    if (relations_) CheckRelations(value, type);
  }

  static auto Has(const Json& value, const Shape& shape) -> bool {
    if (shape[0].name.empty() && !shape[0].is_beginning) return value.is_array() && value.size() == shape.size();
    if (!value.is_object()) return false;
    for (const auto& [name, part] : value.items()) {
      if (!IsPrintableAscii(name)) return false;
      if (std::ranges::none_of(shape, [&](const Part& each) { return each.Fits(name); })) return false;
    }
    const auto is_there = [&](const Part& each) {
      return each.optional || (each.is_beginning ? value.size() == 1 : value.contains(each.name));
    };
    return std::ranges::all_of(shape, is_there);
  }

  auto List(const std::string& name) const -> const Json& {
    static const Json nothing = Json::array();
    const Json& holder = name == "files" ? pack_ : pack_["core"];
    return holder.contains(name) && holder[name].is_array() ? holder[name] : nothing;
  }

  auto Classes(std::uint64_t dimension) const -> std::uint64_t { return List("dimensions")[dimension]["classes"]; }

  static auto Dimensions(const Json& attribute) -> std::uint64_t {
    return attribute["kind"] == "any of" ? attribute["values"].size() : 1;
  }

  /// Of each attribute in order, and of each of its values where it can have several, and of as many classes as it has values apart.
  void CheckDimensions() {
    std::uint64_t d = 0;
    for (std::size_t a = 0; a < List("attributes").size(); ++a) {
      path_ = "/core/attributes/" + std::to_string(a);
      const Json &attribute = List("attributes")[a], &kind = attribute["kind"], &cuts = attribute["cuts"];
      const Json& countries = attribute["countries"];
      const std::int64_t least = kind == "date" ? kFirstDay : 0;
      const std::int64_t most = kind == "date" ? kLastDay : attribute["maximum"].get<std::int64_t>();
      std::uint64_t classes = 2;
      if (kind == "one of") classes = attribute["values"].size();
      if (kind == "number" || kind == "date") classes = 1 + cuts.size();
      if (kind == "text") classes = 1 + attribute["prefixes"].size() + attribute["texts"].size();
      if (kind == "country") classes = 1 + (countries.empty() ? 0 : std::ranges::max_element(countries)->get<std::uint64_t>());
      Require(countries.size() == (kind == "country" ? kCountries : 0), "it has not a class for each country");
      Require(std::ranges::is_sorted(cuts, std::less_equal()) && (cuts.empty() || (cuts.front() > least && cuts.back() <= most)),
              "its cuts don't ascend between its least and its greatest value");
      Require(attribute["first_dimension"] == d, "its first dimension is another one");
      for (std::uint64_t member = 0; member < Dimensions(attribute); ++member, ++d) {
        const Json expected = {{"attribute", a}, {"member", member}, {"classes", classes}};
        Require(d < List("dimensions").size() && List("dimensions")[d] == expected, "its dimensions are others");
      }
    }
    path_ = "/core/dimensions";
    Require(d == List("dimensions").size(), "there are more than the attributes have");
    path_.clear();
  }

  void CheckRelations(const Json& value, const std::string& type) const {
    if (type == "condition" && value.contains("dimension")) {
      const Json* before = nullptr;
      for (const Json& run : value["classes"]) {
        Require(run[0] < run[1] && run[1] <= Classes(value["dimension"]) && (before == nullptr || (*before)[1] < run[0]),
                "these are no classes of the dimension, ascending and apart");
        before = &run;
      }
    } else if (type == "tree") {
      for (const Json& number : value[1]) Require(number < Classes(value[0]), "there is no such class");
    } else if (type == "entry" && value.contains("witness")) {
      CheckClasses(value["witness"], 0, List("dimensions").size());
    } else if (type == "compared") {
      const Json& attribute = List("attributes")[value["attribute"].get<std::size_t>()];
      for (const char* side : {"value", "than"}) CheckClasses(value[side], attribute["first_dimension"], Dimensions(attribute));
      Require(!value.contains("fact") || IsNumber(Text(value["fact"])), "this compares a fact that is no number");
    } else if (type == "test" && value.contains("fact")) {
      CheckFact(value);
    } else if (type == "deployment" || type == "service") {
      for (const auto& [name, fact] : value.items()) {
        const bool fits = IsProperty(name) && IsNumber(name) == fact.is_number();
        Require(!name.starts_with("own ") || fits, "an own fact is of no property, or of another kind");
      }
      Require(value.contains("seen_by") == value.contains("seen_from"), "seen_by and seen_from belong together");
    } else if (type == "promise" && value.contains("costs_at_most")) {
      const Json prompt = {{"kind", "request"}, {"argument", "prompt"}};
      const auto is_size = [&](const Json& each) { return each["kind"] == "number" && std::ranges::count(each["sources"], prompt) > 0; };
      Require(std::ranges::any_of(List("attributes"), is_size), "nothing says how long a prompt is");
    } else if (type == "core") {
      Require(value["limits"]["attempts"] <= 10'000U, "there are more than 10000 attempts");
    } else if (type == "clauses") {
      const Json& proof = value["proof"];
      for (std::size_t i = 0; i < proof.size(); ++i) {
        Require(proof[i][0].empty() == (i + 1 == proof.size()), "the last step, and only it, has an empty clause");
      }
    } else if (type == "pack") {
      for (const auto& [name, places] : value["places"].items()) {
        Require(places.size() == List(name).size(), "there is not a place for each entry");
      }
    }
  }

  /// One class of each of so many dimensions.
  void CheckClasses(const Json& classes, std::uint64_t first, std::uint64_t count) const {
    Require(classes.size() == count, "there is not a class of each dimension");
    for (std::uint64_t i = 0; i < count; ++i) Require(classes[i] < Classes(first + i), "there is no such class");
  }

  auto IsProperty(const std::string& fact) const -> bool {
    return std::ranges::any_of(List("properties"), [&](const Json& each) { return "own " + Text(each["name"]) == fact; });
  }

  auto IsNumber(const std::string& fact) const -> bool {
    const auto is_that = [&](const Json& each) {
      return "own " + Text(each["name"]) == fact && (each["kind"] == "number" || each["kind"] == "date");
    };
    for (const char* name : {"price_in", "price_out", "first_token_ms", "retention_days", "quality", "context_tokens"}) {
      if (fact == name) return true;
    }
    return fact.starts_with("quality ") || std::ranges::any_of(List("properties"), is_that);
  }

  /// A test asks for a range of numbers, for some of the countries or for some texts, according to the fact.
  void CheckFact(const Json& test) const {
    const std::string& fact = Text(test["fact"]);
    const bool is_country = fact == "processed_in" || fact == "headquarters" || fact == "seen_from";
    bool is_known = is_country || IsNumber(fact) || IsProperty(fact);
    for (const char* name : {"name", "model", "vendor", "service", "certified", "capabilities", "status", "tags", "seen_by"}) {
      is_known = is_known || fact == name;
    }
    Require(is_known, "there is no such fact");
    const bool is_range = !test.contains("in") && !test.contains("only_in");
    Require(is_range == IsNumber(fact), "this asks for a number where there is none, or for something else where there is one");
    for (const Json& value : is_range ? Json() : test.contains("in") ? test["in"] : test["only_in"]) {
      Require(is_country ? value.is_number_unsigned() && value < kCountries : value.is_string(), "this is no value of the fact");
    }
  }

  const Json& pack_;
  std::string path_;
  bool relations_ = false;  // whether what is looked at has the right types and is compared with something else now
};

}  // namespace

void CheckShape(const Json& pack) { Checker(pack).Run(); }

}  // namespace audit
