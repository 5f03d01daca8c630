#include "core/guard/handler.h"

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "core/guard/table.h"

namespace posix_ipc::guard {
namespace {

// What stood before our handler each time it was put in place, the latest first. Never freed: a handler may
// be reading it. It grows only when somebody else has taken the signal in between.
struct Earlier {
  struct sigaction action;
  Earlier* older;
  // Of the signal that was handed to it.
  std::atomic<const void*> context{nullptr};
};

std::atomic<Earlier*> latest{nullptr};
std::atomic<bool> wanted{true};
std::atomic<bool> needed{false};
std::mutex installing;

void default_action() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGBUS, &action, nullptr);
}

// A handler that was installed over ours may call ours, as we call it: then the one before it is next.
Earlier& next_for(const void* context) {
  Earlier* next = latest.load(std::memory_order_acquire);
  while (next->older != nullptr && next->context.load(std::memory_order_relaxed) == context) {
    next = next->older;
  }
  return *next;
}

void pass_on(int signal, siginfo_t* info, void* context) {
  Earlier& earlier = next_for(context);
  const struct sigaction& action = earlier.action;
  // An instruction that faulted runs again when the handler returns; what was sent, or is only announced,
  // does not come a second time.
  const bool runs_again = info->si_code > 0 && info->si_code != BUS_MCEERR_AO;
  if (action.sa_handler == SIG_IGN && !runs_again) return;
  if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) {
    default_action();
    if (!runs_again) raise(signal);
    return;
  }
  if (action.sa_flags & SA_RESETHAND) default_action();
  pthread_sigmask(SIG_BLOCK, &action.sa_mask, nullptr);
  earlier.context.store(context, std::memory_order_relaxed);
  if (action.sa_flags & SA_SIGINFO) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
  earlier.context.store(nullptr, std::memory_order_relaxed);
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  Repair outcome = Repair::foreign;
  if (info->si_code == BUS_ADRERR && enabled()) outcome = repair(info->si_addr);
  if (outcome == Repair::foreign) pass_on(signal, info, context);
  // The instruction runs again and ends the process; with our handler still there it would for ever.
  if (outcome == Repair::refused) default_action();
  errno = error;
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) && action.sa_sigaction == on_bus_error;
}

bool same(const struct sigaction& one, const struct sigaction& other) {
  return one.sa_handler == other.sa_handler && one.sa_flags == other.sa_flags;
}

void take_signal() {
  const std::lock_guard<std::mutex> guard(installing);
  struct sigaction present;
  sigaction(SIGBUS, nullptr, &present);
  if (is_ours(present)) return;
  Earlier* before = latest.load(std::memory_order_relaxed);
  if (before == nullptr || !same(before->action, present)) {
    // Before ours can be called.
    latest.store(new Earlier{present, before}, std::memory_order_release);
  }
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

void install() {
  needed.store(true, std::memory_order_relaxed);
  (void)install_again();
}

bool install_again() {
  if (!needed.load(std::memory_order_relaxed) || !enabled()) return false;
  take_signal();
  return true;
}

void enable() {
  wanted.store(true);
  (void)install_again();
}

void disable() {
  wanted.store(false);
  const std::lock_guard<std::mutex> guard(installing);
  struct sigaction present;
  sigaction(SIGBUS, nullptr, &present);
  if (is_ours(present)) sigaction(SIGBUS, &latest.load(std::memory_order_relaxed)->action, nullptr);
}

bool enabled() { return wanted.load(std::memory_order_relaxed); }

}  // namespace posix_ipc::guard
