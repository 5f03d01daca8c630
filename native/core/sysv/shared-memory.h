#pragma once

#include <sys/shm.h>

#include "core/mapping.h"
#include "core/sysv/key.h"

namespace posix_ipc::sysv::shared_memory {

// shmget(2). `size` 0 opens a segment of any size.
Result<Identifier> get(Intent intent, key_t key, size_t size, int mode);
// shmat(2), of the whole segment.
Result<Mapping> attach(int id, bool read_only);
Result<shmid_ds> stat(int id);
Status set(int id, const Permissions& permissions);
Status remove(int id);
Status lock_pages(int id);
Status unlock_pages(int id);

}  // namespace posix_ipc::sysv::shared_memory
