#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/guard/range.h"
#include "core/result.h"

namespace posix_ipc {

// One range of addresses lent by the kernel, by mmap(2) or shmat(2). Given back by the destructor at the
// latest.
class Mapping {
 public:
  enum class Access { shared, copy_on_write };

  // Guarded: a page that the file has no longer, or has no room for, does not end the process, but breaks the
  // mapping. `copy_on_write` needs a readable descriptor only: what is written stays in this process
  // (MAP_PRIVATE).
  static Result<Mapping> of_descriptor(int descriptor, size_t size, off_t offset, Access access);
  // pipc_map().
  static Result<Mapping> of_channel(int descriptor, uint32_t kind, uint32_t capacity);
  // A range that shmat(2) has made; its size is fixed, so it needs no guard.
  static Mapping of_attachment(void* address, size_t size) { return Mapping(address, size, true); }

  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        size_(other.size_),
        attached_(other.attached_),
        guard_(std::move(other.guard_)) {}
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  char* address() const { return static_cast<char*>(address_); }
  size_t size() const { return size_; }
  // The file lost the bytes under it: what is here now is this process's alone, and was zeros. For ever.
  bool broken() const { return guard_.broken(); }

  // munmap(2) or shmdt(2).
  Status release();

  // Lets go of the object but keeps the addresses, now private zero pages, until the destructor. For a range
  // that some thread of the process may still touch: a compression that runs on the thread pool when its
  // buffer is closed.
  void retire();

  Status advise(size_t offset, size_t length, int advice);
  Status lock_pages();
  Status unlock_pages();

 private:
  Mapping(void* address, size_t size, bool attached) : address_(address), size_(size), attached_(attached) {}

  void* address_;
  size_t size_;
  bool attached_;
  guard::Range guard_;
};

}  // namespace posix_ipc
