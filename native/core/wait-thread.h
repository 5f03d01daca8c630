#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"

namespace posix_ipc {

// A blocking system call on a thread of ours, never of libuv's pool. Threads are made when there is none
// idle, and end after a while without work.
//
// [take] The thread calls `call`; what the call has taken from the kernel, it has taken. Only when it answers
// EINTR does the thread look whether the wait was cancelled. So a cancelled wait either took nothing
// (ECANCELED), or it has an item and says so: none is ever lost between the two.
class ThreadWait : public std::enable_shared_from_this<ThreadWait> {
 public:
  // `call` gives 0 or an errno; EINTR repeats it. `done` is told the outcome, on the thread: it touches no
  // JavaScript value and only hands the news on.
  struct Work {
    // What `ps -L` and the inspector show, up to 15 bytes.
    std::string name;
    std::function<int()> call;
    std::function<void(int)> done;
  };

  static Result<std::shared_ptr<ThreadWait>> start(Work work);

  // Asks the thread to give up. The signal may arrive just before the call begins and be lost: it has to be
  // sent again until the wait is finished, by calling this again.
  void cancel();
  // Cancels, and blocks until it has ended; for the end of a handle or an environment. Some 50 us.
  void cancel_and_join();
  bool finished() const { return state_.load(std::memory_order_acquire) == State::finished; }

  explicit ThreadWait(Work work) : work_(std::move(work)) {}

  // The thread's part.
  void run();

 private:
  enum class State { waiting, finished };

  Work work_;
  std::atomic<bool> cancelled_{false};
  // The kernel's number of the thread while it may be interrupted, else 0.
  std::atomic<pid_t> thread_{0};
  std::atomic<State> state_{State::waiting};
};

// How many threads of ours exist now, idle ones included.
int wait_thread_count();

}  // namespace posix_ipc
