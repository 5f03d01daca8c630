#include "side.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

namespace chaos::channel {

using namespace posix_ipc;

void* map_memory(const std::string& name, size_t size) {
  const int descriptor = open(("/dev/shm" + name).c_str(), O_RDWR | O_CLOEXEC);
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (descriptor == -1 || memory == MAP_FAILED) _exit(2);
  close(descriptor);
  return memory;
}

Side::Side(Victim& victim, uint32_t role, uint32_t kind)
    : victim_(victim),
      journal_(*static_cast<Journal*>(map_memory(victim.prefix + "-j", sizeof(Journal)))),
      me_(journal_.records[victim.number]),
      role_(role) {
  store(&me_.role, role);
  const int error = pipc_open_of(&channel_, kind, (victim.prefix + "-k").c_str(), getuid());
  if (error == 0) return;
  fail(victim.harness.corrupt, "open", static_cast<uint32_t>(-error));
  _exit(1);
}

bool Side::judge(int64_t outcome, const char* what) {
  if (outcome >= 0) return true;
  if (outcome != -EAGAIN && outcome != -ETIMEDOUT && outcome != -EPIPE)
    fail(victim_.harness.corrupt, what, static_cast<uint32_t>(-outcome));
  return false;
}

void Side::sat_down(int error, const char* what) {
  if (error == 0) {
    store(&me_.sitting, 1);
    return;
  }
  // One at a time comes for the only seat, when the last one has ended.
  fail(error == -EBUSY ? victim_.harness.stuck : victim_.harness.corrupt, what,
       static_cast<uint32_t>(-error));
  _exit(1);
}

void Side::linger() {
  const uint32_t kind = victim_.below(32);
  if (kind == 0) usleep(victim_.below(2500));
  if (kind == 1 || kind == 2) usleep(victim_.below(100));
}

void Side::grow() {
  if (chance(4)) memory_.resize(victim_.below(64) << 20, 1);
}

void Side::rest_until_stopped() {
  becomes(State::quiet);
  while (!victim_.stopped()) usleep(2000);
}

void Side::look_around() {
  came_ = load(&others_came());
  seen_.clear();
  coming_ = false;
  if (load(&journal_.foreign) != 0) return;
  for (uint32_t slot = 0; slot < slots_most; slot++) {
    const Record& other = journal_.records[slot];
    if (load(&other.role) != pipc_other(role_)) continue;
    if (load(&other.sitting) != 0)
      seen_.push_back(slot);
    else if (load(&victim_.harness.slots[slot].intent) == static_cast<uint32_t>(Phase::moving))
      coming_ = coming_ || !victim_.dead(slot);
  }
}

void Side::told() {
  const int64_t now = pipc_now();
  for (const uint32_t slot : seen_) {
    // One that has left may have come back.
    if (load(&journal_.records[slot].sitting) != 0 && !victim_.dead(slot) && !came_since())
      fail(victim_.harness.phantom, "told that all have gone, and one is there", slot);
  }
  store(&me_.told[0], static_cast<uint32_t>(now));
  store(&me_.told[1], static_cast<uint32_t>(now >> 32));
  increase(&me_.deserted);
}

uint32_t checksum(uint32_t id, const unsigned char* message, uint32_t length) {
  uint32_t hash = (2166136261u ^ id) * 16777619u ^ length;
  for (uint32_t at = 8; at < length; at++) hash = (hash ^ message[at]) * 16777619u;
  return hash;
}

}  // namespace chaos::channel
