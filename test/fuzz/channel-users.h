#pragma once

#include <vector>

#include "board.h"
#include "channel-target.h"

namespace fuzz {

// One process of those that write and read the channels until `board.over`, by the functions of the header
// that C programs include. Does not return.
[[noreturn]] void run_channel_users(Board& board, const std::vector<ChannelTarget>& targets, int process,
                                    uint64_t seed, uint64_t stream);

}  // namespace fuzz
