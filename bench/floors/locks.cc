// The floor of `npm run bench -- locks`: the same hand-over as bench/locks/hand-over.ts, with the same mutex,
// in C++. Usage: locks MUTEX PAGE ME HOLD ROUNDS; prints nanoseconds from an unlock to the lock that follows
// it, a line each.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "core/sync/mutex.h"

using namespace posix_ipc;

namespace {

double now() {
  timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return static_cast<double>(moment.tv_sec) * 1e9 + static_cast<double>(moment.tv_nsec);
}

// As bench/locks/hand-over.ts lays it out.
struct Page {
  double unlocked;
  // How often each has called lock(), and how often it has come back.
  int32_t called[2];
  int32_t locked[2];
  int32_t ended;
};

template <typename T>
T read_now(const T& word) {
  return __atomic_load_n(&word, __ATOMIC_SEQ_CST);
}

[[noreturn]] void fail(const char* what) {
  perror(what);
  exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  auto opened = sync::Mutex::obtain({argv[1], -1, 0}, {BlockKind::mutex, Intent::open});
  if (!opened.ok()) return 1;
  auto mutex = opened.take();
  const int file = shm_open(argv[2], O_RDWR, 0);
  if (file == -1) fail("shm_open");
  auto* page = static_cast<Page*>(mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  const int me = atoi(argv[3]);
  const double hold = atof(argv[4]);
  const int rounds = atoi(argv[5]);

  std::vector<double> taken;
  const int other = 1 - me;
  for (int round = 1; round <= rounds; round++) {
    __atomic_store_n(&page->called[me], round, __ATOMIC_SEQ_CST);
    if (!mutex.lock(Patience{}).ok()) return 1;
    const double locked = now();
    taken.push_back(locked - page->unlocked);
    __atomic_store_n(&page->locked[me], round, __ATOMIC_SEQ_CST);
    // Until the other one stands at the door.
    while (read_now(page->called[other]) == read_now(page->locked[other]) && read_now(page->ended) == 0)
      continue;
    while (now() - locked < hold) continue;
    const int32_t turn = read_now(page->locked[other]);
    page->unlocked = now();
    if (!mutex.unlock().ok()) return 1;
    // The other one goes first, or this would be no hand-over.
    while (read_now(page->locked[other]) == turn && read_now(page->ended) == 0) continue;
  }
  __atomic_store_n(&page->ended, 1, __ATOMIC_SEQ_CST);
  mutex.leave();
  for (const double nanoseconds : taken) printf("%.0f\n", nanoseconds);
}
