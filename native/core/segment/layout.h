#pragma once

#include <cstddef>
#include <cstdint>

namespace posix_ipc {

enum class BlockKind : uint32_t { mutex = 1, condition = 2, rw_lock = 3, barrier = 4 };

// One seat. Whoever sits there holds the byte of the file that belongs to it; the words are for the others.
struct SeatEntry {
  static constexpr uint32_t occupied = 1u << 31;
  static constexpr uint32_t number_mask = (1u << 20) - 1;

  // `occupied`, and how many have sat here before: so that a new occupant is not taken for the last one.
  uint32_t epoch;
  // A reader of a read-write lock: the epoch of its seat while it reads, else 0.
  uint32_t share;
  // For people and the inspector; nothing is decided by them. `start` is field 22 of /proc/PID/stat.
  uint32_t pid;
  uint32_t start;
};

// A lock in shared memory. Every number in it may be garbage: each is read once, and checked before use.
struct Block {
  static constexpr uint32_t published = 0x43504950;  // "PIPC"
  static constexpr uint32_t version = 1;
  static constexpr uint32_t seat_count = 252;

  uint32_t magic;
  uint32_t layout;
  // The bell: a counter, which is the futex word, and who must be woken.
  uint32_t sequence;
  uint32_t sleepers;
  // Mutex and read-write lock: the owner. Barrier: the state. Condition: how often it was signalled.
  uint32_t word;
  // Barrier: how many must come.
  uint32_t parties;
  uint32_t reserved[10];
  SeatEntry seats[seat_count];

  static constexpr uint32_t layout_of(BlockKind kind) {
    return static_cast<uint32_t>(kind) | version << 8 | seat_count << 16;
  }
};
static_assert(sizeof(Block) == 4096 && offsetof(Block, seats) == 64 && offsetof(Block, word) == 16);

constexpr size_t block_alignment = 64;

// Bytes of the file that are locked (F_OFD_SETLK), counted from the start of the block.
constexpr uint64_t creation_byte = 0;
constexpr uint64_t first_seat_byte = 1;

}  // namespace posix_ipc
