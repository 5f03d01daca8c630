#include "users.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <thread>
#include <vector>

#include "targets.h"
#include "uses.h"

namespace fuzz {
namespace {

using namespace posix_ipc;
using namespace posix_ipc::sync;

// A handle that is opened when it is needed and given up now and then, in either way.
template <typename Kind>
class Handle {
 public:
  explicit Handle(Place place) : place_(std::move(place)) {}

  Kind* get(Caller& call) {
    if (!lock_) {
      const Intent intent = call.random.one_in(2) ? Intent::open : Intent::open_or_create;
      const Wish wish = {BlockKind::mutex, intent, 0600, OwnerRule(OwnerRule::own_or_root), parties};
      auto obtained = call("obtain", [&] { return Kind::obtain(place_, wish); });
      if (obtained.ok()) lock_.emplace(obtained.take());
    }
    return lock_ ? &*lock_ : nullptr;
  }

  void keep(Caller& call, bool worth_it) {
    if ((worth_it || call.random.one_in(4)) && !call.random.one_in(300)) return;
    // Without it: a death.
    if (lock_ && call.random.one_in(2)) lock_->leave();
    lock_.reset();
  }

 private:
  Place place_;
  std::optional<Kind> lock_;
};

// What one thread has: each kind by name, and placed in the memory.
class User {
 public:
  User(const Names& names, int memory)
      : mutexes_{Handle<Mutex>({names.mutex, -1, 0}), placed<Mutex>(memory, 0)},
        conditions_{Handle<Condition>({names.condition, -1, 0}), placed<Condition>(memory, 1)},
        rw_locks_{Handle<RwLock>({names.rw_lock, -1, 0}), placed<RwLock>(memory, 2)},
        barriers_{Handle<Barrier>({names.barrier, -1, 0}), placed<Barrier>(memory, 3)},
        names_(names) {}

  void once(Caller& call) {
    const uint32_t which = call.random.below(2);
    switch (call.random.below(8)) {
      case 0:
      case 1:
        return apply(call, mutexes_[which]);
      case 2:
      case 3:
        return apply(call, rw_locks_[which]);
      case 4:
        return apply(call, barriers_[which]);
      case 5:
        return wait_for_condition(call, which);
      case 6:
        return use_semaphore(call);
      default:
        return use_memory(call);
    }
  }

 private:
  template <typename Kind>
  static Handle<Kind> placed(int memory, int index) {
    return Handle<Kind>({"", memory, Target::placed_at[index]});
  }

  template <typename Kind>
  void apply(Caller& call, Handle<Kind>& handle) {
    Kind* lock = handle.get(call);
    if (lock != nullptr) handle.keep(call, use(call, *lock));
  }

  void wait_for_condition(Caller& call, uint32_t which) {
    Condition* condition = conditions_[which].get(call);
    Mutex* mutex = mutexes_[which].get(call);
    if (condition == nullptr || mutex == nullptr) return;
    const bool worth_it = use(call, *condition, *mutex);
    conditions_[which].keep(call, worth_it);
    mutexes_[which].keep(call, worth_it);
  }

  void use_semaphore(Caller& call) {
    if (!semaphore_) {
      auto opened = call("Semaphore.open", [&] {
        return posix::Semaphore::open(names_.semaphore, OwnerRule(OwnerRule::own_or_root));
      });
      if (!opened.ok()) return;
      semaphore_.emplace(opened.take());
    }
    if (!use(call, *semaphore_) || call.random.one_in(200)) semaphore_.reset();
  }

  void use_memory(Caller& call) {
    posix::SharedMemory::Window window = {call.random.one_in(2), 0, 0};
    if (call.random.one_in(2)) window.offset = call.random.below(8) * 4096;
    auto opened = call("SharedMemory.open", [&] {
      return posix::SharedMemory::open(names_.memory, window, OwnerRule(OwnerRule::own_or_root));
    });
    if (!opened.ok()) return;
    Mapping mapping = opened.value().take_mapping();
    (void)use(call, opened.value(), mapping);
  }

  Handle<Mutex> mutexes_[2];
  Handle<Condition> conditions_[2];
  Handle<RwLock> rw_locks_[2];
  Handle<Barrier> barriers_[2];
  std::optional<posix::Semaphore> semaphore_;
  const Names& names_;
};

}  // namespace

void run_users(Board& board, const Names& names, int process, uint64_t seed, uint64_t stream) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < Board::threads; thread++) {
    const int index = process * Board::threads + thread;
    threads.emplace_back([&board, &names, index, seed, stream] {
      Caller call(board, board.slots[index], Random(seed, stream + static_cast<uint64_t>(index)));
      while (!call.over()) {
        // Anew from time to time: the memory may have been replaced.
        const Descriptor memory(open(("/dev/shm" + names.memory).c_str(), O_RDWR | O_CLOEXEC));
        // At this moment there is none.
        if (!memory) continue;
        User user(names, memory.get());
        for (int times = 0; times < 500 && !call.over(); times++) user.once(call);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(0);
}

}  // namespace fuzz
