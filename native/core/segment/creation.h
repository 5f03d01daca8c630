#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "core/intent.h"
#include "core/owned.h"
#include "core/owner.h"
#include "core/result.h"

namespace posix_ipc {

// A file of a segment with a header, open for reading and writing.
struct SegmentFile {
  Descriptor descriptor;
  bool created;
  uint64_t size;
};

// By name, in /dev/shm. The file is made without a name, sized, reserved and filled by
// `initialise(descriptor)`, and linked to its name when it is finished: nobody ever opens half of one, and a
// creator that is killed leaves nothing. The mode is not subject to the umask, since whoever may open must be
// able to write.
struct SegmentCreation {
  uint64_t size;
  mode_t mode;
  std::function<Status(int descriptor)> initialise;
};
Result<SegmentFile> create_segment(const std::string& name, const SegmentCreation& creation);
// EPROTO: no regular file.
Result<SegmentFile> open_segment(const std::string& name, OwnerRule owner);
Result<SegmentFile> obtain_segment(Intent intent, const std::string& name, const SegmentCreation& creation,
                                   OwnerRule owner);

}  // namespace posix_ipc
