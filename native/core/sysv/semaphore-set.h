#pragma once

#include <sys/sem.h>

#include <vector>

#include "core/sysv/key.h"
#include "core/wait.h"

namespace posix_ipc::sysv::semaphore_set {

// semget(2). `count` 0 opens a set of any size.
Result<Identifier> get(Intent intent, key_t key, int count, int mode);

// A list that semop(2) applies whole or not at all, kept in both forms: it may wait, or each part says
// IPC_NOWAIT.
class Operations {
 public:
  Operations(int id, std::vector<sembuf> list);

  // False when it would have to wait.
  Result<bool> try_operate();
  Status operate(const Patience& patience);
  // For a thread of ours: 0 or an errno, EINTR too.
  int operate_interruptibly() { return operate_until(Deadline::never()) == -1 ? errno : 0; }

 private:
  int operate_until(const Deadline& deadline);

  int id_;
  std::vector<sembuf> waiting_;
  std::vector<sembuf> trying_;
};

// The values a new set starts with. They are added by semop(2), not set by SETALL: who opens the set in
// between and posts loses nothing, and sem_otime tells that it is ready.
Status initialise(int id, const std::vector<unsigned short>& values);

Result<std::vector<unsigned short>> values(int id);
Status set_values(int id, std::vector<unsigned short> values);
// semctl(2) with one semaphore: GETVAL, GETNCNT, GETZCNT, GETPID; SETVAL.
Result<int> ask(int id, int index, int command);
Status set_value(int id, int index, int value);

Result<semid_ds> stat(int id);
Status set(int id, const Permissions& permissions);
Status remove(int id);

}  // namespace posix_ipc::sysv::semaphore_set
