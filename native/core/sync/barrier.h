#pragma once

#include "core/sync/lock.h"

namespace posix_ipc::sync {

// Nobody passes before all have come (pthread_barrier_wait(3)); then it is ready for the next round. Each
// seat is one party. Where one of them dies, nobody waits for it: EOWNERDEAD, until reset().
class Barrier : public Lock {
 public:
  static constexpr uint32_t most_parties = Block::seat_count;

  static Result<Barrier> obtain(const Place& place, Wish wish);

  // Comes, and waits for the others. Of all who pass, one finds `inherited`: PTHREAD_BARRIER_SERIAL_THREAD.
  Result<Outcome> wait(const Patience& patience);
  // The parts of it, for one who sleeps in another way. EBUSY: this seat has come already.
  Result<Outcome> arrive();
  Result<Outcome> look();
  // Goes away again: true, or false where the others have passed meanwhile.
  Result<bool> withdraw();

  bool waiting() const { return waiting_; }
  bool broken() const;
  // Begins anew, without the dead. Whoever waits gets EOWNERDEAD.
  Status reset();
  // Whether an end without close() is to be taken for a death.
  bool busy() const { return waiting_; }

 private:
  explicit Barrier(Lock lock) : Lock(std::move(lock)) {}

  Result<Outcome> try_arrive();
  Result<Outcome> try_look();
  bool member_died() const;
  bool break_up(uint32_t word);
  bool forgive_the_dead(uint32_t word) const;

  bool waiting_ = false;
  // The round in which this seat waits.
  uint32_t round_ = 0;
};

}  // namespace posix_ipc::sync
