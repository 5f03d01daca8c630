#include "core/sync/owner-word.h"

#include "core/segment/sync-point.h"
#include "core/segment/words.h"

namespace posix_ipc::sync {

bool OwnerWord::free() const { return seat_of(load(word_)) == 0; }

bool OwnerWord::orphaned() const {
  const uint32_t word = load(word_);
  const uint32_t seat = seat_of(word);
  if (seat == 0) return (word & inconsistent) != 0;
  return seat > Block::seat_count || !seat_.alive(seat - 1, word & SeatEntry::number_mask);
}

bool OwnerWord::held() const { return (load(word_) & ~(waiters | inconsistent)) == mine_; }

Result<Outcome> OwnerWord::attempt(bool waiting, const char* syscall) const {
  for (;;) {
    const uint32_t word = load(word_);
    const uint32_t seat = seat_of(word);
    if (seat == not_recoverable) return SystemError{ENOTRECOVERABLE, syscall};
    if (seat > Block::seat_count) return SystemError{EBADMSG, syscall};
    if (seat == 0) {
      if (!exchange_if(word_, word, mine_ | (word & (waiters | inconsistent)))) continue;
      at(SyncPoint::mutex_locked);
      return (word & inconsistent) != 0 ? Outcome::inherited : Outcome::taken;
    }
    if (held() || !seat_.alive(seat - 1, word & SeatEntry::number_mask)) {
      // Others may have been asleep already: they stay announced.
      const uint32_t disorder = mistake == Mistake::death_unreported ? 0 : inconsistent;
      if (!exchange_if(word_, word, mine_ | disorder | waiters)) continue;
      at(SyncPoint::mutex_inherited);
      return disorder == 0 ? Outcome::taken : Outcome::inherited;
    }
    if (waiting && (word & waiters) == 0) {
      if (!exchange_if(word_, word, word | waiters)) continue;
      at(SyncPoint::mutex_waiting);
    }
    return Outcome::busy;
  }
}

Result<bool> OwnerWord::give_back(const char* syscall) const {
  // The usual case first.
  if (exchange_if(word_, mine_, 0)) {
    at(SyncPoint::mutex_unlocked);
    return false;
  }
  auto due =
      replace([](uint32_t word) { return word & inconsistent ? not_recoverable << seat_shift : 0; }, syscall);
  at(SyncPoint::mutex_unlocked);
  return due;
}

Result<bool> OwnerWord::abandon(const char* syscall) const {
  return replace([](uint32_t) { return inconsistent; }, syscall);
}

Status OwnerWord::make_consistent(const char* syscall) const {
  auto due = replace([](uint32_t word) { return word & ~inconsistent; }, syscall);
  if (!due.ok()) return due.error();
  at(SyncPoint::mutex_consistent);
  return done();
}

Result<bool> OwnerWord::replace(uint32_t (*next)(uint32_t), const char* syscall) const {
  for (;;) {
    const uint32_t word = load(word_);
    if ((word & ~(waiters | inconsistent)) != mine_) return SystemError{EBADMSG, syscall};
    if (exchange_if(word_, word, next(word))) return (word & waiters) != 0;
  }
}

}  // namespace posix_ipc::sync
