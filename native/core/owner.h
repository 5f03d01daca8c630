#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

namespace posix_ipc {

// Whose objects `open` trusts. A name in /dev/shm belongs to whoever takes it first, so a stranger may sit on
// it.
class OwnerRule {
 public:
  static constexpr int64_t any = -1;
  static constexpr int64_t own_or_root = -2;

  // `any`, `own_or_root`, or the one user id that is trusted.
  explicit OwnerRule(int64_t rule) : rule_(rule) {}

  bool trusts(const struct stat& status) const {
    if (rule_ == any) return true;
    if (rule_ == own_or_root) return status.st_uid == 0 || status.st_uid == geteuid();
    return static_cast<int64_t>(status.st_uid) == rule_;
  }

 private:
  int64_t rule_;
};

}  // namespace posix_ipc
