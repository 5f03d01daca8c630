#include "core/sync/lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "core/segment/byte-lock.h"
#include "core/segment/creation.h"
#include "core/segment/sync-point.h"
#include "core/segment/words.h"
#include "core/sync/owner-word.h"

namespace posix_ipc::sync {
namespace {

Block fresh(const Wish& wish) {
  Block block;
  memset(&block, 0, sizeof block);
  block.layout = Block::layout_of(wish.kind);
  block.parties = wish.parties;
  return block;
}

// With one store at the end: whoever sees the magic number sees the rest.
Status write_block(int descriptor, const Wish& wish) {
  Block block = fresh(wish);
  block.magic = Block::published;
  if (pwrite(descriptor, &block, sizeof block, 0) != sizeof block) return last_error("pwrite");
  return done();
}

struct Window {
  Mapping mapping;
  size_t offset;
  Block* block;
};

// Maps start at a page.
Result<Window> map_block(int descriptor, uint64_t offset) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t start = offset - offset % page;
  auto mapping = Mapping::of_descriptor(descriptor, offset - start + sizeof(Block), static_cast<off_t>(start),
                                        Mapping::Access::shared);
  if (!mapping.ok()) return mapping.error();
  auto* block = reinterpret_cast<Block*>(mapping.value().address() + (offset - start));
  return Window{mapping.take(), offset - start, block};
}

// A byte of the file decides which of several creators initialises; one that is killed meanwhile gives it
// back, and the next one begins anew. `true`: this one has.
Result<bool> initialise_placed(int descriptor, const Place& place, Block* block, const Wish& wish) {
  const uint64_t byte = place.offset + creation_byte;
  for (const Deadline end = Deadline::in(1000);; usleep(100)) {
    if (load(&block->magic) == Block::published) return false;
    auto claimed = ByteLock::take(descriptor, byte);
    if (!claimed.ok()) return claimed.error();
    if (claimed.value()) break;
    // Creators take microseconds: this is somebody who only holds the byte.
    if (end.passed()) return SystemError{EBUSY, "fcntl"};
  }
  at(SyncPoint::create_claimed);
  const uint32_t found = load(&block->magic);
  if (found == 0) {
    const Block made = fresh(wish);
    memcpy(&block->layout, &made.layout, sizeof made - offsetof(Block, layout));
    at(SyncPoint::create_initialised);
    store(&block->magic, Block::published);
    at(SyncPoint::create_published);
  }
  ByteLock::release(descriptor, byte);
  // Neither ours nor empty: these bytes are somebody's.
  if (found != 0 && found != Block::published) return SystemError{EPROTO, "mmap"};
  return found == 0;
}

}  // namespace

Result<Lock> Lock::obtain(const Place& place, const Wish& wish) {
  if (place.name.empty()) {
    // A description of its own: the byte of creation must not be given back by somebody's close().
    auto reopened = ByteLock::reopen(place.descriptor);
    if (!reopened.ok()) return reopened.error();
    Descriptor descriptor = reopened.take();
    bool created = false;
    if (wish.intent != Intent::open) {
      auto window = map_block(descriptor.get(), place.offset);
      if (!window.ok()) return window.error();
      auto initialised = initialise_placed(descriptor.get(), place, window.value().block, wish);
      if (!initialised.ok()) return initialised.error();
      created = initialised.value();
      if (!created && wish.intent == Intent::create) return SystemError{EEXIST, "mmap"};
    }
    return sit_down(descriptor.get(), place.offset, wish, created);
  }
  // Seated before it has its name: a call that finds no descriptor or memory left has made nothing, and
  // nobody has opened a lock meanwhile whose name would have to be taken away again.
  std::optional<Lock> made;
  const auto initialise = [&](int descriptor) -> Status {
    auto written = write_block(descriptor, wish);
    if (!written.ok()) return written;
    auto seated = sit_down(descriptor, 0, wish, true);
    if (!seated.ok()) return seated.error();
    made.emplace(seated.take());
    return done();
  };
  auto file = obtain_segment(wish.intent, place.name, {sizeof(Block), wish.mode, initialise}, wish.owner);
  if (!file.ok()) return file.error();
  if (file.value().created) return std::move(*made);
  if (file.value().size != sizeof(Block)) return SystemError{EPROTO, "shm_open"};
  return sit_down(file.value().descriptor.get(), 0, wish, false);
}

Result<Lock> Lock::sit_down(int descriptor, uint64_t offset, const Wish& wish, bool created) {
  auto window = map_block(descriptor, offset);
  if (!window.ok()) return window.error();
  auto& [mapping, start, block] = window.value();
  // Also one that its creator has not finished, or another kind or version.
  if (load(&block->magic) != Block::published || load(&block->layout) != Block::layout_of(wish.kind))
    return SystemError{EPROTO, "mmap"};
  const pipc_seats seats = {block->seats, Block::seat_count, offset + first_seat_byte};
  if (wish.before_seat != nullptr) wish.before_seat(*block, seats, descriptor);
  bool predecessor_died = false;
  auto seat = Seat::take(descriptor, seats, predecessor_died);
  if (!seat.ok()) return seat.error();
  Lock lock(std::move(mapping), start, seat.take(), created, predecessor_died);
  // The owner that somebody waits for may have been this seat's last occupant, who looked alive again once
  // this one had the byte.
  lock.bell().ring();
  at(SyncPoint::seat_told);
  return lock;
}

Lock::Lock(Mapping mapping, size_t offset, Seat seat, bool created, bool predecessor_died)
    : mapping_(std::move(mapping)),
      offset_(offset),
      block_(reinterpret_cast<Block*>(mapping_.address() + offset)),
      seat_(std::move(seat)),
      mine_(pipc_mine(&seat_.c())),
      parties_(load(&block_->parties)),
      created_(created),
      predecessor_died_(predecessor_died) {}

bool Lock::stale() const { return load(&block_->magic) != Block::published; }

}  // namespace posix_ipc::sync
