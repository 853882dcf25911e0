#include "runtime/gateway/metrics.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace route {
namespace {

constexpr auto kFailures = static_cast<std::size_t>(Failure::kContent) + 1;

/// The name of a result by its place in DeploymentMetrics: the failures come after the three others.
auto ResultName(std::size_t place) -> std::string_view {
  constexpr std::array<std::string_view, 3> kOthers = {"served", "caller_error", "cancelled"};
  return place < kOthers.size() ? kOthers[place] : FailureName(static_cast<Failure>(place - kOthers.size()));
}

auto Seconds(std::chrono::microseconds took) -> double {
  return std::chrono::duration<double>(took).count();
}

/// A label's value: backslash, quote and line feed are the only characters with a meaning.
auto Quoted(std::string_view value) -> std::string {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text + "\"";
}

/// `0.25` for 250000 millionths, without a binary fraction in between.
auto Fraction(std::uint64_t amount, std::uint64_t scale) -> std::string {
  std::string digits = std::to_string(amount % scale + scale);
  return std::to_string(amount / scale) + "." + digits.substr(1);
}

auto BoundText(double bound) -> std::string {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", bound);
  return text.data();
}

class Page {
 public:
  void Family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " " +
             std::string(type) + "\n";
  }
  void Line(std::string_view name, std::string_view labels, std::string_view value) {
    text_ += name;
    if (!labels.empty()) text_ += "{" + std::string(labels) + "}";
    text_ += " " + std::string(value) + "\n";
  }
  template <const auto& Bounds>
  void Buckets(std::string_view name, const std::string& labels, const Histogram<Bounds>& histogram,
               std::uint64_t scale) {
    if (histogram.UpTo(Bounds.size()) == 0) return;
    const std::string base(name);
    for (std::size_t i = 0; i < Bounds.size(); ++i) {
      Line(base + "_bucket", labels + ",le=\"" + BoundText(Bounds[i]) + "\"", std::to_string(histogram.UpTo(i)));
    }
    const std::string all = std::to_string(histogram.UpTo(Bounds.size()));
    Line(base + "_bucket", labels + ",le=\"+Inf\"", all);
    Line(base + "_sum", labels, scale == 1 ? std::to_string(histogram.sum()) : Fraction(histogram.sum(), scale));
    Line(base + "_count", labels, all);
  }
  auto Take() -> std::string { return std::move(text_); }

 private:
  std::string text_;
};

struct CounterRow {
  Metrics::Counter counter;
  std::string_view name;
  std::string_view help;
};
constexpr auto kCounters = std::to_array<CounterRow>({
    {Metrics::Counter::kConnections, "routegate_connections_total", "Connections that were accepted."},
    {Metrics::Counter::kConnectionsRefused, "routegate_connections_refused_total",
     "Connections that were closed at once because there were too many."},
    {Metrics::Counter::kReloads, "routegate_reloads_total", "Exchanges of bundle and configuration."},
    {Metrics::Counter::kReloadsRefused, "routegate_reloads_refused_total",
     "Reloads that were refused because bundle or configuration had errors."},
    {Metrics::Counter::kShadowSame, "routegate_shadow_same_total", "Requests that the shadow bundle decides alike."},
    {Metrics::Counter::kShadowDifferent, "routegate_shadow_different_total",
     "Requests that the shadow bundle decides differently."},
});

}  // namespace

auto SkipReasonName(SkipReason reason) -> std::string_view {
  switch (reason) {
    case SkipReason::kCooldown:
      return "cooldown";
    case SkipReason::kBudget:
      return "over_budget";
    case SkipReason::kSameModel:
      return "same_model";
    case SkipReason::kNotTranslatable:
      return "not_translatable";
    case SkipReason::kCostLimit:
      return "over_cost_limit";
  }
  std::abort();
}

