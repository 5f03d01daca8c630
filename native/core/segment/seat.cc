#include "core/segment/seat.h"

#include <unistd.h>

#include "core/process.h"
#include "core/segment/byte-lock.h"
#include "core/segment/fork.h"
#include "core/segment/sync-point.h"
#include "core/segment/words.h"

namespace posix_ipc {

Result<Seat> Seat::take(int descriptor, const SeatTable& table, bool& died) {
  // Never the descriptor that is mapped: a map keeps the description, and with it the lock, after close(2).
  auto opened = ByteLock::reopen(descriptor);
  if (!opened.ok()) return opened.error();
  for (uint32_t index = 0; index < table.count; index++) {
    auto free = ByteLock::take(opened.value().get(), table.first_byte + index);
    if (!free.ok()) return free.error();
    if (!free.value()) continue;
    at(SyncPoint::seat_locked);

    SeatEntry& entry = table.entries[index];
    const uint32_t epoch = load(&entry.epoch);
    died = (epoch & SeatEntry::occupied) != 0;
    const uint32_t number = (epoch + 1) & SeatEntry::number_mask;
    // The number first: from now on whatever the last occupant held counts as left by a dead one.
    store(&entry.epoch, SeatEntry::occupied | number);
    at(SyncPoint::seat_numbered);
    store(&entry.share, 0);
    store(&entry.pid, static_cast<uint32_t>(getpid()));
    store(&entry.start, start_time_of_process());
    return Seat(opened.take(), table, index, number);
  }
  return SystemError{EAGAIN, "fcntl"};
}

Seat::Seat(Descriptor descriptor, const SeatTable& table, uint32_t index, uint32_t number)
    : descriptor_(std::move(descriptor)), table_(table), index_(index), number_(number) {
  // A forked child would keep the seat of a parent that is killed.
  close_in_child(descriptor_.get());
}

Seat::Seat(Seat&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      table_(other.table_),
      index_(other.index_),
      number_(other.number_) {}

Seat::~Seat() {
  if (!descriptor_) return;
  keep_in_child(descriptor_.get());
  // Explicitly, for the case that somebody has duplicated the descriptor.
  ByteLock::release(descriptor_.get(), table_.first_byte + index_);
}

void Seat::release() {
  store(&entry().share, 0);
  store(&entry().epoch, number_);
  at(SyncPoint::seat_released);
}

bool Seat::alive(uint32_t index, uint32_t number) const {
  // One's own byte looks free through one's own description.
  if (index == index_) return number == number_;
  if (load(&table_.entries[index].epoch) != (SeatEntry::occupied | number)) return false;
  return ByteLock::held_by_another(descriptor_.get(), table_.first_byte + index);
}

bool Seat::deserted(uint32_t index) const {
  return index != index_ && deserted(descriptor_.get(), table_, index);
}

bool Seat::deserted(int descriptor, const SeatTable& table, uint32_t index) {
  const uint32_t epoch = load(&table.entries[index].epoch);
  if ((epoch & SeatEntry::occupied) == 0) return false;
  if (ByteLock::held_by_another(descriptor, table.first_byte + index)) return false;
  // Or did it say farewell meanwhile?
  return load(&table.entries[index].epoch) == epoch;
}

bool Seat::forgive(uint32_t index) const {
  const uint32_t epoch = load(&table_.entries[index].epoch);
  // Whoever sits down meanwhile has changed the epoch.
  return deserted(index) && exchange_if(&table_.entries[index].epoch, epoch, epoch & SeatEntry::number_mask);
}

}  // namespace posix_ipc
