#pragma once

#include <ctime>
#include <utility>

#include "core/result.h"
#include "core/wait.h"

namespace posix_ipc {

// Interrupts the calling thread, and no other, from the deadline on, until it is destroyed: for the blocking
// calls that know no timeout. By the signal of core/interrupt.h.
class Alarm {
 public:
  static Result<Alarm> at(const Deadline& deadline);

  Alarm(Alarm&& other) noexcept : timer_(other.timer_), armed_(std::exchange(other.armed_, false)) {}
  Alarm& operator=(Alarm&&) = delete;
  ~Alarm() {
    if (armed_) timer_delete(timer_);
  }

 private:
  explicit Alarm(timer_t timer) : timer_(timer), armed_(true) {}

  timer_t timer_;
  bool armed_;
};

}  // namespace posix_ipc
