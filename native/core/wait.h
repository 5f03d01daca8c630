#pragma once

#include <cerrno>
#include <cmath>
#include <ctime>

namespace posix_ipc {

// EINTR is answered here, for every call that can be interrupted: the call is made again. A signal that ends
// the process does so by itself; any other one is none of the caller's business.
template <typename Call>
auto retry_interrupted(Call call) -> decltype(call()) {
  for (;;) {
    auto answer = call();
    if (answer != -1 || errno != EINTR) return answer;
  }
}

// The moment at which a wait gives up, on the monotonic clock, so that setting the time of day moves no
// deadline.
class Deadline {
 public:
  // `milliseconds` is not negative and not NaN; infinity is a wait for ever.
  static Deadline in(double milliseconds) {
    Deadline deadline;
    // Beyond 285 years the sum below would overflow; it is "for ever" to any caller.
    deadline.infinite_ = !(milliseconds < 9e15);
    if (!deadline.infinite_) deadline.at_ = plus(now(CLOCK_MONOTONIC), milliseconds);
    return deadline;
  }

  bool infinite() const { return infinite_; }
  const timespec& monotonic() const { return at_; }

  bool passed() const {
    if (infinite_) return false;
    const timespec present = now(CLOCK_MONOTONIC);
    return present.tv_sec > at_.tv_sec || (present.tv_sec == at_.tv_sec && present.tv_nsec >= at_.tv_nsec);
  }

  // For semtimedop(2); zero when the deadline has passed.
  timespec remaining() const {
    const timespec present = now(CLOCK_MONOTONIC);
    timespec left = {at_.tv_sec - present.tv_sec, at_.tv_nsec - present.tv_nsec};
    if (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + 1000000000};
    return left.tv_sec < 0 ? timespec{0, 0} : left;
  }

  // For mq_timedreceive(3) and mq_timedsend(3), which know the time of day only.
  timespec realtime() const {
    const timespec left = remaining();
    timespec moment = now(CLOCK_REALTIME);
    moment.tv_sec += left.tv_sec;
    moment.tv_nsec += left.tv_nsec;
    if (moment.tv_nsec >= 1000000000) moment = {moment.tv_sec + 1, moment.tv_nsec - 1000000000};
    return moment;
  }

 private:
  static timespec now(clockid_t clock) {
    timespec moment;
    clock_gettime(clock, &moment);
    return moment;
  }

  static timespec plus(timespec moment, double milliseconds) {
    const double seconds = std::floor(milliseconds / 1000);
    // Rounded up: a wait may end late, never early.
    const long nanoseconds = moment.tv_nsec + std::lround(std::ceil((milliseconds - seconds * 1000) * 1e6));
    return {moment.tv_sec + static_cast<time_t>(seconds) + nanoseconds / 1000000000,
            nanoseconds % 1000000000};
  }

  bool infinite_ = true;
  timespec at_ = {0, 0};
};

}  // namespace posix_ipc
