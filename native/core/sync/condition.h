#pragma once

#include "core/sync/mutex.h"

namespace posix_ipc::sync {

// "Something has changed" (pthread_cond_wait(3)): a counter. Both ways to signal wake everybody, and a
// wake-up may come without cause, as POSIX allows; none is lost, since the counter is read under the mutex.
class Condition : public Lock {
 public:
  static Result<Condition> obtain(const Place& place, Wish wish) {
    wish.kind = BlockKind::condition;
    auto lock = Lock::obtain(place, wish);
    if (!lock.ok()) return lock.error();
    return Condition(lock.take());
  }

  // What wait() compares with. Read while the mutex is held.
  uint32_t note() const;
  // Also where the mutex's owner has died: it may have died just before it signalled, and who locks next is
  // told.
  Result<Outcome> look(uint32_t noted, const Mutex& mutex) const;
  // Without the mutex: until it was signalled after `noted`.
  Result<Outcome> wait_since(uint32_t noted, const Mutex& mutex, const Patience& patience);
  // Gives the mutex back, waits, and takes it again, also after a refusal, which is told in `ended`. The
  // outcome is that of the mutex.
  Result<Outcome> wait(Mutex& mutex, const Patience& patience, Status& ended);

  Status signal();
  // Whether an end without close() is to be taken for a death.
  bool busy() const { return false; }

 private:
  explicit Condition(Lock lock) : Lock(std::move(lock)) {}
};

}  // namespace posix_ipc::sync
