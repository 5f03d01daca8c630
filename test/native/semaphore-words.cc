#include "core/posix/semaphore-words.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <climits>
#include <cstring>
#include <functional>
#include <thread>

#include "check.h"

using namespace posix_ipc;

namespace {

constexpr double long_enough = 30000;

// A file of one semaphore, mapped and guarded.
struct File {
  int descriptor = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
  Mapping mapping = map();
  sem_t* words = reinterpret_cast<sem_t*>(mapping.address());

  File() { CHECK(sem_init(words, 1, 0) == 0); }
  ~File() { close(descriptor); }
  Mapping map() const {
    CHECK(ftruncate(descriptor, sizeof(sem_t)) == 0);
    return Mapping::of_descriptor(descriptor, sizeof(sem_t), 0, Mapping::Access::shared).take();
  }
  int wait(double milliseconds) { return posix::wait(words, Deadline::in(milliseconds), mapping); }
  // How the C library shares it.
  void spoil(uint32_t garbage) { memcpy(reinterpret_cast<char*>(words) + 8, &garbage, sizeof garbage); }
};

pid_t child(const std::function<bool()>& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body() ? 0 : 1);
  return pid;
}

void ends_well(pid_t pid) {
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void it_counts_as_the_c_library_does() {
  File file;
  int value;
  for (int times = 1; times <= 3; times++) {
    CHECK(posix::post(file.words) == 0 && sem_getvalue(file.words, &value) == 0 && value == times);
  }
  CHECK(file.wait(0) == 0 && sem_wait(file.words) == 0 && file.wait(0) == 0);
  CHECK(file.wait(1) == -1 && errno == ETIMEDOUT);
  CHECK(sem_init(file.words, 1, SEM_VALUE_MAX) == 0);
  CHECK(posix::post(file.words) == -1 && errno == EOVERFLOW);
}

void it_hands_over_to_the_c_library_and_back() {
  File there;
  File back;
  constexpr int rounds = 5000;
  const pid_t peer = child([&] {
    for (int round = 0; round < rounds; round++)
      if (sem_wait(there.words) != 0 || sem_post(back.words) != 0) return false;
    return true;
  });
  for (int round = 0; round < rounds; round++) {
    CHECK(posix::post(there.words) == 0);
    CHECK(back.wait(long_enough) == 0);
  }
  ends_well(peer);
}

void nobody_is_left_asleep() {
  File file;
  constexpr int each = 3000;
  pid_t takers[3];
  for (pid_t& taker : takers) {
    taker = child([&] {
      for (int taken = 0; taken < each; taken++)
        if (file.wait(long_enough) != 0) return false;
      return true;
    });
  }
  std::thread other([&] {
    for (int given = 0; given < each; given++) CHECK(sem_post(file.words) == 0);
  });
  for (int given = 0; given < 2 * each; given++) CHECK(posix::post(file.words) == 0);
  other.join();
  for (const pid_t taker : takers) ends_well(taker);
  // Nor counted as asleep.
  uint64_t counted;
  memcpy(&counted, file.words, sizeof counted);
  CHECK(counted == 0);
}

// glibc's own calls end the process at some of these, and never return from others.
void garbage_harms_nobody() {
  for (const uint32_t garbage : {1u, 6u, 128u ^ 13u, 0x7fu, 0xffffffffu, 0x80000000u}) {
    File file;
    file.spoil(garbage);
    CHECK(file.wait(1) == -1 && errno == ETIMEDOUT);
    const pid_t waiter = child([&] { return file.wait(long_enough) == 0; });
    usleep(2000);
    CHECK(posix::post(file.words) == 0);
    ends_well(waiter);
  }
}

void a_file_that_is_cut_off_ends_the_wait() {
  for (int times = 0; times < 200; times++) {
    File file;
    std::thread cutter([&] { CHECK(ftruncate(file.descriptor, 0) == 0); });
    CHECK(file.wait(5) == -1 && (errno == ESTALE || errno == ETIMEDOUT));
    cutter.join();
    CHECK(file.wait(long_enough) == -1 && errno == ESTALE);
  }
}

}  // namespace

int main() {
  it_counts_as_the_c_library_does();
  it_hands_over_to_the_c_library_and_back();
  nobody_is_left_asleep();
  garbage_harms_nobody();
  a_file_that_is_cut_off_ends_the_wait();
}
