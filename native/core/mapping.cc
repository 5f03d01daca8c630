#include "core/mapping.h"

#include <sys/mman.h>
#include <sys/shm.h>

#include "core/segment/c.h"

namespace posix_ipc {

Result<Mapping> Mapping::of_descriptor(int descriptor, size_t size, off_t offset, Access access) {
  // MAP_NORESERVE: a private map would otherwise be charged as if every page were going to be written.
  const int flags = access == Access::shared ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, descriptor, offset);
  if (address == MAP_FAILED) return last_error("mmap");
  Mapping mapping(address, size, false);
  mapping.guard_ = guard::Range(address, size);
  return mapping;
}

Result<Mapping> Mapping::of_channel(int descriptor, uint32_t kind, uint32_t capacity) {
  void* address = pipc_map(descriptor, kind, capacity);
  if (address == MAP_FAILED) return last_error("mmap");
  const size_t size = pipc_mapped_size(kind, capacity);
  Mapping mapping(address, size, false);
  mapping.guard_ = guard::Range(address, size);
  return mapping;
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  if (this != &other) {
    (void)release();
    address_ = std::exchange(other.address_, nullptr);
    size_ = other.size_;
    attached_ = other.attached_;
    guard_ = std::move(other.guard_);
  }
  return *this;
}

Mapping::~Mapping() { (void)release(); }

Status Mapping::release() {
  if (address_ == nullptr) return done();
  void* address = std::exchange(address_, nullptr);
  guard_.remove();
  return attached_ ? check(shmdt(address), "shmdt") : check(munmap(address, size_), "munmap");
}

void Mapping::retire() {
  if (address_ == nullptr) return;
  // The guard stays until the addresses are given back: a thread that has touched a lost page may be on its
  // way to the handler. Where the kernel refuses (vm.overcommit_memory = 2), the object stays mapped until
  // the destructor: safe, only later. A System V segment replaced this way counts as detached, as if by
  // shmdt(2).
  void* pages = mmap(address_, size_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (pages != MAP_FAILED) attached_ = false;
}

Status Mapping::advise(size_t offset, size_t length, int advice) {
  return check(madvise(address() + offset, length, advice), "madvise");
}

Status Mapping::lock_pages() { return check(mlock(address_, size_), "mlock"); }

Status Mapping::unlock_pages() { return check(munlock(address_, size_), "munlock"); }

}  // namespace posix_ipc
