#pragma once

#include <cstdint>

#include "runtime/table/table.h"
#include "runtime/table/writer.h"

/// A small table made by hand that has one of everything.
///
///     tier    one of free, silver, gold          default free
///     data    any of personal, health, financial
///     urgent  yes/no                             default no
///     prompt  tokens up to 2_000_000             told apart at 8_000 and 128_000
///     asked   text                               prefixes `gpt-` and `gpt-4`, texts `gpt-4o` and `mistral`
///     origin  country                            FR and DE are class 1, KP is class 2, all others class 0
///     today   date                               told apart at 2026-08-02
///
///     refuse embargo       origin is KP
///     refuse no_reason     urgent and tier is free
///     rule   eu_only       data has personal or health          excludes us_large, us_small
///     rule   small_context prompt from 128_000                  excludes us_small, eu_small
///     rule   notice        always                               excludes nobody
///     rule   impossible    never                                excludes all
///     route  gold          tier is gold, and asked is not `gpt-…`   to eu_large w3, us_large w1 within 800 ms, then
///     all route  small         prompt under 8_000                   to the first 1 of us_small, eu_small, retries 2
///     route  medium        prompt under 128_000, and FR or DE   to us_large, us_small
///     route  large         prompt from 128_000, from today's second class on   to eu_small
namespace route::sample {

enum Attribute : std::uint32_t { kTier, kData, kUrgent, kPrompt, kAsked, kOrigin, kToday };
enum Deployment : std::uint32_t { kEuLarge, kUsLarge, kUsSmall, kEuSmall };

auto Spec() -> TableSpec;

/// The table of `Spec()`.
auto Make() -> Table;

}  // namespace route::sample
