#include "core/posix/message-queue.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "core/guard/table.h"

namespace posix_ipc::posix {
namespace {

// Only this handle has the description, and its thread is the one that blocks.
class BlockingDescription {
 public:
  explicit BlockingDescription(int descriptor) : descriptor_(descriptor) { set(0); }
  BlockingDescription(const BlockingDescription&) = delete;
  BlockingDescription& operator=(const BlockingDescription&) = delete;
  ~BlockingDescription() { set(O_NONBLOCK); }

 private:
  void set(long flags) const {
    mq_attr attributes = {};
    attributes.mq_flags = flags;
    mq_setattr(descriptor_, &attributes, nullptr);
  }

  int descriptor_;
};

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

// The caller's bytes may be a view of shared memory whose pages were taken away.
SystemError refusal(const SystemError& error, const char* data, size_t length) {
  if (error.number == EFAULT) guard::repair_all(data, length);
  return error;
}

}  // namespace

Result<MessageQueue> MessageQueue::create(const std::string& name, const Creation& creation, int access) {
  const bool defaults = !creation.max_messages && !creation.message_size;
  mq_attr attributes = {};
  if (!defaults) attributes = attributes_of(creation);
  const int number = retry_interrupted([&] {
    return mq_open(name.c_str(), access | O_CREAT | O_EXCL | O_CLOEXEC | O_NONBLOCK, creation.mode,
                   defaults ? nullptr : &attributes);
  });
  if (number == -1) return last_error("mq_open");
  return MessageQueue(Descriptor(number), true);
}

Result<MessageQueue> MessageQueue::open(const std::string& name, int access, OwnerRule owner) {
  const int number =
      retry_interrupted([&] { return mq_open(name.c_str(), access | O_CLOEXEC | O_NONBLOCK); });
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

// The raw calls: the C library's are points of cancellation, which costs a tenth of a message in a process
// with threads.
Result<bool> MessageQueue::try_send(const char* data, size_t length, unsigned priority) {
  const long answer = retry_interrupted(
      [&] { return syscall(SYS_mq_timedsend, descriptor_.get(), data, length, priority, nullptr); });
  if (answer == 0) return true;
  if (errno == EAGAIN) return false;
  return refusal(last_error("mq_send"), data, length);
}

Result<std::optional<MessageQueue::Received>> MessageQueue::try_receive(char* data, size_t capacity) {
  unsigned priority;
  const long length = retry_interrupted(
      [&] { return syscall(SYS_mq_timedreceive, descriptor_.get(), data, capacity, &priority, nullptr); });
  if (length >= 0) return std::optional<Received>(Received{static_cast<size_t>(length), priority});
  if (errno == EAGAIN) return std::optional<Received>();
  return refusal(last_error("mq_receive"), data, capacity);
}

template <typename Call>
Status MessageQueue::block_in(const Patience& patience, const char* plain, const char* timed, Call call) {
  const BlockingDescription blocking(descriptor_.get());
  return block(patience, patience.deadline.infinite() ? plain : timed, [&](const Deadline& until) {
    if (until.infinite()) return call(nullptr);
    const timespec moment = until.realtime();
    return call(&moment);
  });
}

Status MessageQueue::send(const char* data, size_t length, unsigned priority, const Patience& patience) {
  auto status = block_in(patience, "mq_send", "mq_timedsend", [&](const timespec* moment) {
    return moment == nullptr ? mq_send(descriptor_.get(), data, length, priority)
                             : mq_timedsend(descriptor_.get(), data, length, priority, moment);
  });
  if (!status.ok()) return refusal(status.error(), data, length);
  return status;
}

Result<MessageQueue::Received> MessageQueue::receive(char* data, size_t capacity, const Patience& patience) {
  unsigned priority;
  ssize_t length = -1;
  auto status = block_in(patience, "mq_receive", "mq_timedreceive", [&](const timespec* moment) {
    return length = moment == nullptr ? mq_receive(descriptor_.get(), data, capacity, &priority)
                                      : mq_timedreceive(descriptor_.get(), data, capacity, &priority, moment);
  });
  if (!status.ok()) return refusal(status.error(), data, capacity);
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
