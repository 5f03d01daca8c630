#include "core/posix/message-queue.h"

#include <fcntl.h>
#include <signal.h>

#include <cstdio>

namespace posix_ipc::posix {
namespace {

constexpr timespec past = {0, 0};

// A limit that only one of the two attributes leaves to the system.
long system_default(const char* file, long otherwise) {
  FILE* stream = std::fopen(file, "re");
  if (stream == nullptr) return otherwise;
  long value;
  const int read = std::fscanf(stream, "%ld", &value);
  std::fclose(stream);
  return read == 1 ? value : otherwise;
}

mq_attr attributes_of(const MessageQueue::Creation& creation) {
  mq_attr attributes = {};
  attributes.mq_maxmsg =
      creation.max_messages ? *creation.max_messages : system_default("/proc/sys/fs/mqueue/msg_default", 10);
  attributes.mq_msgsize = creation.message_size ? *creation.message_size
                                                : system_default("/proc/sys/fs/mqueue/msgsize_default", 8192);
  return attributes;
}

}  // namespace

Result<MessageQueue> MessageQueue::create(const std::string& name, const Creation& creation, int access) {
  const bool defaults = !creation.max_messages && !creation.message_size;
  mq_attr attributes = {};
  if (!defaults) attributes = attributes_of(creation);
  const int number = retry_interrupted([&] {
    return mq_open(name.c_str(), access | O_CREAT | O_EXCL | O_CLOEXEC, creation.mode,
                   defaults ? nullptr : &attributes);
  });
  if (number == -1) return last_error("mq_open");
  return MessageQueue(Descriptor(number), true);
}

Result<MessageQueue> MessageQueue::open(const std::string& name, int access, OwnerRule owner) {
  const int number = retry_interrupted([&] { return mq_open(name.c_str(), access | O_CLOEXEC); });
  if (number == -1) return last_error("mq_open");
  MessageQueue queue(Descriptor(number), false);
  auto status = queue.stat();
  if (!status.ok()) return status.error();
  if (!owner.trusts(status.value())) return SystemError{EPERM, "mq_open"};
  return queue;
}

Result<MessageQueue> MessageQueue::open_or_create(const std::string& name, const Creation& creation,
                                                  int access, OwnerRule owner) {
  for (;;) {
    auto created = create(name, creation, access);
    if (created.ok() || created.error().number != EEXIST) return created;
    auto opened = open(name, access, owner);
    // Unlinked between the two calls: it is new after all.
    if (opened.ok() || opened.error().number != ENOENT) return opened;
  }
}

Status MessageQueue::unlink(const std::string& name) { return check(mq_unlink(name.c_str()), "mq_unlink"); }

Result<bool> MessageQueue::try_send(const char* data, size_t length, unsigned priority) {
  const int answer =
      retry_interrupted([&] { return mq_timedsend(descriptor_.get(), data, length, priority, &past); });
  if (answer == 0) return true;
  if (errno == ETIMEDOUT) return false;
  return last_error("mq_send");
}

Status MessageQueue::send(const char* data, size_t length, unsigned priority, const Patience& patience) {
  const bool timed = !patience.deadline.infinite();
  return block(patience, timed ? "mq_timedsend" : "mq_send", [&](const Deadline& until) {
    if (until.infinite()) return mq_send(descriptor_.get(), data, length, priority);
    const timespec moment = until.realtime();
    return mq_timedsend(descriptor_.get(), data, length, priority, &moment);
  });
}

Result<std::optional<MessageQueue::Received>> MessageQueue::try_receive(char* data, size_t capacity) {
  unsigned priority;
  const ssize_t length =
      retry_interrupted([&] { return mq_timedreceive(descriptor_.get(), data, capacity, &priority, &past); });
  if (length >= 0) return std::optional<Received>(Received{static_cast<size_t>(length), priority});
  if (errno == ETIMEDOUT) return std::optional<Received>();
  return last_error("mq_receive");
}

Result<MessageQueue::Received> MessageQueue::receive(char* data, size_t capacity, const Patience& patience) {
  unsigned priority;
  ssize_t length = -1;
  const bool timed = !patience.deadline.infinite();
  auto status = block(patience, timed ? "mq_timedreceive" : "mq_receive", [&](const Deadline& until) {
    if (until.infinite()) return length = mq_receive(descriptor_.get(), data, capacity, &priority);
    const timespec moment = until.realtime();
    return length = mq_timedreceive(descriptor_.get(), data, capacity, &priority, &moment);
  });
  if (!status.ok()) return status.error();
  return Received{static_cast<size_t>(length), priority};
}

Status MessageQueue::notify(int signal) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  return check(mq_notify(descriptor_.get(), &event), "mq_notify");
}

Status MessageQueue::cancel_notify() { return check(mq_notify(descriptor_.get(), nullptr), "mq_notify"); }

Result<mq_attr> MessageQueue::attributes() const {
  mq_attr attributes;
  if (mq_getattr(descriptor_.get(), &attributes) == -1) return last_error("mq_getattr");
  return attributes;
}

Result<struct stat> MessageQueue::stat() const {
  struct stat status;
  if (fstat(descriptor_.get(), &status) == -1) return last_error("fstat");
  return status;
}

}  // namespace posix_ipc::posix
