#include "core/segment/creation.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>

#include "core/posix/shared-memory.h"
#include "core/segment/c.h"
#include "core/segment/sync-point.h"
#include "core/wait.h"

namespace posix_ipc {
namespace {

constexpr const char* folder = "/dev/shm";

Status link_to_name(int descriptor, const std::string& name) {
  const int error = pipc_link(descriptor, (folder + name).c_str());
  if (error != 0) return SystemError{-error, "linkat"};
  return done();
}

}  // namespace

Result<SegmentFile> create_segment(const std::string& name, const SegmentCreation& creation) {
  if (name.size() - 1 > NAME_MAX) return SystemError{ENAMETOOLONG, "linkat"};
  const int number =
      retry_interrupted([] { return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR); });
  if (number == -1) return last_error("open");
  Descriptor descriptor(number);

  auto reserved = posix::reserve_space(number, 0, creation.size);
  if (!reserved.ok()) return reserved.error();
  at(SyncPoint::create_sized);
  if constexpr (mistake == Mistake::publish_before_write) {
    auto linked = link_to_name(number, name);
    if (!linked.ok()) return linked.error();
    at(SyncPoint::create_linked);
  }
  auto initialised = creation.initialise(number);
  if (!initialised.ok()) return initialised.error();
  if (fchmod(number, creation.mode) == -1) return last_error("fchmod");
  at(SyncPoint::create_initialised);
  if constexpr (mistake != Mistake::publish_before_write) {
    auto linked = link_to_name(number, name);
    if (!linked.ok()) return linked.error();
    at(SyncPoint::create_linked);
  }
  return SegmentFile{std::move(descriptor), true, creation.size};
}

Result<SegmentFile> open_segment(const std::string& name, OwnerRule owner) {
  if (name.size() - 1 > NAME_MAX) return SystemError{ENAMETOOLONG, "shm_open"};
  // glibc adds O_NOFOLLOW. O_NONBLOCK: a FIFO under the name must not hold us up.
  const int number =
      retry_interrupted([&] { return shm_open(name.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK, 0); });
  // glibc turns EISDIR into EINVAL; no other EINVAL is left once the name has its form.
  if (number == -1 && errno == EINVAL) return SystemError{EISDIR, "shm_open"};
  if (number == -1) return last_error("shm_open");
  Descriptor descriptor(number);
  struct stat status;
  if (fstat(number, &status) == -1) return last_error("fstat");
  if (!S_ISREG(status.st_mode)) return SystemError{EPROTO, "shm_open"};
  if (!owner.trusts(status)) return SystemError{EPERM, "shm_open"};
  return SegmentFile{std::move(descriptor), false, static_cast<uint64_t>(status.st_size)};
}

Result<SegmentFile> obtain_segment(Intent intent, const std::string& name, const SegmentCreation& creation,
                                   OwnerRule owner) {
  if (intent == Intent::create) return create_segment(name, creation);
  for (;;) {
    auto opened = open_segment(name, owner);
    if (intent == Intent::open || opened.ok() || opened.error().number != ENOENT) return opened;
    auto created = create_segment(name, creation);
    // Somebody else was faster; or unlinked it again, and it goes on.
    if (created.ok() || created.error().number != EEXIST) return created;
  }
}

}  // namespace posix_ipc