void DeploymentMetrics::Attempted(AttemptResult result, std::chrono::microseconds took) {
  attempts_[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
  auto& seconds = result == AttemptResult::kServed ? served_seconds_ : failed_seconds_;
  seconds.Observe(Seconds(took), static_cast<std::uint64_t>(took.count()));
}

void DeploymentMetrics::Attempted(Failure failure, std::chrono::microseconds took) {
  attempts_[3 + static_cast<std::size_t>(failure)].fetch_add(1, std::memory_order_relaxed);
  failed_seconds_.Observe(Seconds(took), static_cast<std::uint64_t>(took.count()));
}

void DeploymentMetrics::Used(TokenUsage usage) {
  const auto observe = [](auto& histogram, std::int64_t tokens) {
    histogram.Observe(static_cast<double>(tokens), static_cast<std::uint64_t>(tokens));
  };
  observe(prompt_tokens_, usage.prompt_tokens);
  observe(completion_tokens_, usage.completion_tokens);
}

void Metrics::Answered(std::optional<ApiCode> code) {
  answers_[code ? static_cast<std::size_t>(*code) + 1 : 0].fetch_add(1, std::memory_order_relaxed);
}

auto Metrics::For(const Labels& labels) -> std::shared_ptr<DeploymentMetrics> {
  const std::lock_guard lock(mutex_);
  auto& entry = deployments_[labels];
  if (!entry) entry = std::make_shared<DeploymentMetrics>();
  return entry;
}

void ServiceMetrics::Asked(ServiceResult result, std::chrono::microseconds took) {
  results_[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
  seconds_.Observe(Seconds(took), static_cast<std::uint64_t>(took.count()));
}

auto Metrics::ForService(const std::string& policy, const std::string& service) -> std::shared_ptr<ServiceMetrics> {
  const std::lock_guard lock(mutex_);
  auto& entry = services_[{policy, service}];
  if (!entry) entry = std::make_shared<ServiceMetrics>();
  return entry;
}

auto Metrics::Render(const Now& now) const -> std::string {
  Page page;
  page.Family("routegate_answers_total", "counter", "Answers to callers, by error code; `ok` came from an upstream.");
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const std::string_view code = i == 0 ? "ok" : CodeName(static_cast<ApiCode>(i - 1));
    page.Line("routegate_answers_total", "code=" + Quoted(code), std::to_string(answers_[i].load()));
  }
  for (const CounterRow& row : kCounters) {
    page.Family(row.name, "counter", row.help);
    page.Line(row.name, "", std::to_string(Value(row.counter)));
  }
  const auto gauge = [&](std::string_view name, std::string_view help, std::int64_t value) {
    page.Family(name, "gauge", help);
    page.Line(name, "", std::to_string(value));
  };
  gauge("routegate_open_connections", "Connections of callers.", Value(Gauge::kOpenConnections));
  gauge("routegate_in_flight", "Requests being served.", Value(Gauge::kInFlight));
  gauge("routegate_body_bytes_in_flight", "Bytes of their bodies, of those still to be read too.", Value(Gauge::kBodyBytes));
  gauge("routegate_cooling_deployments", "Deployments that are cooling down.", static_cast<std::int64_t>(now.cooling));
  gauge("routegate_cooling_services", "Services that are cooling down.", static_cast<std::int64_t>(now.cooling_services));
  gauge("routegate_log_healthy", "1 while the decision log can be written.", now.log_healthy ? 1 : 0);
  gauge("routegate_spend_store_healthy", "1 while settled spend can be kept.", now.spend_healthy ? 1 : 0);
  gauge("routegate_ready", "1 while new requests are taken.", now.ready ? 1 : 0);

  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, const DeploymentMetrics*>> rows;
  for (const auto& [labels, metrics] : deployments_) {
    rows.emplace_back("policy=" + Quoted(labels.policy) + ",deployment=" + Quoted(labels.deployment), metrics.get());
  }
  page.Family("routegate_attempts_total", "counter", "Attempts at deployments, by how they ended.");
  for (const auto& [labels, metrics] : rows) {
    for (std::size_t i = 0; i < 3 + kFailures; ++i) {
      const auto count = metrics->attempts_[i].load();
      if (count == 0) continue;
      page.Line("routegate_attempts_total", labels + ",result=" + Quoted(ResultName(i)), std::to_string(count));
    }
  }
  page.Family("routegate_passed_over_total", "counter", "Deployments that were left out, by reason.");
  for (const auto& [labels, metrics] : rows) {
    for (std::size_t i = 0; i < metrics->skips_.size(); ++i) {
      const auto count = metrics->skips_[i].load();
      if (count == 0) continue;
      const auto reason = SkipReasonName(static_cast<SkipReason>(i));
      page.Line("routegate_passed_over_total", labels + ",reason=" + Quoted(reason), std::to_string(count));
    }
  }
  if (!services_.empty()) {
    constexpr auto kResults = std::to_array<std::string_view>({"answered", "timeout", "failed", "garbage", "cancelled"});
    page.Family("routegate_service_calls_total", "counter", "Questions to services, by how they ended.");
    for (const auto& [names, metrics] : services_) {
      const std::string labels = "policy=" + Quoted(names.first) + ",service=" + Quoted(names.second);
      for (std::size_t i = 0; i < kResults.size(); ++i) {
        const auto count = metrics->results_[i].load();
        if (count == 0) continue;
        page.Line("routegate_service_calls_total", labels + ",result=" + Quoted(kResults[i]), std::to_string(count));
      }
    }
    page.Family("routegate_service_passed_over_total", "counter", "Questions to services that were not asked, by reason.");
    for (const auto& [names, metrics] : services_) {
      const auto count = metrics->passed_over_.load();
      if (count == 0) continue;
      page.Line("routegate_service_passed_over_total",
                "policy=" + Quoted(names.first) + ",service=" + Quoted(names.second) + ",reason=\"cooldown\"", std::to_string(count));
    }
    page.Family("routegate_service_seconds", "histogram", "Time of questions to services.");
    for (const auto& [names, metrics] : services_) {
      page.Buckets("routegate_service_seconds", "policy=" + Quoted(names.first) + ",service=" + Quoted(names.second),
                   metrics->seconds_, 1'000'000);
    }
  }
  page.Family("routegate_cost_usd_total", "counter", "What answers cost at list price.");
  for (const auto& [labels, metrics] : rows) {
    page.Line("routegate_cost_usd_total", labels, Fraction(metrics->cost_.load(), 1'000'000'000));
  }
  // Named and labelled by OpenTelemetry's semantic conventions for generative AI, as its Prometheus exporter writes
  // them.
  const auto conventional = [](const Labels& labels) {
    return "gen_ai_operation_name=\"chat\",gen_ai_provider_name=" + Quoted(labels.vendor) +
           ",gen_ai_request_model=" + Quoted(labels.model) + ",routegate_policy=" + Quoted(labels.policy) +
           ",routegate_deployment=" + Quoted(labels.deployment);
  };
  page.Family("gen_ai_client_operation_duration_seconds", "histogram",
              "Time of attempts: to the whole answer, for streams to their first event.");
  for (const auto& [labels, metrics] : deployments_) {
    const std::string common = conventional(labels);
    constexpr std::uint64_t kMicros = 1'000'000;
    page.Buckets("gen_ai_client_operation_duration_seconds", common, metrics->served_seconds_, kMicros);
    page.Buckets("gen_ai_client_operation_duration_seconds", common + ",error_type=\"_OTHER\"",
                 metrics->failed_seconds_, kMicros);
  }
  page.Family("gen_ai_client_token_usage", "histogram", "Tokens of answers that report them.");
  for (const auto& [labels, metrics] : deployments_) {
    const std::string common = conventional(labels);
    page.Buckets("gen_ai_client_token_usage", common + ",gen_ai_token_type=\"input\"", metrics->prompt_tokens_, 1);
    page.Buckets("gen_ai_client_token_usage", common + ",gen_ai_token_type=\"output\"", metrics->completion_tokens_, 1);
  }
  return page.Take();
}

}  // namespace route
