#include <fcntl.h>

#include <cstring>
#include <thread>

#include "check.h"
#include "core/channel/channel.h"
#include "core/channel/side.h"
#include "core/posix/shared-memory.h"

using namespace posix_ipc;

namespace {

constexpr double long_enough = 60000;
constexpr uint32_t many = PIPC_MANY_WRITERS | PIPC_MANY_READERS;

Result<std::shared_ptr<Channel>> obtained(Intent intent, const std::string& name, const char*& fault,
                                          uint32_t flags = 0) {
  fault = nullptr;
  return Channel::obtain(
      name, {intent, PIPC_CHANNEL, PIPC_LEAST_CAPACITY, flags, 0600, OwnerRule(OwnerRule::own_or_root)},
      fault);
}

std::unique_ptr<ChannelSide> seated(const std::shared_ptr<Channel>& channel, uint32_t role) {
  auto side = ChannelSide::sit(channel, role);
  CHECK(side.ok());
  return side.take();
}

// As JavaScript does it: the words are written here, and the rest is native.
void move(uint32_t& position, uint32_t bytes) { pipc_store(&position, position + bytes); }

void a_wrong_field_is_named(const std::string& name) {
  const char* fault;
  CHECK(obtained(Intent::open, name, fault).error().number == ENOENT && fault == nullptr);
  CHECK(obtained(Intent::open_or_create, name, fault).value()->created());
  CHECK(obtained(Intent::create, name, fault).error().number == EEXIST);
  CHECK(!obtained(Intent::open_or_create, name, fault).value()->created());

  const Descriptor file(open(("/dev/shm" + name).c_str(), O_RDWR | O_CLOEXEC));
  struct Case {
    off_t offset;
    uint32_t value;
    int error;
    const char* field;
  };
  const Case cases[] = {
      {offsetof(pipc_header, magic), 0, EPROTO, "magic"},
      {offsetof(pipc_header, layout), pipc_layout_of(1), EPROTO, "kind"},
      {offsetof(pipc_header, layout), pipc_layout_of(PIPC_CHANNEL) + 256, EPROTO, "layout version"},
      {offsetof(pipc_header, capacity), 5000, EBADMSG, "capacity"},
      {offsetof(pipc_header, capacity), 0, EBADMSG, "capacity"},
      {offsetof(pipc_header, capacity), ~0u, EBADMSG, "capacity"},
      {offsetof(pipc_header, capacity), 2 * PIPC_LEAST_CAPACITY, EBADMSG, "size"},
      {offsetof(pipc_header, flags), 4, EBADMSG, "flags"},
  };
  for (const Case& one : cases) {
    uint32_t before;
    CHECK(pread(file.get(), &before, sizeof before, one.offset) == sizeof before);
    CHECK(pwrite(file.get(), &one.value, sizeof one.value, one.offset) == sizeof one.value);
    const auto refused = obtained(Intent::open, name, fault);
    CHECK(refused.error().number == one.error && !strcmp(fault, one.field));
    CHECK(pwrite(file.get(), &before, sizeof before, one.offset) == sizeof before);
  }
  CHECK(ftruncate(file.get(), PIPC_DATA) == 0);
  CHECK(obtained(Intent::open, name, fault).error().number == EBADMSG && !strcmp(fault, "size"));
  CHECK(ftruncate(file.get(), 100) == 0);
  CHECK(obtained(Intent::open, name, fault).error().number == EPROTO && !strcmp(fault, "size"));
}

void waits_end_as_they_should(const std::string& name) {
  const char* fault;
  const auto channel = obtained(Intent::create, name, fault).take();
  pipc_header& header = *channel->c().header;
  auto reader = seated(channel, PIPC_READER);
  auto writer = seated(channel, PIPC_WRITER);
  CHECK(ChannelSide::sit(channel, PIPC_WRITER).error().number == EBUSY);
  CHECK(reader->count(PIPC_WRITER) == 1 && reader->alone() == 0);
  CHECK(reader->wait({0, 0}, false, within(20)).error().number == ETIMEDOUT);

  std::thread sender([&] {
    usleep(20000);
    move(header.tail, 64);
    writer->ring_others();
  });
  CHECK(reader->wait({0, 0}, false, within(long_enough)).ok());
  sender.join();
  // All but 64 bytes are free.
  CHECK(writer->wait({64, PIPC_LEAST_CAPACITY - 64}, false, within(0)).ok());
  CHECK(writer->wait({64, PIPC_LEAST_CAPACITY - 56}, false, within(5)).error().number == ETIMEDOUT);

  writer = nullptr;
  CHECK(reader->wait({0, 0}, false, within(0)).ok());
  CHECK(reader->wait({64, 0}, false, within(long_enough)).error().number == EPIPE && reader->alone() == 1);
  CHECK(reader->wait({64, 0}, true, within(20)).error().number == ETIMEDOUT);
  CHECK(reader->wait({128, 0}, false, within(0)).error().number == EBADMSG);
  pipc_store(&header.magic, 0);
  CHECK(reader->stale() && reader->wait({64, 0}, false, within(0)).error().number == ESTALE);
}

// One that waits has its turn then; one that is refused has not.
void a_turn_comes_with_the_wait(const std::string& name) {
  const char* fault;
  const auto channel = obtained(Intent::create, name, fault, many).take();
  pipc_header& header = *channel->c().header;
  auto one = seated(channel, PIPC_WRITER);
  auto other = seated(channel, PIPC_WRITER);
  CHECK(one->begin_turn(false).value() && !other->begin_turn(true).value());
  CHECK(other->wait({0, 64}, false, within(20)).error().number == ETIMEDOUT);
  std::thread sender([&] {
    usleep(20000);
    one->end_turn();
  });
  CHECK(other->wait({0, 64}, false, within(long_enough)).ok());
  sender.join();
  CHECK(header.writer == other->mine() || header.writer == (other->mine() | PIPC_WAITERS));
  // Left in its midst, as by death.
  other = nullptr;
  CHECK(one->wait({0, 64}, false, within(long_enough)).ok());
  pipc_store(&header.head, 8);
  one->end_turn();
  CHECK(one->wait({0, 64}, false, within(0)).error().number == EBADMSG && header.writer == 0);
  pipc_store(&header.writer, PIPC_NOT_RECOVERABLE << PIPC_SEAT_SHIFT);
  CHECK(one->wait({0, 64}, false, within(0)).error().number == ENOTRECOVERABLE);
  pipc_store(&header.writer, 1000u << PIPC_SEAT_SHIFT);
  CHECK(one->begin_turn(false).error().number == EBADMSG);
}

void with_a_name(const char* what, void (*test)(const std::string&)) {
  const std::string name = unique_name(what);
  test(name);
  CHECK(posix::SharedMemory::unlink(name).ok());
}

}  // namespace

int main() {
  with_a_name("fields", a_wrong_field_is_named);
  with_a_name("waits", waits_end_as_they_should);
  with_a_name("turns", a_turn_comes_with_the_wait);
}
