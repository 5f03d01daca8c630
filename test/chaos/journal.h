#pragma once

#include <cstddef>
#include <cstdint>

#include "core/segment/sync-point.h"

namespace chaos {

// What the victims work on. layout.ts has the same numbers.
enum Object : uint32_t {
  named_mutex,
  placed_mutex,
  named_rw_lock,
  placed_rw_lock,
  queue,  // a mutex and a condition
  semaphore,
  memory,
  barrier,
  object_count,
};

// What a victim was about when it died.
enum class Phase : uint32_t {
  idle,
  acquiring,
  // Has been told of a death, and may have counted that.
  told,
  inside,
  reading,
  releasing,
  // On a condition: with the mutex, without, and with it again.
  waiting,
};

enum class State : uint32_t { starting = 1, ready = 2, quiet = 3, done = 4 };

// The data that a lock protects: who is inside, and one number twice.
struct Protected {
  uint32_t holder;
  uint32_t value;
  uint32_t twin;
  // Of the queue: how much of `value` was taken out.
  uint32_t consumed;
  uint32_t reserved[4];
};

// One victim. Each word is written by itself, in an order from which its death can be judged.
struct Slot {
  uint32_t pid;
  uint32_t state;
  // Object << 8 | phase.
  uint32_t intent;
  // The number is being changed: whether it was is uncertain.
  uint32_t adding;
  uint32_t operations;
  uint32_t gone;
  // Of the barrier: `resets` when it last came; how often it came, opened, passed and heard of a death.
  uint32_t resets_seen;
  uint32_t arrivals;
  uint32_t opened;
  uint32_t passed;
  uint32_t told_of_death;
  uint32_t reserved[5];
  // By object: how often it has added one, and been told of a death.
  uint32_t added[object_count];
  uint32_t reports[object_count];
  posix_ipc::PointRecord point;
  uint32_t rest[224 - sizeof(posix_ipc::PointRecord) / 4];
};

struct Harness {
  static constexpr uint32_t slots_most = 128;

  uint32_t stop;
  // Counted before and after each.
  uint32_t resets;
  // resets + 1 when a member of the barrier died, if it had seen all of them.
  uint32_t death_stamp;
  uint32_t placed_next;
  // What must not be.
  uint32_t unreported;
  uint32_t duplicated;
  uint32_t lost;
  uint32_t corrupt;
  uint32_t torn;
  uint32_t disordered;
  uint32_t stuck;
  uint32_t phantom;
  uint32_t reserved[52];
  Protected data[object_count];
  Slot slots[slots_most];
};
static_assert(offsetof(Harness, data) == 64 * 4 && offsetof(Harness, slots) == 128 * 4);
static_assert(sizeof(Slot) == 256 * 4 && offsetof(Slot, point) == 32 * 4);

}  // namespace chaos
