#pragma once

#include <cstdint>

#include "core/result.h"
#include "core/segment/layout.h"

namespace posix_ipc {

// One's place among the users of a segment, owned: pipc_seat.
class Seat {
 public:
  // EAGAIN: all are taken. `died` is set where the last occupant of the seat has left no farewell.
  static Result<Seat> take(int descriptor, const pipc_seats& seats, bool& died);

  Seat(Seat&&) noexcept;
  Seat& operator=(Seat&&) = delete;
  // Without release(): as if its process had died.
  ~Seat();

  // With a farewell: nobody is told of a death.
  void release() { pipc_say_farewell(&seat_); }

  const pipc_seat& c() const { return seat_; }
  uint32_t index() const { return seat_.index; }
  // The low 20 bits of its epoch.
  uint32_t number() const { return seat_.number; }
  int descriptor() const { return seat_.descriptor; }
  pipc_seat_entry& entry() const { return *pipc_entry(&seat_); }

  // Whether the one who sat at `index` as number `number` sits there still.
  bool alive(uint32_t index, uint32_t number) const { return pipc_alive(&seat_, index, number) != 0; }
  // Whether somebody has left `index` without a farewell, and nobody sits there now.
  bool deserted(uint32_t index) const;
  // Takes the mark of a dead one away: true where there was one.
  bool forgive(uint32_t index) const;

 private:
  explicit Seat(const pipc_seat& seat) : seat_(seat) {}

  // Without a descriptor, -1, once it was moved away.
  pipc_seat seat_;
};

}  // namespace posix_ipc
