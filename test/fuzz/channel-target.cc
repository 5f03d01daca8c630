#include "channel-target.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "garbage.h"

namespace fuzz {

using posix_ipc::Descriptor;

namespace {

constexpr size_t file_size = PIPC_DATA + ChannelTarget::capacity;

// A fuzzer that cannot make its files tests nothing.
void must(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::exit(2);
}

}  // namespace

ChannelTarget::ChannelTarget(const std::string& name, uint32_t flags) : name_(name), flags_(flags) { make(); }

void ChannelTarget::make() {
  const std::string path = "/dev/shm" + name_;
  const std::string made = path + ".new";
  descriptor_ = Descriptor(open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  must(bool(descriptor_), "open");
  const pipc_header header = valid_channel(capacity, flags_);
  must(pwrite(descriptor_.get(), &header, sizeof header, 0) == sizeof header, "pwrite");
  must(ftruncate(descriptor_.get(), file_size) == 0, "ftruncate");
  must(rename(made.c_str(), path.c_str()) == 0, "rename");
}

void ChannelTarget::remove() const { unlink(("/dev/shm" + name_).c_str()); }

pipc_header ChannelTarget::present() const {
  pipc_header header;
  must(pread(descriptor_.get(), &header, sizeof header, 0) == sizeof header, "pread");
  return header;
}

void ChannelTarget::spoil(Random& random) {
  if (random.one_in(400)) return make();
  if (random.one_in(16)) return flicker(random);
  const Write write = write_to_channel(random, present());
  must(pwrite(descriptor_.get(), write.bytes.data(), write.bytes.size(), static_cast<off_t>(write.offset)) ==
           static_cast<ssize_t>(write.bytes.size()),
       "pwrite");
}

// Words that are now as they were and now garbage: what is right when it is checked is wrong when it is used.
void ChannelTarget::flicker(Random& random) const {
  void* const memory = mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
  must(memory != MAP_FAILED, "mmap");
  auto* const header = static_cast<pipc_header*>(memory);
  for (int times = 0; times < 20; times++) {
    const Write write = write_to_channel(random, present());
    const uint32_t next = PIPC_DATA + (pipc_load(&header->head) & (capacity - 8));
    const uint64_t offset = random.one_in(2) ? next : write.offset & ~3ull;
    uint32_t garbage = 0;
    memcpy(&garbage, write.bytes.data(), std::min(sizeof garbage, write.bytes.size()));
    auto* const word = reinterpret_cast<uint32_t*>(static_cast<char*>(memory) + offset);
    const uint32_t before = pipc_load(word);
    for (int flips = 0; flips < 500; flips++) {
      pipc_store(word, garbage);
      pipc_store(word, before);
    }
  }
  munmap(memory, file_size);
}

// What no call gets past.
bool ChannelTarget::lost() const {
  const pipc_header header = present();
  const pipc_header whole = valid_channel(capacity, flags_);
  const auto beyond = [](uint32_t word) { return pipc_owner_seat(word) > PIPC_SEATS; };
  return memcmp(&header, &whole, offsetof(pipc_header, came)) != 0 || header.tail - header.head > capacity ||
         ((header.tail | header.head) & 7) != 0 || beyond(header.writer) || beyond(header.reader);
}

void ChannelTarget::heal(Random& random) {
  if (!lost() && !random.one_in(20)) return;
  const pipc_header whole = valid_channel(capacity, flags_);
  const auto put = [&](uint64_t from, uint64_t to) {
    const auto* const bytes = reinterpret_cast<const char*>(&whole) + from;
    must(pwrite(descriptor_.get(), bytes, to - from, static_cast<off_t>(from)) ==
             static_cast<ssize_t>(to - from),
         "pwrite");
  };
  // Mostly without the seats of those who sit there.
  const bool all = random.one_in(8);
  put(0, all ? uint64_t{PIPC_DATA} : offsetof(pipc_header, came));
  put(offsetof(pipc_header, tail), PIPC_DATA);
}

}  // namespace fuzz
