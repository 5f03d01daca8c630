#pragma once

#include <string>

#include "board.h"

namespace fuzz {

// A process that makes the files of the steps [from, to) and opens each as every kind of object. Does not
// return.
[[noreturn]] void run_files(Board& board, const std::string& name, uint64_t seed, uint64_t from, uint64_t to);

}  // namespace fuzz
