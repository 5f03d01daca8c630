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

}  // namespace

int main() { sitting_down_disturbs_nobody(); }
