#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "check.h"

// Words that all processes of one test share; asked for before the first fork.
struct Shared {
  std::atomic<int> counters[16];
};

inline Shared* shared() {
  static auto* const one = static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return one;
}

inline pid_t child(const std::function<void()>& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    body();
    _exit(0);
  }
  return pid;
}

inline void ends_well(pid_t pid) {
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

inline void kill_and_reap(pid_t pid) {
  kill(pid, SIGKILL);
  CHECK(waitpid(pid, nullptr, 0) == pid);
}

inline void until(const std::atomic<int>& counter, int value) {
  while (counter < value) usleep(100);
}
