#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "check.h"
#include "core/guard/handler.h"
#include "core/mapping.h"
#include "core/owned.h"

using namespace posix_ipc;

namespace {

constexpr size_t page = 4096;

Descriptor file_of(size_t size) {
  Descriptor file(open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  CHECK(file && ftruncate(file.get(), static_cast<off_t>(size)) == 0);
  return file;
}

Mapping map_of(const Descriptor& file, size_t size, Mapping::Access access = Mapping::Access::shared) {
  auto mapping = Mapping::of_descriptor(file.get(), size, 0, access);
  CHECK(mapping.ok());
  return mapping.take();
}

volatile char& byte(const Mapping& mapping, size_t offset) { return mapping.address()[offset]; }

char touch(volatile char* address) { return *address; }

void cut(const Descriptor& file, size_t size = 0) {
  CHECK(ftruncate(file.get(), static_cast<off_t>(size)) == 0);
}

// A map that nobody guards, with nothing under it.
volatile char* unguarded() {
  const Descriptor file = file_of(page);
  void* address = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  CHECK(address != MAP_FAILED);
  cut(file);
  return static_cast<volatile char*>(address);
}

// In a process of its own: the signal that ended it, or the negative exit code. One that hangs ends by
// SIGALRM.
template <typename Body>
int end_of(Body body) {
  const pid_t child = fork();
  CHECK(child != -1);
  if (child == 0) {
    alarm(60);
    body();
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

void set_handler(void (*handler)(int, siginfo_t*, void*), int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaddset(&action.sa_mask, SIGUSR1);
  CHECK(sigaction(SIGBUS, &action, nullptr) == 0);
}

void lost_pages_are_zeros_of_ones_own() {
  for (const auto access : {Mapping::Access::shared, Mapping::Access::copy_on_write}) {
    const Descriptor file = file_of(8 * page);
    const Mapping mapping = map_of(file, 8 * page - 100, access);
    const Mapping other = map_of(file, page, access);
    byte(mapping, 0) = 'a';
    byte(other, 1) = 'b';
    cut(file, page);
    CHECK(!mapping.broken() && byte(mapping, 0) == 'a');
    errno = 42;
    CHECK(byte(mapping, 8 * page - 50) == 0);
    CHECK(errno == 42);
    // The whole range, in one piece.
    CHECK(mapping.broken() && byte(mapping, 0) == 0);
    byte(mapping, page) = 'c';
    CHECK(byte(mapping, page) == 'c');
    CHECK(!other.broken() && byte(other, 1) == 'b');
  }
}

void a_system_call_on_lost_pages_is_told() {
  const Descriptor file = file_of(page);
  const Mapping mapping = map_of(file, page);
  cut(file);
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK(write(ends[1], mapping.address() + 10, 10) == -1 && errno == EFAULT && !mapping.broken());
  guard::repair_all(mapping.address() + page, 10);
  CHECK(!mapping.broken());
  const guard::Copying copying(mapping.address() + 10, 10);
  guard::repair_all(mapping.address() + 10, 10);
  CHECK(mapping.broken() && copying.lost() && write(ends[1], mapping.address() + 10, 10) == 10);
  CHECK(!guard::Copying(mapping.address(), page).lost());
  close(ends[0]);
  close(ends[1]);
}

void a_closed_range_is_nobody_s() {
  const Descriptor file = file_of(page);
  CHECK(end_of([&] {
          Mapping mapping = map_of(file, page);
          char* address = mapping.address();
          CHECK(mapping.release().ok());
          CHECK(mmap(address, page, PROT_READ, MAP_SHARED | MAP_FIXED, file.get(), 0) == address);
          cut(file);
          touch(address);
        }) == SIGBUS);
}

void a_retired_range_still_forgives() {
  const Descriptor file = file_of(page);
  Mapping mapping = map_of(file, page);
  mapping.retire();
  // As a thread finds it whose fault came just before.
  CHECK(guard::repair(mapping.address()) == guard::Repair::done);
  CHECK(mapping.release().ok());
  CHECK(guard::repair(mapping.address()) == guard::Repair::foreign);
}

void more_ranges_than_one_block_has() {
  const Descriptor file = file_of(page);
  std::vector<Mapping> mappings;
  for (int count = 0; count < 3000; count++) mappings.push_back(map_of(file, page));
  cut(file);
  for (size_t index = 0; index < mappings.size(); index += 2) CHECK(byte(mappings[index], 1) == 0);
  for (size_t index = 0; index < mappings.size(); index++)
    CHECK(mappings[index].broken() == (index % 2 == 0));
}

void what_is_not_ours_ends_the_process_as_before() {
  CHECK(end_of([] { touch(unguarded()); }) == SIGBUS);
  CHECK(end_of([] {
          const Mapping mapping = map_of(file_of(page), page);
          touch(unguarded());
        }) == SIGBUS);
  const auto armed = [] {
    const Descriptor file = file_of(page);
    static const Mapping mapping = map_of(file, page);
    cut(file);
  };
  CHECK(end_of([&] { armed(), kill(getpid(), SIGBUS); }) == SIGBUS);
  CHECK(end_of([&] { armed(), raise(SIGBUS); }) == SIGBUS);
  CHECK(end_of([&] { signal(SIGBUS, SIG_IGN), armed(), kill(getpid(), SIGBUS); }) == 0);
  CHECK(end_of([&] { signal(SIGBUS, SIG_IGN), armed(), touch(unguarded()); }) == SIGBUS);
}

// What an earlier handler was told.
volatile sig_atomic_t heard;
volatile sig_atomic_t masked;
siginfo_t told;
sigjmp_buf back;

void note(int, siginfo_t* info, void*) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  masked = sigismember(&mask, SIGUSR1);
  heard = heard + 1;
  told = *info;
}

void note_and_leave(int signal, siginfo_t* info, void* context) {
  note(signal, info, context);
  siglongjmp(back, 1);
}

void an_earlier_handler_hears_the_rest() {
  CHECK(end_of([] {
          set_handler(note_and_leave);
          const Descriptor file = file_of(page);
          const Mapping mapping = map_of(file, page);
          cut(file);
          byte(mapping, 0) = 1;
          CHECK(mapping.broken() && heard == 0);
          for (static int count = 1; count < 4; count++) {
            volatile char* address = unguarded();
            if (sigsetjmp(back, 1) == 0) touch(address);
            CHECK(heard == count && told.si_code == BUS_ADRERR && told.si_addr == address && masked);
          }
          if (sigsetjmp(back, 1) == 0) kill(getpid(), SIGBUS);
          CHECK(heard == 4 && told.si_code == SI_USER && told.si_pid == getpid());
        }) == 0);
  // Of another cause: an address of ours is not enough.
  CHECK(end_of([] {
          set_handler(note);
          const Mapping mapping = map_of(file_of(page), page);
          siginfo_t info = {};
          info.si_signo = SIGBUS;
          info.si_code = BUS_OBJERR;
          info.si_addr = mapping.address();
          CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGBUS, &info) == 0);
          CHECK(heard == 1 && told.si_code == BUS_OBJERR && !mapping.broken());
        }) == 0);
  CHECK(end_of([] {
          set_handler(note, SA_RESETHAND);
          const Mapping mapping = map_of(file_of(page), page);
          touch(unguarded());
        }) == SIGBUS);
}

struct sigaction under;

void note_and_pass_on(int signal, siginfo_t* info, void* context) {
  note(signal, info, context);
  under.sa_sigaction(signal, info, context);
}

void a_later_handler_that_calls_ours_ends_in_no_circle() {
  const auto install = [] {
    const Mapping first = map_of(file_of(page), page);
    CHECK(sigaction(SIGBUS, nullptr, &under) == 0);
    set_handler(note_and_pass_on);
    const Mapping second = map_of(file_of(page), page);
  };
  CHECK(end_of([&] { install(), kill(getpid(), SIGBUS); }) == SIGBUS);
  CHECK(end_of([&] { install(), touch(unguarded()); }) == SIGBUS);
  CHECK(end_of([&] {
          signal(SIGBUS, SIG_IGN), install(), raise(SIGBUS);
          CHECK(heard == 1);
        }) == 0);
}

void the_handler_is_put_back_at_every_map() {
  CHECK(end_of([] {
          const Descriptor file = file_of(page);
          const Mapping mapping = map_of(file, page);
          signal(SIGBUS, SIG_DFL);
          CHECK(guard::install_again());
          cut(file);
          byte(mapping, 0) = 1;
          signal(SIGBUS, SIG_DFL);
          const Descriptor another_file = file_of(page);
          const Mapping another = map_of(another_file, page);
          cut(another_file);
          byte(another, 0) = 1;
          CHECK(mapping.broken() && another.broken());
        }) == 0);
}

void it_can_be_turned_off_and_on() {
  CHECK(end_of([] {
          const Descriptor file = file_of(page);
          const Mapping mapping = map_of(file, page);
          guard::disable();
          cut(file);
          touch(&byte(mapping, 0));
        }) == SIGBUS);
  CHECK(end_of([] {
          guard::disable();
          CHECK(!guard::enabled() && !guard::install_again());
          const Descriptor file = file_of(page);
          const Mapping mapping = map_of(file, page);
          cut(file);
          touch(&byte(mapping, 0));
        }) == SIGBUS);
  CHECK(end_of([] {
          const Descriptor file = file_of(page);
          guard::disable();
          const Mapping mapping = map_of(file, page);
          guard::enable();
          cut(file);
          CHECK(guard::enabled() && byte(mapping, 0) == 0 && mapping.broken());
        }) == 0);
}

void without_maps_left_it_ends_and_does_not_loop() {
  CHECK(end_of([] {
          const Descriptor file = file_of(2 * page);
          const Descriptor first_file = file_of(page);
          const Mapping mapping = map_of(file, 2 * page);
          const Mapping first = map_of(first_file, page);
          cut(first_file);
          // ThreadSanitizer maps something for itself at the first signal.
          byte(first, 0) = 1;
          const auto protection = [](int count) { return count % 2 == 0 ? PROT_READ : PROT_NONE; };
          int count = 0;
          while (mmap(nullptr, page, protection(count++), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
          }
          cut(file);
          byte(mapping, page) = 1;
        }) == SIGBUS);
}

// Each thread cuts files off under maps of its own and of all, touches them, closes them and opens others,
// which get the same addresses.
void threads_at_once() {
  const Descriptor common_file = file_of(64 * page);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; index++) {
    threads.emplace_back([&, index] {
      for (int round = 0; round < 100; round++) {
        const Descriptor file = file_of(4 * page);
        const Descriptor whole_file = file_of(4 * page);
        Mapping mapping = map_of(file, 4 * page);
        const Mapping whole = map_of(whole_file, 4 * page);
        const Mapping common = map_of(common_file, 64 * page);
        byte(whole, 7) = static_cast<char>(index + 1);
        cut(file);
        byte(mapping, page) = 1;
        CHECK(mapping.broken() && mapping.release().ok());
        for (size_t offset = 0; offset < 64 * page; offset += page) touch(&byte(common, offset));
        CHECK(!whole.broken() && byte(whole, 7) == index + 1);
      }
    });
  }
  std::thread peer([&] {
    while (!stop) {
      cut(common_file);
      cut(common_file, 64 * page);
    }
  });
  for (auto& thread : threads) thread.join();
  stop = true;
  peer.join();
}

// Threads touch one map while it is lost and retired under them.
void a_map_is_closed_under_the_faults_of_others() {
  for (int round = 0; round < 200; round++) {
    const Descriptor file = file_of(16 * page);
    Mapping mapping = map_of(file, 16 * page);
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int index = 0; index < 3; index++) {
      threads.emplace_back([&] {
        ready++;
        for (size_t pass = 0; pass < 64; pass++) touch(&byte(mapping, pass % 16 * page));
      });
    }
    while (ready != 3) {
    }
    cut(file);
    mapping.retire();
    for (auto& thread : threads) thread.join();
    CHECK(byte(mapping, 0) == 0);
  }
}

