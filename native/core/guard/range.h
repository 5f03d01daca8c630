#pragma once

#include <cstddef>
#include <utility>

#include "core/guard/handler.h"
#include "core/guard/table.h"

namespace posix_ipc::guard {

// Guards a mapping of a file for as long as it lives. To be removed before the addresses are unmapped: what
// is mapped there next is none of its business.
class Range {
 public:
  Range() = default;
  Range(const void* address, size_t size) : entry_(remember(address, size)) { install(); }
  Range(Range&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  Range& operator=(Range&& other) noexcept {
    if (this != &other) {
      remove();
      entry_ = std::exchange(other.entry_, nullptr);
    }
    return *this;
  }
  ~Range() { remove(); }

  // Its pages were lost, and zero pages of this process's own are in their place.
  bool broken() const { return entry_ != nullptr && entry_->broken.load(std::memory_order_acquire); }
  void remove() {
    if (entry_ != nullptr) forget(std::exchange(entry_, nullptr));
  }

 private:
  Entry* entry_ = nullptr;
};

// Around a copy from or to bytes that may lie in any range: whether their range was lost under it.
class Copying {
 public:
  Copying(const void* address, size_t length) : address_(address), length_(length) {}
  bool lost() const { return breaks() != before_ && any_broken(address_, length_); }

 private:
  const void* address_;
  size_t length_;
  uint32_t before_ = breaks();
};

}  // namespace posix_ipc::guard
