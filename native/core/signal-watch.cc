#include "core/signal-watch.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "core/interrupt.h"

namespace posix_ipc {
namespace {

// Only the main thread has JavaScript listeners for signals, so there is one watch at a time.
struct sigaction passed_on[NSIG];
std::atomic<bool> was_raised{false};
std::atomic<pid_t> blocked_thread{0};

void on_signal(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  was_raised.store(true, std::memory_order_release);
  const struct sigaction& next = passed_on[signal];
  if (next.sa_flags & SA_SIGINFO) {
    next.sa_sigaction(signal, info, context);
  } else if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
    next.sa_handler(signal);
  }
  // The kernel may have given the signal to another thread; the one that is blocked has to hear of it.
  const pid_t blocked = blocked_thread.load(std::memory_order_acquire);
  if (blocked != syscall(SYS_gettid)) syscall(SYS_tgkill, getpid(), blocked, interrupt_signal());
  errno = error;
}

}  // namespace

SignalWatch::SignalWatch(const std::vector<int>& signals) : signals_(signals) {
  if (!active()) return;
  (void)install_interrupt_handler();
  was_raised.store(false, std::memory_order_relaxed);
  blocked_thread.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_release);
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int signal : signals_) {
    // First what is there: a signal may come as soon as our handler is.
    sigaction(signal, nullptr, &passed_on[signal]);
    sigaction(signal, &action, nullptr);
  }
}

SignalWatch::~SignalWatch() {
  for (const int signal : signals_) sigaction(signal, &passed_on[signal], nullptr);
}

bool SignalWatch::raised() const { return active() && was_raised.load(std::memory_order_acquire); }

}  // namespace posix_ipc
