#pragma once

#include <sys/types.h>

#include <vector>

namespace posix_ipc {

// For the length of one blocking call of the main thread: the signals that the program listens for end the
// call, so that the listener can run. libuv asks the kernel to restart what its handler interrupts
// (SA_RESTART), and its listeners run on the thread that is blocked; so our handler stands before its own,
// notes the signal and passes it on.
//
// Signals nobody listens for have their default action and need no watch: they end the process.
class SignalWatch {
 public:
  explicit SignalWatch(const std::vector<int>& signals);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  bool active() const { return !signals_.empty(); }
  bool raised() const;

 private:
  std::vector<int> signals_;
};

}  // namespace posix_ipc
