#include "core/sysv/semaphore-set.h"

#include <algorithm>

namespace posix_ipc::sysv::semaphore_set {
namespace {

// semctl(2) leaves it to the caller to declare.
union Argument {
  int value;
  semid_ds* status;
  unsigned short* values;
};

// SEMOPM may be lowered by the administrator, hardly below this.
constexpr size_t operations_at_once = 32;

}  // namespace

Result<Identifier> get(Intent intent, key_t key, int count, int mode) {
  return identify("semget", intent, mode, [&](int flags) { return semget(key, count, flags); });
}

Operations::Operations(int id, std::vector<sembuf> list) : id_(id), waiting_(list), trying_(std::move(list)) {
  for (sembuf& operation : trying_) operation.sem_flg |= IPC_NOWAIT;
}

Result<bool> Operations::try_operate() {
  if (retry_interrupted([this] { return semop(id_, trying_.data(), trying_.size()); }) == 0) return true;
  if (errno == EAGAIN) return false;
  return last_error("semop");
}

int Operations::operate_until(const Deadline& deadline) {
  if (deadline.infinite()) return semop(id_, waiting_.data(), waiting_.size());
  const timespec left = deadline.remaining();
  return semtimedop(id_, waiting_.data(), waiting_.size(), &left);
}

Status Operations::operate(const Patience& patience) {
  return block(patience, patience.deadline.infinite() ? "semop" : "semtimedop",
               [this](const Deadline& until) { return operate_until(until); });
}

Status initialise(int id, const std::vector<unsigned short>& values) {
  std::vector<sembuf> additions;
  for (size_t index = 0; index < values.size(); ++index) {
    if (values[index] == 0) continue;
    additions.push_back({static_cast<unsigned short>(index), static_cast<short>(values[index]), 0});
  }
  for (size_t from = 0; from < additions.size(); from += operations_at_once) {
    const size_t count = std::min(operations_at_once, additions.size() - from);
    if (semop(id, additions.data() + from, count) == -1) return last_error("semop");
  }
  return done();
}

Result<std::vector<unsigned short>> values(int id) {
  auto status = stat(id);
  if (!status.ok()) return status.error();
  std::vector<unsigned short> values(status.value().sem_nsems);
  Argument argument;
  argument.values = values.data();
  if (semctl(id, 0, GETALL, argument) == -1) return last_error("semctl");
  return values;
}

Status set_values(int id, std::vector<unsigned short> values) {
  Argument argument;
  argument.values = values.data();
  return check(semctl(id, 0, SETALL, argument), "semctl");
}

Result<int> ask(int id, int index, int command) {
  const int answer = semctl(id, index, command);
  if (answer == -1) return last_error("semctl");
  return answer;
}

Status set_value(int id, int index, int value) {
  Argument argument;
  argument.value = value;
  return check(semctl(id, index, SETVAL, argument), "semctl");
}

Result<semid_ds> stat(int id) {
  semid_ds status;
  Argument argument;
  argument.status = &status;
  if (semctl(id, 0, IPC_STAT, argument) == -1) return last_error("semctl");
  return status;
}

Status set(int id, const Permissions& permissions) {
  auto status = stat(id);
  if (!status.ok()) return status.error();
  permissions.apply(status.value().sem_perm);
  Argument argument;
  argument.status = &status.value();
  return check(semctl(id, 0, IPC_SET, argument), "semctl");
}

Status remove(int id) { return check(semctl(id, 0, IPC_RMID), "semctl"); }

}  // namespace posix_ipc::sysv::semaphore_set
