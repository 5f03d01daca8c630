#pragma once

#include <cstdint>
#include <string>

#include "core/segment/layout.h"
#include "random.h"

namespace fuzz {

// What is written over shared memory: random, or near to what its readers compare with and index by.
struct Write {
  uint64_t offset;
  std::string bytes;
};

// Within a block, given what stands there now: owner words and epochs are best forged from the real ones.
Write write_to_block(Random& random, const posix_ipc::Block& present);
// Within the file of a channel.
Write write_to_channel(Random& random, const pipc_header& present);
// Within a sem_t.
Write write_to_semaphore(Random& random);
// Anywhere in `size` bytes.
Write write_anywhere(Random& random, uint64_t size);

std::string random_bytes(Random& random, size_t length);
// A finished block of a kind, `parties` for a barrier.
posix_ipc::Block valid_block(posix_ipc::BlockKind kind, uint32_t parties);
pipc_header valid_channel(uint32_t capacity, uint32_t flags);
posix_ipc::BlockKind any_kind(Random& random);

}  // namespace fuzz
