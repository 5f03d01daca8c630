#include "uses.h"

#include <atomic>

namespace fuzz {
namespace {

using namespace posix_ipc;
using namespace posix_ipc::sync;

// What has no Result of its own.
template <typename Ask>
bool ask(Caller& call, const char* name, Ask question) {
  return call(name, [&] { return Result<bool>(question()); }).value();
}

bool obtained(const Result<Outcome>& outcome) { return outcome.ok() && outcome.value() != Outcome::busy; }

// A short hold lets others find it busy.
void hold(Random& random) {
  if (random.one_in(4)) usleep(random.below(200));
}

Result<Outcome> lock(Caller& call, Mutex& mutex) {
  if (call.random.one_in(3))
    return call("Mutex.attempt", [&] { return mutex.attempt(call.random.one_in(2)); });
  return call("Mutex.lock", [&] { return mutex.lock(call.patience()); });
}

void read(Caller& call, RwLock& lock) {
  const bool waits = call.random.one_in(2);
  const auto outcome =
      waits ? call("RwLock.read", [&] { return lock.read(call.patience()); })
            : call("RwLock.attempt_read", [&] { return lock.attempt_read(call.random.one_in(2)); });
  if (!obtained(outcome)) {
    (void)call("RwLock.give_up", [&] { return lock.give_up(); });
    return;
  }
  hold(call.random);
  // A reader that found the writer dead writes.
  if (!lock.writing()) {
    (void)call("RwLock.unlock_read", [&] { return lock.unlock_read(); });
    return;
  }
  (void)call("RwLock.make_consistent", [&] { return lock.make_consistent(); });
  (void)call("RwLock.unlock_write", [&] { return lock.unlock_write(); });
}

void write(Caller& call, RwLock& lock) {
  const bool waits = call.random.one_in(2);
  const auto outcome =
      waits ? call("RwLock.write", [&] { return lock.write(call.patience()); })
            : call("RwLock.attempt_write", [&] { return lock.attempt_write(call.random.one_in(2)); });
  if (!obtained(outcome)) {
    (void)call("RwLock.give_up", [&] { return lock.give_up(); });
    return;
  }
  hold(call.random);
  if (call.random.one_in(2)) (void)call("RwLock.make_consistent", [&] { return lock.make_consistent(); });
  if (call.random.one_in(8)) {
    (void)call("RwLock.abandon", [&] { return lock.abandon(); });
  } else {
    (void)call("RwLock.unlock_write", [&] { return lock.unlock_write(); });
  }
}

}  // namespace

bool use(Caller& call, Mutex& mutex) {
  const auto outcome = lock(call, mutex);
  (void)ask(call, "Mutex.orphaned", [&] { return mutex.orphaned(); });
  // Also where it is not ours, which must be noticed.
  if (obtained(outcome) || call.random.one_in(8)) {
    hold(call.random);
    if (call.random.one_in(2)) (void)call("Mutex.make_consistent", [&] { return mutex.make_consistent(); });
    if (call.random.one_in(8)) {
      (void)call("Mutex.abandon", [&] { return mutex.abandon(); });
    } else {
      (void)call("Mutex.unlock", [&] { return mutex.unlock(); });
    }
  }
  return !mutex.stale();
}

bool use(Caller& call, RwLock& lock) {
  if (lock.reading()) (void)call("RwLock.unlock_read", [&] { return lock.unlock_read(); });
  if (call.random.one_in(2)) {
    read(call, lock);
  } else {
    write(call, lock);
  }
  return !lock.stale();
}

bool use(Caller& call, Barrier& barrier) {
  if (call.random.one_in(2)) {
    (void)call("Barrier.wait", [&] { return barrier.wait(call.patience()); });
  } else {
    const auto arrived = call("Barrier.arrive", [&] { return barrier.arrive(); });
    if (arrived.ok()) (void)call("Barrier.look", [&] { return barrier.look(); });
  }
  if (barrier.waiting()) (void)call("Barrier.withdraw", [&] { return barrier.withdraw(); });
  if (ask(call, "Barrier.broken", [&] { return barrier.broken(); }) || call.random.one_in(16))
    (void)call("Barrier.reset", [&] { return barrier.reset(); });
  return !barrier.stale();
}

// Not Condition::wait: it takes the mutex again without a deadline, as POSIX has it, and may be kept from it
// for as long as another seat lives.
bool use(Caller& call, Condition& condition, Mutex& mutex) {
  if (call.random.one_in(2)) {
    (void)call("Condition.signal", [&] { return condition.signal(); });
    return !condition.stale();
  }
  const auto locked = lock(call, mutex);
  const uint32_t noted = condition.note();
  if (obtained(locked)) (void)call("Mutex.unlock", [&] { return mutex.unlock(); });
  (void)call("Condition.wait_since", [&] { return condition.wait_since(noted, mutex, call.patience()); });
  return !condition.stale() && !mutex.stale();
}

bool use(Caller& call, posix::Semaphore& semaphore) {
  const auto judged = [](bool answer, const char* syscall) {
    // A value of 0 is an answer.
    if (!answer && errno != EAGAIN) return Result<bool>(last_error(syscall));
    return Result<bool>(answer);
  };
  switch (call.random.below(4)) {
    case 0:
      (void)call("Semaphore.post", [&] { return judged(semaphore.post(), "sem_post"); });
      break;
    case 1:
      (void)call("Semaphore.try_wait", [&] { return judged(semaphore.try_wait(), "sem_trywait"); });
      break;
    case 2:
      (void)call("Semaphore.value", [&] { return semaphore.value(); });
      break;
    default:
      (void)call("Semaphore.wait", [&] { return semaphore.wait(call.patience()); });
  }
  (void)call("Semaphore.stat", [&] { return semaphore.stat(); });
  return !semaphore.broken();
}

bool use(Caller& call, posix::SharedMemory& memory, Mapping& mapping) {
  (void)call("SharedMemory.stat", [&] { return memory.stat(); });
  const size_t length = std::min<size_t>(mapping.size(), 1 << 16);
  // The first bytes and the last page.
  (void)ask(call, "SharedMemory.read", [&] {
    uint32_t sum = 0;
    for (size_t at = 0; at < length; at += 64) sum += static_cast<volatile char*>(mapping.address())[at];
    sum += static_cast<volatile char*>(mapping.address())[mapping.size() - 1];
    return sum != 0;
  });
  return !mapping.broken();
}

}  // namespace fuzz
