#include <pthread.h>

#include <atomic>
#include <functional>
#include <string>

namespace {
// What others do before each look of the header at a word.
std::function<void()> meanwhile;

void let_others_act() {
  std::function<void()> act;
  act.swap(meanwhile);
  if (!act) return;
  act();
  meanwhile.swap(act);
}
}  // namespace

// The header reads every word by it, and a macro does not expand within itself.
#define __atomic_load_n(word, order) (let_others_act(), __atomic_load_n(word, order))
#include "channel.h"
#undef __atomic_load_n

// One thread, so that it is certain what happens between which looks.
namespace {

// A message comes and goes between any two looks of those who sit down: a sound channel is not called
// damaged.
void sitting_down_disturbs_nobody() {
  Segment segment(PIPC_MANY_WRITERS | PIPC_MANY_READERS);
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  int messages = 0;
  meanwhile = [&] {
    CHECK(send_text(writer, "message") == 0);
    CHECK(received(reader) == "message");
    messages++;
  };
  {
    Writer other(segment.channel);
    Reader another(segment.channel);
  }
  meanwhile = nullptr;
  CHECK(messages > 2);
}

// Between the two steps of one who takes a dead writer's seat, its byte is held and its number is the dead
// one's.
void a_seat_that_is_being_taken_is_no_writers() {
  Segment segment;
  pipc_writer dead;
  CHECK(pipc_open_writer(&dead, &segment.channel) == 0);
  // All that the kernel does.
  close(dead.side.seat.descriptor);
  const int taker = pipc_reopen(segment.channel.descriptor);
  CHECK(pipc_take_byte(taker, PIPC_FIRST_SEAT_BYTE + dead.side.seat.index) == 1);
  pipc_seat_entry* const entry = pipc_entry(&dead.side.seat);
  const uint32_t number = (dead.side.seat.number + 1) & PIPC_NUMBER;
  int64_t last = pipc_now();
  bool taken = false;
  meanwhile = [&] {
    const int64_t now = pipc_now();
    // The other one waits: a pause that is no look's.
    if (!taken && now - last > 400000) {
      __atomic_store_n(&entry->epoch, PIPC_OCCUPIED | number, __ATOMIC_SEQ_CST);
      taken = true;
    }
    last = now;
  };
  {
    Writer next(segment.channel);
    CHECK(taken);
    CHECK(send_text(next, "on") == 0);
  }
  meanwhile = nullptr;
  close(taker);
}

}  // namespace

int main() {
  sitting_down_disturbs_nobody();
  a_seat_that_is_being_taken_is_no_writers();
}
