#pragma once

#include <sys/ipc.h>
#include <sys/types.h>

#include <string>

#include "core/intent.h"
#include "core/result.h"

namespace posix_ipc::sysv {

// ftok(3).
Result<key_t> key_of(const std::string& path, int project);

// What `created` is told of: the identifier, and whether this call has made the object.
struct Identifier {
  int id;
  bool created;
};

// The shape that shmget, semget and msgget share; `get` is given the flags. It is asked for a new object
// first, so that who has made it is known.
template <typename Get>
Result<Identifier> identify(const char* syscall, Intent intent, int mode, Get get) {
  for (;;) {
    if (intent != Intent::open) {
      const int id = get(IPC_CREAT | IPC_EXCL | mode);
      if (id != -1) return Identifier{id, true};
      if (intent == Intent::create || errno != EEXIST) return last_error(syscall);
    }
    const int id = get(0);
    if (id != -1) return Identifier{id, false};
    // Removed between the two calls: it is new after all.
    if (intent == Intent::open_or_create && errno == ENOENT) continue;
    return last_error(syscall);
  }
}

// What IPC_SET changes; a field that is negative stays as it is.
struct Permissions {
  long user;
  long group;
  long mode;

  void apply(ipc_perm& permissions) const {
    if (user >= 0) permissions.uid = static_cast<uid_t>(user);
    if (group >= 0) permissions.gid = static_cast<gid_t>(group);
    if (mode >= 0) permissions.mode = static_cast<unsigned short>((permissions.mode & ~0777) | (mode & 0777));
  }
};

}  // namespace posix_ipc::sysv
