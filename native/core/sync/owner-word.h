#pragma once

#include "core/segment/seat.h"
#include "core/sync/outcome.h"

namespace posix_ipc::sync {

// Who has a lock, in one word: pipc_own(). Taking it is one compare-and-swap from 0, giving it back one to 0;
// lib/sync/mutex.ts does these two without a native call. Everything else is here.
class OwnerWord {
 public:
  OwnerWord(uint32_t* word, const Seat& seat) : word_(word), seat_(seat) {}

  bool free() const;
  // Whether its owner is dead, or it was left in disorder: whoever locks it now is told.
  bool orphaned() const;
  // Whether this seat has it.
  bool held() const { return pipc_owns(word_, &seat_.c()) != 0; }
  // `waiting`: the owner is told that somebody is going to sleep.
  Result<Outcome> attempt(bool waiting, const char* syscall) const;

  // Each tells whether a ring is due. EBADMSG: the word does not say that it is ours.
  Result<bool> give_back(const char* syscall) const;
  // For the next owner to find as if this one had died.
  Result<bool> abandon(const char* syscall) const;
  // Clears the mark of a death.
  Status make_consistent(const char* syscall) const;

 private:
  uint32_t* word_;
  const Seat& seat_;
};

}  // namespace posix_ipc::sync
