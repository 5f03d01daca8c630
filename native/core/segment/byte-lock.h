#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "core/owned.h"
#include "core/result.h"

namespace posix_ipc {

// One byte of a file, locked through one open file description (F_OFD_SETLK, fcntl(2)). The kernel releases
// it when the description ends, however its process ended.
class ByteLock {
 public:
  // False where another description has it. A description that asks twice is given it twice.
  static Result<bool> take(int descriptor, uint64_t byte) {
    struct flock range = describe(F_WRLCK, byte);
    if (fcntl(descriptor, F_OFD_SETLK, &range) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    return last_error("fcntl");
  }

  static void release(int descriptor, uint64_t byte) {
    struct flock range = describe(F_UNLCK, byte);
    (void)fcntl(descriptor, F_OFD_SETLK, &range);
  }

  // Whether another description has it. Where the kernel does not tell, it counts as held: no one is declared
  // dead without proof.
  static bool held_by_another(int descriptor, uint64_t byte) {
    struct flock range = describe(F_WRLCK, byte);
    return fcntl(descriptor, F_OFD_GETLK, &range) == -1 || range.l_type != F_UNLCK;
  }

  // A description of its own of an open file: descriptors that are duplicated share their locks.
  static Result<Descriptor> reopen(int descriptor);

 private:
  static struct flock describe(short type, uint64_t byte) {
    struct flock range = {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(byte);
    range.l_len = 1;
    return range;
  }
};

}  // namespace posix_ipc
