#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/verify/smt/solver.h"

namespace route::verify {

/// Writes down what an `Encoder` is asked, so that another solver can be asked the same.
class QueryLog {
 public:
  struct Question {
    std::string about;             ///< what `sat` means
    std::vector<smt::Term> holds;  ///< all of it at once
    smt::Answer answer = smt::Answer::kUnknown;
  };

  /// What the questions from here on are about.
  void About(std::string words) { about_ = std::move(words); }

  void Add(std::vector<smt::Term> holds, smt::Answer answer) { questions_.push_back({about_, std::move(holds), answer}); }

  auto questions() const -> const std::vector<Question>& { return questions_; }

 private:
  std::string about_;
  std::vector<Question> questions_;
};

}  // namespace route::verify
