#pragma once

#include "core/sync/lock.h"
#include "core/sync/owner-word.h"

namespace posix_ipc::sync {

// A lock between processes whose owner may be killed: what pthread_mutex_lock(3) says of robust mutexes, for
// any thread, across PID namespaces, and with peers that write anything.
class Mutex : public Lock {
 public:
  static Result<Mutex> obtain(const Place& place, Wish wish) {
    wish.kind = BlockKind::mutex;
    auto lock = Lock::obtain(place, wish);
    if (!lock.ok()) return lock.error();
    return Mutex(lock.take());
  }

  Result<Outcome> try_lock() { return attempt(false); }
  // As the second look of one who has announced its sleep by bell().announce().
  Result<Outcome> attempt(bool waiting) {
    return judged(word().attempt(waiting, "pthread_mutex_lock"), "pthread_mutex_lock");
  }
  // ETIMEDOUT, EDEADLK, ENOTRECOVERABLE, EBADMSG, ESTALE; EINTR where `patience` heeds signals.
  Result<Outcome> lock(const Patience& patience) {
    if (held())
      return judged(Result<Outcome>(SystemError{EDEADLK, "pthread_mutex_lock"}), "pthread_mutex_lock");
    return wait(
        patience, "pthread_mutex_lock", [this] { return word().free(); },
        [this](bool waiting) { return attempt(waiting); });
  }

  // In disorder it is ENOTRECOVERABLE for everybody from now on.
  Status unlock() { return settle(word().give_back("pthread_mutex_unlock")); }
  Status abandon() { return settle(word().abandon("pthread_mutex_unlock")); }
  Status make_consistent() {
    if (stale()) return SystemError{ESTALE, "pthread_mutex_consistent"};
    return word().make_consistent("pthread_mutex_consistent");
  }
  bool held() const { return word().held(); }
  bool orphaned() const { return stale() || word().orphaned(); }
  // Whether an end without close() is to be taken for a death.
  bool busy() const { return held(); }

 private:
  explicit Mutex(Lock lock) : Lock(std::move(lock)) {}
  OwnerWord word() const { return OwnerWord(&block().word, seat()); }

  Status settle(Result<bool> due) {
    if (stale()) return SystemError{ESTALE, "pthread_mutex_unlock"};
    if (!due.ok()) return due.error();
    if (due.value()) bell().ring();
    return done();
  }
};

}  // namespace posix_ipc::sync
