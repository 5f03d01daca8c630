#include "work.h"

#include <unistd.h>

#include <cstring>
#include <memory>

namespace chaos {

using namespace posix_ipc;
using namespace posix_ipc::sync;

namespace {

// What each victim has open.
class Tools {
 public:
  explicit Tools(Victim& victim) : victim_(victim), placed_(open_placed(victim)) {
    for (uint32_t which = 0; which < 6; which++) open(which);
    auto semaphore = posix::Semaphore::open(victim.prefix + "-s", OwnerRule(OwnerRule::own_or_root));
    if (victim.judge(semaphore, "sem_open", {})) semaphore_.emplace(semaphore.take());
  }

  std::optional<Mutex> mutexes[2];
  std::optional<RwLock> rw_locks[2];
  std::optional<Mutex> queue;
  std::optional<Condition> condition;

  Mutex& mutex(Object object) { return *mutexes[object - named_mutex]; }
  RwLock& rw_lock(Object object) { return *rw_locks[object - named_rw_lock]; }
  posix::Semaphore& semaphore() { return *semaphore_; }
  Place placed(uint64_t block) const { return {"", placed_.descriptor(), block * block_size}; }

  // One of the six is closed and opened again.
  void reopen(uint32_t which) {
    with(which, [](auto& lock) {
      lock->leave();
      lock.reset();
    });
    open(which);
  }

 private:
  static posix::SharedMemory open_placed(Victim& victim) {
    auto opened =
        posix::SharedMemory::open(victim.prefix + "-p", {false, 0, 0}, OwnerRule(OwnerRule::own_or_root));
    if (!victim.judge(opened, "shm_open", {})) _exit(1);
    return opened.take();
  }

  template <typename Use>
  void with(uint32_t which, Use use) {
    if (which < 2)
      use(mutexes[which]);
    else if (which < 4)
      use(rw_locks[which - 2]);
    else if (which == 4)
      use(queue);
    else
      use(condition);
  }

  void open(uint32_t which) {
    const Place places[] = {by_name(victim_, "-m"), placed(0),
                            by_name(victim_, "-r"), placed(1),
                            by_name(victim_, "-q"), by_name(victim_, "-c")};
    with(which, [&](auto& lock) {
      using Kind = std::decay_t<decltype(*lock)>;
      auto made = obtained<Kind>(victim_, places[which]);
      if (!made) _exit(1);
      lock.emplace(std::move(*made));
    });
  }

