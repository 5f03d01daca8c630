#include "core/sysv/message-queue.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "core/alarm.h"

namespace posix_ipc::sysv::message_queue {
namespace {

// msgsnd(2) and msgrcv(2) know no timeout: an alarm interrupts them when the deadline has come.
template <typename Call>
ssize_t until_alarm(const Deadline& until, Call call) {
  if (until.infinite()) return call();
  auto alarm = Alarm::at(until);
  if (!alarm.ok()) {
    errno = alarm.error().number;
    return -1;
  }
  const ssize_t answer = call();
  if (answer == -1 && errno == EINTR && until.passed()) errno = ETIMEDOUT;
  return answer;
}

}  // namespace

Result<Identifier> get(Intent intent, key_t key, int mode) {
  return identify("msgget", intent, mode, [&](int flags) { return msgget(key, flags); });
}

// The raw calls: the C library's are points of cancellation, which costs in a process with threads.
Result<bool> try_send(int id, Letter& letter, size_t length) {
  if (retry_interrupted([&] { return syscall(SYS_msgsnd, id, letter.buffer(), length, IPC_NOWAIT); }) == 0)
    return true;
  if (errno == EAGAIN) return false;
  return last_error("msgsnd");
}

Status send(int id, Letter& letter, size_t length, const Patience& patience) {
  return block(patience, "msgsnd", [&](const Deadline& until) {
    return until_alarm(until, [&] { return msgsnd(id, letter.buffer(), length, 0); });
  });
}

int send_interruptibly(int id, Letter& letter, size_t length) {
  return msgsnd(id, letter.buffer(), length, 0) == -1 ? errno : 0;
}

Result<std::optional<Received>> try_receive(int id, Letter& letter, size_t capacity,
                                            const Selection& selection) {
  const long length = retry_interrupted([&] {
    return syscall(SYS_msgrcv, id, letter.buffer(), capacity, selection.type, selection.flags() | IPC_NOWAIT);
  });
  if (length >= 0) return std::optional<Received>(Received{static_cast<size_t>(length), letter.type()});
  if (errno == ENOMSG) return std::optional<Received>();
  return last_error("msgrcv");
}

Result<Received> receive(int id, Letter& letter, size_t capacity, const Selection& selection,
                         const Patience& patience) {
  ssize_t length = -1;
  auto status = block(patience, "msgrcv", [&](const Deadline& until) {
    return length = until_alarm(until, [&] {
             return msgrcv(id, letter.buffer(), capacity, selection.type, selection.flags());
           });
  });
  if (!status.ok()) return status.error();
  return Received{static_cast<size_t>(length), letter.type()};
}

int receive_interruptibly(int id, Letter& letter, size_t capacity, const Selection& selection,
                          Received& received) {
  const ssize_t length = msgrcv(id, letter.buffer(), capacity, selection.type, selection.flags());
  if (length == -1) return errno;
  received = {static_cast<size_t>(length), letter.type()};
  return 0;
}

Result<msqid_ds> stat(int id) {
  msqid_ds status;
  if (msgctl(id, IPC_STAT, &status) == -1) return last_error("msgctl");
  return status;
}

Status set(int id, const Change& change) {
  auto status = stat(id);
  if (!status.ok()) return status.error();
  change.permissions.apply(status.value().msg_perm);
  if (change.max_bytes >= 0) status.value().msg_qbytes = static_cast<msglen_t>(change.max_bytes);
  return check(msgctl(id, IPC_SET, &status.value()), "msgctl");
}

Status remove(int id) { return check(msgctl(id, IPC_RMID, nullptr), "msgctl"); }

}  // namespace posix_ipc::sysv::message_queue
