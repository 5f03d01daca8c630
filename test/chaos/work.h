#pragma once

#include <optional>
#include <random>
#include <string>

#include "core/posix/semaphore.h"
#include "core/posix/shared-memory.h"
#include "core/segment/words.h"
#include "core/sync/barrier.h"
#include "core/sync/condition.h"
#include "core/sync/mutex.h"
#include "core/sync/rw-lock.h"
#include "journal.h"

namespace chaos {

constexpr uint64_t block_size = sizeof(posix_ipc::Block);
constexpr uint64_t first_free_block = 2;
constexpr uint64_t placed_blocks = 256;

// A victim's own view of the round, and its journal.
class Victim {
 public:
  Victim(Harness* harness, uint32_t number, uint32_t seed, std::string prefix)
      : harness(*harness),
        me(harness->slots[number]),
        number(number),
        prefix(std::move(prefix)),
        random_(seed) {}

  Harness& harness;
  Slot& me;
  const uint32_t number;
  const std::string prefix;

  uint32_t below(uint32_t limit) { return random_() % limit; }
  bool stopped() const { return posix_ipc::load(&harness.stop) != 0; }
  void finished() { me.operations++; }

  // From here on `since` tells how far the step has come.
  void begins(Object object, Phase phase);
  void is(Object object, Phase phase) {
    posix_ipc::store(&me.intent, object << 8 | static_cast<uint32_t>(phase));
  }
  // With the lock: nobody else is in, and who died in it was told of.
  void enter(Object object, bool inherited);
  void enter_to_read(Object object);
  void add_one(Object object);
  // The next step is to give the lock back.
  void leave(Object object);

  // Whether another one has died, or does so at this moment.
  bool dead(uint32_t slot);
  void fail(uint32_t& count, const char* what, Object object, uint32_t detail);
  // After a call that may only be refused by `allowed`. True: it was not refused.
  template <typename T>
  bool judge(const posix_ipc::Result<T>& result, const char* what, std::initializer_list<int> allowed) {
    if (result.ok()) return true;
    for (const int number : allowed)
      if (result.error().number == number) return false;
    fail(harness.corrupt, what, object_count, static_cast<uint32_t>(result.error().number));
    return false;
  }
  posix_ipc::Patience patience(double milliseconds) const {
    posix_ipc::Patience patience;
    patience.deadline = posix_ipc::Deadline::in(milliseconds);
    return patience;
  }

 private:
  std::mt19937 random_;
};

posix_ipc::sync::Place by_name(const Victim& victim, const char* suffix);
template <typename Kind>
std::optional<Kind> obtained(Victim& victim, const posix_ipc::sync::Place& place,
                             posix_ipc::Intent intent = posix_ipc::Intent::open, uint32_t parties = 0) {
  using namespace posix_ipc;
  auto lock =
      Kind::obtain(place, {BlockKind::mutex, intent, 0600, OwnerRule(OwnerRule::own_or_root), parties});
  if (!victim.judge(lock, "open", {EEXIST, ENOENT})) return std::nullopt;
  return lock.take();
}

// Does one thing after another until it is killed, or told to stop. `focus` is the part that it does mostly.
void work(Victim& victim, const std::string& focus);

// The other roles.
void come_and_pass(Victim& victim);
void keep_barrier_open(Victim& victim);
void pass_the_lock(Victim& victim, const std::string& kind);
void wait_for_the_lock(Victim& victim, const std::string& kind);

}  // namespace chaos
