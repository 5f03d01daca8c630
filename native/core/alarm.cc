#include "core/alarm.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/interrupt.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace posix_ipc {
namespace {

// It rings again and again: the first ring may come just before the call that it is meant to end.
constexpr timespec again = {0, 1000000};

}  // namespace

Result<Alarm> Alarm::at(const Deadline& deadline) {
  auto installed = install_interrupt_handler();
  if (!installed.ok()) return installed.error();

  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = interrupt_signal();
  event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) == -1) return last_error("timer_create");
  Alarm alarm(timer);

  itimerspec moment = {again, deadline.monotonic()};
  // An absolute moment that has passed rings at once; 0 would disarm the timer.
  if (timer_settime(timer, TIMER_ABSTIME, &moment, nullptr) == -1) return last_error("timer_settime");
  return alarm;
}

}  // namespace posix_ipc
