// One of many processes that use the same objects until they are killed; see chaos/main.ts.
// Usage: victim HARNESS SLOT SEED PREFIX ROLE [FOCUS], or victim --points.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "wide/numbers.h"
#include "work.h"

namespace chaos {

using namespace posix_ipc;

namespace {

// Whether it dies: its descriptors are closed only after that shows. Field 3 of /proc/PID/stat is its state,
// field 9 its flags; PF_EXITING is 4.
bool dying(uint32_t pid) {
  char path[32];
  char line[1024];
  snprintf(path, sizeof path, "/proc/%u/stat", pid);
  FILE* const file = fopen(path, "re");
  if (file == nullptr) return true;
  const size_t length = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  line[length] = '\0';
  const char* const rest = strrchr(line, ')');
  if (rest == nullptr) return true;
  char state;
  unsigned flags;
  if (sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2) return true;
  return state == 'Z' || state == 'X' || (flags & 4) != 0;
}

}  // namespace

bool Victim::dead(uint32_t slot) {
  Slot& other = harness.slots[slot];
  if (load(&other.gone) == 0 && dying(load(&other.pid))) store(&other.gone, 1);
  return load(&other.gone) != 0;
}

void Victim::begins(Object object, Phase phase) {
  store(&me.point.since, 0);
  is(object, phase);
}

void Victim::enter(Object object, bool inherited) {
  if (inherited) {
    is(object, Phase::told);
    me.reports[object]++;
  }
  is(object, Phase::inside);
  Protected& data = harness.data[object];
  const uint32_t holder = load(&data.holder);
  if (holder != 0) {
    if (!dead(holder - 1))
      fail(harness.duplicated, "two have the lock", object, holder - 1);
    else if (!inherited)
      fail(harness.unreported, "nothing told of the death of its owner", object, holder - 1);
  }
  for (uint32_t index = 0; index < Harness::slots_most; index++) {
    const uint32_t intent = load(&harness.slots[index].intent);
    if (intent == (object << 8 | static_cast<uint32_t>(Phase::reading)) && !dead(index))
      fail(harness.duplicated, "a reader is in beside the owner", object, index);
  }
  store(&data.holder, number + 1);
  if (inherited) store(&data.twin, load(&data.value));
  if (load(&data.twin) != load(&data.value)) fail(harness.lost, "half a change was seen", object, holder);
}

void Victim::enter_to_read(Object object) {
  is(object, Phase::reading);
  Protected& data = harness.data[object];
  const uint32_t holder = load(&data.holder);
  if (holder == 0) {
    if (load(&data.twin) != load(&data.value)) fail(harness.lost, "a reader saw half a change", object, 0);
    return;
  }
  if (dead(holder - 1))
    fail(harness.unreported, "nothing told the reader of the death of the writer", object, holder - 1);
  else
    fail(harness.duplicated, "a writer is in beside the reader", object, holder - 1);
}

void Victim::add_one(Object object) {
  Protected& data = harness.data[object];
  const uint32_t value = load(&data.value) + 1;
  store(&me.adding, 1);
  store(&data.value, value);
  if (below(8) == 0) usleep(below(300));
  store(&data.twin, value);
  store(&me.added[object], me.added[object] + 1);
  store(&me.adding, 0);
}

void Victim::leave(Object object) {
  store(&harness.data[object].holder, 0);
  begins(object, Phase::releasing);
}

void Victim::fail(uint32_t& count, const char* what, Object object, uint32_t detail) {
  increase(&count);
  fprintf(stderr, "chaos: victim %u (pid %d): %s (object %u, %u)\n", number, getpid(), what, object, detail);
}

// Of what those are writers or readers that have this role.
uint32_t kind_of(const std::string& role) {
  const std::string verb = role.substr(0, role.find('-'));
  return verb == "set" || verb == "get" ? PIPC_LATEST : PIPC_BROADCAST;
}

sync::Place by_name(const Victim& victim, const char* suffix) { return {victim.prefix + suffix, -1, 0}; }

}  // namespace chaos

int main(int count, char** arguments) {
  using namespace chaos;
  if (count == 2 && strcmp(arguments[1], "--points") == 0) {
    for (const char* name : posix_ipc::sync_point_names) puts(name);
    return 0;
  }
  if (count < 6) return 2;
  // Nobody survives the harness, however it ends.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int descriptor = open(arguments[1], O_RDWR | O_CLOEXEC);
  void* page = mmap(nullptr, sizeof(Harness), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (descriptor == -1 || page == MAP_FAILED) return 2;
  close(descriptor);

  Victim victim(static_cast<Harness*>(page), static_cast<uint32_t>(atoi(arguments[2])),
                static_cast<uint32_t>(strtoul(arguments[3], nullptr, 10)), arguments[4]);
  const std::string role = arguments[5];
  const std::string focus = count > 6 ? arguments[6] : "";
  posix_ipc::store(&victim.me.pid, static_cast<uint32_t>(getpid()));
  posix_ipc::store(&victim.me.state, static_cast<uint32_t>(State::starting));
  if (role == "work")
    work(victim, focus);
  else if (role == "barrier")
    come_and_pass(victim);
  else if (role == "hostage")
    keep_barrier_open(victim);
  else if (role == "pass")
    pass_the_lock(victim, focus);
  else if (role == "wait")
    wait_for_the_lock(victim, focus);
  else if (role == "write")
    channel::write_messages(victim, focus);
  else if (role == "read")
    channel::read_messages(victim, focus);
  else if (role == "write-to-the-end")
    channel::write_to_the_end(victim);
  else if (role == "read-to-the-end")
    channel::read_to_the_end(victim);
  else if (role == "write-some")
    channel::write_some(victim);
  else if (role == "read-some")
    channel::read_some(victim);
  else if (role == "set" || role == "announce")
    wide::write_numbers(victim, kind_of(role), focus);
  else if (role == "get" || role == "hear")
    wide::read_numbers(victim, kind_of(role), focus);
  else if (role == "get-to-the-end" || role == "hear-to-the-end")
    wide::read_numbers_to_the_end(victim, kind_of(role));
  else if (role == "set-some" || role == "announce-some")
    wide::write_some_numbers(victim, kind_of(role));
  else if (role == "get-some" || role == "hear-some")
    wide::read_some_numbers(victim, kind_of(role));
  else
    return 2;
  posix_ipc::store(&victim.me.state, static_cast<uint32_t>(State::done));
  return 0;
}
