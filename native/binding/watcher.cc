#include "binding/watcher.h"

#include <sys/inotify.h>
#include <uv.h>

#include <cstdio>

#include "core/segment/bell.h"

namespace posix_ipc::binding {

std::unique_ptr<Watcher> Watcher::open(Loop& loop, const Napi::Function& ready) {
  Descriptor descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!descriptor) return nullptr;
  return std::unique_ptr<Watcher>(new Watcher(loop, std::move(descriptor), ready));
}

Watcher::Watcher(Loop& loop, Descriptor descriptor, const Napi::Function& ready)
    : descriptor_(std::move(descriptor)), poll_(loop.poll(descriptor_.get())) {
  poll_->set_callback(ready);
  poll_->watch(UV_READABLE);
}

int Watcher::add(const Bell& bell) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", bell.descriptor());
  return inotify_add_watch(descriptor_.get(), path, bell.events() | IN_MASK_ADD);
}

void Watcher::remove(int watch) { inotify_rm_watch(descriptor_.get(), watch); }

size_t Watcher::read(int32_t* into, size_t room) {
  // Events without names: each takes the size of the structure.
  alignas(inotify_event) char buffer[16 * sizeof(inotify_event)];
  const size_t length = std::min(sizeof buffer, room * sizeof(inotify_event));
  const ssize_t got = ::read(descriptor_.get(), buffer, length);
  size_t pairs = 0;
  for (ssize_t offset = 0; offset < got; pairs++) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + offset);
    into[2 * pairs] = event->wd;
    into[2 * pairs + 1] = (event->mask & (IN_CLOSE_WRITE | IN_Q_OVERFLOW)) != 0;
    offset += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  return pairs;
}

}  // namespace posix_ipc::binding
