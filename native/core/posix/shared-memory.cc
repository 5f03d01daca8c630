#include "core/posix/shared-memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "core/wait.h"

namespace posix_ipc::posix {
namespace {

constexpr uint64_t reserve_step = 16 << 20;

// O_NONBLOCK: opening a FIFO that lies under the name must not wait for a writer. glibc adds O_NOFOLLOW and
// O_CLOEXEC.
Result<Descriptor> open_object(const std::string& name, int flags, mode_t mode = 0) {
  // glibc answers EINVAL; the manual says ENAMETOOLONG, and so do its other calls.
  if (name.size() - 1 > NAME_MAX) return SystemError{ENAMETOOLONG, "shm_open"};
  const int number =
      retry_interrupted([&] { return shm_open(name.c_str(), flags | O_CLOEXEC | O_NONBLOCK, mode); });
  // glibc turns EISDIR into EINVAL; no other EINVAL is left once the name has its form.
  if (number == -1 && errno == EINVAL) return SystemError{EISDIR, "shm_open"};
  if (number == -1) return last_error("shm_open");
  return Descriptor(number);
}

Result<struct stat> status_of(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) == -1) return last_error("fstat");
  return status;
}

// What lies under the name may be anything: shm_open(3) opens FIFOs and, read-only, directories.
Result<struct stat> trusted_status(int descriptor, OwnerRule owner) {
  auto status = status_of(descriptor);
  if (!status.ok()) return status;
  if (S_ISDIR(status.value().st_mode)) return SystemError{EISDIR, "shm_open"};
  if (!S_ISREG(status.value().st_mode)) return SystemError{EPROTO, "shm_open"};
  if (!owner.trusts(status.value())) return SystemError{EPERM, "shm_open"};
  return status;
}

// An amount that the file system has not is refused before the first step: the steps would take all memory
// that there is, and the kernel might end processes, ours perhaps, before it says ENOSPC.
Status look_for_room(int descriptor, uint64_t from, uint64_t to) {
  struct statvfs system;
  if (fstatvfs(descriptor, &system) == -1) return last_error("fstatvfs");
  // A tmpfs without limits.
  if (system.f_blocks == 0) return done();
  auto status = status_of(descriptor);
  if (!status.ok()) return status.error();
  const uint64_t room = system.f_bavail * system.f_frsize + status.value().st_blocks * 512;
  if (to - from > room) return SystemError{ENOSPC, "posix_fallocate"};
  return done();
}

// The size appears at the end and at once: who opens the object meanwhile finds it empty, and never a part of
// it.
Status reserve_unseen(int descriptor, uint64_t size) {
  auto room = look_for_room(descriptor, 0, size);
  if (!room.ok()) return room;
  uint64_t from = 0;
  for (; size - from > reserve_step; from += reserve_step) {
    const int answer = retry_interrupted([&] {
      return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                       static_cast<off_t>(reserve_step));
    });
    if (answer == -1) return last_error("posix_fallocate");
  }
  return reserve_space(descriptor, from, size);
}

Status set_size(int descriptor, const SharedMemory::Creation& creation) {
  // Beyond off_t; the calls themselves would see a negative size and say EINVAL.
  if (creation.size > static_cast<uint64_t>(INT64_MAX)) return SystemError{EFBIG, "ftruncate"};
  if (creation.reserve) return reserve_unseen(descriptor, creation.size);
  return check(retry_interrupted([&] { return ftruncate(descriptor, creation.size); }), "ftruncate");
}

// The same for an object that somebody else may be giving a larger size at this moment: ftruncate(2) would
// cut it, and with it the map of the other; the allocation of the last byte only ever grows it.
Status grow_to(int descriptor, const SharedMemory::Creation& creation) {
  if (creation.reserve || creation.size > static_cast<uint64_t>(INT64_MAX))
    return set_size(descriptor, creation);
  return reserve_space(descriptor, creation.size - 1, creation.size);
}

}  // namespace

Status reserve_space(int descriptor, uint64_t from, uint64_t to, const std::atomic<bool>* cancelled) {
  auto room = look_for_room(descriptor, from, to);
  if (!room.ok()) return room;
  while (from < to) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return SystemError{ECANCELED, "posix_fallocate"};
    }
    const uint64_t length = std::min(to - from, reserve_step);
    const int error = posix_fallocate(descriptor, static_cast<off_t>(from), static_cast<off_t>(length));
    if (error == EINTR) continue;
    if (error != 0) return SystemError{error, "posix_fallocate"};
    from += length;
  }
  return done();
}

