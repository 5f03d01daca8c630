#include "core/sysv/message-queue.h"

#include "core/alarm.h"

namespace posix_ipc::sysv::message_queue {
namespace {

// msgsnd(2) and msgrcv(2) know no timeout: an alarm interrupts them when the deadline has come, and only then
// is EINTR the end.
template <typename Call>
Status until(const Deadline& deadline, const char* syscall, Call call) {
  if (deadline.infinite()) return check(retry_interrupted([&] { return call(); }), syscall);
  auto alarm = Alarm::at(deadline);
  if (!alarm.ok()) return alarm.error();
  for (;;) {
    if (call() != -1) return done();
    if (errno != EINTR) return last_error(syscall);
    if (deadline.passed()) return SystemError{ETIMEDOUT, syscall};
  }
}

}  // namespace

Result<Identifier> get(Intent intent, key_t key, int mode) {
  return identify("msgget", intent, mode, [&](int flags) { return msgget(key, flags); });
}

Result<bool> try_send(int id, Letter& letter, size_t length) {
  if (retry_interrupted([&] { return msgsnd(id, letter.buffer(), length, IPC_NOWAIT); }) == 0) return true;
  if (errno == EAGAIN) return false;
  return last_error("msgsnd");
}

Status send(int id, Letter& letter, size_t length, const Deadline& deadline) {
  return until(deadline, "msgsnd", [&] { return msgsnd(id, letter.buffer(), length, 0); });
}

Result<std::optional<Received>> try_receive(int id, Letter& letter, size_t capacity,
                                            const Selection& selection) {
  const ssize_t length = retry_interrupted(
      [&] { return msgrcv(id, letter.buffer(), capacity, selection.type, selection.flags() | IPC_NOWAIT); });
  if (length >= 0) return std::optional<Received>(Received{static_cast<size_t>(length), letter.type()});
  if (errno == ENOMSG) return std::optional<Received>();
  return last_error("msgrcv");
}

Result<Received> receive(int id, Letter& letter, size_t capacity, const Selection& selection,
                         const Deadline& deadline) {
  ssize_t length = -1;
  auto status = until(deadline, "msgrcv", [&] {
    length = msgrcv(id, letter.buffer(), capacity, selection.type, selection.flags());
    return length;
  });
  if (!status.ok()) return status.error();
  return Received{static_cast<size_t>(length), letter.type()};
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
