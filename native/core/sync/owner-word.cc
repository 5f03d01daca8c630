#include "core/sync/owner-word.h"

#include "core/segment/words.h"

namespace posix_ipc::sync {
namespace {

Result<bool> due(int answer, const char* syscall) {
  if (answer < 0) return SystemError{-answer, syscall};
  return answer == 1;
}

}  // namespace

bool OwnerWord::free() const { return pipc_owner_seat(load(word_)) == 0; }

bool OwnerWord::orphaned() const {
  const uint32_t word = load(word_);
  const uint32_t seat = pipc_owner_seat(word);
  if (seat == 0) return (word & PIPC_INCONSISTENT) != 0;
  return seat > Block::seat_count || !seat_.alive(seat - 1, word & PIPC_NUMBER);
}

Result<Outcome> OwnerWord::attempt(bool waiting, const char* syscall) const {
  const int owned = pipc_own(word_, &seat_.c(), waiting);
  if (owned == -EAGAIN) return Outcome::busy;
  if (owned < 0) return SystemError{-owned, syscall};
  return owned == 1 ? Outcome::inherited : Outcome::taken;
}

Result<bool> OwnerWord::give_back(const char* syscall) const {
  return due(pipc_disown(word_, &seat_.c()), syscall);
}

Result<bool> OwnerWord::abandon(const char* syscall) const {
  return due(pipc_change_word(word_, &seat_.c(), PIPC_ABANDON), syscall);
}

Status OwnerWord::make_consistent(const char* syscall) const {
  auto changed = due(pipc_change_word(word_, &seat_.c(), PIPC_MAKE_CONSISTENT), syscall);
  if (!changed.ok()) return changed.error();
  at(SyncPoint::mutex_consistent);
  return done();
}

}  // namespace posix_ipc::sync
