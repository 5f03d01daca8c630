#pragma once

#include <semaphore.h>
#include <sys/stat.h>

#include <string>

#include "core/intent.h"
#include "core/mapping.h"
#include "core/owned.h"
#include "core/owner.h"
#include "core/posix/semaphore-words.h"
#include "core/result.h"
#include "core/wait.h"

namespace posix_ipc::posix {

// sem_open(3), with the checks it leaves out: an empty file under the name opens well and dies by SIGBUS at
// the first post, any other junk of the right size is taken for a semaphore. So the file is opened, looked at
// and mapped here, as the C library maps it; made by sem_open(3) itself.
class Semaphore {
 public:
  struct Creation {
    unsigned value;
    mode_t mode;
  };

  static Result<Semaphore> create(const std::string& name, const Creation& creation);
  static Result<Semaphore> open(const std::string& name, OwnerRule owner);
  static Result<Semaphore> open_or_create(const std::string& name, const Creation& creation, OwnerRule owner);
  static Status unlink(const std::string& name);
  // The file that holds the semaphore `name`.
  static std::string path(const std::string& name);

  bool created() const { return created_; }
  bool closed() const { return words_ == nullptr; }
  // The file lost its bytes: no post of anybody arrives here any more. Asked before and after each call,
  // which may be the one that finds out.
  bool broken() const { return mapping_.broken(); }
  int descriptor() const { return descriptor_.get(); }

  // False, with errno, when the value is at its maximum: the hottest call of all, and a Status would cost a
  // tenth of it.
  bool post() { return posix::post(words_) == 0; }
  // False when the value is 0.
  bool try_wait() {
    return retry_interrupted([this] { return sem_trywait(words_); }) == 0;
  }
  Status wait(const Patience& patience);
  // For a thread of ours: 0 or an errno, EINTR too.
  int wait_interruptibly();
  Result<int> value();
  Result<struct stat> stat() const;
  Status close();

 private:
  Semaphore(Descriptor descriptor, Mapping mapping)
      : words_(reinterpret_cast<sem_t*>(mapping.address())),
        descriptor_(std::move(descriptor)),
        mapping_(std::move(mapping)) {}

  sem_t* words_;
  Descriptor descriptor_;
  Mapping mapping_;
  bool created_ = false;
};

}  // namespace posix_ipc::posix
