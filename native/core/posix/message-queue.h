#pragma once

#include <mqueue.h>
#include <sys/stat.h>

#include <optional>
#include <string>

#include "core/intent.h"
#include "core/owned.h"
#include "core/owner.h"
#include "core/result.h"
#include "core/wait.h"

namespace posix_ipc::posix {

// mq_open(3). The description is non-blocking, as the event loop wants it; a method that blocks its thread
// makes it blocking for as long, so that strace shows a blocked call as what it is.
class MessageQueue {
 public:
  struct Creation {
    // Both absent: the system's defaults (/proc/sys/fs/mqueue/msg_default, msgsize_default).
    std::optional<long> max_messages;
    std::optional<long> message_size;
    mode_t mode;
  };
  struct Received {
    size_t length;
    unsigned priority;
  };

  // `access`: O_RDONLY, O_WRONLY or O_RDWR.
  static Result<MessageQueue> create(const std::string& name, const Creation& creation, int access);
  static Result<MessageQueue> open(const std::string& name, int access, OwnerRule owner);
  static Result<MessageQueue> open_or_create(const std::string& name, const Creation& creation, int access,
                                             OwnerRule owner);
  static Status unlink(const std::string& name);

  bool created() const { return created_; }
  bool closed() const { return !descriptor_; }
  int descriptor() const { return descriptor_.get(); }

  // False when the queue is full.
  Result<bool> try_send(const char* data, size_t length, unsigned priority);
  Status send(const char* data, size_t length, unsigned priority, const Patience& patience);
  // Nothing when the queue is empty.
  Result<std::optional<Received>> try_receive(char* data, size_t capacity);
  Result<Received> receive(char* data, size_t capacity, const Patience& patience);

  // A signal to this process when a message comes to the empty queue, once (mq_notify(3)).
  Status notify(int signal);
  Status cancel_notify();

  Result<mq_attr> attributes() const;
  Result<struct stat> stat() const;
  void close() { descriptor_.close(); }

 private:
  MessageQueue(Descriptor descriptor, bool created) : descriptor_(std::move(descriptor)), created_(created) {}

  // Blocks as `patience` says, in `call(moment)`, which gives -1 and errno; no moment: for ever.
  template <typename Call>
  Status block_in(const Patience& patience, const char* plain, const char* timed, Call call);

  Descriptor descriptor_;
  bool created_;
};

}  // namespace posix_ipc::posix
