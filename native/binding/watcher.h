#pragma once

#include <napi.h>

#include <memory>

#include "binding/loop.h"
#include "core/owned.h"
#include "core/segment/bell.h"

namespace posix_ipc::binding {

// The inotify instance of one environment: through it the event loop hears the bells of all segments.
// JavaScript keeps who waits for which watch.
class Watcher {
 public:
  // Null where the user has all instances that he may (fs.inotify.max_user_instances).
  static std::unique_ptr<Watcher> open(Loop& loop, const Napi::Function& ready);

  // The watch descriptor, the same one for the same file, whose bells are then all heard; -1 where there is
  // none to be had.
  int add(const Bell& bell);
  void remove(int watch);
  // Pairs of a watch and whether somebody closed or died; -1 for all watches, where events were lost. Gives
  // the number of pairs; 0 when all have been read.
  size_t read(int32_t* into, size_t room);

 private:
  Watcher(Loop& loop, Descriptor descriptor, const Napi::Function& ready);

  // Before the descriptor, whose number is somebody else's once it is closed.
  Descriptor descriptor_;
  std::shared_ptr<Poll> poll_;
};

}  // namespace posix_ipc::binding
