#include "core/segment/sync-point.h"

#ifdef POSIX_IPC_CHAOS

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace posix_ipc {
namespace {

// Shared with the harness, which reads it after our death: no step may be left in a register.
using Word = volatile uint32_t;

PointRecord* map_record() {
  const char* path = getenv("POSIX_IPC_CHAOS_PAGE");
  const char* offset = getenv("POSIX_IPC_CHAOS_RECORD");
  if (path == nullptr || offset == nullptr) return nullptr;
  const int descriptor = open(path, O_RDWR | O_CLOEXEC);
  struct stat status;
  if (descriptor == -1 || fstat(descriptor, &status) == -1) abort();
  void* page =
      mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (page == MAP_FAILED) abort();
  close(descriptor);
  return reinterpret_cast<PointRecord*>(static_cast<char*>(page) + atol(offset));
}

}  // namespace

void at(SyncPoint point) {
  static PointRecord* const record = map_record();
  if (record == nullptr) return;
  const auto number = static_cast<uint32_t>(point);
  const uint32_t before = record->since;
  if (before != 0) {
    Word& followers = record->followers[before][number / 32];
    followers = followers | 1u << number % 32;
  }
  *static_cast<Word*>(&record->since) = number;
  *static_cast<Word*>(&record->last) = number;
  if (record->nap_at == number) usleep(record->nap);
  if (record->armed != number || --record->countdown != 0) return;
  *static_cast<Word*>(&record->died) = number;
  kill(getpid(), SIGKILL);
}

}  // namespace posix_ipc

#endif
