#include "core/sync/condition.h"

#include "core/segment/sync-point.h"
#include "core/segment/words.h"

namespace posix_ipc::sync {
namespace {

constexpr const char* condition_wait = "pthread_cond_wait";

}  // namespace

uint32_t Condition::note() const {
  const uint32_t noted = load(&block().word);
  at(SyncPoint::condition_noted);
  return noted;
}

Result<Outcome> Condition::look(uint32_t noted, const Mutex& mutex) const {
  const bool pending = load(&block().word) == noted && !mutex.orphaned();
  return judged(Result<Outcome>(pending ? Outcome::busy : Outcome::taken), condition_wait);
}

Result<Outcome> Condition::wait_since(uint32_t noted, const Mutex& mutex, const Patience& patience) {
  return Lock::wait(
      patience, condition_wait, [this, noted] { return load(&block().word) != noted; },
      [this, noted, &mutex](bool) { return look(noted, mutex); });
}

Result<Outcome> Condition::wait(Mutex& mutex, const Patience& patience, Status& ended) {
  const uint32_t noted = note();
  auto unlocked = mutex.unlock();
  if (!unlocked.ok()) return unlocked.error();
  at(SyncPoint::condition_released);
  auto signalled = wait_since(noted, mutex, patience);
  ended = signalled.ok() ? done() : Status(signalled.error());
  return mutex.lock(Patience{});
}

Status Condition::signal() {
  increase(&block().word);
  at(SyncPoint::condition_advanced);
  if (stale()) return SystemError{ESTALE, "pthread_cond_signal"};
  bell().ring();
  return done();
}

}  // namespace posix_ipc::sync
