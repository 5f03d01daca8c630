#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "core/intent.h"
#include "core/mapping.h"
#include "core/owned.h"
#include "core/owner.h"
#include "core/result.h"

namespace posix_ipc::posix {

// shm_open(3): an open object and one map of it.
class SharedMemory {
 public:
  struct Creation {
    uint64_t size;
    mode_t mode;
    // posix_fallocate(3) at once, so that a full /dev/shm is ENOSPC here and not a SIGBUS at the first touch.
    bool reserve;
  };
  struct Window {
    bool read_only;
    uint64_t offset;
    // 0 maps everything from `offset` on.
    uint64_t length;
  };

  static Result<SharedMemory> create(const std::string& name, const Creation& creation);
  static Result<SharedMemory> open(const std::string& name, const Window& window, OwnerRule owner);
  static Result<SharedMemory> open_or_create(const std::string& name, const Creation& creation,
                                             OwnerRule owner);
  static Status unlink(const std::string& name);

  bool created() const { return created_; }
  uint64_t offset() const { return offset_; }
  int descriptor() const { return descriptor_.get(); }
  // Handed over once, to whoever keeps the views of it alive.
  Mapping take_mapping() { return std::move(mapping_); }

  Result<struct stat> stat() const;
  // A map of `size` bytes, for which the object grows if need be; the earlier map is left to the caller.
  // Where the object is longer, the caller cuts it afterwards: when nobody of this process touches the
  // earlier map any more.
  Result<Mapping> resize(uint64_t size);
  Status cut(uint64_t size);

 private:
  SharedMemory(Descriptor descriptor, Mapping mapping, uint64_t offset, bool created)
      : descriptor_(std::move(descriptor)),
        mapping_(std::move(mapping)),
        offset_(offset),
        created_(created) {}

  Descriptor descriptor_;
  Mapping mapping_;
  uint64_t offset_;
  bool created_;
};

// posix_fallocate(3) in steps: a signal then repeats one step and not the whole, and `cancelled` is heard
// between two.
Status reserve_space(int descriptor, uint64_t from, uint64_t to,
                     const std::atomic<bool>* cancelled = nullptr);

}  // namespace posix_ipc::posix
