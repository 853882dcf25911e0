// Requests to attributes: JSON, chat requests, the detector, money, attribute sources.

#include <random>
#include <string>

#include <doctest/doctest.h>
#include <re2/re2.h>

#include "runtime/signals/attributes.h"
#include "runtime/signals/clock.h"
#include "runtime/signals/model_request.h"
#include "runtime/signals/request_contents.h"
#include "runtime/signals/json.h"
#include "runtime/signals/pii.h"
#include "runtime/signals/pii_forms.h"
#include "runtime/signals/spend.h"
#include "runtime/signals/tenants.h"
#include "runtime/table/sha256.h"
#include "runtime/table/writer.h"
#include "tests/gateway/make_bundle.h"

namespace {

using namespace route;

auto Sample() -> Table {
  auto table = Table::FromBytes(testing::SamplePolicy(testing::Verified::kYes));
  REQUIRE(table.has_value());
  return std::move(*table);
}

auto Chat(const std::string& content, const std::string& more = "") -> ModelRequest {
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":)" + content + "}]" + more + "}";
  auto chat = ParseModelRequest(Api::kChat, body);
  REQUIRE_MESSAGE(chat.has_value(), body);
  return std::move(*chat);
}

auto Bound(const ModelRequest& request) -> std::int64_t { return ReadContents(request).prompt_tokens; }
auto TextIn(const ModelRequest& request) -> std::string { return ReadContents(request).text; }
auto NeedsOf(const ModelRequest& request) -> std::vector<std::string_view> { return ReadContents(request).needs; }

auto ErrorOf(const std::string& body) -> std::string {
  const auto chat = ParseModelRequest(Api::kChat, body);
  REQUIRE_FALSE(chat.has_value());
  return chat.error().message;
}

/// Derives for one tenant and gives the text of one attribute.
struct Derivation {
  Table table = Sample();
  Tenant tenant{"t", {{"", std::string(64, '0')}}, {{"tier", "gold"}}};
  std::vector<HeaderField> headers;
  ModelRequest chat = Chat(R"("hello")");
  Decimal spent;

  auto Run() -> DerivedAttributes {
    return DeriveAttributes(table, RequestFacts{tenant, headers, chat, spent, std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{22} + std::chrono::minutes{30}});
  }
  auto Text(std::string_view attribute) -> std::string { return Run().values.Text(table.FindAttribute(attribute)); }
};

}  // namespace

TEST_CASE("JSON of strangers is bounded") {
  CHECK(ParseJson(R"({"b":1,"a":[true,null,"x",-2,1.5]})", {})->dump() == R"({"b":1,"a":[true,null,"x",-2,1.5]})");
  CHECK(ParseJson(R"({"a":1,"b":2,"a":3})", {}).error().message == "the key `a` occurs twice in one object");
  CHECK(ParseJson(R"({"a":{"x":1},"b":{"x":1}})", {}).has_value());
  CHECK(ParseJson("[[[]]]", {.depth = 3, .values = 10}).has_value());
  CHECK(ParseJson("[[[[]]]]", {.depth = 3, .values = 10}).error().message == "nested more than 3 deep");
  CHECK(ParseJson("[1,2,3]", {.depth = 3, .values = 3}).error().message == "more than 3 values");
  for (const char* bad : {"", "{", "[1,]", "{\"a\":}", "\"\xff\"", "\"\\ud800\"", "1e999", "nul", "[] []"}) {
    CHECK_FALSE(ParseJson(bad, {}).has_value());
  }
  CHECK(LineOf("a\nb\nc", 4) == 3);
}

TEST_CASE("a long object is read in good time") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  CHECK(ParseJson(text + "}", {})->size() == 200'000);
}

