#pragma once

#include <cstddef>
#include <cstdint>

#include "core/segment/c.h"

namespace posix_ipc {

enum class BlockKind : uint32_t { mutex = 1, condition = 2, rw_lock = 3, barrier = 4 };

// A lock in shared memory. Every number in it may be garbage: each is read once, and checked before use. It
// begins like every segment of ours: pipc_header.
struct Block {
  static constexpr uint32_t published = PIPC_PUBLISHED;
  static constexpr uint32_t seat_count = PIPC_SEATS;

  uint32_t magic;
  uint32_t layout;
  pipc_bell bell;
  // Mutex and read-write lock: the owner. Barrier: the state. Condition: how often it was signalled.
  uint32_t word;
  // Barrier: how many must come.
  uint32_t parties;
  uint32_t reserved[10];
  // `share` is a reader's of a read-write lock: the epoch of its seat while it reads, else 0.
  pipc_seat_entry seats[seat_count];

  static uint32_t layout_of(BlockKind kind) { return pipc_layout_of(static_cast<uint32_t>(kind)); }
};
static_assert(sizeof(Block) == 4096 && offsetof(Block, seats) == offsetof(pipc_header, seats) &&
              offsetof(Block, word) == 16);

constexpr size_t block_alignment = 64;

// Bytes of the file that are locked (F_OFD_SETLK), counted from the start of the block.
constexpr uint64_t creation_byte = 0;
constexpr uint64_t first_seat_byte = PIPC_FIRST_SEAT_BYTE;

}  // namespace posix_ipc
