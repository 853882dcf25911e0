#include "runtime/simulate/simulate.h"

#include <charconv>
#include <cstring>
#include <istream>
#include <memory>
#include <unordered_map>

#include "runtime/decide/walk.h"
#include "runtime/simulate/trace.h"

namespace route {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;  // also the longest line

/// Gives the lines of a stream, without a copy of each.
class Lines {
 public:
  explicit Lines(std::istream& in) : in_(in), buffer_(2 * kPieceBytes) {}

  /// The next line without its end; nothing at the end of the stream or if `too_long`.
  auto Next() -> std::optional<std::string_view> {
    for (;;) {
      const char* begin = buffer_.data() + begin_;
      if (const auto* end = static_cast<const char*>(std::memchr(begin, '\n', end_ - begin_))) {
        const std::string_view line(begin, static_cast<std::size_t>(end - begin));
        begin_ += line.size() + 1;
        return line;
      }
      if (at_end_) {
        if (begin_ == end_) return std::nullopt;
        const std::string_view line(begin, end_ - begin_);
        begin_ = end_;
        return line;
      }
      if (!Fill()) return std::nullopt;
    }
  }

  auto too_long() const -> bool { return too_long_; }

 private:
  auto Fill() -> bool {
    if (end_ - begin_ >= kPieceBytes) {
      too_long_ = true;
      return false;
    }
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    in_.read(buffer_.data() + end_, static_cast<std::streamsize>(kPieceBytes));
    end_ += static_cast<std::size_t>(in_.gcount());
    at_end_ = !in_;
    return true;
  }

  std::istream& in_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  bool too_long_ = false;
};

/// A count of tokens; 0 for anything else.
auto TokensOf(const Member& member) -> std::uint64_t {
  std::uint32_t tokens = 0;
  const auto [end, error] = std::from_chars(member.raw.data(), member.raw.data() + member.raw.size(), tokens);
  return error == std::errc{} && end == member.raw.data() + member.raw.size() ? tokens : 0;
}

struct Tokens {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
};

/// Numbers for the names of deployments, the same for the same name in either policy.
using Names = std::unordered_map<std::string_view, std::uint32_t>;

/// One policy on its way through the trace.
class Course {
 public:
  Course(const Table& table, Moment now, Names& names) : table_(table), reader_(table, now) {
    for (const DeploymentView& each : table.deployments()) {
      numbers_.push_back(names.try_emplace(each.name, static_cast<std::uint32_t>(names.size())).first->second);
    }
    result_.missing.resize(table.attributes().size());
    result_.refusals.resize(table.refusals().size());
    result_.routes.resize(table.routes().size());
    result_.deployments.resize(table.deployments().size());
  }

  void Take(std::span<const Member> members, const Tokens& tokens, std::uint64_t line) {
    const TraceRequest request = reader_.Read(members);
    if (request.misfits != 0) {
      if (result_.misfits == 0) result_.first_misfit_line = line;
      result_.misfits += request.misfits;
    }
    missing_ = request.missing.value_or(kNone);
    first_ = kNone;
    cost_ = {};
    if (missing_ != kNone) {
      decision_ = {};
      decision_.outcome = Outcome::kRefused;
      ++result_.missing[missing_];
    } else {
      decision_ = Decide(table_, request.classes);
      if (decision_.refusal != kNone) ++result_.refusals[decision_.refusal];
      if (decision_.refusal == kNone && decision_.route != kNone) ++result_.routes[decision_.route];
      first_ = FirstPlanned(table_, decision_);
    }
    ++result_.outcomes[static_cast<std::size_t>(decision_.outcome)];
    if (first_ == kNone) return;
    const DeploymentView& deployment = table_.deployments()[first_];
    cost_ = Money::Of(tokens.input, deployment.price_in) + Money::Of(tokens.output, deployment.price_out);
    Tally& tally = result_.deployments[first_];
    ++tally.requests;
    tally.input_tokens += tokens.input;
    tally.output_tokens += tokens.output;
    tally.cost += cost_;
    result_.cost += cost_;
  }

  /// What became of the last request, as a number that is the same for the same fate.
  auto fate() const -> std::uint64_t {
    if (first_ != kNone) return first_;
    return (std::uint64_t{1} << 32U) * (1 + static_cast<std::uint64_t>(decision_.outcome)) +
           (missing_ != kNone ? (std::uint64_t{1} << 31U) + missing_ : decision_.refusal);
  }

