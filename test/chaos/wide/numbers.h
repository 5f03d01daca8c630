#pragma once

#include <cstddef>
#include <cstdint>

// First: what it includes gives the headers of C programs their sync points.
#include "../channel/side.h"
#include "posix-ipc/broadcast.h"
#include "posix-ipc/latest.h"

namespace chaos::wide {

// layout.ts has the same numbers.
constexpr uint32_t numbers_most = 1 << 19;
// Of the value, or message, that is there before any victim comes. Numbers below count from it.
constexpr uint64_t first_number = (uint64_t{1} << 32) - 1000;
// Bytes of the longest one, and of the words before it: its id, a sum, its number.
constexpr uint32_t longest = 2032;
constexpr uint32_t head = 12;

// Who has sent what. An id is that of an attempt: victim << 24 | how manyth.
struct Numbers {
  // Those below are certainly sent; those below have been begun.
  uint32_t sent;
  uint32_t begun;
  uint32_t reserved[62];
  // By number: the last attempt to send it; what was first read under it.
  uint32_t sender[numbers_most];
  uint32_t read[numbers_most];
};
static_assert(offsetof(Numbers, sender) == 64 * 4);

// What writers and readers of a latest value and of a broadcast have in common.
class Side : protected channel::Side {
 protected:
  Side(Victim& victim, uint32_t role, uint32_t kind);
  bool latest() const { return channel_.kind == PIPC_LATEST; }

  Numbers& numbers_;
};

// Roles, of PIPC_LATEST or PIPC_BROADCAST; `focus` as in channel/side.h.
void write_numbers(Victim& victim, uint32_t kind, const std::string& focus);
void read_numbers(Victim& victim, uint32_t kind, const std::string& focus);
// Reads until the writer has gone; then it rests.
void read_numbers_to_the_end(Victim& victim, uint32_t kind);
// Writes so many, or reads until the last of them, and rests.
void write_some_numbers(Victim& victim, uint32_t kind);
void read_some_numbers(Victim& victim, uint32_t kind);

}  // namespace chaos::wide
