#include <fcntl.h>
#include <sys/mman.h>

#include <cstring>

#include "check.h"
#include "core/posix/message-queue.h"
#include "core/posix/semaphore.h"
#include "core/posix/shared-memory.h"

using namespace posix_ipc;
using namespace posix_ipc::posix;

namespace {

const OwnerRule trusted(OwnerRule::own_or_root);

void memory_is_shared_grows_and_shrinks() {
  const auto name = unique_name("memory");
  auto created = SharedMemory::create(name, {4096, 0600, true});
  CHECK(created.ok() && created.value().created());
  CHECK(SharedMemory::create(name, {4096, 0600, true}).error().number == EEXIST);
  auto mapping = created.value().take_mapping();
  std::strcpy(mapping.address(), "bytes");

  auto resized = created.value().resize(1 << 20);
  CHECK(resized.ok() && resized.value().size() == 1 << 20);
  CHECK(std::strcmp(resized.value().address(), "bytes") == 0);
  auto shrunk = created.value().resize(100);
  CHECK(shrunk.ok() && created.value().cut(100).ok());
  CHECK(created.value().stat().value().st_size == 100);

  auto reader = SharedMemory::open(name, {true, 0, 0}, trusted);
  CHECK(reader.ok() && !reader.value().created());
  auto private_map = reader.value().take_mapping();
  private_map.address()[0] = 'B';
  CHECK(shrunk.value().address()[0] == 'b');

  CHECK(SharedMemory::open(name, {false, 0, 101}, trusted).error().number == EINVAL);
  CHECK(SharedMemory::unlink(name).ok());
  CHECK(SharedMemory::open(name, {false, 0, 0}, trusted).error().number == ENOENT);
}

void a_retired_mapping_stays_readable() {
  const auto name = unique_name("retired");
  auto created = SharedMemory::create(name, {8192, 0600, true});
  auto mapping = created.value().take_mapping();
  mapping.address()[0] = 'x';
  mapping.retire();
  CHECK(mapping.address()[0] == 0);
  mapping.address()[8191] = 1;
  CHECK(mapping.release().ok());
  CHECK(SharedMemory::unlink(name).ok());
}

void a_file_that_is_no_semaphore_is_refused() {
  const auto name = unique_name("junk");
  const int file = open(Semaphore::path(name).c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
  CHECK(Semaphore::open(name, trusted).error().number == EPROTO);
  char junk[sizeof(sem_t)];
  std::memset(junk, 0xff, sizeof junk);
  CHECK(write(file, junk, sizeof junk) == sizeof junk);
  CHECK(Semaphore::open(name, trusted).error().number == EPROTO);
  close(file);
  CHECK(Semaphore::unlink(name).ok());
}

void a_semaphore_counts() {
  const auto name = unique_name("semaphore");
  auto created = Semaphore::create(name, {1, 0600});
  CHECK(created.ok());
  auto opened = Semaphore::open_or_create(name, {9, 0600}, trusted);
  CHECK(opened.ok() && !opened.value().created() && opened.value().value().value() == 1);
  CHECK(opened.value().try_wait() && !created.value().try_wait());
  CHECK(created.value().wait(within(10)).error().number == ETIMEDOUT);
  CHECK(opened.value().post());
  CHECK(created.value().wait(within(1e6)).ok());
  CHECK(created.value().close().ok() && created.value().closed() && created.value().close().ok());
  CHECK(Semaphore::unlink(name).ok());
}

void a_queue_keeps_the_order_of_priorities() {
  const auto name = unique_name("queue");
  auto created = MessageQueue::create(name, {2, 8, 0600}, O_RDWR);
  CHECK(created.ok());
  MessageQueue& queue = created.value();
  char text[8];
  CHECK(!queue.try_receive(text, sizeof text).value());
  CHECK(queue.try_send("low", 3, 1).value() && queue.try_send("high", 4, 2).value());
  CHECK(!queue.try_send("full", 4, 3).value());
  CHECK(queue.send("full", 4, 3, within(10)).error().number == ETIMEDOUT);
  const auto first = queue.receive(text, sizeof text, within(1e6)).take();
  CHECK(first.length == 4 && first.priority == 2 && std::memcmp(text, "high", 4) == 0);
  CHECK(queue.try_receive(text, sizeof text).value()->priority == 1);
  CHECK(queue.receive(text, sizeof text, within(10)).error().number == ETIMEDOUT);
  CHECK(queue.try_receive(text, 1).error().number == EMSGSIZE);
  CHECK(MessageQueue::unlink(name).ok());
}

}  // namespace

int main() {
  memory_is_shared_grows_and_shrinks();
  a_retired_mapping_stays_readable();
  a_file_that_is_no_semaphore_is_refused();
  a_semaphore_counts();
  a_queue_keeps_the_order_of_priorities();
}