// What is mapped at the addresses next is left alone by a handler that is still at the range.
void a_closed_range_s_addresses_may_be_used_at_once() {
  const Descriptor file = file_of(page);
  std::atomic<char*> address{nullptr};
  std::atomic<bool> stop{false};
  std::vector<std::thread> handlers;
  for (int index = 0; index < 2; index++) {
    handlers.emplace_back([&] {
      while (!stop) CHECK(guard::repair(address) != guard::Repair::refused);
    });
  }
  for (int round = 0; round < 1000; round++) {
    Mapping mapping = map_of(file, page);
    address = mapping.address();
    if (round % 4 == 0) sched_yield();
    CHECK(mapping.release().ok());
    void* next = mmap(address, page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(next == address);
    *static_cast<volatile char*>(next) = 'x';
    if (round % 4 == 1) sched_yield();
    CHECK(touch(static_cast<volatile char*>(next)) == 'x');
    CHECK(munmap(next, page) == 0);
  }
  stop = true;
  for (auto& handler : handlers) handler.join();
}

}  // namespace

int main() {
  // A sanitizer has a handler of its own.
  signal(SIGBUS, SIG_DFL);
  what_is_not_ours_ends_the_process_as_before();
  an_earlier_handler_hears_the_rest();
  a_later_handler_that_calls_ours_ends_in_no_circle();
  the_handler_is_put_back_at_every_map();
  it_can_be_turned_off_and_on();
  without_maps_left_it_ends_and_does_not_loop();
  a_closed_range_is_nobody_s();
  lost_pages_are_zeros_of_ones_own();
  a_system_call_on_lost_pages_is_told();
  a_retired_range_still_forgives();
  more_ranges_than_one_block_has();
  threads_at_once();
  a_map_is_closed_under_the_faults_of_others();
  a_closed_range_s_addresses_may_be_used_at_once();
}
