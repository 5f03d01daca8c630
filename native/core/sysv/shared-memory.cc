#include "core/sysv/shared-memory.h"

namespace posix_ipc::sysv::shared_memory {

Result<Identifier> get(Intent intent, key_t key, size_t size, int mode) {
  return identify("shmget", intent, mode, [&](int flags) { return shmget(key, size, flags); });
}

Result<Mapping> attach(int id, bool read_only) {
  auto status = stat(id);
  if (!status.ok()) return status.error();
  void* address = shmat(id, nullptr, read_only ? SHM_RDONLY : 0);
  if (address == reinterpret_cast<void*>(-1)) return last_error("shmat");
  return Mapping::of_attachment(address, status.value().shm_segsz);
}

Result<shmid_ds> stat(int id) {
  shmid_ds status;
  if (shmctl(id, IPC_STAT, &status) == -1) return last_error("shmctl");
  return status;
}

Status set(int id, const Permissions& permissions) {
  auto status = stat(id);
  if (!status.ok()) return status.error();
  permissions.apply(status.value().shm_perm);
  return check(shmctl(id, IPC_SET, &status.value()), "shmctl");
}

Status remove(int id) { return check(shmctl(id, IPC_RMID, nullptr), "shmctl"); }

Status lock_pages(int id) { return check(shmctl(id, SHM_LOCK, nullptr), "shmctl"); }

Status unlock_pages(int id) { return check(shmctl(id, SHM_UNLOCK, nullptr), "shmctl"); }

}  // namespace posix_ipc::sysv::shared_memory
