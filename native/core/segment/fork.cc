#include "core/segment/fork.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace posix_ipc {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<int> descriptors;
};

// Never destroyed: threads may fork while the process ends.
Registry& registry() {
  static Registry* const one = [] {
    auto* made = new Registry;
    // Held across the fork, so that the child finds the list whole.
    pthread_atfork([] { registry().mutex.lock(); }, [] { registry().mutex.unlock(); },
                   [] {
                     for (const int descriptor : registry().descriptors) ::close(descriptor);
                     registry().descriptors.clear();
                     registry().mutex.unlock();
                   });
    return made;
  }();
  return *one;
}

}  // namespace

void close_in_child(int descriptor) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  registry().descriptors.push_back(descriptor);
}

void keep_in_child(int descriptor) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  auto& descriptors = registry().descriptors;
  descriptors.erase(std::remove(descriptors.begin(), descriptors.end(), descriptor), descriptors.end());
}

}  // namespace posix_ipc