TEST_CASE("chat requests") {
  CHECK(ErrorOf("[1]") == "the body must be a JSON object");
  CHECK(ErrorOf(R"({"messages":[{}]})") == "the body must hold `model`, the name of the model that is asked for");
  CHECK(ErrorOf(R"({"model":"m","messages":{}})") == "`messages` must be an array with at least one message");
  CHECK(ParseModelRequest(Api::kChat, R"({"model":"m","messages":[{},3]})").error().param == "messages.1");
  CHECK(ParseModelRequest(Api::kChat, R"({"model":"m","messages":[{}],"stream":null})")->stream == false);

  auto chat = Chat(R"("x")", R"(,"stream":true,"z":1,"y":2)");
  CHECK(UpstreamBody(chat, "other") ==
        R"({"model":"other","messages":[{"role":"user","content":"x"}],"stream":true,"z":1,"y":2,)"
        R"("stream_options":{"include_usage":true}})");
  CHECK(UpstreamBody(chat, "third").starts_with(R"({"model":"third")"));
  auto declined = Chat(R"("x")", R"(,"stream":true,"stream_options":{"include_usage":false})");
  CHECK(UpstreamBody(declined, "m").ends_with(R"("stream_options":{"include_usage":false}})"));
  auto plain = Chat(R"("x")");
  CHECK(UpstreamBody(plain, "m") == R"({"model":"m","messages":[{"role":"user","content":"x"}]})");
}

TEST_CASE("of two limits of a chat's answer the smaller counts, whichever an upstream reads") {
  const auto limits = [](const std::string& fields) {
    auto request = ParseModelRequest(Api::kChat, R"({"model":"m","messages":[{}],)" + fields + "}");
    if (!request) return request.error().param + ": " + request.error().message;
    request->body.erase("model");
    request->body.erase("messages");
    return request->body.dump();
  };
  CHECK(limits(R"("max_tokens":9,"max_completion_tokens":7)") == R"({"max_tokens":7,"max_completion_tokens":7})");
  CHECK(limits(R"("max_completion_tokens":7,"max_tokens":5)") == R"({"max_completion_tokens":5,"max_tokens":5})");
  CHECK(limits(R"("max_completion_tokens":7)") == R"({"max_completion_tokens":7})");
  CHECK(limits(R"("max_completion_tokens":7,"max_tokens":null)") == R"({"max_completion_tokens":7,"max_tokens":null})");
  CHECK(limits(R"("max_tokens":"9")") == R"({"max_tokens":"9"})");  // an upstream says what is wrong with it
  for (const char* odd : {R"("9")", "0", "-1", "1.5", "[]"}) {
    CHECK(limits(R"("max_completion_tokens":7,"max_tokens":)" + std::string(odd)) ==
          "max_tokens: of `max_completion_tokens` and `max_tokens` the smaller counts, so both must be whole numbers from 1");
  }
}

TEST_CASE("the bound of prompt tokens counts every byte that a model could read") {
  const auto base = Bound(Chat(R"("")"));
  CHECK(Bound(Chat(R"("12345")")) == base + 6);
  CHECK(Bound(Chat(R"("é")")) == base + 3);
  const std::string picture(1000, 'A');
  const auto with_image = Bound(
      Chat(R"([{"type":"image_url","image_url":{"url":"data:image/png;base64,)" + picture + R"("}}])"));
  CHECK(with_image >= kTokensPerImage);
  CHECK(with_image < kTokensPerImage + 100);
  const auto with_audio =
      Bound(Chat(R"([{"type":"input_audio","input_audio":{"data":")" + picture + R"(","format":"wav"}}])"));
  CHECK(with_audio >= 1000);
  CHECK(Bound(Chat(R"("")", R"(,"tools":[{"type":"function"}])")) > base + 20);
}

TEST_CASE("what is detected over all texts of the conversation") {
  CHECK(TextIn(Chat(R"([{"type":"text","text":"one"},{"type":"image_url","image_url":{"url":"data:x"}}])"))
            .find("data:x") == std::string::npos);
  const auto tool = ParseModelRequest(Api::kChat, R"({"model":"m","messages":[{"role":"assistant",)"
                                     R"("tool_calls":[{"function":{"arguments":"{\"to\":\"a@b.org\"}"}}]}]})");
  CHECK(TextIn(*tool).contains("a@b.org"));
  CHECK(TextIn(Chat(R"("x")", R"(,"prediction":{"type":"content","content":"deep"})")).contains("deep"));
}

TEST_CASE("what is split over the text parts of a message is detected, and counted once") {
  const char* split = R"([{"type":"text","text":"to jane@exam"},{"type":"text","text":"ple.org now"}])";
  CHECK(DetectPii(TextIn(Chat(split))).personal);
  CHECK(Bound(Chat(split)) ==
        Bound(Chat(R"([{"type":"text","text":"to jane@example.org now"}])")) + 1);
  CHECK(DetectPii(TextIn(Chat(R"(["4111 1111 ","1111 1111"])"))).financial);
  const auto predicted = R"(,"prediction":{"content":[{"type":"text","text":"jane@exam"},{"text":"ple.org"}]})";
  CHECK(DetectPii(TextIn(Chat(R"("x")", predicted))).personal);
  const auto apart = ParseModelRequest(Api::kChat, R"({"model":"m","messages":[{"content":"jane@exam"},{"content":"ple.org"}]})");
  CHECK_FALSE(DetectPii(TextIn(*apart)).personal);
}

