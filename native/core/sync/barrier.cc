#include "core/sync/barrier.h"

#include "core/segment/sync-point.h"
#include "core/segment/words.h"

namespace posix_ipc::sync {
namespace {

constexpr const char* barrier_wait = "pthread_barrier_wait";

// The word: [broken 1 | resets 7 | rounds 16 | those who have come 8]. All who come or go change it as a
// whole, so that the last to come and one who gives up at that moment agree who was there.
constexpr uint32_t broken_bit = 1u << 31;
constexpr uint32_t one_reset = 1u << 24;
constexpr uint32_t resets_mask = 127u << 24;
constexpr uint32_t one_round = 1u << 8;
constexpr uint32_t rounds_mask = 65535u << 8;
constexpr uint32_t count_mask = one_round - 1;

// Which round it is, in which life of the barrier.
uint32_t round_of(uint32_t word) { return word & (resets_mask | rounds_mask); }
uint32_t life_of(uint32_t word) { return word & resets_mask; }
uint32_t next_life(uint32_t word) { return life_of(word + one_reset) | (word & rounds_mask); }
uint32_t next_round(uint32_t word) { return (word & resets_mask) | ((word + one_round) & rounds_mask); }

// Only if nothing has changed since `word` was read, which was before the dead were looked for: somebody may
// have reset it since, and then that death has been told.
bool break_since(Block& block, uint32_t word, const Bell& bell) {
  if (!exchange_if(&block.word, word, word | broken_bit)) return false;
  at(SyncPoint::barrier_broken);
  bell.ring();
  return true;
}

// One who died while it waited is still counted among those who have come. Once somebody has its seat nobody
// sees that it is dead, and the others would pass with it.
void tell_of_the_dead(Block& block, const pipc_seats& seats, int descriptor) {
  for (uint32_t index = 0; index < seats.count;) {
    const uint32_t word = load(&block.word);
    const bool untold = (word & broken_bit) == 0 && pipc_deserted(descriptor, seats, index);
    if (!untold || break_since(block, word, Lock::bell_of(block, descriptor))) index++;
  }
}

}  // namespace

Result<Barrier> Barrier::obtain(const Place& place, Wish wish) {
  wish.kind = BlockKind::barrier;
  wish.before_seat = tell_of_the_dead;
  auto lock = Lock::obtain(place, wish);
  if (!lock.ok()) return lock.error();
  Barrier barrier(lock.take());
  // It died just before its seat was taken, and nothing shows that any more.
  while (barrier.predecessor_died_ && !barrier.break_up(load(&barrier.block().word))) {
  }
  // Of another number than was wished for; open() wishes for none.
  const bool sound = barrier.parties() >= 1 && barrier.parties() <= most_parties;
  if (sound && (wish.intent == Intent::open || barrier.parties() == wish.parties)) return barrier;
  // Who is not let in has not died either.
  barrier.leave();
  return SystemError{sound ? EPROTO : EBADMSG, "mmap"};
}

Result<Outcome> Barrier::wait(const Patience& patience) {
  auto outcome = arrive();
  if (!outcome.ok() || outcome.value() != Outcome::busy) return outcome;
  outcome = Lock::wait(
      patience, barrier_wait, [this] { return round_of(load(&block().word)) != round_; },
      [this](bool) { return look(); });
  if (outcome.ok() || !waiting_) return outcome;
  auto withdrawn = withdraw();
  if (withdrawn.ok() && !withdrawn.value()) return Outcome::taken;
  return outcome;
}

Result<Outcome> Barrier::arrive() {
  if (waiting_) return SystemError{EBUSY, barrier_wait};
  auto outcome = judged(try_arrive(), barrier_wait);
  if (!outcome.ok()) waiting_ = false;
  return outcome;
}

Result<Outcome> Barrier::try_arrive() {
  for (;;) {
    const uint32_t word = load(&block().word);
    if ((word & broken_bit) != 0) return SystemError{EOWNERDEAD, barrier_wait};
    if ((word & count_mask) >= parties()) return SystemError{EBADMSG, barrier_wait};
    if (member_died()) {
      break_up(word);
      continue;
    }
    if ((word & count_mask) + 1 < parties()) {
      if (!exchange_if(&block().word, word, word + 1)) continue;
      at(SyncPoint::barrier_arrived);
      waiting_ = true;
      round_ = round_of(word);
      return Outcome::busy;
    }
    if (!exchange_if(&block().word, word, next_round(word))) continue;
    at(SyncPoint::barrier_opened);
    bell().ring();
    return Outcome::inherited;
  }
}

Result<Outcome> Barrier::look() {
  auto outcome = judged(try_look(), barrier_wait);
  if (!outcome.ok() || outcome.value() != Outcome::busy) waiting_ = false;
  return outcome;
}

Result<Outcome> Barrier::try_look() {
  for (;;) {
    const uint32_t word = load(&block().word);
    // Who has passed has passed, whatever became of the others.
    if (((word ^ round_) & resets_mask) != 0) return SystemError{EOWNERDEAD, barrier_wait};
    if (round_of(word) != round_) return Outcome::taken;
    if ((word & broken_bit) != 0) return SystemError{EOWNERDEAD, barrier_wait};
    if (!member_died()) return Outcome::busy;
    break_up(word);
  }
}

Result<bool> Barrier::withdraw() {
  waiting_ = false;
  for (;;) {
    const uint32_t word = load(&block().word);
    if (stale()) return SystemError{ESTALE, barrier_wait};
    if (((word ^ round_) & resets_mask) != 0) return true;
    if (round_of(word) != round_) return false;
    if ((word & count_mask) == 0) return SystemError{EBADMSG, barrier_wait};
    if (!exchange_if(&block().word, word, word - 1)) continue;
    at(SyncPoint::barrier_withdrawn);
    return true;
  }
}

bool Barrier::broken() const { return (load(&block().word) & broken_bit) != 0; }

bool Barrier::member_died() const {
  for (uint32_t index = 0; index < Block::seat_count; index++) {
    if (!seat().deserted(index)) continue;
    at(SyncPoint::barrier_deserted);
    return true;
  }
  return false;
}

bool Barrier::break_up(uint32_t word) { return break_since(block(), word, bell()); }

Status Barrier::reset() {
  for (bool late = false;;) {
    const uint32_t word = load(&block().word);
    if (stale()) return SystemError{ESTALE, "pthread_barrier_init"};
    if (!late && (word & broken_bit) == 0) {
      // Of two who reset after one death, the second must not send away those who have come since.
      if (!member_died()) return done();
      break_up(word);
      continue;
    }
    if (!late && forgive_the_dead(word)) {
      late = true;
      continue;
    }
    if (!exchange_if(&block().word, word, next_life(word))) continue;
    at(SyncPoint::barrier_reset);
    bell().ring();
    return done();
  }
}

// The marks go before the word changes: or the next who comes would break it again. True where somebody else
// has reset it meanwhile: then the mark may be of one who died after that, and whoever waits must hear of it.
bool Barrier::forgive_the_dead(uint32_t word) const {
  bool late = false;
  for (uint32_t index = 0; index < Block::seat_count; index++)
    late = (seat().forgive(index) && life_of(load(&block().word)) != life_of(word)) || late;
  return late;
}

}  // namespace posix_ipc::sync
