#pragma once

#include <pthread.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "core/intent.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/wait.h"

namespace posix_ipc::sysv {

// The C library's mutex in a segment: PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_ROBUST, PTHREAD_MUTEX_ERRORCHECK.
// It belongs to a thread, so a RobustMutex is used by one thread only.
//
// The C library trusts its bytes: they hold addresses of the owner's robust list, and a peer that overwrites
// them can end the process. `intact` sees a few such cases, not all.
class RobustMutex {
 public:
  static constexpr size_t byte_length = 128;
  static constexpr size_t alignment = 64;
  // The kernel walks 2048 robust mutexes of a thread that ends and forgets the others; half of them are left
  // to libraries that do not count.
  static constexpr int most_held = 1024;

  enum class Attempt { locked, owner_died, busy };

  // `offset` is a multiple of `alignment`, and `byte_length` bytes from there on lie in the mapping.
  static Result<RobustMutex> create(std::shared_ptr<Mapping> mapping, size_t offset);
  static Result<RobustMutex> open(std::shared_ptr<Mapping> mapping, size_t offset);
  static Result<RobustMutex> open_or_create(std::shared_ptr<Mapping> mapping, size_t offset);

  RobustMutex(RobustMutex&& other) noexcept
      : mapping_(std::move(other.mapping_)),
        offset_(other.offset_),
        created_(other.created_),
        held_(std::exchange(other.held_, false)) {}
  RobustMutex& operator=(RobustMutex&&) = delete;
  ~RobustMutex();

  bool created() const { return created_; }
  bool closed() const { return mapping_ == nullptr || mapping_->address() == nullptr; }

  Result<Attempt> try_lock();
  // Never `busy`.
  Result<Attempt> lock(const Patience& patience);
  Status make_consistent();
  Status unlock();
  // EBUSY while it is held.
  Status close();

 private:
  RobustMutex(std::shared_ptr<Mapping> mapping, size_t offset, bool created)
      : mapping_(std::move(mapping)), offset_(offset), created_(created) {}

  static Result<RobustMutex> obtain(Intent intent, std::shared_ptr<Mapping> mapping, size_t offset);
  pthread_mutex_t* mutex() const;
  Status ready(const char* syscall) const;
  Result<Attempt> taken(int answer, const char* syscall);

  std::shared_ptr<Mapping> mapping_;
  size_t offset_;
  bool created_;
  bool held_ = false;
};

}  // namespace posix_ipc::sysv
