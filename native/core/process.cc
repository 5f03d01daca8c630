#include "core/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "core/owned.h"

namespace posix_ipc {

uint32_t start_time_of_process() {
  const Descriptor file(open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t length = file ? read(file.get(), text, sizeof text - 1) : -1;
  if (length <= 0) return 0;
  text[length] = 0;
  // The second field, the command in brackets, may contain anything, brackets and spaces too.
  const char* field = strrchr(text, ')');
  for (int number = 2; field != nullptr && number < 22; number++) field = strchr(field + 1, ' ');
  return field == nullptr ? 0 : static_cast<uint32_t>(strtoull(field, nullptr, 10));
}

}  // namespace posix_ipc
