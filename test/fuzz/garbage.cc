#include "garbage.h"

#include <semaphore.h>

#include <cstddef>
#include <cstring>

namespace fuzz {
namespace {

using posix_ipc::Block;
using posix_ipc::BlockKind;

std::string bytes_of(uint32_t word) { return {reinterpret_cast<const char*>(&word), sizeof word}; }

uint32_t plain_word(Random& random) {
  switch (random.below(7)) {
    case 0:
      return 0;
    case 1:
      return ~0u;
    case 2:
      return 1u << random.below(32);
    case 3:
      return ~(1u << random.below(32));
    case 4:
      return 0x7fffffffu + random.below(3);
    case 5:
      return random.below(300);
    default:
      return random.word();
  }
}

// A seat that somebody has, if there is one among a few that are looked at: the first are taken first.
uint32_t seat_in_use(Random& random, const Block& present) {
  for (int look = 0; look < 8; look++) {
    const uint32_t index = random.below(16);
    if ((present.seats[index].epoch & PIPC_OCCUPIED) != 0) return index;
  }
  return random.below(Block::seat_count);
}

uint32_t flags(Random& random) {
  constexpr uint32_t choices[] = {0, PIPC_WAITERS, PIPC_INCONSISTENT, PIPC_WAITERS | PIPC_INCONSISTENT};
  return random.one_of(choices);
}

uint32_t forged_owner(Random& random, const Block& present) {
  const uint32_t seat = seat_in_use(random, present);
  const uint32_t number = present.seats[seat].epoch & PIPC_NUMBER;
  constexpr uint32_t beyond[] = {Block::seat_count - 1, Block::seat_count, 1021, 1022};
  switch (random.below(4)) {
    case 0:
      return ((seat + 1) << PIPC_SEAT_SHIFT | number) | flags(random);
    case 1:
      return ((seat + 1) << PIPC_SEAT_SHIFT | ((number + random.below(3) - 1) & PIPC_NUMBER)) | flags(random);
    case 2:
      return ((random.one_of(beyond) + 1) << PIPC_SEAT_SHIFT | number) | flags(random);
    default:
      return (random.below(1024) << PIPC_SEAT_SHIFT) | random.below(4) | flags(random);
  }
}

uint32_t forged_epoch(Random& random, uint32_t present) {
  switch (random.below(4)) {
    case 0:
      return present + random.below(3) - 1;
    case 1:
      return present ^ PIPC_OCCUPIED;
    case 2:
      return PIPC_OCCUPIED | random.below(PIPC_NUMBER + 1);
    default:
      return plain_word(random);
  }
}

uint32_t value_for(Random& random, const Block& present, uint64_t offset) {
  uint32_t there;
  memcpy(&there, reinterpret_cast<const char*>(&present) + offset, sizeof there);
  if (random.one_in(4)) return there ^ 1u << random.below(32);
  if (random.one_in(3)) return plain_word(random);
  if (offset >= offsetof(Block, seats)) return forged_epoch(random, there);
  // The word of a barrier: some have come, in a round near to this one.
  if (random.one_in(3)) return (there & ~255u) + (random.below(3) << 8) + random.below(8);
  return forged_owner(random, present);
}

uint64_t field_of(Random& random, const Block& present) {
  constexpr uint64_t head[] = {
      offsetof(Block, word),          offsetof(Block, word),          offsetof(Block, word),
      offsetof(Block, word),          offsetof(Block, word),          offsetof(Block, bell.sequence),
      offsetof(Block, bell.sleepers), offsetof(Block, bell.sleepers), offsetof(Block, parties),
      offsetof(Block, layout),        offsetof(Block, reserved)};
  if (random.one_in(100)) return offsetof(Block, magic);
  if (random.one_in(2)) return random.one_of(head);
  const uint32_t seat = random.one_in(4) ? random.below(Block::seat_count) : seat_in_use(random, present);
  return offsetof(Block, seats) + seat * sizeof(pipc_seat_entry) + random.below(4) * sizeof(uint32_t);
}

// A channel's header begins as a lock's does: with the same seats.
Block seats_of(const pipc_header& present) {
  Block block;
  memcpy(&block, &present, sizeof block);
  return block;
}

// Mostly one that can be, so that what lies there is read as records.
uint32_t forged_position(Random& random, const pipc_header& present, bool tail) {
  const uint32_t used = 8 * random.below(PIPC_LEAST_CAPACITY / 8 + 1);
  if (random.one_in(8)) return plain_word(random);
  if (random.one_in(4)) return (tail ? present.head : present.tail) + random.below(2 * PIPC_LEAST_CAPACITY);
  return tail ? present.head + used : present.tail - used;
}

uint32_t forged_length(Random& random) {
  constexpr uint32_t limits[] = {0, PIPC_LEAST_CAPACITY, 1u << 30, 1u << 31, 0};
  return random.one_in(3) ? plain_word(random) : random.one_of(limits) + random.below(40) - 20;
}

Write write_to_seat(Random& random, const Block& present) {
  const uint32_t seat = random.one_in(8) ? random.below(Block::seat_count) : seat_in_use(random, present);
  const uint64_t offset =
      offsetof(Block, seats) + seat * sizeof(pipc_seat_entry) + random.below(2) * sizeof(uint32_t);
  return {offset, bytes_of(random.one_in(3) ? random.below(4) : value_for(random, present, offset))};
}

Write write_to_record(Random& random, const pipc_header& present) {
  const uint32_t positions[] = {present.tail, present.head, 8 * random.word()};
  const uint32_t at = random.one_of(positions) & (PIPC_LEAST_CAPACITY - 8);
  return {PIPC_DATA + at, bytes_of(forged_length(random))};
}

}  // namespace

Write write_to_channel(Random& random, const pipc_header& present) {
  constexpr uint64_t owners[] = {offsetof(pipc_header, writer), offsetof(pipc_header, reader)};
  constexpr uint64_t others[] = {offsetof(pipc_header, filled.sequence),
                                 offsetof(pipc_header, filled.sleepers),
                                 offsetof(pipc_header, emptied.sequence),
                                 offsetof(pipc_header, emptied.sleepers),
                                 offsetof(pipc_header, came),
                                 offsetof(pipc_header, came) + 4,
                                 offsetof(pipc_header, died),
                                 offsetof(pipc_header, died) + 4};
  // What an open looks at: seldom, since nobody comes further then.
  if (random.one_in(150)) return {random.below(6) * sizeof(uint32_t), bytes_of(plain_word(random))};
  if (random.one_in(80)) return write_anywhere(random, PIPC_DATA + PIPC_LEAST_CAPACITY);
  switch (random.below(6)) {
    case 0:
      return {offsetof(pipc_header, tail), bytes_of(forged_position(random, present, true))};
    case 1:
      return {offsetof(pipc_header, head), bytes_of(forged_position(random, present, false))};
    case 2:
      return {random.one_of(owners),
              bytes_of(random.one_in(4) ? plain_word(random) : forged_owner(random, seats_of(present)))};
    case 3:
      return write_to_record(random, present);
    case 4:
      return write_to_seat(random, seats_of(present));
    default:
      return {random.one_of(others), bytes_of(plain_word(random))};
  }
}

Write write_to_block(Random& random, const Block& present) {
  if (random.one_in(40)) return write_anywhere(random, sizeof(Block));
  const uint64_t offset = field_of(random, present);
  return {offset, bytes_of(value_for(random, present, offset))};
}

Write write_to_semaphore(Random& random) {
  const uint64_t offset = random.below(sizeof(sem_t) / sizeof(uint32_t)) * sizeof(uint32_t);
  return {offset, bytes_of(plain_word(random))};
}

Write write_anywhere(Random& random, uint64_t size) {
  const uint64_t offset = random.next() % size;
  const uint64_t longest = std::min<uint64_t>(size - offset, 64);
  return {offset, random_bytes(random, 1 + random.below(static_cast<uint32_t>(longest)))};
}

std::string random_bytes(Random& random, size_t length) {
  std::string bytes(length, '\0');
  for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
    const uint64_t value = random.next();
    memcpy(&bytes[at], &value, std::min(sizeof value, length - at));
  }
  return bytes;
}

Block valid_block(BlockKind kind, uint32_t parties) {
  Block block;
  memset(&block, 0, sizeof block);
  block.magic = Block::published;
  block.layout = Block::layout_of(kind);
  block.parties = parties;
  return block;
}

pipc_header valid_channel(uint32_t capacity, uint32_t flags) {
  pipc_header header;
  pipc_fill_header(&header, PIPC_CHANNEL, capacity, flags);
  return header;
}

BlockKind any_kind(Random& random) { return static_cast<BlockKind>(1 + random.below(4)); }

}  // namespace fuzz
