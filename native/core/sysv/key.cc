#include "core/sysv/key.h"

namespace posix_ipc::sysv {

Result<key_t> key_of(const std::string& path, int project) {
  // -1 is also a key that ftok(3) can make; only errno tells.
  errno = 0;
  const key_t key = ftok(path.c_str(), project);
  if (key == -1 && errno != 0) return last_error("ftok");
  return key;
}

}  // namespace posix_ipc::sysv
