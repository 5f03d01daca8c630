#include "core/exit-cleanup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace posix_ipc::exit_cleanup {
namespace {

// Read in a signal handler, so it is a table that never moves: `held` is stored last and cleared first.
struct Promise {
  std::atomic<bool> held;
  Kind kind;
  pid_t creator;
  int id;
  dev_t device;
  ino_t inode;
  char name[NAME_MAX + sizeof "/dev/shm/sem."];
};

constexpr int capacity = 1024;
Promise promises[capacity];
std::mutex writers;

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT};
struct sigaction earlier[NSIG];

bool same_object(const Promise& promise, const struct stat& status) {
  return status.st_dev == promise.device && status.st_ino == promise.inode;
}

// Async-signal-safe: only system calls from here to the end of `keep_all`.
void keep(const Promise& promise) {
  struct stat status;
  switch (promise.kind) {
    case Kind::file:
      if (lstat(promise.name, &status) == 0 && same_object(promise, status)) unlink(promise.name);
      break;
    case Kind::message_queue: {
      // The raw calls take the name without its slash.
      const char* name = promise.name + 1;
      const int queue = static_cast<int>(syscall(SYS_mq_open, name, O_RDONLY | O_CLOEXEC, 0, nullptr));
      if (queue == -1) break;
      if (fstat(queue, &status) == 0 && same_object(promise, status)) syscall(SYS_mq_unlink, name);
      close(queue);
      break;
    }
    case Kind::sysv_shared_memory:
      shmctl(promise.id, IPC_RMID, nullptr);
      break;
    case Kind::sysv_semaphore_set:
      semctl(promise.id, 0, IPC_RMID);
      break;
    case Kind::sysv_message_queue:
      msgctl(promise.id, IPC_RMID, nullptr);
      break;
  }
}

void keep_all() {
  const int error = errno;
  const pid_t self = getpid();
  for (Promise& promise : promises) {
    // A child that was forked has the table too, and promised nothing.
    if (promise.held.load(std::memory_order_acquire) && promise.creator == self) keep(promise);
  }
  errno = error;
}

// Chained: what was there before is put back and meets the signal as soon as this handler returns.
void on_signal(int signal) {
  keep_all();
  sigaction(signal, &earlier[signal], nullptr);
  raise(signal);
}

Status fill(Kind kind, int id, const std::string& name, const struct stat& status) {
  std::lock_guard<std::mutex> guard(writers);
  static const bool registered = std::atexit(keep_all) == 0;
  (void)registered;
  for (Promise& promise : promises) {
    if (promise.held.load(std::memory_order_relaxed)) continue;
    promise.kind = kind;
    promise.creator = getpid();
    promise.id = id;
    promise.device = status.st_dev;
    promise.inode = status.st_ino;
    std::strncpy(promise.name, name.c_str(), sizeof promise.name - 1);
    promise.held.store(true, std::memory_order_release);
    return done();
  }
  return SystemError{ENOBUFS,
                     kind == Kind::file || kind == Kind::message_queue ? "unlinkOnExit" : "removeOnExit"};
}

template <typename Match>
void drop(Kind kind, Match match) {
  std::lock_guard<std::mutex> guard(writers);
  for (Promise& promise : promises) {
    if (promise.held.load(std::memory_order_relaxed) && promise.kind == kind && match(promise)) {
      promise.held.store(false, std::memory_order_release);
    }
  }
}

}  // namespace

Status promise(Kind kind, const std::string& name, int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) == -1) return last_error("fstat");
  auto filled = fill(kind, -1, name, status);
  if (filled.ok()) arm();
  return filled;
}

Status promise(Kind kind, int id) {
  auto filled = fill(kind, id, "", {});
  if (filled.ok()) arm();
  return filled;
}

void forget(Kind kind, const std::string& name) {
  drop(kind, [&](const Promise& promise) { return name == promise.name; });
}

void forget(Kind kind, int id) {
  drop(kind, [&](const Promise& promise) { return promise.id == id; });
}

void arm() {
  std::lock_guard<std::mutex> guard(writers);
  for (const int signal : signals) {
    struct sigaction present;
    if (sigaction(signal, nullptr, &present) == -1 || present.sa_handler == SIG_IGN) continue;
    // Only the default action and Node's own last handler, which puts the terminal back and is known by
    // SA_RESETHAND. Anything else, a JavaScript listener's above all, decides for itself whether the process
    // ends.
    if (present.sa_handler != SIG_DFL && !(present.sa_flags & SA_RESETHAND)) continue;
    earlier[signal] = present;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK;
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace posix_ipc::exit_cleanup
