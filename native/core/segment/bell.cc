#include "core/segment/bell.h"

#include <unistd.h>

#include "core/owned.h"

namespace posix_ipc {
namespace {

// One inotify instance for each thread that has ever slept long: it is dear to make, and there are 128 for
// each user.
class Instance {
 public:
  ~Instance() {
    if (descriptor_ == -1) return;
    keep_in_child(descriptor_);
    if (process_ == getpid()) close(descriptor_);
  }

  // -1 there where none was needed yet.
  int* get() {
    // A child of fork(2) that read its parent's events would take them away from it.
    if (process_ != getpid()) descriptor_ = -1;
    process_ = getpid();
    return &descriptor_;
  }

 private:
  int descriptor_ = -1;
  pid_t process_ = 0;
};

thread_local Instance instance;

}  // namespace

int* inotify_of_thread() { return instance.get(); }

int64_t moment_of(const Deadline& deadline) {
  if (deadline.infinite()) return PIPC_NEVER;
  const timespec& at = deadline.monotonic();
  return static_cast<int64_t>(at.tv_sec) * 1000000000 + at.tv_nsec;
}

bool Bell::sleep_by_futex(uint32_t sequence, const Deadline& until) const {
  return pipc_sleep_by_futex(bell_, sequence, moment_of(until)) != 0;
}

Sleeper::Sleeper(const Bell& bell) {
  pipc_begin_sleep(&sleeper_, bell.c(), bell.descriptor(), bell.events(), inotify_of_thread());
}

bool Sleeper::sleep(const Deadline& until) { return pipc_sleep(&sleeper_, moment_of(until)) != 0; }

}  // namespace posix_ipc
