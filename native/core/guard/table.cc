#include "core/guard/table.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>

namespace posix_ipc::guard {
namespace {

// Added to the end and never freed: a handler may be reading any of them.
struct Block {
  Entry entries[1024];
  std::atomic<Block*> next{nullptr};
};

Block first_block;
std::atomic<uint32_t> broken_ranges{0};

// Only of those who map and unmap, never of a handler.
struct Free {
  std::mutex mutex;
  Entry* list = nullptr;
  Block* last = &first_block;

  Free() { add(first_block); }
  void add(Block& block) {
    for (Entry& entry : block.entries) {
      entry.next_free = list;
      list = &entry;
    }
  }
  Entry* take() {
    if (list == nullptr) {
      auto* block = new Block;
      add(*block);
      last->next.store(block, std::memory_order_release);
      last = block;
    }
    Entry* entry = list;
    list = entry->next_free;
    return entry;
  }
};

// Never destroyed: mappings end in threads that outlive main().
Free& free_entries() {
  static Free& entries = *new Free;
  return entries;
}

template <typename Visit>
void for_each_entry(Visit visit) {
  for (Block* block = &first_block; block != nullptr; block = block->next.load(std::memory_order_acquire)) {
    for (Entry& entry : block->entries) {
      if (!visit(entry)) return;
    }
  }
}

// What an entry says at one moment: in the next it may be free, or another range's.
struct Extent {
  uintptr_t begin;
  size_t size;

  explicit Extent(const Entry& entry)
      : begin(entry.begin.load()), size(entry.size.load(std::memory_order_relaxed)) {}
  bool touches(uintptr_t from, size_t length) const {
    return begin != 0 && from < begin + size && begin < from + length;
  }
};

Repair replace(Entry& entry, const Extent& extent) {
  // Before the zeros appear: who has read zeros finds the mark.
  entry.broken.store(true);
  broken_ranges.fetch_add(1);
  // The whole range in one call: page by page would take a map of the process for each.
  void* pages = mmap(reinterpret_cast<void*>(extent.begin), extent.size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return pages == MAP_FAILED ? Repair::refused : Repair::done;
}

Repair replace_if_touched(Entry& entry, uintptr_t from, size_t length) {
  if (!Extent(entry).touches(from, length)) return Repair::foreign;
  // Counted before the second look, sequentially consistent like the store and the load in forget(): either
  // this look finds the entry gone, or forget() finds the count and waits.
  entry.users.fetch_add(1);
  const Extent extent(entry);
  const Repair outcome = extent.touches(from, length) ? replace(entry, extent) : Repair::foreign;
  entry.users.fetch_sub(1);
  return outcome;
}

}  // namespace

Entry* remember(const void* address, size_t size) {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  Free& free = free_entries();
  const std::lock_guard<std::mutex> guard(free.mutex);
  Entry* entry = free.take();
  entry->broken.store(false);
  // Whole pages are mapped, and copies in strides read beyond the last byte.
  entry->size.store((size + page - 1) / page * page);
  entry->begin.store(reinterpret_cast<uintptr_t>(address));
  return entry;
}

void forget(Entry* entry) {
  entry->begin.store(0);
  while (entry->users.load() != 0) sched_yield();
  Free& free = free_entries();
  const std::lock_guard<std::mutex> guard(free.mutex);
  entry->next_free = free.list;
  free.list = entry;
}

Repair repair(const void* address) {
  Repair outcome = Repair::foreign;
  for_each_entry([&](Entry& entry) {
    outcome = replace_if_touched(entry, reinterpret_cast<uintptr_t>(address), 1);
    return outcome == Repair::foreign;
  });
  return outcome;
}

void repair_all(const void* address, size_t length) {
  for_each_entry([&](Entry& entry) {
    (void)replace_if_touched(entry, reinterpret_cast<uintptr_t>(address), length);
    return true;
  });
}

uint32_t breaks() { return broken_ranges.load(); }

bool any_broken(const void* address, size_t length) {
  bool found = false;
  for_each_entry([&](Entry& entry) {
    found = Extent(entry).touches(reinterpret_cast<uintptr_t>(address), length) && entry.broken.load();
    return !found;
  });
  return found;
}

}  // namespace posix_ipc::guard