TEST_CASE("needs") {
  using List = std::vector<std::string_view>;
  CHECK(NeedsOf(Chat(R"("x")")) == List{});
  CHECK(NeedsOf(Chat(R"("x")", R"(,"tools":[])")) == List{});
  CHECK(NeedsOf(Chat(R"("x")", R"(,"tools":[{}],"response_format":{"type":"json_schema"},"stream":true)")) ==
        List{"tools", "json", "streaming"});
  CHECK(NeedsOf(Chat(R"("x")", R"(,"response_format":{"type":"text"})")) == List{});
  CHECK(NeedsOf(Chat(R"([{"type":"image_url","image_url":{"url":"https://x/y.png"}}])")) == List{"vision"});
}

TEST_CASE("the detector pii") {
  const PiiFindings nothing{};
  const PiiFindings personal{.personal = true, .financial = false, .credentials = false};
  const PiiFindings financial{.personal = true, .financial = true, .credentials = false};
  SUBCASE("e-mail") {
    CHECK(DetectPii("write to jane.doe+x@mail.example.org now") == personal);
    CHECK(DetectPii("müller@straße.de") == personal);
    CHECK(DetectPii("user@localhost, @mention, a @ b.c") == nothing);
  }
  SUBCASE("phone") {
    CHECK(DetectPii("call +49 (0)170 1234567.") == personal);
    CHECK(DetectPii("+1-800-555-0199") == personal);
    CHECK(DetectPii("+33\xC2\xA0"
                    "6\xC2\xA0"
                    "12\xC2\xA0"
                    "34\xC2\xA0"
                    "56\xC2\xA0"
                    "78") == personal);
    CHECK(DetectPii("1+23456789 is a sum, +12 too, and +0 123 456 789") == nothing);
  }
  SUBCASE("IBAN") {
    CHECK(DetectPii("to DE89 3704 0044 0532 0130 00 please") == financial);
    CHECK(DetectPii("GB82WEST12345698765432") == financial);
    CHECK(DetectPii("gb82west12345698765432.") == financial);
    CHECK(DetectPii("DE88 3704 0044 0532 0130 00") == nothing);   // wrong check digits
    CHECK(DetectPii("DE89 3704 0044 0532 0130 001") == nothing);  // too long
    CHECK(DetectPii("item AB12 then FR14 2004 1010 0505 0001 3M02 606") == financial);
    CHECK(DetectPii("iban_DE89370400440532013000") == financial);
    CHECK(DetectPii("ibanDE89 3704 0044 0532 0130 00") == financial);
    CHECK(DetectPii("iban=de89370400440532013000;x") == financial);
    CHECK(DetectPii("iban:GB82WEST12345698765432") == financial);
    CHECK(DetectPii("ibanDE88370400440532013000") == nothing);
    CHECK(IsIban("NO9386011117947"));
    CHECK_FALSE(IsIban("NO9386011117948"));
    CHECK_FALSE(IsIban("US9386011117947"));
  }
  SUBCASE("card") {
    CHECK(DetectPii("card 4111 1111 1111 1111 exp 12/27") == financial);
    CHECK(DetectPii("4111-1111-1111-1111 1227") == financial);
    CHECK(DetectPii("378282246310005") == financial);
    CHECK(DetectPii("4111 1111 1111 1112") == nothing);
    CHECK(DetectPii("order 0000000000000000 and 1234567890123456789012") == nothing);
    CHECK(DetectPii("charge 4111 1111 1111 1111 2nd of May") == financial);
    CHECK(DetectPii("order A4 4111 1111 1111 1111") == financial);
    CHECK(DetectPii("card 4111111111111111 3x") == financial);
    CHECK(DetectPii("ref X1 4111-1111-1111-1111") == financial);
    CHECK(DetectPii("A7 12 4111-1111-1111-1111 345 6b") == financial);
    CHECK(DetectPii("x4111111111111111 and 4111111111111111x and a4111-1111-1111-1111b") == nothing);
    CHECK(PassesLuhn("79927398713"));
    CHECK_FALSE(PassesLuhn("79927398710"));
  }
  SUBCASE("national numbers") {
    for (const char* id :
         {"85.07.30-033.28", "529.982.247-25", "7523169263", "11010519491231002X", "37605030299", "33309240064", "131052-308T",
          "131052A308T", "2 69 05 49 588 157 80", "269054958815780", "86095742719", "RSSMRA85T10A562S", "rssmra85t10a562s",
          "44051401359", "1800101221144", "8001015009087", "12345678Z", "X1234567L", "12345678-Z", "640823-3234",
          "19640823-3234", "10000000146"}) {
      CHECK_MESSAGE(DetectPii("number " + std::string(id) + ", please") == personal, id);
      std::string wrong(id);
      char& last = wrong[wrong.size() - 1];
      last = last == '9' ? '0' : last == 'Z' ? 'A' : static_cast<char>(last + 1);
      CHECK_MESSAGE(DetectPii("number " + wrong + ", please") == nothing, wrong);
    }
    CHECK(DetectPii("x2690549588157809") == nothing);
    CHECK(DetectPii("11111111111 and 00000000000 and 2026-11-24 18:30:00 and 1763999999999") == nothing);
  }
  SUBCASE("IP addresses") {
    CHECK(DetectPii("from 8.8.4.4.") == personal);
    CHECK(DetectPii("[2a00:1450:4001:81b::200e]:443") == personal);
    CHECK(DetectPii("127.0.0.1 10.1.2.3 192.168.1.1 172.20.0.1 203.0.113.9 255.255.255.255 0.0.0.0") == nothing);
    CHECK(DetectPii("version 1.2.3, 1.2.3.4.5, 300.1.1.1, 08.8.8.8, v8.8.4.4, 2.0.0.0") == nothing);
    CHECK(DetectPii("2001:db8::1 and 12:30:45 and std::vector and fe80::1 and 2024:1") == nothing);
  }
  SUBCASE("credentials") {
    const PiiFindings credentials{.personal = false, .financial = false, .credentials = true};
    for (const char* secret :
         {"sk-proj-abcdefghijklmnopqrst1", "AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
          "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----", "glpat-abcdefghij0123456789",
          "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"}) {
      CHECK_MESSAGE(DetectPii("key=" + std::string(secret)) == credentials, secret);
    }
    CHECK(DetectPii("-----BEGIN CERTIFICATE----- sk-short1 AKIA1 ghp_12 task-force-2026 eyJ1") == nothing);
  }
  CHECK(DetectPii("") == nothing);
  CHECK(DetectPii("The quick brown fox, born 1984-01-02, paid 12.50 EUR for 3 items.") == nothing);
}

TEST_CASE("e-mail addresses and phone numbers are those of the regular expressions") {
  static const RE2 kEmail("(?i)[\\pL\\pN._%+\\-]+@[\\pL\\pN](?:[\\pL\\pN\\-]*\\.)+[\\pL]{2,}");
  static const RE2 kPhone("(?:^|[^0-9A-Za-z+])(\\+[1-9](?:[ ().\\-/]{0,2}[0-9]){7,14})(?:[^0-9]|$)");
  std::mt19937 engine(7);
  const auto draw = [&](std::string_view alphabet) {
    std::string text(engine() % 30, ' ');
    for (char& c : text) c = alphabet[engine() % alphabet.size()];
    return text;
  };
  int found = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string mail = draw("ab@@..-z_ ");  // without digits: addresses of machines are personal, too
    REQUIRE_MESSAGE(DetectPii(mail).personal == RE2::PartialMatch(mail, kEmail), mail);
    const std::string phone = draw("+11111111 (-a");
    REQUIRE_MESSAGE(DetectPii(phone).personal == RE2::PartialMatch(phone, kPhone), phone);
    found += DetectPii(mail).personal && DetectPii(phone).personal ? 1 : 0;
  }
  CHECK(found > 20);
}

TEST_CASE("noise is looked through in linear time and never read beyond its end") {
  std::mt19937 engine(11);
  constexpr std::string_view kAlphabet = "0123456789 -./+@:AKIAskeyJ_xyzDE\xC2\xA0\xE2\x80\x91";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(engine() % 80, ' ');
    for (char& c : text) c = kAlphabet[engine() % kAlphabet.size()];
    const PiiFindings whole = DetectPii(text);
    REQUIRE((whole.personal || !whole.financial));
    // Words around it change nothing, nor does where in the sixteen bytes of a step it begins.
    const std::string shifted = std::string(engine() % 17, '~') + " \n" + text + " \n~";
    const PiiFindings again = DetectPii(" \n" + text + " \n");
    REQUIRE_MESSAGE(DetectPii(shifted) == again, text);
  }
}

TEST_CASE("money is exact and rounded against the tenant") {
  CHECK(CostOf({1'000'000, 0}, *ParseDecimal("0.15"), {}).amount == 150'000'000);
  CHECK(CostOf({1, 0}, *ParseDecimal("0.000001"), {}).amount == 1);
  CHECK(CostOf({7, 33}, Decimal::FromInteger(2), Decimal::FromInteger(6)).amount == 212'000);
  CHECK(FormatUsd({212'000}) == "0.000212000");
  CHECK(FormatUsd({12'000'000'001}) == "12.000000001");
  CHECK(CostOf({std::int64_t{1} << 62U, 0}, Decimal{std::int64_t{1} << 62U}, {}).amount > 0);  // saturates
  constexpr NanoUsd kDollar{1'000'000'000};
  CHECK(SpentPercent({250'000'000}, kDollar) == Decimal::FromInteger(25));
  CHECK(SpentPercent({999'999'999}, kDollar) < Decimal::FromInteger(100));
  CHECK(SpentPercent({std::numeric_limits<std::int64_t>::max()}, {1}).micros == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("tenants are found by their keys alone") {
  const TenantRegistry registry(
      {{"a", {{"", Sha256Hex(std::string_view("key-a"))}}, {}},
       {"b", {{"x", Sha256Hex(std::string_view("key-b"))}, {"y", Sha256Hex(std::string_view("key-c"))}}, {}}});
  CHECK(registry.FindByKey("key-b") == 1U);
  CHECK(registry.FindByKey("key-c") == 2U);
  CHECK(registry.TenantOf(2).id == "b");
  CHECK(registry.KeyOf(2).name == "y");
  CHECK(registry.FindByKey("key-a") == 0U);
  CHECK_FALSE(registry.FindByKey("key-d").has_value());
  CHECK_FALSE(registry.FindByKey("").has_value());
}

TEST_CASE("attributes come from their sources") {
  Derivation given;
  CHECK(given.Text("tier") == "gold");
  CHECK(given.Text("workload") == "chat");
  CHECK(given.Text("asked_model") == "m");
  CHECK(given.Text("today") == "2026-03-01");
  CHECK(given.Text("region") == "FR");
  CHECK(given.Text("data").empty());
  given.headers = {
      {"X-Route-Workload", "code"}, {"x-region", "DE"}, {"X-Data-Class", "health"}, {"x-data-class", "financial"}};
  given.chat = Chat(R"("mail a@b.org")");
  CHECK(given.Text("workload") == "code");
  CHECK(given.Text("region") == "DE");
  CHECK(given.Text("data") == "personal,health,financial");
  CHECK(given.Run().ignored.empty());
  given.chat = Chat(R"("x")", R"(,"tools":[{}],"stream":true)");
  CHECK(given.Text("needs") == "tools");  // `streaming` is not declared
}

TEST_CASE("the clock shows what it shows in its zone") {
  using namespace std::chrono;
  const sys_seconds summer = sys_days{year{2026} / 7 / 31} + hours{22} + minutes{30} + seconds{59};
  const auto utc = MomentIn("", summer).value();
  CHECK(FormatDate(utc.date) == "2026-07-31");
  CHECK(utc.minute == 22 * 60 + 30);
  const auto paris = MomentIn("Europe/Paris", summer).value();
  CHECK(FormatDate(paris.date) == "2026-08-01");
  CHECK(paris.minute == 30);
  CHECK(Weekdays()[WeekdayOf(paris.date)] == "saturday");
  const auto winter = MomentIn("Europe/Paris", sys_days{year{2026} / 12 / 31} + hours{22} + minutes{59}).value();
  CHECK(FormatDate(winter.date) == "2026-12-31");
  CHECK(winter.minute == 23 * 60 + 59);
  const auto india = MomentIn("Asia/Kolkata", sys_days{year{1969} / 12 / 31} + hours{18} + minutes{29}).value();
  CHECK(FormatDate(india.date) == "1969-12-31");
  CHECK(india.minute == 23 * 60 + 59);
  CHECK(MomentIn("Europe/Nowhere", summer).error().starts_with("there is no time zone `Europe/Nowhere`"));
}

TEST_CASE("days of the week") {
  CHECK(Weekdays()[WeekdayOf(*ParseDate("1970-01-01"))] == "thursday");
  CHECK(Weekdays()[WeekdayOf(*ParseDate("2026-11-24"))] == "tuesday");
  CHECK(Weekdays()[WeekdayOf(*ParseDate("1969-12-31"))] == "wednesday");
  CHECK(Weekdays()[WeekdayOf(kFirstDate)] == "monday");
}

TEST_CASE("values that do not fit") {
  Derivation given;
  SUBCASE("fall back to the default") {
    given.headers = {{"x-route-workload", "nonsense"}};
    CHECK(given.Text("workload") == "chat");
    REQUIRE(given.Run().ignored.size() == 1);
    CHECK(given.Run().ignored[0].source == "header x-route-workload");
  }
  SUBCASE("a repeated header is no value") {
    given.headers = {{"x-route-workload", "code"}, {"x-route-workload", "code"}};
    CHECK(given.Text("workload") == "chat");
    CHECK(given.Run().ignored[0].why == "the header occurs more than once");
  }
  SUBCASE("a claim that does not fit a set without a default refuses") {
    given.headers = {{"x-data-class", "personal,helth"}};
    CHECK(given.Run().missing == given.table.FindAttribute("data"));
  }
  SUBCASE("a prompt beyond the maximum refuses") {
    given.chat = Chat('"' + std::string(200'001, 'x') + '"');
    CHECK(given.Run().missing == given.table.FindAttribute("prompt"));
  }
  SUBCASE("spend beyond the maximum still counts as spent") {
    given.spent = Decimal::FromInteger(5000);
    CHECK_FALSE(given.Run().missing.has_value());
    CHECK(given.Text("spend") == "1000%");
  }
}

TEST_CASE("sources that this gateway does not have are found at the start") {
  CHECK(CheckSources(Sample()).empty());
  TableSpec spec;
  spec.policy_name = "p";
  spec.policy_version = "1";
  const auto add = [&](const char* name, AttributeKind kind, SourceKind source,
                       const char* argument) -> TableSpec::Attribute& {
    TableSpec::Attribute attribute;
    attribute.name = name;
    attribute.kind = kind;
    attribute.sources = {{source, argument}};
    if (kind == AttributeKind::kOneOf || kind == AttributeKind::kAnyOf) attribute.values = {"teleport"};
    return spec.attributes.emplace_back(attribute);
  };
  add("a", AttributeKind::kYesNo, SourceKind::kClassifier, "hard");
  add("b", AttributeKind::kYesNo, SourceKind::kClassifier, "hard").default_text = "no";
  add("c", AttributeKind::kAnyOf, SourceKind::kRequest, "needs");
  add("d", AttributeKind::kYesNo, SourceKind::kDetector, "mood");
  add("e", AttributeKind::kAnyOf, SourceKind::kDetector, "pii");
  add("f", AttributeKind::kText, SourceKind::kClock, "");
  add("g", AttributeKind::kText, SourceKind::kBudget, "");
  TableSpec::Deployment deployment;
  deployment.name = deployment.model = deployment.vendor = deployment.upstream_model = "d";
  spec.deployments = {deployment};
  TableSpec::Tier tier;
  tier.label = "d";
  tier.candidates = {{0, 1}};
  spec.routes = {{"r", {}, {{}}, {tier}}};
  const auto table = Table::FromBytes(WriteTable(spec));
  REQUIRE_MESSAGE(table.has_value(), table.error().message);
  const auto problems = CheckSources(*table);
  REQUIRE(problems.size() == 6);
  CHECK(problems[0].starts_with("attribute `a` comes from the classifier `hard`"));
  CHECK(problems[1].starts_with("attribute `c` declares `teleport`"));
  CHECK(problems[2].starts_with("attribute `d` comes from the detector `mood`"));
  CHECK(problems[3].starts_with("attribute `e` comes from the detector `pii`"));
  CHECK(problems[4].starts_with("attribute `f` comes from the clock"));
  CHECK(problems[5].starts_with("attribute `g` comes from the budget"));
}
