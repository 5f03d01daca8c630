#include "core/segment/seat.h"

#include "core/segment/words.h"

namespace posix_ipc {

Result<Seat> Seat::take(int descriptor, const pipc_seats& seats, bool& died) {
  pipc_seat seat;
  int left_alone = 0;
  const int error = pipc_take_seat(&seat, descriptor, seats, &left_alone);
  // Of the two calls only the one for the byte gives these.
  const bool of_byte = error == -EAGAIN || error == -ENOLCK;
  if (error != 0) return SystemError{-error, of_byte ? "fcntl" : "open"};
  died = left_alone != 0;
  return Seat(seat);
}

Seat::Seat(Seat&& other) noexcept : seat_(other.seat_) { other.seat_.descriptor = -1; }

Seat::~Seat() {
  if (seat_.descriptor != -1) pipc_leave_seat(&seat_);
}

bool Seat::deserted(uint32_t index) const {
  return index != seat_.index && pipc_deserted(seat_.descriptor, seat_.seats, index);
}

bool Seat::forgive(uint32_t index) const {
  uint32_t* const epoch = &seat_.seats.entries[index].epoch;
  const uint32_t seen = load(epoch);
  // Whoever sits down meanwhile has changed the epoch.
  return deserted(index) && exchange_if(epoch, seen, seen & PIPC_NUMBER);
}

}  // namespace posix_ipc