Result<SharedMemory> SharedMemory::create(const std::string& name, const Creation& creation) {
  auto opened = open_object(name, O_RDWR | O_CREAT | O_EXCL, creation.mode);
  if (!opened.ok()) return opened.error();
  Descriptor descriptor = opened.take();

  // What this call has made and cannot finish, it takes away again.
  auto sized = set_size(descriptor.get(), creation);
  if (!sized.ok()) {
    shm_unlink(name.c_str());
    return sized.error();
  }
  auto mapping = Mapping::of_descriptor(descriptor.get(), creation.size, 0, Mapping::Access::shared);
  if (!mapping.ok()) {
    shm_unlink(name.c_str());
    return mapping.error();
  }
  return SharedMemory(std::move(descriptor), mapping.take(), 0, true);
}

Result<SharedMemory> SharedMemory::open(const std::string& name, const Window& window, OwnerRule owner) {
  auto opened = open_object(name, window.read_only ? O_RDONLY : O_RDWR);
  if (!opened.ok()) return opened.error();
  Descriptor descriptor = opened.take();
  auto status = trusted_status(descriptor.get(), owner);
  if (!status.ok()) return status.error();

  // A map that is longer than the object dies by SIGBUS behind its end.
  const uint64_t size = status.value().st_size;
  if (window.offset >= size || window.length > size - window.offset) return SystemError{EINVAL, "mmap"};
  const uint64_t length = window.length == 0 ? size - window.offset : window.length;
  auto mapping =
      Mapping::of_descriptor(descriptor.get(), length, window.offset,
                             window.read_only ? Mapping::Access::copy_on_write : Mapping::Access::shared);
  if (!mapping.ok()) return mapping.error();
  return SharedMemory(std::move(descriptor), mapping.take(), window.offset, false);
}

Result<SharedMemory> SharedMemory::open_or_create(const std::string& name, const Creation& creation,
                                                  OwnerRule owner) {
  for (;;) {
    auto created = create(name, creation);
    if (created.ok() || created.error().number != EEXIST) return created;

    auto opened = open_object(name, O_RDWR);
    // Unlinked between the two calls: it is new after all.
    if (!opened.ok() && opened.error().number == ENOENT) continue;
    if (!opened.ok()) return opened.error();
    Descriptor descriptor = opened.take();
    auto status = trusted_status(descriptor.get(), owner);
    if (!status.ok()) return status.error();

    // Its creator has not come to set the size: both set the same one, and growing twice is growing once.
    uint64_t size = status.value().st_size;
    if (size == 0) {
      auto sized = grow_to(descriptor.get(), creation);
      if (!sized.ok()) return sized.error();
      size = creation.size;
    }
    auto mapping = Mapping::of_descriptor(descriptor.get(), size, 0, Mapping::Access::shared);
    if (!mapping.ok()) return mapping.error();
    return SharedMemory(std::move(descriptor), mapping.take(), 0, false);
  }
}

Status SharedMemory::unlink(const std::string& name) {
  if (name.size() - 1 > NAME_MAX) return SystemError{ENAMETOOLONG, "shm_unlink"};
  return check(shm_unlink(name.c_str()), "shm_unlink");
}

Result<struct stat> SharedMemory::stat() const { return status_of(descriptor_.get()); }

Result<Mapping> SharedMemory::resize(uint64_t size) {
  auto status = stat();
  if (!status.ok()) return status.error();
  const uint64_t present = status.value().st_size;

  if (size > present) {
    auto reserved = reserve_space(descriptor_.get(), present, size);
    if (!reserved.ok()) {
      // A step that was refused leaves the earlier ones: back to the size that was.
      (void)retry_interrupted([&] { return ftruncate(descriptor_.get(), present); });
      return reserved.error();
    }
  }
  return Mapping::of_descriptor(descriptor_.get(), size, 0, Mapping::Access::shared);
}

Status SharedMemory::cut(uint64_t size) {
  auto status = stat();
  if (!status.ok()) return status.error();
  if (static_cast<uint64_t>(status.value().st_size) <= size) return done();
  return check(retry_interrupted([&] { return ftruncate(descriptor_.get(), size); }), "ftruncate");
}

}  // namespace posix_ipc::posix
