#pragma once

#include <cerrno>
#include <cmath>
#include <ctime>
#include <functional>
#include <vector>

#include "core/result.h"
#include "core/signal-watch.h"

namespace posix_ipc {

// EINTR is answered in this file, for every call that can be interrupted. Here, for calls that do not wait
// long: the call is made again. A signal that ends the process does so by itself.
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

  static Deadline never() { return Deadline(); }
  const Deadline& earlier(const Deadline& other) const {
    if (infinite_) return other;
    if (other.infinite_) return *this;
    const bool mine =
        at_.tv_sec < other.at_.tv_sec || (at_.tv_sec == other.at_.tv_sec && at_.tv_nsec < other.at_.tv_nsec);
    return mine ? *this : other;
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

// What a method that blocks its thread is told.
struct Patience {
  Deadline deadline;
  // The signals that the program listens for: they end the wait with EINTR, so that the listener can run.
  std::vector<int> interrupts;
  // Whether one of them came before the wait began, and its listener has not run yet. Asked when the watch is
  // set up, so that none falls between the two.
  std::function<bool()> pending = [] { return false; };
  // Set when the wait ends with EINTR.
  bool* interrupted = nullptr;
};

// Blocks in `call(until)`, which gives -1 and errno; ETIMEDOUT, and semtimedop(2)'s EAGAIN, mean that `until`
// has passed. With signals to heed it goes in slices: one that comes just before the call begins is heard at
// the end of a slice.
template <typename Call>
Status block(const Patience& patience, const char* syscall, Call call) {
  constexpr double slice = 100;
  const SignalWatch watch(patience.interrupts);
  const bool came_before = watch.active() && patience.pending();
  for (;;) {
    if (came_before || watch.raised()) {
      if (patience.interrupted != nullptr) *patience.interrupted = true;
      return SystemError{EINTR, syscall};
    }
    const Deadline until =
        watch.active() ? patience.deadline.earlier(Deadline::in(slice)) : patience.deadline;
    if (call(until) != -1) return done();
    if (errno == EINTR) continue;
    if (errno != ETIMEDOUT && errno != EAGAIN) return last_error(syscall);
    // The end of a slice; or the time of day was moved forward, where the call knows no other clock.
    if (patience.deadline.passed()) return SystemError{ETIMEDOUT, syscall};
  }
}

}  // namespace posix_ipc
