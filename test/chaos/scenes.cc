#include <unistd.h>

#include <memory>

#include "work.h"

namespace chaos {

using namespace posix_ipc;
using namespace posix_ipc::sync;

namespace {

Barrier member(Victim& victim) {
  auto opened = obtained<Barrier>(victim, by_name(victim, "-b"));
  if (!opened) _exit(1);
  return std::move(*opened);
}

// What a lock is to those who pass it on: mutex, or the two sides of a read-write lock.
class AnyLock {
 public:
  AnyLock(Victim& victim, const std::string& kind)
      : reads_(kind == "read"),
        mutex_(kind == "mutex" ? obtained<Mutex>(victim, by_name(victim, "-m")) : std::nullopt),
        rw_lock_(kind == "mutex" ? std::nullopt : obtained<RwLock>(victim, by_name(victim, "-r"))) {}

  Result<Outcome> lock(bool alone, const Patience& patience) {
    if (mutex_) return mutex_->lock(patience);
    return reads_ && !alone ? rw_lock_->read(patience) : rw_lock_->write(patience);
  }
  Status unlock() {
    if (mutex_) return mutex_->unlock();
    return rw_lock_->writing() ? rw_lock_->unlock_write() : rw_lock_->unlock_read();
  }
  void leave() {
    if (mutex_)
      mutex_->leave();
    else
      rw_lock_->leave();
  }

 private:
  bool reads_;
  std::optional<Mutex> mutex_;
  std::optional<RwLock> rw_lock_;
};

void rest_until_stopped(Victim& victim) {
  store(&victim.me.state, static_cast<uint32_t>(State::quiet));
  while (!victim.stopped()) usleep(2000);
}

}  // namespace

// A member of the barrier. Who hears of a death may reset it.
void come_and_pass(Victim& victim) {
  Harness& harness = victim.harness;
  Slot& me = victim.me;
  Barrier shared = member(victim);
  store(&me.state, static_cast<uint32_t>(State::ready));
  while (!victim.stopped()) {
    store(&me.resets_seen, load(&harness.resets));
    const uint32_t stamp = load(&harness.death_stamp);
    victim.begins(barrier, Phase::waiting);
    me.arrivals++;
    auto outcome = shared.wait(victim.patience(victim.below(3) == 0 ? victim.below(3) : 40));
    if (outcome.ok()) {
      if (outcome.value() == Outcome::inherited)
        me.opened++;
      else
        me.passed++;
      // Somebody had died before we came, and nobody has reset it since.
      if (stamp != 0 && stamp == load(&harness.resets) + 1)
        victim.fail(harness.unreported, "passed a barrier of which a member had died", barrier, stamp);
    } else if (outcome.error().number == EOWNERDEAD) {
      me.told_of_death++;
    } else if (outcome.error().number != ETIMEDOUT) {
      victim.judge(outcome, "wait", {});
    }
    victim.is(barrier, Phase::idle);
    if (!outcome.ok() && outcome.error().number == EOWNERDEAD) {
      usleep(victim.below(2000));
      increase(&harness.resets);
      victim.judge(shared.reset(), "reset", {});
      increase(&harness.resets);
    }
    victim.finished();
  }
  shared.leave();
}

// Of whose death everybody must hear.
void keep_barrier_open(Victim& victim) {
  Barrier shared = member(victim);
  rest_until_stopped(victim);
  shared.leave();
}

// Holds a lock until who waits for it looks no more by itself, gives it back and takes it again at once, and
// gives it back while that one is held up. After some times it does nothing at all: no end, no close, no ring
// helps one who has missed what it waits for.
void pass_the_lock(Victim& victim, const std::string& kind) {
  AnyLock lock(victim, kind);
  store(&victim.me.state, static_cast<uint32_t>(State::ready));
  for (int time = 0; time < 3; time++) {
    for (const useconds_t held : {160000, 5000}) {
      victim.judge(lock.lock(true, victim.patience(INFINITY)), "lock", {});
      usleep(held + victim.below(2000));
      victim.judge(lock.unlock(), "unlock", {});
    }
    usleep(1000);
    victim.finished();
  }
  rest_until_stopped(victim);
  lock.leave();
}

// One that is made slow at some point, so that it mostly comes too late.
void wait_for_the_lock(Victim& victim, const std::string& kind) {
  AnyLock lock(victim, kind);
  store(&victim.me.state, static_cast<uint32_t>(State::ready));
  const Deadline end = Deadline::in(500);
  while (!end.passed()) {
    victim.judge(lock.lock(false, victim.patience(INFINITY)), "lock", {});
    victim.judge(lock.unlock(), "unlock", {});
    victim.finished();
  }
  rest_until_stopped(victim);
  lock.leave();
}

}  // namespace chaos
