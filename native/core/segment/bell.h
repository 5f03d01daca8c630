#pragma once

#include <cstdint>

#include "core/segment/c.h"
#include "core/wait.h"

namespace posix_ipc {

// How those who sleep at a segment are woken: pipc_ring(). A wake-up is a hint: whoever is woken looks again.
class Bell {
 public:
  // `also`: events beside its sound that wake its sleepers.
  Bell(pipc_bell* bell, int descriptor, int sound, uint32_t also = 0)
      : bell_(bell),
        descriptor_(descriptor),
        sound_(sound),
        events_(static_cast<uint32_t>(sound) | IN_CLOSE_WRITE | also) {}

  // After something has changed that others may sleep for. Costs one look where nobody sleeps.
  void ring() const { pipc_ring(bell_, descriptor_, sound_); }
  // "I am going to sleep": after it the caller looks again, and only then sleeps. Gives the futex word's
  // value.
  uint32_t announce(uint32_t how) const { return pipc_announce(bell_, how); }

  // Until it rings or `until`; false, with errno EINTR, after a signal.
  bool sleep_by_futex(uint32_t sequence, const Deadline& until) const;

  int descriptor() const { return descriptor_; }
  pipc_bell* c() const { return bell_; }
  uint32_t events() const { return events_; }

 private:
  pipc_bell* bell_;
  int descriptor_;
  int sound_;
  uint32_t events_;
};

// The inotify instance of this thread; -1 there where none was needed yet.
int* inotify_of_thread();

// A moment of CLOCK_MONOTONIC as posix-ipc/channel.h has it.
int64_t moment_of(const Deadline& deadline);

// One blocking wait of a thread at a bell: pipc_sleeper, with the one inotify instance of its thread.
class Sleeper {
 public:
  explicit Sleeper(const Bell& bell);
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() { pipc_end_sleep(&sleeper_); }

  void announce() { pipc_announce_sleep(&sleeper_); }
  // After announce() and another look. False, with errno EINTR, after a signal.
  bool sleep(const Deadline& until);

 private:
  pipc_sleeper sleeper_;
};

}  // namespace posix_ipc
