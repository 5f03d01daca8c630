#include "core/segment/bell.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <iterator>

#include "core/segment/fork.h"
#include "core/segment/sync-point.h"
#include "core/segment/words.h"

namespace posix_ipc {
namespace {

// Milliseconds. A hand-over mostly takes less than the first; the second bounds what a death costs those who
// cannot hear of it.
constexpr double first_sleep = 1;
constexpr double sleep_without_inotify = 50;

// One inotify instance for each thread that has ever slept long: it is dear to make, and there are 128 for
// each user.
class Watcher {
 public:
  ~Watcher() {
    if (descriptor_) keep_in_child(descriptor_.get());
  }

  // -1 where there is none to be had.
  int get() {
    // A child of fork(2) that read its parent's events would take them away from it.
    if (process_ != getpid()) (void)descriptor_.disown();
    if (!descriptor_) {
      descriptor_ = Descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
      process_ = getpid();
      if (descriptor_) close_in_child(descriptor_.get());
    }
    return descriptor_.get();
  }

 private:
  Descriptor descriptor_;
  pid_t process_ = 0;
};

thread_local Watcher watcher;

}  // namespace

uint32_t bell_events() { return IN_ACCESS | IN_MODIFY | IN_CLOSE_WRITE; }

void Bell::ring() const {
  if (load(sleepers_) == 0) return;
  // Taken away, and not only read: a sleeper that was killed costs one ring, not every one. Before the count:
  // a sleeper that has read the new count already must find its flag still there, for the next who rings.
  const uint32_t sleepers = exchange(sleepers_, 0);
  at(SyncPoint::bell_taken);
  increase(sequence_);
  at(SyncPoint::bell_counted);
  // All of them: one that is woken alone and killed would leave the others asleep.
  if ((sleepers & by_futex) != 0) syscall(SYS_futex, sequence_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  char byte;
  if ((sleepers & by_inotify) != 0) (void)!pread(descriptor_, &byte, 1, 0);
  at(SyncPoint::bell_rung);
}

uint32_t Bell::announce(uint32_t how) const {
  const uint32_t sequence = load(sequence_);
  set_bits(sleepers_, how);
  at(SyncPoint::bell_flagged);
  return sequence;
}

bool Bell::sleep_by_futex(uint32_t sequence, const Deadline& until) const {
  const timespec left = until.remaining();
  // EFAULT, of a file that was truncated, ends the sleep like a ring: the look that follows finds out.
  return syscall(SYS_futex, sequence_, FUTEX_WAIT, sequence, until.infinite() ? nullptr : &left, nullptr,
                 0) != -1 ||
         errno != EINTR;
}

Sleeper::~Sleeper() {
  if (watch_ != -1) inotify_rm_watch(watcher.get(), watch_);
}

void Sleeper::announce() {
  if (phase_ == Phase::inotify && watch_ == -1) watch();
  sequence_ = bell_.announce(phase_ == Phase::inotify ? Bell::by_inotify : Bell::by_futex);
}

bool Sleeper::sleep(const Deadline& until) {
  at(SyncPoint::bell_looked);
  if (phase_ == Phase::inotify) return sleep_by_inotify(until);
  const double longest = phase_ == Phase::futex ? first_sleep : sleep_without_inotify;
  const Deadline slice = Deadline::in(longest);
  const bool undisturbed = bell_.sleep_by_futex(sequence_, until.earlier(slice));
  if (phase_ == Phase::futex && slice.passed()) phase_ = Phase::inotify;
  return undisturbed;
}

// Before the sleep is announced: what happens from then on is heard.
void Sleeper::watch() {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", bell_.descriptor());
  watch_ = inotify_add_watch(watcher.get(), path, bell_events());
  if (watch_ == -1) phase_ = Phase::futex_only;
  looks_ = 0;
  look_later();
}

void Sleeper::look_later() {
  next_look_ = looks_ < std::size(later_looks) ? Deadline::in(later_looks[looks_++]) : Deadline::never();
}

bool Sleeper::sleep_by_inotify(const Deadline& until) {
  pollfd ready = {watcher.get(), POLLIN, 0};
  const Deadline end = until.earlier(next_look_);
  const timespec left = end.remaining();
  const int events = ppoll(&ready, 1, end.infinite() ? nullptr : &left, nullptr);
  if (events == -1) return errno != EINTR;

  bool closed = false;
  alignas(inotify_event) char buffer[4096];
  for (ssize_t length; (length = read(watcher.get(), buffer, sizeof buffer)) > 0;) {
    for (const char* next = buffer; next < buffer + length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(next);
      closed = closed || (event->mask & (IN_CLOSE_WRITE | IN_Q_OVERFLOW)) != 0;
      next += sizeof(inotify_event) + event->len;
    }
  }
  if (closed) looks_ = 0;
  if (closed || next_look_.passed()) look_later();
  return true;
}

}  // namespace posix_ipc
