#include "core/wait-thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "core/interrupt.h"

namespace posix_ipc {
namespace {

constexpr auto linger = std::chrono::seconds(2);
// A call and a signal frame; AVX-512 state alone takes 3 KiB of the latter.
constexpr size_t stack_size = 128 << 10;

// Never destroyed: at exit(3) threads are still in it.
struct Pool {
  std::mutex mutex;
  std::condition_variable work_came;
  std::deque<std::shared_ptr<ThreadWait>> queue;
  int idle = 0;
  int threads = 0;
};

Pool& pool() {
  static Pool* const only = new Pool;
  return *only;
}

// Gives the next wait, or nothing when it is time to end.
std::shared_ptr<ThreadWait> next(Pool& pool) {
  std::unique_lock<std::mutex> lock(pool.mutex);
  ++pool.idle;
  pool.work_came.wait_for(lock, linger, [&] { return !pool.queue.empty(); });
  --pool.idle;
  if (pool.queue.empty()) {
    --pool.threads;
    return nullptr;
  }
  auto wait = std::move(pool.queue.front());
  pool.queue.pop_front();
  return wait;
}

void* thread_main(void*) {
  while (auto wait = next(pool())) {
    wait->run();
    wait.reset();
    prctl(PR_SET_NAME, "posix-ipc idle");
  }
  return nullptr;
}

// The process's signals are for its other threads; this one has only its own.
int spawn() {
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, interrupt_signal());
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, thread_main, nullptr);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

}  // namespace

Result<std::shared_ptr<ThreadWait>> ThreadWait::start(Work work) {
  auto installed = install_interrupt_handler();
  if (!installed.ok()) return installed.error();
  auto wait = std::make_shared<ThreadWait>(std::move(work));
  Pool& shared = pool();
  std::lock_guard<std::mutex> lock(shared.mutex);
  // An idle thread that is to take an earlier wait of the queue is not free for this one.
  if (static_cast<int>(shared.queue.size()) >= shared.idle) {
    const int error = spawn();
    if (error != 0) return SystemError{error, "pthread_create"};
    ++shared.threads;
  }
  shared.queue.push_back(wait);
  shared.work_came.notify_one();
  return wait;
}

void ThreadWait::run() {
  prctl(PR_SET_NAME, work_.name.c_str());
  thread_.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_release);
  int outcome = ECANCELED;
  while (!cancelled_.load(std::memory_order_acquire)) {
    outcome = work_.call();
    if (outcome != EINTR) break;
    outcome = ECANCELED;
  }
  thread_.store(0, std::memory_order_release);
  // First the news, then the state: who sees `finished` finds the news handed on.
  work_.done(outcome);
  state_.store(State::finished, std::memory_order_release);
}

void ThreadWait::cancel() {
  cancelled_.store(true, std::memory_order_release);
  const pid_t thread = thread_.load(std::memory_order_acquire);
  // The thread may be in its next wait by now; that one is interrupted in vain and goes on.
  if (thread != 0) syscall(SYS_tgkill, getpid(), thread, interrupt_signal());
}

void ThreadWait::cancel_and_join() {
  while (!finished()) {
    cancel();
    usleep(20);
  }
}

int wait_thread_count() {
  Pool& shared = pool();
  std::lock_guard<std::mutex> lock(shared.mutex);
  return shared.threads;
}

}  // namespace posix_ipc
