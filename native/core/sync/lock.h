#pragma once

#include <memory>
#include <string>

#include "core/intent.h"
#include "core/mapping.h"
#include "core/owner.h"
#include "core/segment/bell.h"
#include "core/segment/layout.h"
#include "core/segment/seat.h"
#include "core/segment/spin.h"
#include "core/segment/sync-point.h"
#include "core/sync/outcome.h"
#include "core/wait.h"

namespace posix_ipc::sync {

// Where a lock lies: in a segment of its own, by name; or in an open file, at a multiple of block_alignment.
struct Place {
  std::string name;
  // With an empty name.
  int descriptor = -1;
  uint64_t offset = 0;
};

struct Wish {
  BlockKind kind;
  Intent intent;
  mode_t mode = 0600;
  OwnerRule owner = OwnerRule(OwnerRule::own_or_root);
  // A barrier's.
  uint32_t parties = 0;
  // Called before a seat is taken: from then on whoever died there looks alive.
  void (*before_seat)(Block& block, const pipc_seats& seats, int descriptor) = nullptr;
};

// What the four kinds have in common: the block, a seat at it, its bell.
class Lock {
 public:
  Lock(Lock&&) = default;
  Lock& operator=(Lock&&) = delete;

  bool created() const { return created_; }
  const Seat& seat() const { return seat_; }
  uint32_t parties() const { return parties_; }
  // The owner word's value while this seat has the lock.
  uint32_t mine() const { return mine_; }
  // Within the mapping: the block starts there.
  size_t offset_in_mapping() const { return offset_; }
  // Handed over once, to whoever shows it to JavaScript; it must outlive this object.
  Mapping take_mapping() { return std::move(mapping_); }

  Bell bell() const { return bell_of(*block_, seat_.descriptor()); }
  // Whoever truncates the file modifies it.
  static Bell bell_of(Block& block, int descriptor) {
    return Bell(&block.bell, descriptor, PIPC_RING_BY_READ, IN_MODIFY);
  }
  // Leaves the seat with a farewell. Without it, by the destructor alone, it is a death.
  void leave() { seat_.release(); }

  // The file is not what it was: truncated, or overwritten at its start.
  bool stale() const;

 protected:
  static Result<Lock> obtain(const Place& place, const Wish& wish);

  // Until `look(true)` finds something other than busy. `look(false)` does not tell the owner that somebody
  // waits. `free()` is a cheap sign that looking is worth it.
  template <typename Free, typename Look>
  Result<Outcome> wait(const Patience& patience, const char* syscall, Free free, Look look);

  Block& block() const { return *block_; }
  // Of a value: ESTALE in its place where the block is gone.
  template <typename T>
  Result<T> judged(Result<T> result, const char* syscall) const {
    if (stale()) return SystemError{ESTALE, syscall};
    return result;
  }

 private:
  Lock(Mapping mapping, size_t offset, Seat seat, bool created, bool predecessor_died);

  static Result<Lock> sit_down(int descriptor, uint64_t offset, const Wish& wish, bool created);

  Mapping mapping_;
  size_t offset_;
  Block* block_;
  Seat seat_;
  uint32_t mine_;
  uint32_t parties_;
  bool created_;
  Spin spin_;

 protected:
  // Whoever sat here before has left no farewell.
  bool predecessor_died_;
};

template <typename Free, typename Look>
Result<Outcome> Lock::wait(const Patience& patience, const char* syscall, Free free, Look look) {
  const auto decided = [](const Result<Outcome>& outcome) {
    return !outcome.ok() || outcome.value() != Outcome::busy;
  };
  Result<Outcome> outcome = look(false);
  if (decided(outcome)) return outcome;
  if (spin_.until(free)) {
    outcome = look(false);
    if (decided(outcome)) return outcome;
  }
  const Bell bell = this->bell();
  Sleeper sleeper(bell);
  const Status status = posix_ipc::block(patience, syscall, [&](const Deadline& until) {
    for (;;) {
      sleeper.announce();
      if (mistake != Mistake::no_second_look || until.passed()) outcome = look(true);
      if (decided(outcome)) return 0;
      if (until.passed()) {
        errno = ETIMEDOUT;
        return -1;
      }
      // A signal: block() decides whether it ends the wait.
      if (!sleeper.sleep(until)) return -1;
      if constexpr (mistake == Mistake::no_second_look) {
        outcome = look(true);
        if (decided(outcome)) return 0;
      }
    }
  });
  if (!status.ok()) return status.error();
  return outcome;
}

}  // namespace posix_ipc::sync
