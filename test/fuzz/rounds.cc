#include "rounds.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <iterator>
#include <new>

#include "channel-target.h"
#include "channel-users.h"
#include "core/posix/shared-memory.h"
#include "files.h"
#include "targets.h"
#include "users.h"

namespace fuzz {
namespace {

// Milliseconds. The longest wait of a user is 4.
constexpr uint64_t patience = 10000;

// Apart from the steps' own streams.
constexpr uint64_t users_stream = 1ull << 40;

Board& shared_board() {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return *static_cast<Board*>(memory);
}

}  // namespace

Rounds::Rounds(uint64_t seed)
    : seed_(seed), prefix_("/pipc-fuzz-" + std::to_string(getpid())), board_(shared_board()) {}

// Of four, two are of locks, one of channels and one of files.
void Rounds::run(uint64_t round, uint64_t mutations) {
  new (&board_) Board;
  const uint64_t first = round * length;
  if (round % 4 == 3) {
    files(first, mutations);
  } else if (round % 4 == 1) {
    channels(first, mutations);
  } else {
    live(first, mutations);
  }
  tally_.successes += board_.successes;
  tally_.refusals += board_.refusals;
}

void Rounds::live(uint64_t first, uint64_t mutations) {
  const Names names = {prefix_ + "-mutex",     prefix_ + "-rw",     prefix_ + "-barrier",
                       prefix_ + "-condition", prefix_ + "-memory", prefix_ + "-semaphore"};
  Target targets[] = {Target::lock(names.mutex, posix_ipc::BlockKind::mutex),
                      Target::lock(names.rw_lock, posix_ipc::BlockKind::rw_lock),
                      Target::lock(names.barrier, posix_ipc::BlockKind::barrier),
                      Target::lock(names.condition, posix_ipc::BlockKind::condition),
                      Target::memory(names.memory),
                      Target::semaphore(names.semaphore)};
  for (int process = 0; process < Board::processes; process++)
    start([&] { run_users(board_, names, process, seed_, users_stream + first * 16); });
  spoil(targets, first, mutations);
  finish();
  for (const Target& target : targets) target.remove();
}

void Rounds::channels(uint64_t first, uint64_t mutations) {
  std::vector<ChannelTarget> targets;
  for (uint32_t flags = 0; flags < 4; flags++)
    targets.emplace_back(prefix_ + "-channel-" + std::to_string(flags), flags);
  for (int process = 0; process < Board::processes; process++)
    start([&] { run_channel_users(board_, targets, process, seed_, users_stream + first * 16); });
  spoil(targets, first, mutations);
  finish();
  for (const ChannelTarget& target : targets) target.remove();
}

template <typename Targets>
void Rounds::spoil(Targets& targets, uint64_t first, uint64_t mutations) {
  uint64_t done = 0;
  while (done < mutations && all_well()) {
    board_.step = first + done;
    Random random(seed_, board_.step);
    if (random.one_in(2))
      for (auto& target : targets) target.heal(random);
    // A burst, and then constant garbage, under which each call has to come back.
    for (uint64_t left = std::min<uint64_t>(1 + random.below(64), mutations - done); left > 0; left--) {
      targets[random.below(static_cast<uint32_t>(std::size(targets)))].spoil(random);
      done++;
    }
  }
  tally_.mutations += done;
}

void Rounds::files(uint64_t first, uint64_t mutations) {
  const std::string name = prefix_ + "-file";
  board_.step = first;
  start([&] { run_files(board_, name, seed_, first, first + mutations); });
  const bool well = finish();
  tally_.mutations += well ? mutations : board_.step - first + 1;
  for (const char* left : {"", "-mutex"}) (void)posix_ipc::posix::SharedMemory::unlink(name + left);
  unlink(("/dev/shm/sem." + name.substr(1)).c_str());
}

template <typename Body>
void Rounds::start(Body body) {
  fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
  }
  processes_.push_back(pid);
}

bool Rounds::all_well() {
  for (Slot& slot : board_.slots) {
    const uint64_t before = slot.calls;
    // The one that is under way now, and one that begins after the last mutation.
    const uint64_t begun = milliseconds();
    while (slot.calls < before + 2) {
      for (const pid_t pid : processes_) {
        siginfo_t info = {};
        if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid != 0)
          return false;
      }
      if (milliseconds() - begun > patience) return false;
      usleep(20);
    }
  }
  return board_.unexpected == 0;
}

bool Rounds::finish() {
  const uint64_t found_before = tally_.failures();
  board_.over = true;
  uint64_t progress = 0;
  uint64_t since = milliseconds();
  while (!processes_.empty()) {
    int status;
    const pid_t pid = waitpid(processes_.back(), &status, WNOHANG);
    if (pid != 0) {
      processes_.pop_back();
      if (WIFSIGNALED(status)) found("crash", strsignal(WTERMSIG(status)), tally_.crashes);
      if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        found("crash", "ended by the sanitizer", tally_.crashes);
      continue;
    }
    uint64_t calls = 0;
    for (Slot& slot : board_.slots) calls += slot.calls;
    if (calls != progress) since = milliseconds();
    progress = calls;
    if (milliseconds() - since > patience) {
      end_all();
      break;
    }
    usleep(1000);
  }
  if (board_.unexpected != 0)
    found(board_.unexpected_call.load(), strerror(board_.unexpected), tally_.unexpected);
  return tally_.failures() == found_before;
}

void Rounds::end_all() {
  const uint64_t now = milliseconds();
  for (Slot& slot : board_.slots) {
    if (slot.since != 0 && now - slot.since > patience / 2) found("hang", slot.call.load(), tally_.hangs);
  }
  for (const pid_t pid : processes_) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  processes_.clear();
}

void Rounds::found(const char* what, const std::string& detail, uint64_t& count) {
  count++;
  std::printf("%s: %s; again by --seed %lu --from %lu --mutations %lu\n", what, detail.c_str(), seed_,
              board_.step.load(), length);
}

}  // namespace fuzz
