#include "guarded-channel.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace fuzz {
namespace {

// More than a wrong position of a few records.
constexpr size_t guard = 1 << 20;

void must(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::abort();
}

void move(char* from, size_t size, char* to) {
  must(mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
}

}  // namespace

std::unique_ptr<GuardedChannel> GuardedChannel::open(const std::string& name, int& error) {
  std::unique_ptr<GuardedChannel> opened(new GuardedChannel);
  pipc_channel& channel = opened->channel_;
  error = pipc_open(&channel, name.c_str(), getuid());
  if (error != 0) {
    channel.header = nullptr;
    return nullptr;
  }
  const size_t size = pipc_mapped_size(PIPC_CHANNEL, channel.capacity);
  const size_t once = PIPC_DATA + size_t{channel.capacity};
  void* const place =
      mmap(nullptr, guard + size + guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  must(place != MAP_FAILED, "mmap");
  char* const base = static_cast<char*>(place) + guard;
  char* const was = reinterpret_cast<char*>(channel.header);
  // Two mappings, which move one by one.
  move(was, once, base);
  move(was + once, channel.capacity, base + once);
  channel.header = reinterpret_cast<pipc_header*>(base);
  channel.data = reinterpret_cast<unsigned char*>(base) + PIPC_DATA;
  return opened;
}

GuardedChannel::~GuardedChannel() {
  if (channel_.header == nullptr) return;
  char* const base = reinterpret_cast<char*>(channel_.header);
  const size_t size = pipc_mapped_size(PIPC_CHANNEL, channel_.capacity);
  pipc_close(&channel_);
  munmap(base - guard, guard);
  munmap(base + size, guard);
}

void GuardedChannel::must_be_inside(const void* payload, uint32_t length) const {
  const auto* const begin = static_cast<const unsigned char*>(payload);
  if (begin >= channel_.data && begin + length <= channel_.data + 2 * size_t{channel_.capacity} &&
      length <= channel_.capacity)
    return;
  std::fprintf(stderr, "a message of %u bytes at %td of %u\n", length, begin - channel_.data,
               channel_.capacity);
  std::abort();
}

}  // namespace fuzz
