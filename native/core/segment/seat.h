#pragma once

#include <cstdint>

#include "core/owned.h"
#include "core/result.h"
#include "core/segment/layout.h"

namespace posix_ipc {

// The seats of one block: where they stand in memory and in the file.
struct SeatTable {
  SeatEntry* entries;
  uint32_t count;
  uint64_t first_byte;
};

// One's place among the users of a block: a byte of its file, locked through a descriptor of its own. That
// lock is the only evidence of life; no pid and no clock decides anything.
class Seat {
 public:
  // EAGAIN: all are taken. `died` is set where the last occupant of the seat has left no farewell.
  static Result<Seat> take(int descriptor, const SeatTable& table, bool& died);

  Seat(Seat&&) noexcept;
  Seat& operator=(Seat&&) = delete;
  // Without release(): as if its process had died.
  ~Seat();

  // With a farewell: nobody is told of a death.
  void release();

  uint32_t index() const { return index_; }
  // The low 20 bits of its epoch.
  uint32_t number() const { return number_; }
  int descriptor() const { return descriptor_.get(); }
  SeatEntry& entry() const { return table_.entries[index_]; }

  // Whether the one who sat at `index` as number `number` sits there still.
  bool alive(uint32_t index, uint32_t number) const;
  // Whether somebody has left `index` without a farewell, and nobody sits there now.
  bool deserted(uint32_t index) const;
  // The same, for one who has no seat.
  static bool deserted(int descriptor, const SeatTable& table, uint32_t index);
  // Takes the mark of a dead one away: true where there was one.
  bool forgive(uint32_t index) const;

 private:
  Seat(Descriptor descriptor, const SeatTable& table, uint32_t index, uint32_t number);

  Descriptor descriptor_;
  SeatTable table_;
  uint32_t index_;
  uint32_t number_;
};

}  // namespace posix_ipc
