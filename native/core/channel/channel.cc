#include "core/channel/channel.h"

#include <unistd.h>

#include "core/segment/creation.h"

namespace posix_ipc {

Result<std::shared_ptr<Channel>> Channel::obtain(const std::string& name, const ChannelWish& wish,
                                                 const char*& fault) {
  pipc_header header;
  pipc_fill_header(&header, wish.kind, wish.capacity, wish.flags);
  const auto initialise = [&](int descriptor) -> Status {
    if (pwrite(descriptor, &header, sizeof header, 0) != sizeof header) return last_error("pwrite");
    return done();
  };
  const SegmentCreation creation = {PIPC_DATA + uint64_t{pipc_data_size(wish.kind, wish.capacity)}, wish.mode,
                                    initialise};
  auto file = obtain_segment(wish.intent, name, creation, wish.owner);
  if (!file.ok()) return file.error();
  Descriptor descriptor = std::move(file.value().descriptor);
  if (file.value().created) return attach(std::move(descriptor), wish.kind, header, true);

  struct stat status;
  if (fstat(descriptor.get(), &status) == -1) return last_error("fstat");
  memset(&header, 0, sizeof header);
  if (pread(descriptor.get(), &header, sizeof header, 0) == -1) return last_error("pread");
  int error;
  fault = pipc_fault(&header, wish.kind, &status, &error);
  if (fault != nullptr) return SystemError{error, "shm_open"};
  return attach(std::move(descriptor), wish.kind, header, false);
}

Result<std::shared_ptr<Channel>> Channel::attach(Descriptor descriptor, uint32_t kind,
                                                 const pipc_header& header, bool created) {
  auto mapping = Mapping::of_channel(descriptor.get(), kind, header.capacity);
  if (!mapping.ok()) return mapping.error();
  return std::shared_ptr<Channel>(new Channel(std::move(descriptor), mapping.take(), kind, header, created));
}

Channel::Channel(Descriptor descriptor, Mapping mapping, uint32_t kind, const pipc_header& header,
                 bool created)
    : descriptor_(std::move(descriptor)),
      mapping_(std::move(mapping)),
      channel_{descriptor_.get(),
               reinterpret_cast<pipc_header*>(mapping_.address()),
               reinterpret_cast<unsigned char*>(mapping_.address()) + PIPC_DATA,
               kind,
               header.capacity,
               header.flags},
      created_(created) {}

}  // namespace posix_ipc
