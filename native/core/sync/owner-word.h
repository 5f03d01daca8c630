#pragma once

#include "core/segment/bell.h"
#include "core/segment/layout.h"
#include "core/segment/seat.h"
#include "core/sync/lock.h"

namespace posix_ipc::sync {

// Who has a lock, in one word: [waiters 1 | inconsistent 1 | seat + 1: 10 | number of its occupant: 20].
// Taking it is one compare-and-swap from 0, giving it back one to 0; lib/sync/mutex.ts does these two without
// a native call. Everything else is here.
class OwnerWord {
 public:
  // Somebody sleeps: whoever gives the word back rings.
  static constexpr uint32_t waiters = 1u << 31;
  // An owner has died, and none has said since that all is in order. With no seat: free, and so.
  static constexpr uint32_t inconsistent = 1u << 30;
  static constexpr uint32_t seat_shift = 20;
  static constexpr uint32_t seat_mask = 1023;
  // In the place of a seat: given back in disorder, for ever.
  static constexpr uint32_t not_recoverable = seat_mask;

  static constexpr uint32_t of(uint32_t seat, uint32_t number) { return (seat + 1) << seat_shift | number; }
  static constexpr uint32_t seat_of(uint32_t word) { return word >> seat_shift & seat_mask; }

  OwnerWord(uint32_t* word, const Seat& seat, uint32_t mine) : word_(word), seat_(seat), mine_(mine) {}

  bool free() const;
  // Whether its owner is dead, or it was left in disorder: whoever locks it now is told.
  bool orphaned() const;
  // Whether this seat has it.
  bool held() const;
  // By one who does not have it: a word that says otherwise is garbage, and is taken like a dead owner's.
  // `waiting`: the owner is told that somebody is going to sleep.
  Result<Outcome> attempt(bool waiting, const char* syscall) const;

  // Each tells whether a ring is due. EBADMSG: the word does not say that it is ours.
  Result<bool> give_back(const char* syscall) const;
  // For the next owner to find as if this one had died.
  Result<bool> abandon(const char* syscall) const;
  // Clears `inconsistent`.
  Status make_consistent(const char* syscall) const;

 private:
  Result<bool> replace(uint32_t (*next)(uint32_t), const char* syscall) const;

  uint32_t* word_;
  const Seat& seat_;
  uint32_t mine_;
};

}  // namespace posix_ipc::sync
