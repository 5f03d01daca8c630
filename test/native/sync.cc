#include <fcntl.h>

#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "check.h"
#include "core/posix/shared-memory.h"
#include "core/sync/barrier.h"
#include "core/sync/condition.h"
#include "core/sync/mutex.h"
#include "core/sync/rw-lock.h"
#include "process.h"

using namespace posix_ipc;
using namespace posix_ipc::sync;

namespace {

constexpr double long_enough = 30000;

Place by_name(const std::string& name) { return {name, -1, 0}; }

template <typename Kind>
Kind opened(const Place& place, uint32_t parties = 0) {
  auto lock = Kind::obtain(
      place, {BlockKind::mutex, Intent::open_or_create, 0600, OwnerRule(OwnerRule::own_or_root), parties});
  CHECK(lock.ok());
  return lock.take();
}

void a_mutex_excludes(const std::string& name) {
  constexpr int rounds = 20000;
  // Not atomic: a lost exclusion loses counts.
  volatile auto* plain = reinterpret_cast<volatile int*>(&shared()->counters[0]);
  *plain = 0;
  std::vector<pid_t> pids;
  for (int process = 0; process < 3; process++) {
    pids.push_back(child([&] {
      auto mutex = opened<Mutex>(by_name(name));
      for (int round = 0; round < rounds; round++) {
        CHECK(mutex.lock(within(long_enough)).value() == Outcome::taken);
        *plain = *plain + 1;
        CHECK(mutex.unlock().ok());
      }
      mutex.leave();
    }));
  }
  for (const pid_t pid : pids) ends_well(pid);
  CHECK(*plain == 3 * rounds);
}

void a_death_is_told_once(const std::string& name) {
  auto& locked = shared()->counters[1];
  auto mutex = opened<Mutex>(by_name(name));
  locked = 0;
  const pid_t owner = child([&] {
    auto mine = opened<Mutex>(by_name(name));
    CHECK(mine.try_lock().ok());
    locked = 1;
    pause();
  });
  until(locked, 1);
  CHECK(mutex.try_lock().value() == Outcome::busy);
  CHECK(mutex.lock(within(20)).error().number == ETIMEDOUT);
  std::thread killer([&] {
    usleep(50000);
    kill_and_reap(owner);
  });
  CHECK(mutex.lock(within(long_enough)).value() == Outcome::inherited);
  killer.join();
  CHECK(mutex.lock(within(0)).error().number == EDEADLK);
  CHECK(mutex.make_consistent().ok() && mutex.unlock().ok());
  CHECK(mutex.try_lock().value() == Outcome::taken);
  CHECK(mutex.unlock().ok());
  CHECK(mutex.unlock().error().number == EBADMSG);
}

void disorder_is_for_ever(const std::string& name) {
  auto& locked = shared()->counters[1];
  auto mutex = opened<Mutex>(by_name(name));
  for (int round = 0; round < 2; round++) {
    locked = 0;
    const pid_t owner = child([&] {
      auto mine = opened<Mutex>(by_name(name));
      CHECK(mine.try_lock().ok());
      locked = 1;
      pause();
    });
    until(locked, 1);
    kill_and_reap(owner);
    CHECK(mutex.try_lock().value() == Outcome::inherited);
    if (round == 0)
      CHECK(mutex.abandon().ok() && mutex.try_lock().value() == Outcome::inherited &&
            mutex.make_consistent().ok());
    CHECK(mutex.unlock().ok());
  }
  CHECK(mutex.try_lock().error().number == ENOTRECOVERABLE);
  CHECK(mutex.lock(within(long_enough)).error().number == ENOTRECOVERABLE);
}

void readers_share_and_a_writer_comes_through(const std::string& name) {
  auto& reading = shared()->counters[2];
  auto& stop = shared()->counters[3];
  reading = stop = 0;
  std::vector<pid_t> readers;
  for (int process = 0; process < 2; process++) {
    readers.push_back(child([&] {
      auto lock = opened<RwLock>(by_name(name));
      while (stop == 0) {
        CHECK(lock.read(within(long_enough)).value() == Outcome::taken);
        reading++;
        usleep(300);
        CHECK(lock.unlock_read().ok());
      }
      lock.leave();
    }));
  }
  until(reading, 20);
  auto lock = opened<RwLock>(by_name(name));
  for (int round = 0; round < 50; round++) {
    CHECK(lock.write(within(long_enough)).value() == Outcome::taken);
    const int seen = reading;
    usleep(200);
    CHECK(seen == reading);
    CHECK(lock.unlock_write().ok());
  }
  stop = 1;
  for (const pid_t pid : readers) ends_well(pid);
}

void dead_readers_and_writers_hold_up_nobody(const std::string& name) {
  auto& ready = shared()->counters[4];
  auto lock = opened<RwLock>(by_name(name));
  for (const bool writes : {false, true}) {
    ready = 0;
    const pid_t other = child([&] {
      auto theirs = opened<RwLock>(by_name(name));
      CHECK((writes ? theirs.write(within(long_enough)) : theirs.read(within(long_enough))).ok());
      ready = 1;
      pause();
    });
    until(ready, 1);
    CHECK(lock.write(within(10)).error().number == ETIMEDOUT);
    std::thread killer([&] {
      usleep(20000);
      kill_and_reap(other);
    });
    if (writes) {
      CHECK(lock.read(within(long_enough)).value() == Outcome::inherited);
      CHECK(lock.writing() && lock.make_consistent().ok());
    } else {
      CHECK(lock.write(within(long_enough)).value() == Outcome::taken);
    }
    killer.join();
    CHECK(lock.unlock_write().ok());
    CHECK(lock.read(within(0)).value() == Outcome::taken && lock.unlock_read().ok());
  }
}

void a_barrier_opens_and_breaks(const std::string& name) {
  auto& serial = shared()->counters[5];
  auto& passed = shared()->counters[6];
  constexpr int rounds = 500;
  serial = passed = 0;
  std::vector<pid_t> pids;
  for (int process = 0; process < 3; process++) {
    pids.push_back(child([&] {
      auto barrier = opened<Barrier>(by_name(name), 3);
      for (int round = 0; round < rounds; round++) {
        auto outcome = barrier.wait(within(long_enough));
        CHECK(outcome.ok());
        if (outcome.value() == Outcome::inherited) serial++;
        passed++;
        CHECK(passed > round * 3 && passed <= (round + 2) * 3);
      }
      barrier.leave();
    }));
  }
  for (const pid_t pid : pids) ends_well(pid);
  CHECK(serial == rounds && passed == 3 * rounds);

  auto barrier = opened<Barrier>(by_name(name), 3);
  CHECK(barrier.wait(within(5)).error().number == ETIMEDOUT);
  passed = 0;
  const pid_t member = child([&] {
    auto theirs = opened<Barrier>(by_name(name), 3);
    passed = 1;
    pause();
  });
  until(passed, 1);
  std::thread killer([&] {
    usleep(20000);
    kill_and_reap(member);
  });
  CHECK(barrier.wait(within(long_enough)).error().number == EOWNERDEAD);
  killer.join();
  CHECK(barrier.wait(within(long_enough)).error().number == EOWNERDEAD);
  CHECK(barrier.reset().ok() && barrier.wait(within(5)).error().number == ETIMEDOUT);
}

void a_condition_loses_no_signal(const std::string& name, const std::string& mutex_name) {
  auto& value = shared()->counters[7];
  constexpr int rounds = 3000;
  value = 0;
  const pid_t other = child([&] {
    auto mutex = opened<Mutex>(by_name(mutex_name));
    auto condition = opened<Condition>(by_name(name));
    Status ended = done();
    for (int round = 0; round < rounds; round++) {
      CHECK(mutex.lock(within(long_enough)).ok());
      while (value % 2 == 0) CHECK(condition.wait(mutex, within(long_enough), ended).ok() && ended.ok());
      value++;
      CHECK(condition.signal().ok() && mutex.unlock().ok());
    }
  });
  auto mutex = opened<Mutex>(by_name(mutex_name));
  auto condition = opened<Condition>(by_name(name));
  Status ended = done();
  for (int round = 0; round < rounds; round++) {
    CHECK(mutex.lock(within(long_enough)).ok());
    value++;
    CHECK(condition.signal().ok());
    while (value % 2 == 1) CHECK(condition.wait(mutex, within(long_enough), ended).ok() && ended.ok());
    CHECK(mutex.unlock().ok());
  }
  ends_well(other);
  CHECK(mutex.lock(within(0)).ok());
  CHECK(condition.wait(mutex, within(5), ended).ok() && ended.error().number == ETIMEDOUT);
  CHECK(mutex.held() && mutex.unlock().ok());
}

void a_placed_lock_has_one_creator(const std::string& name) {
  auto memory = posix::SharedMemory::create(name, {65536, 0600, true});
  CHECK(memory.ok());
  const Place place = {"", memory.value().descriptor(), 128};
  auto& creators = shared()->counters[8];
  creators = 0;
  std::vector<pid_t> pids;
  for (int process = 0; process < 8; process++) {
    pids.push_back(child([&] {
      if (opened<Mutex>(place).created()) creators++;
    }));
  }
  for (const pid_t pid : pids) ends_well(pid);
  CHECK(creators == 1);
  CHECK(Mutex::obtain(place, {BlockKind::mutex, Intent::create}).error().number == EEXIST);
  CHECK(RwLock::obtain(place, {BlockKind::mutex, Intent::open}).error().number == EPROTO);
  CHECK(Mutex::obtain({"", memory.value().descriptor(), 8192}, {BlockKind::mutex, Intent::open})
            .error()
            .number == EPROTO);
  auto mutex = opened<Mutex>(place);
  CHECK(mutex.try_lock().ok());
}

void seats_come_free(const std::string& name) {
  auto mutex = opened<Mutex>(by_name(name));
  for (int round = 0; round < 1000; round++) opened<Mutex>(by_name(name)).leave();
  std::vector<Mutex> all;
  for (uint32_t seat = 1; seat < Block::seat_count; seat++) all.push_back(opened<Mutex>(by_name(name)));
  CHECK(Mutex::obtain(by_name(name), {BlockKind::mutex, Intent::open}).error().number == EAGAIN);
}

// fork(2) without exec, as C programs use it: the child has copies of all descriptors, and with them the
// locks of their bytes.
void a_forked_child_has_no_seat(const std::string& name) {
  auto& forked = shared()->counters[1];
  auto mutex = opened<Mutex>(by_name(name));
  forked = 0;
  const pid_t parent = child([&] {
    auto mine = opened<Mutex>(by_name(name));
    CHECK(mine.try_lock().value() == Outcome::taken);
    child([&] {
      forked = getpid();
      pause();
    });
    pause();
  });
  until(forked, 1);
  CHECK(mutex.try_lock().value() == Outcome::busy);
  kill_and_reap(parent);
  CHECK(mutex.lock(within(long_enough)).value() == Outcome::inherited);
  CHECK(kill(forked, 0) == 0);
  CHECK(kill(forked, SIGKILL) == 0);
  CHECK(mutex.make_consistent().ok() && mutex.unlock().ok());
}

// The other way round: the end of a child takes nothing of its parent.
void a_forked_child_takes_no_seat_along(const std::string& name) {
  auto mine = opened<Mutex>(by_name(name));
  auto other = opened<Mutex>(by_name(name));
  CHECK(mine.try_lock().value() == Outcome::taken);
  ends_well(child([] {}));
  CHECK(other.try_lock().value() == Outcome::busy);
  kill_and_reap(child([] { pause(); }));
  CHECK(other.lock(within(20)).error().number == ETIMEDOUT);
  CHECK(mine.unlock().ok());
}

void with_a_name(const char* what, const std::function<void(const std::string&)>& test) {
  const std::string name = unique_name(what);
  test(name);
  CHECK(posix::SharedMemory::unlink(name).ok());
}

}  // namespace

int main() {
  shared();
  with_a_name("excludes", a_mutex_excludes);
  with_a_name("death", a_death_is_told_once);
  with_a_name("disorder", disorder_is_for_ever);
  with_a_name("readers", readers_share_and_a_writer_comes_through);
  with_a_name("dead", dead_readers_and_writers_hold_up_nobody);
  with_a_name("barrier", a_barrier_opens_and_breaks);
  with_a_name("condition", [](const std::string& name) {
    with_a_name("mutex", [&](const std::string& mutex) { a_condition_loses_no_signal(name, mutex); });
  });
  with_a_name("placed", a_placed_lock_has_one_creator);
  with_a_name("seats", seats_come_free);
  with_a_name("forked", a_forked_child_has_no_seat);
  with_a_name("parent", a_forked_child_takes_no_seat_along);
}
