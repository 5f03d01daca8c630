#include "core/posix/semaphore-words.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>

namespace posix_ipc::posix {

#if defined(__GLIBC__) && defined(__LP64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
namespace {

// glibc's words on 64-bit machines, since 2.21: in one that is changed as a whole the value (low half, the
// futex word) and the number of those asleep (high half); behind it how the semaphore is shared, which is
// what a futex(2) must not be asked with. test/native/semaphore-words.cc compares with the C library.
constexpr uint64_t one_sleeper = 1ull << 32;

uint64_t* counters(sem_t* words) { return reinterpret_cast<uint64_t*>(words); }
uint32_t value_of(uint64_t counted) { return static_cast<uint32_t>(counted); }

// Whoever takes what a post gave sees what was written before the post.
bool exchange_if(uint64_t* word, uint64_t& expected, uint64_t wanted) {
  return __atomic_compare_exchange_n(word, &expected, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// Takes one as one of the sleepers, who is none any more then.
bool take(sem_t* words) {
  uint64_t counted = __atomic_load_n(counters(words), __ATOMIC_RELAXED);
  while (value_of(counted) != 0)
    if (exchange_if(counters(words), counted, counted - 1 - one_sleeper)) return true;
  return false;
}

int sleep(sem_t* words, const Deadline& deadline) {
  const timespec* until = deadline.infinite() ? nullptr : &deadline.monotonic();
  return static_cast<int>(
      syscall(SYS_futex, words, FUTEX_WAIT_BITSET, 0, until, nullptr, FUTEX_BITSET_MATCH_ANY));
}

}  // namespace

int post(sem_t* words) {
  uint64_t counted = __atomic_load_n(counters(words), __ATOMIC_RELAXED);
  do {
    if (value_of(counted) >= SEM_VALUE_MAX) {
      errno = EOVERFLOW;
      return -1;
    }
  } while (!exchange_if(counters(words), counted, counted + 1));
  if (counted >= one_sleeper) (void)syscall(SYS_futex, words, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  return 0;
}

int wait(sem_t* words, const Deadline& deadline, const Mapping& mapping) {
  if (sem_trywait(words) == 0) return 0;
  // Counted before the value is looked at again: a post that comes later sees the sleeper.
  __atomic_fetch_add(counters(words), one_sleeper, __ATOMIC_ACQ_REL);
  int error = 0;
  while (!take(words)) {
    if (mapping.broken()) {
      error = ESTALE;
    } else if (sleep(words, deadline) == -1 && (errno == ETIMEDOUT || errno == EINTR)) {
      error = errno;
    }
    // EFAULT, of a file that was just cut off, is like a wake-up: the next look breaks the mapping.
    if (error == 0) continue;
    __atomic_fetch_sub(counters(words), one_sleeper, __ATOMIC_ACQ_REL);
    errno = error;
    return -1;
  }
  return 0;
}

#else

int post(sem_t* words) { return sem_post(words); }

int wait(sem_t* words, const Deadline& deadline, const Mapping& mapping) {
  if (sem_trywait(words) == 0) return 0;
  // On a file that was cut off already a wait would never end.
  if (mapping.broken()) {
    errno = ESTALE;
    return -1;
  }
  if (deadline.infinite()) return sem_wait(words);
  return sem_clockwait(words, CLOCK_MONOTONIC, &deadline.monotonic());
}

#endif

}  // namespace posix_ipc::posix
