#pragma once

#include <unistd.h>

#include <cstdint>

#include "core/segment/c.h"

namespace posix_ipc {

// Looking again and again for a short time, before a sleep: pipc_spin.
class Spin {
 public:
  // Whether `come()` has become true.
  template <typename Come>
  bool until(Come come) {
    if (only_cpu() || !pipc_worth_spinning(&spin_)) return false;
    const int64_t start = pipc_now();
    do {
      for (int look = 0; look < 16; look++) {
        if (come()) {
          pipc_spin_hit(&spin_, pipc_now() - start);
          return true;
        }
        pipc_pause();
      }
    } while (pipc_now() - start < spin_.budget);
    pipc_spin_miss(&spin_);
    return false;
  }

 private:
  // Whoever is waited for cannot come meanwhile. Of processes that are pinned nothing is known here: they
  // learn.
  static bool only_cpu() {
    static const bool only = sysconf(_SC_NPROCESSORS_ONLN) == 1;
    return only;
  }

  pipc_spin spin_ = {PIPC_FIRST_SPIN, 0};
};

}  // namespace posix_ipc
