#include "core/sysv/robust-mutex.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace posix_ipc::sysv {
namespace {

// A place, in 32-bit words. All but the mutex never change once the magic stands there.
//
//    0  magic, stored last: [publish]
//    1  version | sizeof(pthread_mutex_t) << 8
//    2  inode of the PID namespace
//   16  pthread_mutex_t
using Words = std::array<uint32_t, RobustMutex::byte_length / sizeof(uint32_t)>;
using MutexWords = std::array<uint32_t, sizeof(pthread_mutex_t) / sizeof(uint32_t)>;
constexpr size_t mutex_at = 16;
constexpr uint32_t magic = 0x52504950;  // "PIPR"
constexpr uint32_t version = 1;

static_assert(sizeof(MutexWords) == sizeof(pthread_mutex_t), "a mutex is copied by words");
static_assert(mutex_at * sizeof(uint32_t) + sizeof(pthread_mutex_t) <= RobustMutex::byte_length,
              "the mutex of this C library does not fit behind the header");

thread_local int held_by_thread = 0;

Result<MutexWords> make_model() {
  pthread_mutexattr_t attributes;
  pthread_mutex_t mutex;
  std::memset(&mutex, 0, sizeof mutex);
  int answer = pthread_mutexattr_init(&attributes);
  if (answer == 0) answer = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (answer == 0) answer = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  if (answer == 0) answer = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  if (answer == 0) answer = pthread_mutex_init(&mutex, &attributes);
  if (answer != 0) return SystemError{answer, "pthread_mutex_init"};
  MutexWords words;
  std::memcpy(words.data(), &mutex, sizeof mutex);
  return words;
}

// A free mutex. At rest it holds no address, as PTHREAD_MUTEX_INITIALIZER shows, so a copy of one is one.
Result<MutexWords>& model() {
  static auto made = make_model();
  return made;
}

// The numbers of threads in the mutex mean something in one PID namespace only: a thread of another one with
// the same number would be taken for the owner.
Result<uint32_t> pid_namespace() {
  struct stat status;
  if (stat("/proc/self/ns/pid", &status) == -1) return last_error("pid_namespaces");
  return static_cast<uint32_t>(status.st_ino);
}

// A finished place with a free mutex: the same for everybody of this C library and PID namespace.
Result<Words> finished() {
  if (!model().ok()) return model().error();
  auto inode = pid_namespace();
  if (!inode.ok()) return inode.error();
  Words words = {};
  words[0] = magic;
  words[1] = version | sizeof(pthread_mutex_t) << 8;
  words[2] = inode.value();
  std::memcpy(&words[mutex_at], &model().value(), sizeof(pthread_mutex_t));
  return words;
}

uint32_t load(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

// From 0 to `value`; false where something else stands there.
bool fill(uint32_t* word, uint32_t value) {
  uint32_t present = 0;
  return __atomic_compare_exchange_n(word, &present, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
         present == value;
}

bool is_free(const uint32_t* place, const Words& words) {
  for (size_t index = 0; index < words.size(); ++index) {
    const uint32_t present = load(place + index);
    if (present != 0 && present != words[index]) return false;
  }
  return true;
}

enum class Finished { by_us, before };

// A segment has no descriptor, so the kernel bears no witness for a creator that dies half-way. None is
// needed: the place is zeros, and everybody fills in the same words. However many do it at once, and wherever
// one of them is killed or stopped, the next one completes it, and a late one changes nothing. Who stores the
// magic has created it.
Result<Finished> finish(uint32_t* place, const Words& words) {
  if (load(place) == magic) return Finished::before;
  bool filled = is_free(place, words);
  for (size_t index = 1; filled && index < words.size(); ++index) {
    if (words[index] != 0) filled = fill(place + index, words[index]);
  }
  uint32_t unfinished = 0;
  if (filled && __atomic_compare_exchange_n(place, &unfinished, magic, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST))  // [publish]
    return Finished::by_us;
  // Nobody locks before [publish]: where the words are those of a mutex in use, the magic is there by now.
  if (load(place) == magic) return Finished::before;
  return SystemError{EPROTO, "pthread_mutex_init"};
}

// The words that pthread_mutex_init(3) writes and no other call changes: the kind of the mutex. Another kind
// would lead the C library through code for which the rest was not made.
bool intact(const uint32_t* mutex) {
  const MutexWords& words = model().value();
  for (size_t index = 0; index < words.size(); ++index) {
    if (words[index] != 0 && load(mutex + index) != words[index]) return false;
  }
  return true;
}

Status usable(const uint32_t* place, const Words& words) {
  if (load(place) != magic || load(place + 1) != words[1]) return SystemError{EPROTO, "pthread_mutex_init"};
  if (load(place + 2) != words[2]) return SystemError{EPROTO, "pid_namespaces"};
  if (!intact(place + mutex_at)) return SystemError{EBADMSG, "pthread_mutex_init"};
  return done();
}

// For block(): -1 and errno.
int answered(int answer) {
  if (answer == 0 || answer == EOWNERDEAD) return 0;
  errno = answer;
  return -1;
}

}  // namespace

Result<RobustMutex> RobustMutex::obtain(Intent intent, std::shared_ptr<Mapping> mapping, size_t offset) {
  auto words = finished();
  if (!words.ok()) return words.error();
  auto* place = reinterpret_cast<uint32_t*>(mapping->address() + offset);
  bool created = false;
  if (intent != Intent::open) {
    auto made = finish(place, words.value());
    if (!made.ok()) return made.error();
    created = made.value() == Finished::by_us;
    if (!created && intent == Intent::create) return SystemError{EEXIST, "pthread_mutex_init"};
  }
  auto status = usable(place, words.value());
  if (!status.ok()) return status.error();
  return RobustMutex(std::move(mapping), offset, created);
}

Result<RobustMutex> RobustMutex::create(std::shared_ptr<Mapping> mapping, size_t offset) {
  return obtain(Intent::create, std::move(mapping), offset);
}

Result<RobustMutex> RobustMutex::open(std::shared_ptr<Mapping> mapping, size_t offset) {
  return obtain(Intent::open, std::move(mapping), offset);
}

Result<RobustMutex> RobustMutex::open_or_create(std::shared_ptr<Mapping> mapping, size_t offset) {
  return obtain(Intent::open_or_create, std::move(mapping), offset);
}

RobustMutex::~RobustMutex() {
  // When the thread ends, the kernel follows its list of held mutexes through this page, and stops for good
  // where a page is missing. So the mapping of a mutex that nobody can unlock any more stays as long as the
  // process.
  if (held_) (void)new std::shared_ptr<Mapping>(std::move(mapping_));
}

// Not by pthread_mutex_trylock(3): glibc's leaves a mutex that is ENOTRECOVERABLE locked, and whoever calls
// pthread_mutex_lock(3) then waits for ever.
Result<RobustMutex::Attempt> RobustMutex::try_lock() {
  constexpr const char* syscall = "pthread_mutex_timedlock";
  constexpr timespec past = {0, 0};
  auto status = ready(syscall);
  if (!status.ok()) return status.error();
  const int answer = pthread_mutex_clocklock(mutex(), CLOCK_MONOTONIC, &past);
  if (answer == ETIMEDOUT) return Attempt::busy;
  return taken(answer, syscall);
}

Result<RobustMutex::Attempt> RobustMutex::lock(const Patience& patience) {
  const char* syscall = patience.deadline.infinite() ? "pthread_mutex_lock" : "pthread_mutex_timedlock";
  auto status = ready(syscall);
  if (!status.ok()) return status.error();
  int answer = 0;
  status = block(patience, syscall, [&](const Deadline& until) {
    answer = until.infinite() ? pthread_mutex_lock(mutex())
                              : pthread_mutex_clocklock(mutex(), CLOCK_MONOTONIC, &until.monotonic());
    return answered(answer);
  });
  if (!status.ok()) return status.error();
  return taken(answer, syscall);
}

Status RobustMutex::make_consistent() {
  return check(answered(pthread_mutex_consistent(mutex())), "pthread_mutex_consistent");
}

Status RobustMutex::unlock() {
  // Then it stays held: whether it is still in the thread's list, only the peer who wrote there knows.
  if (!intact(reinterpret_cast<uint32_t*>(mutex()))) return SystemError{EBADMSG, "pthread_mutex_unlock"};
  auto status = check(answered(pthread_mutex_unlock(mutex())), "pthread_mutex_unlock");
  if (status.ok() && std::exchange(held_, false)) --held_by_thread;
  return status;
}

Status RobustMutex::close() {
  if (held_) return SystemError{EBUSY, "close"};
  mapping_.reset();
  return done();
}

pthread_mutex_t* RobustMutex::mutex() const {
  return reinterpret_cast<pthread_mutex_t*>(mapping_->address() + offset_ + mutex_at * sizeof(uint32_t));
}

Status RobustMutex::ready(const char* syscall) const {
  if (held_by_thread >= most_held) return SystemError{ENOLCK, syscall};
  if (!intact(reinterpret_cast<uint32_t*>(mutex()))) return SystemError{EBADMSG, syscall};
  return done();
}

Result<RobustMutex::Attempt> RobustMutex::taken(int answer, const char* syscall) {
  if (answer != 0 && answer != EOWNERDEAD) return SystemError{answer, syscall};
  held_ = true;
  ++held_by_thread;
  return answer == 0 ? Attempt::locked : Attempt::owner_died;
}

}  // namespace posix_ipc::sysv
