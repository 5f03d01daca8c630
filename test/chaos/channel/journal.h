#pragma once

#include <cstddef>
#include <cstdint>

#include "core/segment/c.h"

namespace chaos::channel {

// layout.ts has the same numbers.
constexpr uint32_t slots_most = 128;
// Messages of one writer that carry its number and their own.
constexpr uint32_t numbers_most = 8192;
// Messages of a drain whose room is not given back.
constexpr uint32_t unreleased_most = 64;
// A message too short to carry a number.
constexpr uint32_t crumb = 0xffffffff;

// What a victim was about when it died.
enum class Phase : uint32_t {
  idle,
  moving,  // sits down, or leaves
  sending,
  receiving,
  taking,     // asks for a lease
  draining,   // between two visits of a drain
  visiting,   // in one
  leasing,    // has a lease
  releasing,  // gives it back
};

// One victim. Each word is written by itself, in an order from which its death can be judged.
struct Record {
  // While it has its seat.
  uint32_t sitting;
  // Numbers 1 to `sent` are sent; those up to `until` are being sent.
  uint32_t sent;
  uint32_t until;
  uint32_t crumbs_sent;
  uint32_t crumbs_until;
  // What the call that runs has given: writer << 16 | number, or `crumb`.
  uint32_t given;
  uint32_t crumbs_given;
  uint32_t unreleased_count;
  // How often it was told that all of the other side have gone; and when, in nanoseconds of CLOCK_MONOTONIC.
  uint32_t deserted;
  uint32_t told[2];
  uint32_t role;
  // Of one who sends numbers: the first that it was to send, and 1.
  uint32_t first;
  uint32_t reserved[51];
  uint32_t unreleased[unreleased_most];
};

struct Journal {
  // How many have begun to sit down, writers and readers.
  uint32_t came[2];
  // The pids of some mean nothing to others.
  uint32_t foreign;
  // Nobody comes in the place of one that has gone.
  uint32_t last;
  uint32_t reserved[60];
  Record records[slots_most];
  // How often each message was given to a reader.
  uint8_t given[slots_most][numbers_most];
};
static_assert(sizeof(Record) == 128 * 4 && offsetof(Record, unreleased) == 64 * 4);
static_assert(offsetof(Journal, records) == 64 * 4);

}  // namespace chaos::channel
