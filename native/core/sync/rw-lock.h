#pragma once

#include "core/sync/lock.h"
#include "core/sync/owner-word.h"

namespace posix_ipc::sync {

// Many readers or one writer. A writer takes the owner word, which keeps new readers out, and then waits
// until the readers that are in have gone; so no stream of readers keeps it waiting. Each seat reads at most
// once: who reads in several tasks counts them itself.
class RwLock : public Lock {
 public:
  static Result<RwLock> obtain(const Place& place, Wish wish) {
    wish.kind = BlockKind::rw_lock;
    auto lock = Lock::obtain(place, wish);
    if (!lock.ok()) return lock.error();
    return RwLock(lock.take());
  }

  // A reader that finds the writer dead gets the writer's lock instead, to set right what it left:
  // `inherited`, and writing() is true.
  Result<Outcome> attempt_read(bool waiting);
  Result<Outcome> attempt_write(bool waiting);
  Result<Outcome> read(const Patience& patience);
  Result<Outcome> write(const Patience& patience);
  // Whoever has attempted with `waiting` and gives up: the word goes back if it had come to that.
  Status give_up();

  Status unlock_read();
  Status unlock_write();
  Status abandon();
  Status make_consistent() {
    if (stale()) return SystemError{ESTALE, "pthread_rwlock_wrlock"};
    return word().make_consistent("pthread_rwlock_wrlock");
  }

  bool reading() const;
  // Readers are kept out, and have gone.
  bool writing() const { return writing_; }
  // Whether an end without close() is to be taken for a death.
  bool busy() const { return claimed_ || writing_ || reading(); }

 private:
  explicit RwLock(Lock lock) : Lock(std::move(lock)) {}
  OwnerWord word() const { return OwnerWord(&block().word, seat()); }

  Result<Outcome> try_read(bool waiting);
  bool readers_left() const;
  Status settle(Result<bool> due);

  // The word is ours; readers may still be in.
  bool claimed_ = false;
  Outcome claimed_as_ = Outcome::taken;
  bool writing_ = false;
};

}  // namespace posix_ipc::sync