  Victim& victim_;
  posix::SharedMemory placed_;
  std::optional<posix::Semaphore> semaphore_;
};

// Mostly for ever; sometimes not long, or not at all.
Patience some_patience(Victim& victim) {
  const uint32_t kind = victim.below(8);
  return victim.patience(kind == 0 ? 0 : kind < 3 ? victim.below(20) : INFINITY);
}

void linger(Victim& victim) {
  const uint32_t kind = victim.below(16);
  if (kind == 0)
    usleep(victim.below(2500));
  else if (kind < 3)
    usleep(victim.below(100));
}

template <typename Lock>
void change_and_give_back(Victim& victim, Lock& lock, Object object, bool inherited,
                          Status (Lock::*unlock)()) {
  victim.enter(object, inherited);
  victim.add_one(object);
  linger(victim);
  if (inherited) victim.judge(lock.make_consistent(), "makeConsistent", {});
  victim.leave(object);
  victim.judge((lock.*unlock)(), "unlock", {});
}

void lock_mutex(Victim& victim, Tools& tools, Object object) {
  Mutex& mutex = tools.mutex(object);
  victim.begins(object, Phase::acquiring);
  auto outcome = mutex.lock(some_patience(victim));
  if (!victim.judge(outcome, "lock", {ETIMEDOUT})) return;
  change_and_give_back(victim, mutex, object, outcome.value() == Outcome::inherited, &Mutex::unlock);
}

void lock_to_write(Victim& victim, Tools& tools, Object object) {
  RwLock& lock = tools.rw_lock(object);
  victim.begins(object, Phase::acquiring);
  auto outcome = lock.write(some_patience(victim));
  if (!victim.judge(outcome, "write", {ETIMEDOUT})) return;
  change_and_give_back(victim, lock, object, outcome.value() == Outcome::inherited, &RwLock::unlock_write);
}

void lock_to_read(Victim& victim, Tools& tools, Object object) {
  RwLock& lock = tools.rw_lock(object);
  victim.begins(object, Phase::acquiring);
  auto outcome = lock.read(some_patience(victim));
  if (!victim.judge(outcome, "read", {ETIMEDOUT})) return;
  // It has found a writer dead, and has its lock.
  if (lock.writing()) {
    change_and_give_back(victim, lock, object, outcome.value() == Outcome::inherited, &RwLock::unlock_write);
    return;
  }
  victim.enter_to_read(object);
  linger(victim);
  victim.begins(object, Phase::releasing);
  victim.judge(lock.unlock_read(), "unlock", {});
}

void produce(Victim& victim, Tools& tools) {
  victim.begins(queue, Phase::acquiring);
  auto outcome = tools.queue->lock(some_patience(victim));
  if (!victim.judge(outcome, "lock", {ETIMEDOUT})) return;
  const bool inherited = outcome.value() == Outcome::inherited;
  victim.enter(queue, inherited);
  victim.add_one(queue);
  victim.judge(tools.condition->signal(), "signal", {});
  if (inherited) victim.judge(tools.queue->make_consistent(), "makeConsistent", {});
  victim.leave(queue);
  victim.judge(tools.queue->unlock(), "unlock", {});
}

void consume(Victim& victim, Tools& tools) {
  Protected& data = victim.harness.data[queue];
  victim.begins(queue, Phase::acquiring);
  auto outcome = tools.queue->lock(victim.patience(INFINITY));
  for (bool late = false;;) {
    if (!victim.judge(outcome, "lock", {})) return;
    const bool inherited = outcome.value() == Outcome::inherited;
    victim.enter(queue, inherited);
    if (inherited) victim.judge(tools.queue->make_consistent(), "makeConsistent", {});
    if (load(&data.consumed) > load(&data.value))
      victim.fail(victim.harness.duplicated, "more was consumed than produced", queue, load(&data.consumed));
    const bool there = load(&data.consumed) < load(&data.value);
    if (there) increase(&data.consumed);
    if (there || late || victim.stopped()) break;
    store(&data.holder, 0);
    victim.begins(queue, Phase::waiting);
    Status ended = done();
    outcome = tools.condition->wait(*tools.queue, victim.patience(1 + victim.below(200)), ended);
    late = !victim.judge(ended, "wait", {ETIMEDOUT});
  }
  victim.leave(queue);
  victim.judge(tools.queue->unlock(), "unlock", {});
}

void wait_and_post(Victim& victim, Tools& tools) {
  victim.begins(semaphore, Phase::acquiring);
  if (!victim.judge(tools.semaphore().wait(victim.patience(victim.below(5))), "wait", {ETIMEDOUT})) return;
  victim.is(semaphore, Phase::inside);
  linger(victim);
  victim.begins(semaphore, Phase::releasing);
  if (!tools.semaphore().post()) victim.fail(victim.harness.corrupt, "post", semaphore, 0);
}

// A name that comes and goes: whoever opens it never finds half of a lock.
void make_and_unlink(Victim& victim) {
  const Place place = by_name(victim, ("-x" + std::to_string(victim.below(4))).c_str());
  const uint32_t kind = victim.below(8);
  if (kind < 3) {
    (void)!unlink(("/dev/shm" + place.name).c_str());
    return;
  }
  auto mutex = obtained<Mutex>(victim, place,
                               kind < 5   ? Intent::create
                               : kind < 6 ? Intent::open
                                          : Intent::open_or_create);
  if (!mutex) return;
  auto outcome = mutex->lock(victim.patience(20));
  if (victim.judge(outcome, "lock", {ETIMEDOUT})) {
    if (outcome.value() == Outcome::inherited) victim.judge(mutex->make_consistent(), "makeConsistent", {});
    victim.judge(mutex->unlock(), "unlock", {});
  }
  mutex->leave();
}

// Several may make the same one at once; one that is killed meanwhile leaves it to the next.
void make_in_place(Victim& victim, Tools& tools) {
  const uint32_t next = load(&victim.harness.placed_next);
  const uint32_t limit = placed_blocks - first_free_block;
  if (next < limit && victim.below(3) == 0) increase(&victim.harness.placed_next);
  const uint64_t block = first_free_block + (next < limit ? next : victim.below(limit));
  auto mutex = obtained<Mutex>(victim, tools.placed(block), Intent::open_or_create);
  if (mutex) mutex->leave();
}

// Grown and cut by all, each with a word of its own on the page that is never cut.
void map_and_resize(Victim& victim) {
  auto memory =
      posix::SharedMemory::open(victim.prefix + "-g", {false, 0, 4096}, OwnerRule(OwnerRule::own_or_root));
  if (!victim.judge(memory, "shm_open", {})) return;
  Mapping mapping = memory.value().take_mapping();
  auto* const mine = reinterpret_cast<uint32_t*>(mapping.address()) + victim.number;
  const uint32_t before = load(&victim.me.added[chaos::memory]);
  if (load(mine) != before) victim.fail(victim.harness.lost, "a word in memory", chaos::memory, load(mine));
  const uint64_t size = 4096 * (1 + victim.below(16));
  auto resized = memory.value().resize(size);
  if (!victim.judge(resized, "resize", {})) return;
  store(reinterpret_cast<uint32_t*>(resized.value().address()) + victim.number, before + 1);
  store(&victim.me.added[chaos::memory], before + 1);
  victim.judge(memory.value().cut(size), "ftruncate", {});
}

}  // namespace

void work(Victim& victim, const std::string& focus) {
  Tools tools(victim);
  store(&victim.me.state, static_cast<uint32_t>(State::ready));
  // Of 32: where each begins.
  const auto chosen = [&]() -> uint32_t {
    if (focus.empty() || victim.below(4) == 0) return victim.below(32);
    if (focus == "create") return 26 + victim.below(3);
    if (focus == "seat") return 30;
    if (focus == "rw") return 10 + victim.below(8);
    if (focus == "condition") return 18 + victim.below(4);
    return victim.below(10);
  };
  while (!victim.stopped()) {
    const uint32_t what = chosen();
    const uint32_t which = victim.below(2);
    if (what < 10)
      lock_mutex(victim, tools, static_cast<Object>(named_mutex + which));
    else if (what < 14)
      lock_to_read(victim, tools, static_cast<Object>(named_rw_lock + which));
    else if (what < 18)
      lock_to_write(victim, tools, static_cast<Object>(named_rw_lock + which));
    else if (what < 20)
      produce(victim, tools);
    else if (what < 22)
      consume(victim, tools);
    else if (what < 26)
      wait_and_post(victim, tools);
    else if (what < 28)
      make_and_unlink(victim);
    else if (what < 29)
      make_in_place(victim, tools);
    else if (what < 30)
      map_and_resize(victim);
    else
      tools.reopen(victim.below(6));
    victim.is(object_count, Phase::idle);
    victim.finished();
  }
  for (uint32_t which = 0; which < 2; which++) {
    tools.mutexes[which]->leave();
    tools.rw_locks[which]->leave();
  }
  tools.queue->leave();
  tools.condition->leave();
}

}  // namespace chaos
