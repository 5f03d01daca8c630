#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace posix_ipc {

// Looking again and again for a short time, before a sleep whose wake-up costs some 30 us between two idle
// CPUs. How long is learned: what came in time once will again; what did not is not waited for.
class Spin {
 public:
  // Whether `come()` has become true.
  template <typename Come>
  bool until(Come come) {
    if (only_cpu() || !worth_it()) return false;
    const uint64_t start = now();
    for (;;) {
      for (int look = 0; look < 16; look++) {
        if (come()) {
          const auto took = static_cast<uint32_t>(now() - start);
          budget_ = std::clamp(std::max(budget_ - budget_ / 8, 2 * took), shortest, longest);
          return true;
        }
        pause();
      }
      if (now() - start >= budget_) break;
    }
    budget_ /= 2;
    return false;
  }

 private:
  // Nanoseconds.
  static constexpr uint32_t longest = 30000;
  static constexpr uint32_t shortest = 1000;
  static constexpr uint32_t first = 10000;
  static constexpr uint32_t tries_left_out = 15;

  bool worth_it() {
    if (budget_ >= shortest) return true;
    if (left_out_++ < tries_left_out) return false;
    left_out_ = 0;
    budget_ = 2 * shortest;
    return true;
  }

  // Whoever is waited for cannot come meanwhile. Of processes that are pinned nothing is known here: they
  // learn.
  static bool only_cpu() {
    static const bool only = sysconf(_SC_NPROCESSORS_ONLN) == 1;
    return only;
  }

  static uint64_t now() {
    timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return static_cast<uint64_t>(moment.tv_sec) * 1000000000 + static_cast<uint64_t>(moment.tv_nsec);
  }

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  uint32_t budget_ = first;
  uint32_t left_out_ = 0;
};

}  // namespace posix_ipc
