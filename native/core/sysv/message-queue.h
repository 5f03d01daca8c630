#pragma once

#include <sys/msg.h>

#include <optional>
#include <vector>

#include "core/sysv/key.h"
#include "core/wait.h"

namespace posix_ipc::sysv::message_queue {

// msgget(2).
Result<Identifier> get(Intent intent, key_t key, int mode);

// Which message msgrcv(2) takes: of any type (0), of one type, of the lowest type up to -type; `except` turns
// the second round; `truncate` cuts a message that is too long instead of refusing it with E2BIG.
struct Selection {
  long type;
  bool except;
  bool truncate;

  int flags() const { return (except ? MSG_EXCEPT : 0) | (truncate ? MSG_NOERROR : 0); }
};

struct Received {
  size_t length;
  long type;
};

// The buffer that msgsnd(2) and msgrcv(2) want, type and text in one block; grows and is kept.
class Letter {
 public:
  char* text() { return reinterpret_cast<char*>(words_.data() + 1); }
  long& type() { return words_[0]; }
  msgbuf* buffer() { return reinterpret_cast<msgbuf*>(words_.data()); }
  size_t capacity() const { return (words_.size() - 1) * sizeof(long); }
  void ensure(size_t capacity) {
    if (capacity > this->capacity()) words_.resize(2 + capacity / sizeof(long));
  }

 private:
  std::vector<long> words_ = std::vector<long>(1);
};

// False when the queue is full. `letter` holds type and text.
Result<bool> try_send(int id, Letter& letter, size_t length);
Status send(int id, Letter& letter, size_t length, const Patience& patience);
// For a thread of ours: 0 or an errno, EINTR too.
int send_interruptibly(int id, Letter& letter, size_t length);
// At most `capacity` bytes of text; nothing when no message fits the selection.
Result<std::optional<Received>> try_receive(int id, Letter& letter, size_t capacity,
                                            const Selection& selection);
Result<Received> receive(int id, Letter& letter, size_t capacity, const Selection& selection,
                         const Patience& patience);
// For a thread of ours: fills `received` and gives 0, or an errno, EINTR too.
int receive_interruptibly(int id, Letter& letter, size_t capacity, const Selection& selection,
                          Received& received);

struct Change {
  Permissions permissions;
  // msg_qbytes; negative: as it is.
  int64_t max_bytes;
};

Result<msqid_ds> stat(int id);
Status set(int id, const Change& change);
Status remove(int id);

}  // namespace posix_ipc::sysv::message_queue
