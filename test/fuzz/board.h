#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace fuzz {

// What the users tell the one who watches them, in memory that all processes share. `call` points at a
// literal: they are forked from one image.
struct Slot {
  std::atomic<uint64_t> calls{0};
  // Of the call that is under way; 0: none.
  std::atomic<uint64_t> since{0};
  std::atomic<const char*> call{""};
};

struct Board {
  static constexpr int processes = 2;
  static constexpr int threads = 3;

  Slot slots[processes * threads];
  std::atomic<bool> over{false};
  // The mutation at hand.
  std::atomic<uint64_t> step{0};
  std::atomic<uint64_t> refusals{0};
  std::atomic<uint64_t> successes{0};
  // The first errno that no call may give.
  std::atomic<int> unexpected{0};
  std::atomic<const char*> unexpected_call{""};
};

// Monotonic.
inline uint64_t milliseconds() {
  timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return static_cast<uint64_t>(moment.tv_sec) * 1000 + static_cast<uint64_t>(moment.tv_nsec) / 1000000;
}

}  // namespace fuzz
