#include "core/segment/byte-lock.h"

#include <cstdio>

#include "core/wait.h"

namespace posix_ipc {

Result<Descriptor> ByteLock::reopen(int descriptor) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  const int number = retry_interrupted([&] { return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK); });
  if (number == -1) return last_error("open");
  return Descriptor(number);
}

}  // namespace posix_ipc
