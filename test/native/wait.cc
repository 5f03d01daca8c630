#include "core/wait.h"

#include <signal.h>
#include <sys/msg.h>

#include <limits>

#include "check.h"
#include "core/alarm.h"

using posix_ipc::Alarm;
using posix_ipc::Deadline;

namespace {

double milliseconds(const timespec& moment) { return moment.tv_sec * 1e3 + moment.tv_nsec / 1e6; }

void a_deadline_passes_not_before_its_time() {
  const auto deadline = Deadline::in(20.5);
  CHECK(!deadline.infinite() && !deadline.passed());
  while (!deadline.passed()) {
  }
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  CHECK(milliseconds(now) >= milliseconds(deadline.monotonic()));
  CHECK(milliseconds(deadline.remaining()) == 0);
}

void a_deadline_beyond_all_time_is_infinite() {
  CHECK(Deadline::in(std::numeric_limits<double>::infinity()).infinite());
  CHECK(Deadline::in(std::numeric_limits<double>::max()).infinite());
  CHECK(!Deadline::in(1e15).infinite() && !Deadline::in(1e15).passed());
  CHECK(Deadline::in(0).passed());
}

// The call that blocks for ever is ended, also when the deadline has passed before it begins.
void an_alarm_ends_a_blocking_call(double timeout) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  CHECK(queue != -1);
  {
    const auto deadline = Deadline::in(timeout);
    auto alarm = Alarm::at(deadline);
    CHECK(alarm.ok());
    struct {
      long type;
      char text[1];
    } letter;
    CHECK(msgrcv(queue, &letter, sizeof letter.text, 0, 0) == -1 && errno == EINTR);
    CHECK(deadline.passed());
  }
  CHECK(msgctl(queue, IPC_RMID, nullptr) == 0);
}

}  // namespace

int main() {
  a_deadline_passes_not_before_its_time();
  a_deadline_beyond_all_time_is_infinite();
  an_alarm_ends_a_blocking_call(0);
  an_alarm_ends_a_blocking_call(30);
}