  auto FateName() const -> std::string {
    if (first_ != kNone) return std::string(table_.deployments()[first_].name);
    if (missing_ != kNone) return "(refused: no `" + std::string(table_.attributes()[missing_].name) + "`)";
    if (decision_.refusal != kNone) return "(refused by " + std::string(table_.refusals()[decision_.refusal].name) + ")";
    return "(" + std::string(OutcomeName(decision_.outcome)) + ")";
  }

  /// The numbers of the plan's names, with a mark where a tier begins.
  void ListPlan(std::vector<std::uint32_t>& plan) const {
    constexpr std::uint32_t kTierBegins = std::uint32_t{1} << 31U;
    plan.clear();
    std::uint32_t last = kNone;
    ForEachPlanned(table_, decision_, [&](std::uint32_t tier, const CandidateView& candidate) {
      plan.push_back(numbers_[candidate.deployment] | (tier == last ? 0 : kTierBegins));
      last = tier;
      return true;
    });
  }

  auto cost() const -> Money { return cost_; }
  auto TakeResult() -> Simulated {
    result_.first_misfit = reader_.first_misfit();
    return std::move(result_);
  }

 private:
  const Table& table_;
  TraceReader reader_;
  std::vector<std::uint32_t> numbers_;  // by deployment
  Simulated result_;
  Decision decision_;
  std::uint32_t missing_ = kNone;
  std::uint32_t first_ = kNone;
  Money cost_;
};

class Run {
 public:
  explicit Run(const SimulationInput& input) : before_(*input.table, input.now, names_) {
    if (input.other != nullptr) after_.emplace(*input.other, input.now, names_);
  }

  void Take(std::string_view text, std::uint64_t line) {
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
    if (auto read = ReadRecord(text, members_); !read) {
      if (result_.unreadable++ == 0) {
        result_.first_unreadable_line = line;
        result_.first_unreadable = read.error();
      }
      return;
    }
    Tokens tokens;
    for (const Member& member : members_) {
      if (member.kind != Member::Kind::kNumber) continue;
      if (member.name == "input_tokens") tokens.input = TokensOf(member);
      if (member.name == "output_tokens") tokens.output = TokensOf(member);
    }
    ++result_.requests;
    before_.Take(members_, tokens, line);
    if (!after_) return;
    after_->Take(members_, tokens, line);
    Compare(line);
  }

  auto Finish() -> Simulation {
    result_.policy = before_.TakeResult();
    if (after_) result_.other = after_->TakeResult();
    return std::move(result_);
  }

 private:
  void Compare(std::uint64_t line) {
    // Fates are compared by name, once for each pair of numbers.
    const auto [place, is_new] = known_.try_emplace({before_.fate(), after_->fate()}, nullptr);
    if (is_new) {
      std::pair<std::string, std::string> names{before_.FateName(), after_->FateName()};
      if (names.first != names.second) place->second = &result_.changes[std::move(names)];
    }
    if (Change* change = place->second) {
      if (change->requests++ == 0) change->first_line = line;
      change->cost_before += before_.cost();
      change->cost_after += after_->cost();
      return;
    }
    before_.ListPlan(plan_before_);
    after_->ListPlan(plan_after_);
    if (plan_before_ != plan_after_) ++result_.plans_changed;
  }

  struct HashFates {
    auto operator()(const std::pair<std::uint64_t, std::uint64_t>& fates) const -> std::size_t {
      return (fates.first * 0x9E37'79B9'7F4A'7C15 + fates.second) * 0xD6E8'FEB8'6659'FD93 >> 16U;
    }
  };

  Names names_;
  Course before_;
  std::optional<Course> after_;
  Simulation result_;
  std::vector<Member> members_;
  std::unordered_map<std::pair<std::uint64_t, std::uint64_t>, Change*, HashFates> known_;
  std::vector<std::uint32_t> plan_before_;
  std::vector<std::uint32_t> plan_after_;
};

}  // namespace

auto Simulate(const SimulationInput& input, std::istream& trace) -> std::expected<Simulation, std::string> {
  Run run(input);
  Lines lines(trace);
  std::uint64_t number = 0;
  while (const auto line = lines.Next()) run.Take(*line, ++number);
  if (lines.too_long()) {
    return std::unexpected("line " + std::to_string(number + 1) + " is longer than 1 MiB; a trace has one JSON object a line");
  }
  if (trace.bad()) return std::unexpected("the trace could not be read to its end");
  return run.Finish();
}

}  // namespace route
