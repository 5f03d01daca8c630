#include "core/wait-thread.h"

#include <sys/sem.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "core/posix/semaphore.h"

using namespace posix_ipc;
using posix::Semaphore;

namespace {

Semaphore made(const char* what) {
  auto created = Semaphore::create(unique_name(what), {0, 0600});
  CHECK(created.ok() && Semaphore::unlink(unique_name(what)).ok());
  return created.take();
}

struct Outcome {
  std::atomic<int> error{-1};
  std::shared_ptr<ThreadWait> wait;

  explicit Outcome(Semaphore& semaphore)
      : wait(ThreadWait::start(
                 {"test", [&] { return semaphore.wait_interruptibly(); }, [this](int told) { error = told; }})
                 .take()) {}
  void join() const {
    while (!wait->finished()) std::this_thread::yield();
  }
};

void a_wait_ends_when_there_is_something() {
  auto semaphore = made("post");
  Outcome outcome(semaphore);
  CHECK(semaphore.post());
  outcome.join();
  CHECK(outcome.error == 0 && semaphore.value().value() == 0);
}

// Cancelled at every stage of its beginning: it took nothing.
void a_cancelled_wait_has_taken_nothing() {
  auto semaphore = made("cancel");
  for (int round = 0; round < 200; ++round) {
    Outcome outcome(semaphore);
    if (round % 2 == 1) std::this_thread::sleep_for(std::chrono::microseconds(round));
    outcome.wait->cancel_and_join();
    CHECK(outcome.error == ECANCELED);
  }
  CHECK(semaphore.post() && semaphore.value().value() == 1);
}

// Posts and cancellations at once: what was posted was either taken, and said so, or is still there.
void no_post_is_lost_between_a_post_and_a_cancellation() {
  auto semaphore = made("race");
  constexpr int rounds = 300;
  int taken = 0;
  for (int round = 0; round < rounds; ++round) {
    Outcome outcome(semaphore);
    std::thread poster([&] { CHECK(semaphore.post()); });
    outcome.wait->cancel_and_join();
    poster.join();
    CHECK(outcome.error == 0 || outcome.error == ECANCELED);
    if (outcome.error == 0) ++taken;
  }
  CHECK(taken + semaphore.value().value() == rounds);
}

void many_waits_have_a_thread_each_and_end() {
  auto semaphore = made("many");
  constexpr int count = 50;
  std::vector<std::unique_ptr<Outcome>> outcomes;
  for (int i = 0; i < count; ++i) outcomes.push_back(std::make_unique<Outcome>(semaphore));
  CHECK(wait_thread_count() >= count);
  for (int i = 0; i < count; ++i) CHECK(semaphore.post());
  for (const auto& outcome : outcomes) outcome->join();
  for (const auto& outcome : outcomes) CHECK(outcome->error == 0);
  // Idle threads linger for two seconds, and then end.
  while (wait_thread_count() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace

int main() {
  a_wait_ends_when_there_is_something();
  a_cancelled_wait_has_taken_nothing();
  no_post_is_lost_between_a_post_and_a_cancellation();
  many_waits_have_a_thread_each_and_end();
}
