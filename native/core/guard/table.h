#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

// The ranges of addresses whose pages a peer can take away, as the signal handler finds them: it may
// interrupt any thread at any instruction, so looking something up here takes no lock and no memory.
namespace posix_ipc::guard {

struct Entry {
  // 0 while the entry is free. Stored after the size, cleared before the range is unmapped.
  std::atomic<uintptr_t> begin{0};
  std::atomic<size_t> size{0};
  // Handlers that are at this entry now.
  std::atomic<int> users{0};
  std::atomic<bool> broken{false};
  Entry* next_free = nullptr;
};

// Throws std::bad_alloc.
Entry* remember(const void* address, size_t size);
// When it returns, no handler is at the range any more, and none comes: it may be unmapped.
void forget(Entry* entry);

enum class Repair { foreign, done, refused };

// Puts zero pages of this process's own over the whole range that `address` lies in, and marks it broken.
// Async-signal-safe. `refused`: the kernel gave no map.
Repair repair(const void* address);

// The same for every range that these bytes touch, after a system call has answered EFAULT for them. The
// kernel raises no SIGBUS for what it touches itself.
void repair_all(const void* address, size_t length);

// How many ranges have been broken so far, and whether one that these bytes touch is.
uint32_t breaks();
bool any_broken(const void* address, size_t length);

}  // namespace posix_ipc::guard
