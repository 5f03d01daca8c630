#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cstring>
#include <functional>
#include <optional>

#include "check.h"
#include "core/sysv/message-queue.h"
#include "core/sysv/robust-mutex.h"
#include "core/sysv/semaphore-set.h"
#include "core/sysv/shared-memory.h"

using namespace posix_ipc;
using namespace posix_ipc::sysv;

namespace {

void a_segment_is_shared_until_its_last_attachment() {
  const int id = shared_memory::get(Intent::create, IPC_PRIVATE, 5000, 0600).take().id;
  auto writer = shared_memory::attach(id, false).take();
  auto reader = shared_memory::attach(id, true).take();
  CHECK(writer.size() == 5000);
  std::strcpy(writer.address(), "bytes");
  CHECK(std::strcmp(reader.address(), "bytes") == 0);
  CHECK(shared_memory::stat(id).value().shm_nattch == 2);
  // A map that was replaced counts as detached.
  writer.retire();
  CHECK(shared_memory::stat(id).value().shm_nattch == 1);
  CHECK(writer.release().ok() && reader.release().ok());
  CHECK(shared_memory::stat(id).value().shm_nattch == 0);
  CHECK(shared_memory::remove(id).ok());
  CHECK(!shared_memory::attach(id, false).ok());
}

void operations_are_applied_whole_or_not_at_all() {
  const int id = semaphore_set::get(Intent::create, IPC_PRIVATE, 40, 0600).take().id;
  std::vector<unsigned short> values(40, 2);
  values[3] = 0;
  CHECK(semaphore_set::initialise(id, values).ok());
  CHECK(semaphore_set::values(id).value() == values);

  semaphore_set::Operations both(id, {{0, -1, 0}, {3, -1, 0}});
  CHECK(!both.try_operate().value());
  CHECK(semaphore_set::ask(id, 0, GETVAL).value() == 2);
  CHECK(both.operate(within(10)).error().number == ETIMEDOUT);
  CHECK(semaphore_set::set_value(id, 3, 1).ok());
  CHECK(both.operate(within(1e6)).ok());
  CHECK(semaphore_set::ask(id, 0, GETVAL).value() == 1);
  CHECK(semaphore_set::Operations(id, {{99, 1, 0}}).try_operate().error().number == EFBIG);
  CHECK(semaphore_set::remove(id).ok());
}

void messages_are_selected_by_type() {
  const int id = message_queue::get(Intent::create, IPC_PRIVATE, 0600).take().id;
  message_queue::Letter letter;
  for (const long type : {5, 2, 9}) {
    letter.ensure(4);
    letter.type() = type;
    std::memcpy(letter.text(), "text", 4);
    CHECK(message_queue::try_send(id, letter, 4).value());
  }
  CHECK(message_queue::try_receive(id, letter, 4, {-6, false, false}).value()->type == 2);
  CHECK(message_queue::try_receive(id, letter, 4, {5, true, false}).value()->type == 9);
  CHECK(message_queue::try_receive(id, letter, 3, {0, false, false}).error().number == E2BIG);
  CHECK(message_queue::try_receive(id, letter, 3, {0, false, true}).value()->length == 3);
  CHECK(!message_queue::try_receive(id, letter, 4, {0, false, false}).value());
  CHECK(message_queue::receive(id, letter, 4, {0, false, false}, within(20)).error().number == ETIMEDOUT);
  CHECK(message_queue::remove(id).ok());
}

void a_key_finds_what_was_made_with_it() {
  const key_t key = 0x50000000 | getpid();
  CHECK(semaphore_set::get(Intent::open, key, 0, 0).error().number == ENOENT);
  const auto made = semaphore_set::get(Intent::open_or_create, key, 1, 0600).take();
  const auto found = semaphore_set::get(Intent::open_or_create, key, 1, 0600).take();
  CHECK(made.created && !found.created && made.id == found.id);
  CHECK(semaphore_set::get(Intent::create, key, 1, 0600).error().number == EEXIST);
  CHECK(semaphore_set::set(made.id, {-1, -1, 0640}).ok());
  CHECK((semaphore_set::stat(made.id).value().sem_perm.mode & 0777) == 0640);
  CHECK(semaphore_set::remove(made.id).ok());
  CHECK(!key_of("/no-such-file", 1).ok() && key_of("/proc/self/exe", 1).ok());
}

// A process that takes the mutex at `offset` and forgets it, mapping and all.
void forget_a_mutex(int id, size_t offset) {
  const pid_t child = fork();
  if (child == 0) {
    {
      auto mapping = std::make_shared<Mapping>(shared_memory::attach(id, false).take());
      auto mutex = RobustMutex::open(std::move(mapping), offset).take();
      CHECK(mutex.try_lock().value() == RobustMutex::Attempt::locked);
    }
    // The one that came with fork(2), its own, and that of the parent.
    CHECK(shared_memory::stat(id).value().shm_nattch == 3);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

void a_robust_mutex_tells_of_a_dead_owner() {
  using Attempt = RobustMutex::Attempt;
  const int id = shared_memory::get(Intent::create, IPC_PRIVATE, 4096, 0600).take().id;
  auto mapping = std::make_shared<Mapping>(shared_memory::attach(id, false).take());
  CHECK(RobustMutex::open(mapping, 0).error().number == EPROTO);
  auto mutex = RobustMutex::create(mapping, 0).take();
  CHECK(mutex.created() && RobustMutex::create(mapping, 0).error().number == EEXIST);
  CHECK(mutex.lock(within(1e6)).value() == Attempt::locked);
  CHECK(mutex.try_lock().error().number == EDEADLK && mutex.close().error().number == EBUSY);
  CHECK(mutex.unlock().ok() && mutex.unlock().error().number == EPERM);

  forget_a_mutex(id, 0);
  CHECK(mutex.try_lock().value() == Attempt::owner_died);
  CHECK(mutex.make_consistent().ok() && mutex.unlock().ok());
  CHECK(mutex.try_lock().value() == Attempt::locked && mutex.unlock().ok());

  forget_a_mutex(id, 0);
  CHECK(mutex.lock(within(1e6)).value() == Attempt::owner_died && mutex.unlock().ok());
  for (int attempt = 0; attempt < 2; ++attempt) {
    CHECK(mutex.try_lock().error().number == ENOTRECOVERABLE);
    CHECK(mutex.lock(within(1e6)).error().number == ENOTRECOVERABLE);
  }
  CHECK(mutex.close().ok() && mutex.closed());
  CHECK(shared_memory::remove(id).ok());
}

std::function<void()> meanwhile;

// A creator looks at a place and finds it free; before its first store another one has made the mutex, and
// locked it. The store fails for once, as the page may not be written, and that is the moment.
void a_creator_that_comes_late_changes_nothing() {
  const int id = shared_memory::get(Intent::create, IPC_PRIVATE, 4096, 0600).take().id;
  auto early = std::make_shared<Mapping>(shared_memory::attach(id, false).take());
  auto late = std::make_shared<Mapping>(shared_memory::attach(id, false).take());
  std::optional<RobustMutex> first;
  meanwhile = [&] {
    CHECK(mprotect(late->address(), late->size(), PROT_READ | PROT_WRITE) == 0);
    first.emplace(RobustMutex::create(early, 0).take());
    CHECK(first->lock(within(1e6)).ok());
  };
  CHECK(mprotect(late->address(), late->size(), PROT_READ) == 0);
  signal(SIGSEGV, [](int) { meanwhile(); });
  auto second = RobustMutex::open_or_create(late, 0).take();
  signal(SIGSEGV, SIG_DFL);

  CHECK(first && first->created() && !second.created());
  // It is locked, by this very thread.
  CHECK(second.try_lock().error().number == EDEADLK);
  CHECK(first->unlock().ok());
  CHECK(second.lock(within(1e6)).value() == RobustMutex::Attempt::locked && second.unlock().ok());
  CHECK(shared_memory::remove(id).ok());
}

}  // namespace

int main() {
  a_segment_is_shared_until_its_last_attachment();
  operations_are_applied_whole_or_not_at_all();
  messages_are_selected_by_type();
  a_key_finds_what_was_made_with_it();
  a_robust_mutex_tells_of_a_dead_owner();
  a_creator_that_comes_late_changes_nothing();
}
