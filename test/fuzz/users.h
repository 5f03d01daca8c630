#pragma once

#include <string>

#include "board.h"

namespace fuzz {

// The names of one round.
struct Names {
  std::string mutex, rw_lock, barrier, condition, memory, semaphore;
};

// One process of those that use the objects until `board.over`: its threads have handles of their own, and
// open new ones where theirs are lost. Does not return.
[[noreturn]] void run_users(Board& board, const Names& names, int process, uint64_t seed, uint64_t stream);

}  // namespace fuzz
