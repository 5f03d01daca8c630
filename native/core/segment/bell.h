#pragma once

#include <cstdint>

#include "core/owned.h"
#include "core/segment/byte-lock.h"
#include "core/wait.h"

namespace posix_ipc {

// How those who sleep at a block are woken. A wake-up is a hint: whoever is woken looks again.
class Bell {
 public:
  // Threads asleep on `sequence` (futex(2)), and those who watch the file (inotify(7)): event loops, and
  // threads whose sleep is long.
  static constexpr uint32_t by_futex = 1;
  static constexpr uint32_t by_inotify = 2;

  Bell(uint32_t* sequence, uint32_t* sleepers, int descriptor)
      : sequence_(sequence), sleepers_(sleepers), descriptor_(descriptor) {}

  // After something has changed that others may sleep for. Costs one look where nobody sleeps.
  void ring() const;
  // "I am going to sleep": after it the caller looks again, and only then sleeps. Gives the futex word's
  // value.
  uint32_t announce(uint32_t how) const;

  // Until it rings or `until`; false, with errno EINTR, after a signal.
  bool sleep_by_futex(uint32_t sequence, const Deadline& until) const;

  int descriptor() const { return descriptor_; }

 private:
  uint32_t* sequence_;
  uint32_t* sleepers_;
  int descriptor_;
};

// The events of a block's file. A peer's ring is a read (IN_ACCESS), its death or close IN_CLOSE_WRITE;
// whoever truncates the file modifies it.
uint32_t bell_events();

// Milliseconds after which a sleeper looks again, from the start of its sleep and from every close that it
// hears: the byte of a process that was killed comes free a little after the last event of its death.
constexpr double later_looks[] = {1, 10, 100};

// One blocking wait of a thread at a bell. First by futex, which hands over fastest; a sleep that gets longer
// goes on by inotify, which hears deaths too. Where there is no inotify instance to be had, in short sleeps.
class Sleeper {
 public:
  explicit Sleeper(const Bell& bell) : bell_(bell) {}
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper();

  void announce();
  // After announce() and another look. False, with errno EINTR, after a signal.
  bool sleep(const Deadline& until);

 private:
  enum class Phase { futex, inotify, futex_only };

  void watch();
  void look_later();
  bool sleep_by_inotify(const Deadline& until);

  const Bell& bell_;
  Phase phase_ = Phase::futex;
  uint32_t sequence_ = 0;
  int watch_ = -1;
  size_t looks_ = 0;
  Deadline next_look_ = Deadline::never();
};

}  // namespace posix_ipc
