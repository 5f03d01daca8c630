#pragma once

#include <cerrno>

#include "board.h"
#include "core/result.h"
#include "core/wait.h"
#include "random.h"

namespace fuzz {

// Makes calls for one thread: announces each on the board, and judges what comes back.
class Caller {
 public:
  Caller(Board& board, Slot& slot, Random random) : random(random), board_(board), slot_(slot) {}

  template <typename Call>
  auto operator()(const char* name, Call call) {
    slot_.call.store(name);
    slot_.since.store(milliseconds());
    auto result = call();
    slot_.since.store(0);
    slot_.calls.fetch_add(1);
    if (result.ok()) {
      board_.successes.fetch_add(1, std::memory_order_relaxed);
    } else {
      judge(name, result.error().number);
    }
    return result;
  }

  // Of a wait: short, and often long enough for every way to sleep.
  posix_ipc::Patience patience() {
    constexpr double choices[] = {0, 0, 0.02, 0.1, 0.5, 2, 4};
    posix_ipc::Patience patience;
    patience.deadline = posix_ipc::Deadline::in(random.one_of(choices));
    return patience;
  }

  bool over() const { return board_.over.load(); }

  Random random;

 private:
  void judge(const char* name, int error) {
    board_.refusals.fetch_add(1, std::memory_order_relaxed);
    for (const int one : expected)
      if (one == error) return;
    int none = 0;
    if (board_.unexpected.compare_exchange_strong(none, error)) board_.unexpected_call.store(name);
  }

  static constexpr int expected[] = {
      // Garbage that was noticed; a file that is not what it was.
      EBADMSG, EPROTO, ESTALE, EISDIR,
      // What a forged word says: an owner that is dead, or ourselves, or nobody ever again.
      EOWNERDEAD, ENOTRECOVERABLE, EDEADLK, EBUSY, ETIMEDOUT,
      // A channel whose other side has gone, or is said to have; a message that is longer than the buffer.
      EPIPE, EMSGSIZE,
      // A semaphore that is full, no seat free, no such name or one too many, nothing at that offset.
      EOVERFLOW, EAGAIN, ENOENT, EEXIST, EINVAL, EFBIG, ENOSPC, ENOMEM};

  Board& board_;
  Slot& slot_;
};

}  // namespace fuzz
