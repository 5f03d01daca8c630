#pragma once

#include <cstdint>

#include "core/owned.h"
#include "core/result.h"
#include "core/segment/c.h"

namespace posix_ipc {

// One byte of a file, locked through one open file description (F_OFD_SETLK, fcntl(2)). The kernel releases
// it when the description ends, however its process ended.
class ByteLock {
 public:
  // False where another description has it. A description that asks twice is given it twice.
  static Result<bool> take(int descriptor, uint64_t byte) {
    const int taken = pipc_take_byte(descriptor, byte);
    if (taken < 0) return SystemError{-taken, "fcntl"};
    return taken == 1;
  }

  static void release(int descriptor, uint64_t byte) { pipc_free_byte(descriptor, byte); }

  // A description of its own of an open file: descriptors that are duplicated share their locks.
  static Result<Descriptor> reopen(int descriptor) {
    const int opened = pipc_reopen(descriptor);
    if (opened < 0) return SystemError{-opened, "open"};
    return Descriptor(opened);
  }
};

}  // namespace posix_ipc
