#include "files.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "core/sysv/robust-mutex.h"
#include "garbage.h"
#include "uses.h"

namespace fuzz {
namespace {

using namespace posix_ipc;
using namespace posix_ipc::sync;

const OwnerRule owner(OwnerRule::own_or_root);

uint64_t random_size(Random& random) {
  constexpr uint64_t choices[] = {
      0,    1,    4,    sizeof(sem_t) - 1, sizeof(sem_t), sizeof(sem_t) + 1, 64, 4095, 4096, 4096, 4096,
      4097, 8192, 65536};
  if (random.one_in(4)) return random.below(20000);
  // Sparse.
  if (random.one_in(200)) return 1ull << (30 + random.below(12));
  return random.one_of(choices);
}

std::string spoilt_block(Random& random) {
  Block block = valid_block(any_kind(random), random.one_in(2) ? 2 : random.word());
  auto* bytes = reinterpret_cast<char*>(&block);
  for (uint32_t times = random.below(6); times > 0; times--) {
    const Write write = write_to_block(random, block);
    memcpy(bytes + write.offset, write.bytes.data(), write.bytes.size());
  }
  return {bytes, sizeof block};
}

std::string spoilt_semaphore(Random& random) {
  sem_t words;
  memset(&words, 0, sizeof words);
  (void)sem_init(&words, 1, random.below(3));
  std::string bytes(reinterpret_cast<char*>(&words), sizeof words);
  // All of it: what is spoilt before the open is found by the open.
  for (uint32_t times = random.below(3); times > 0; times--)
    bytes.replace(random.below(8) * sizeof(uint32_t), sizeof(uint32_t),
                  random_bytes(random, sizeof(uint32_t)));
  return bytes;
}

class File {
 public:
  File(Caller& call, std::string name) : call_(call), name_(std::move(name)) {
    Random& random = call.random;
    path_ = "/dev/shm" + name_;
    descriptor_ = Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    (void)!link(path_.c_str(), posix::Semaphore::path(name_).c_str());
    std::string content;
    switch (random.below(5)) {
      case 0:
        content = random_bytes(random, random.below(9000));
        break;
      case 1:
        content = spoilt_semaphore(random);
        break;
      default:
        // At the start, where a lock of its own is, or placed.
        if (random.one_in(3)) placed_ = random.below(64) * block_alignment;
        content = std::string(placed_, '\0') + spoilt_block(random);
    }
    (void)!pwrite(descriptor_.get(), content.data(), content.size(), 0);
    if (random.one_in(3)) (void)!ftruncate(descriptor_.get(), static_cast<off_t>(random_size(random)));
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    unlink(path_.c_str());
    unlink(posix::Semaphore::path(name_).c_str());
  }

  void open_as_everything() {
    open_as_memory();
    open_as_semaphore();
    open_as<Mutex>();
    open_as<RwLock>();
    open_as<Barrier>();
    open_as<Condition>();
  }

 private:
  void open_as_memory() {
    Random& random = call_.random;
    posix::SharedMemory::Window window = {random.one_in(2), random.below(4) * 4096ull, 0};
    if (random.one_in(4)) window.length = random.next() >> random.below(60);
    auto opened =
        random.one_in(3)
            ? call_("SharedMemory.open_or_create",
                    [&] {
                      return posix::SharedMemory::open_or_create(name_, {8192, 0600, true}, owner);
                    })
            : call_("SharedMemory.open", [&] { return posix::SharedMemory::open(name_, window, owner); });
    if (!opened.ok()) return;
    Mapping mapping = opened.value().take_mapping();
    (void)use(call_, opened.value(), mapping);
  }

  void open_as_semaphore() {
    auto opened = call_("Semaphore.open", [&] { return posix::Semaphore::open(name_, owner); });
    if (!opened.ok()) return;
    for (int times = 0; times < 3; times++) (void)use(call_, opened.value());
  }

  template <typename Kind>
  void open_as() {
    constexpr Intent intents[] = {Intent::open, Intent::open_or_create, Intent::create};
    const Wish wish = {BlockKind::mutex, call_.random.one_of(intents), 0600, owner, 2};
    const Place places[] = {{name_, -1, 0},
                            {"", descriptor_.get(), placed_},
                            {"", descriptor_.get(), call_.random.below(200) * block_alignment}};
    auto obtained = call_("obtain", [&] { return Kind::obtain(call_.random.one_of(places), wish); });
    if (!obtained.ok()) return;
    Kind lock = obtained.take();
    for (int times = 0; times < 2; times++) (void)apply(lock);
    if (call_.random.one_in(2)) lock.leave();
  }

  template <typename Kind>
  bool apply(Kind& lock) {
    return use(call_, lock);
  }
  bool apply(Condition& condition) {
    auto mutex =
        Mutex::obtain({name_ + "-mutex", -1, 0}, {BlockKind::mutex, Intent::open_or_create, 0600, owner, 0});
    return mutex.ok() && use(call_, condition, mutex.value());
  }

  Caller& call_;
  std::string name_;
  std::string path_;
  Descriptor descriptor_;
  uint64_t placed_ = 0;
};

// Memory of our own stands for a segment: the place has no more than its bytes. It is opened, and not locked:
// what is locked then is the C library's.
void open_as_robust_mutex(Caller& call) {
  auto memory =
      posix::SharedMemory::create("/pipc-fuzz-robust-" + std::to_string(getpid()), {4096, 0600, true});
  if (!memory.ok()) return;
  (void)posix::SharedMemory::unlink("/pipc-fuzz-robust-" + std::to_string(getpid()));
  auto mapping = std::make_shared<Mapping>(memory.value().take_mapping());
  char* place = mapping->address();
  using sysv::RobustMutex;
  if (call.random.one_in(2))
    (void)call("RobustMutex.create", [&] { return RobustMutex::create(mapping, 0); });
  for (int times = 0; times < 3; times++) {
    const Write write = write_anywhere(call.random, RobustMutex::byte_length);
    memcpy(place + write.offset, write.bytes.data(), write.bytes.size());
    if (call.random.one_in(2)) {
      (void)call("RobustMutex.open", [&] { return RobustMutex::open(mapping, 0); });
    } else {
      (void)call("RobustMutex.open_or_create", [&] { return RobustMutex::open_or_create(mapping, 0); });
    }
  }
}

}  // namespace

void run_files(Board& board, const std::string& name, uint64_t seed, uint64_t from, uint64_t to) {
  for (uint64_t step = from; step < to; step++) {
    board.step.store(step);
    Caller call(board, board.slots[0], Random(seed, step));
    File(call, name).open_as_everything();
    if (step % 16 == 0) open_as_robust_mutex(call);
  }
  (void)posix::SharedMemory::unlink(name + "-mutex");
  _exit(0);
}

}  // namespace fuzz
