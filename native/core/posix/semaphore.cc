#include "core/posix/semaphore.h"

#include <fcntl.h>

#include <climits>
#include <cstring>

namespace posix_ipc::posix {
namespace {

// glibc's file, and musl's: a process of the one does not meet a process of the other under one name.
#ifdef __GLIBC__
constexpr const char* prefix = "/dev/shm/sem.";
constexpr size_t longest_name = NAME_MAX - 4;
#else
constexpr const char* prefix = "/dev/shm/";
constexpr size_t longest_name = NAME_MAX;
#endif

bool too_long(const std::string& name) { return name.size() - 1 > longest_name; }

// The C library writes the same words behind the value into each process-shared semaphore. Junk has others.
bool looks_initialised(const Mapping& mapping) {
#ifdef __GLIBC__
  sem_t model;
  std::memset(&model, 0, sizeof model);
  if (sem_init(&model, 1, 0) == -1) return false;
  constexpr size_t counters = sizeof(uint64_t);
  constexpr size_t sharing = sizeof(uint32_t);
  uint32_t value;
  std::memcpy(&value, mapping.address(), sizeof value);
  return value <= SEM_VALUE_MAX &&
         std::memcmp(mapping.address() + counters, reinterpret_cast<char*>(&model) + counters, sharing) == 0;
#else
  (void)mapping;
  return true;
#endif
}

}  // namespace

std::string Semaphore::path(const std::string& name) { return prefix + name.substr(1); }

Result<Semaphore> Semaphore::open(const std::string& name, OwnerRule owner) {
  if (too_long(name)) return SystemError{ENAMETOOLONG, "sem_open"};
  const int number = retry_interrupted(
      [&] { return ::open(path(name).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK); });
  if (number == -1) return last_error("sem_open");
  Descriptor descriptor(number);

  struct stat status;
  if (fstat(number, &status) == -1) return last_error("fstat");
  if (!S_ISREG(status.st_mode) || status.st_size != sizeof(sem_t)) return SystemError{EPROTO, "sem_open"};
  if (!owner.trusts(status)) return SystemError{EPERM, "sem_open"};
  auto mapping = Mapping::of_descriptor(number, sizeof(sem_t), 0, Mapping::Access::shared);
  if (!mapping.ok()) return mapping.error();
  if (!looks_initialised(mapping.value())) return SystemError{EPROTO, "sem_open"};
  return Semaphore(std::move(descriptor), mapping.take());
}

Result<Semaphore> Semaphore::create(const std::string& name, const Creation& creation) {
  if (too_long(name)) return SystemError{ENAMETOOLONG, "sem_open"};
  sem_t* made = sem_open(name.c_str(), O_CREAT | O_EXCL, creation.mode, creation.value);
  if (made == SEM_FAILED) return last_error("sem_open");
  auto opened = open(name, OwnerRule(OwnerRule::any));
  sem_close(made);
  if (!opened.ok()) {
    // What this call has made and cannot finish, it takes away again.
    sem_unlink(name.c_str());
    return opened;
  }
  opened.value().created_ = true;
  return opened;
}

Result<Semaphore> Semaphore::open_or_create(const std::string& name, const Creation& creation,
                                            OwnerRule owner) {
  for (;;) {
    auto created = create(name, creation);
    if (created.ok() || created.error().number != EEXIST) return created;
    auto opened = open(name, owner);
    // Unlinked between the two calls: it is new after all.
    if (opened.ok() || opened.error().number != ENOENT) return opened;
  }
}

Status Semaphore::unlink(const std::string& name) {
  if (too_long(name)) return SystemError{ENAMETOOLONG, "sem_unlink"};
  return check(sem_unlink(name.c_str()), "sem_unlink");
}

Status Semaphore::wait(const Patience& patience) {
  return block(patience, patience.deadline.infinite() ? "sem_wait" : "sem_timedwait",
               [this](const Deadline& until) { return posix::wait(words_, until, mapping_); });
}

int Semaphore::wait_interruptibly() {
  const int error = posix::wait(words_, Deadline::never(), mapping_) == -1 ? errno : 0;
  return broken() ? ESTALE : error;
}

Result<int> Semaphore::value() {
  int value;
  if (sem_getvalue(words_, &value) == -1) return last_error("sem_getvalue");
  return value;
}

Result<struct stat> Semaphore::stat() const {
  struct stat status;
  if (fstat(descriptor_.get(), &status) == -1) return last_error("fstat");
  return status;
}

Status Semaphore::close() {
  words_ = nullptr;
  descriptor_.close();
  return mapping_.release();
}

}  // namespace posix_ipc::posix
