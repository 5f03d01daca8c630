#include "core/sync/rw-lock.h"

#include "core/segment/sync-point.h"
#include "core/segment/words.h"

namespace posix_ipc::sync {
namespace {

constexpr const char* read_lock = "pthread_rwlock_rdlock";
constexpr const char* write_lock = "pthread_rwlock_wrlock";
constexpr const char* unlock = "pthread_rwlock_unlock";

bool open_to_readers(uint32_t word) { return pipc_owner_seat(word) == 0 && (word & PIPC_INCONSISTENT) == 0; }

}  // namespace

Result<Outcome> RwLock::attempt_read(bool waiting) {
  // It has found a dead writer before, and waits for readers to go.
  if (claimed_) return attempt_write(waiting);
  return judged(try_read(waiting), read_lock);
}

Result<Outcome> RwLock::try_read(bool waiting) {
  uint32_t* const share = &seat().entry().share;
  for (;;) {
    const uint32_t word = load(&block().word);
    if (open_to_readers(word)) {
      // The flag first, then another look; the writer takes the word first and then looks at the flags. One
      // of the two sees the other.
      store(share, PIPC_OCCUPIED | seat().number());
      at(SyncPoint::rw_flagged);
      if (open_to_readers(load(&block().word))) {
        at(SyncPoint::rw_reading);
        return Outcome::taken;
      }
      store(share, 0);
      at(SyncPoint::rw_retreated);
      // The writer may have seen the flag and gone to sleep for it.
      bell().ring();
      continue;
    }
    const uint32_t owner = pipc_owner_seat(word);
    const bool dead = owner == 0 || this->word().held() ||
                      (owner <= Block::seat_count && !seat().alive(owner - 1, word & PIPC_NUMBER));
    if (dead) return attempt_write(waiting);
    if (owner == PIPC_NOT_RECOVERABLE) return SystemError{ENOTRECOVERABLE, read_lock};
    if (owner > Block::seat_count) return SystemError{EBADMSG, read_lock};
    if (!waiting || (word & PIPC_WAITERS) != 0) return Outcome::busy;
    if (exchange_if(&block().word, word, word | PIPC_WAITERS)) {
      at(SyncPoint::mutex_waiting);
      return Outcome::busy;
    }
  }
}

Result<Outcome> RwLock::attempt_write(bool waiting) {
  if (!claimed_) {
    auto outcome = judged(word().attempt(waiting, write_lock), write_lock);
    if (!outcome.ok() || outcome.value() == Outcome::busy) return outcome;
    claimed_ = true;
    claimed_as_ = outcome.value();
    at(SyncPoint::rw_claimed);
  }
  if (readers_left()) {
    if (stale()) return SystemError{ESTALE, write_lock};
    if (waiting) return Outcome::busy;
    auto given_up = give_up();
    if (!given_up.ok()) return given_up.error();
    return Outcome::busy;
  }
  at(SyncPoint::rw_drained);
  claimed_ = false;
  writing_ = true;
  return judged(Result<Outcome>(claimed_as_), write_lock);
}

// The flag of a dead reader, or of an earlier occupant of its seat, counts for nothing.
bool RwLock::readers_left() const {
  for (uint32_t index = 0; index < Block::seat_count; index++) {
    const uint32_t share = load(&block().seats[index].share);
    if (share != 0 && index != seat().index() && seat().alive(index, share & PIPC_NUMBER)) return true;
  }
  return false;
}

Result<Outcome> RwLock::read(const Patience& patience) {
  if (reading() || writing_) return judged(Result<Outcome>(SystemError{EDEADLK, read_lock}), read_lock);
  auto outcome = wait(
      patience, read_lock, [this] { return word().free(); },
      [this](bool waiting) { return attempt_read(waiting); });
  if (!outcome.ok()) (void)give_up();
  return outcome;
}

Result<Outcome> RwLock::write(const Patience& patience) {
  if (reading() || writing_) return judged(Result<Outcome>(SystemError{EDEADLK, write_lock}), write_lock);
  auto outcome = wait(
      patience, write_lock, [this] { return claimed_ ? !readers_left() : word().free(); },
      // Never gives the word back between two looks: new readers would come in.
      [this](bool) { return attempt_write(true); });
  if (!outcome.ok()) (void)give_up();
  return outcome;
}

Status RwLock::give_up() {
  if (!claimed_) return done();
  claimed_ = false;
  // What a dead writer left in disorder is left so.
  if (claimed_as_ == Outcome::inherited) return settle(word().abandon(unlock));
  return settle(word().give_back(unlock));
}

Status RwLock::unlock_read() {
  store(&seat().entry().share, 0);
  at(SyncPoint::rw_read_unlocked);
  if (stale()) return SystemError{ESTALE, unlock};
  // A writer holds the word and waits for us.
  if (load(&block().word) != 0) bell().ring();
  return done();
}

Status RwLock::unlock_write() {
  writing_ = false;
  auto due = word().give_back(unlock);
  at(SyncPoint::rw_unlocked);
  return settle(std::move(due));
}

Status RwLock::abandon() {
  writing_ = false;
  return settle(word().abandon(unlock));
}

bool RwLock::reading() const { return load(&seat().entry().share) != 0; }

Status RwLock::settle(Result<bool> due) {
  if (stale()) return SystemError{ESTALE, unlock};
  if (!due.ok()) return due.error();
  if (due.value()) bell().ring();
  return done();
}

}  // namespace posix_ipc::sync
