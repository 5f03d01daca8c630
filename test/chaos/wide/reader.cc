#include <unistd.h>

#include <cstring>

#include "numbers.h"

namespace chaos::wide {

using namespace posix_ipc;
using channel::Phase;

namespace {

enum class Way { get, look, wait };

class Reader : Side {
 public:
  Reader(Victim& victim, uint32_t kind) : Side(victim, PIPC_READER, kind) { sit(); }

  void work(const std::string& focus);
  void until_deserted();
  void some();

 private:
  void sit();
  void leave();
  // Gives what the call gave.
  int64_t read(Way way, int milliseconds);
  int64_t call(Way way, size_t room, int milliseconds);
  // Something that was read.
  void check(uint32_t length, Way way, uint32_t sent);
  void check_value(uint32_t number, Way way, uint32_t sent);
  void check_message(uint32_t number);
  // Nothing was there.
  void check_nothing(Way way, uint32_t sent);

  pipc_latest_reader value_reader_;
  pipc_broadcast_reader message_reader_;
  // The number that comes next is one of these, and for a value at least the lower.
  uint32_t low_ = 0;
  uint32_t high_ = 0;
  uint64_t lost_ = 0;
  // Of a broadcast: before the message that comes next.
  uint64_t position_ = 0;
  unsigned char buffer_[longest];
};

void Reader::sit() {
  begins(Phase::moving);
  increase(&journal_.came[PIPC_READER - 1]);
  store(&me_.given, 0);
  low_ = latest() ? 0 : load(&numbers_.sent);
  sat_down(latest() ? pipc_open_latest_reader(&value_reader_, &channel_)
                    : pipc_open_broadcast_reader(&message_reader_, &channel_),
           "reader");
  high_ = latest() ? 0 : load(&numbers_.begun);
  position_ = latest() ? 0 : message_reader_.position;
  is(Phase::idle);
}

void Reader::leave() {
  begins(Phase::moving);
  store(&me_.sitting, 0);
  pipc_leave_side(latest() ? &value_reader_.side : &message_reader_.side);
}

int64_t Reader::call(Way way, size_t room, int milliseconds) {
  if (latest()) {
    if (way == Way::get) return pipc_get(&value_reader_, buffer_, room);
    if (way == Way::look) return pipc_try_next(&value_reader_, buffer_, room);
    return pipc_next(&value_reader_, buffer_, room, milliseconds);
  }
  if (way != Way::wait) return pipc_try_hear(&message_reader_, buffer_, room, &lost_);
  return pipc_hear(&message_reader_, buffer_, room, &lost_, milliseconds);
}

int64_t Reader::read(Way way, int milliseconds) {
  // Too small for most.
  const size_t room = chance(16) ? victim_.below(100) : sizeof buffer_;
  look_around();
  begins(Phase::receiving);
  uint32_t sent = load(&numbers_.sent);
  int64_t outcome = call(way, room, milliseconds);
  if (outcome == -EPIPE) {
    told();
    sent = load(&numbers_.sent);
    const int64_t more = call(Way::look, sizeof buffer_, 0);
    if (more >= 0 && !came_since())
      fail(victim_.harness.lost, "told that the writer has gone, and there was more", 0);
    if (more >= 0) outcome = more;
    if (more == -EAGAIN) check_nothing(way, sent);
  }
  if (outcome >= 0)
    check(static_cast<uint32_t>(outcome), way, sent);
  else if (outcome == -EAGAIN || outcome == -ETIMEDOUT)
    check_nothing(way, sent);
  else if (outcome != -EMSGSIZE || room == sizeof buffer_)
    judge(outcome, "read");
  is(Phase::idle);
  return outcome;
}

void Reader::check(uint32_t length, Way way, uint32_t sent) {
  uint32_t words[3] = {0, 0, 0};
  if (length >= head) memcpy(words, buffer_, sizeof words);
  const uint32_t id = words[0], number = words[2];
  if (length < head || number >= numbers_most || words[1] != channel::checksum(id, buffer_, length)) {
    fail(victim_.harness.torn, "what was read", length);
    return;
  }
  if (load(&numbers_.sender[number]) != id)
    fail(victim_.harness.phantom, "nobody has sent this under this number", number);
  if (!pipc_exchange_if(&numbers_.read[number], 0, id) && load(&numbers_.read[number]) != id)
    fail(victim_.harness.duplicated, "two under one number", number);
  const uint64_t own = latest() ? value_reader_.version : message_reader_.number - 1;
  if (own - first_number != number) fail(victim_.harness.corrupt, "the reader counts otherwise", number);
  if (latest())
    check_value(number, way, sent);
  else
    check_message(number);
  low_ = high_ = number + 1;
  store(&me_.given, number + 1);
}

void Reader::check_value(uint32_t number, Way way, uint32_t sent) {
  if (number + 1 < low_) fail(victim_.harness.disordered, "a value after a newer one", number);
  if (way != Way::get && number + 1 == low_) fail(victim_.harness.duplicated, "a value", number);
  if (number + 1 < sent) fail(victim_.harness.lost, "a value that was set is not the one there", number);
}

void Reader::check_message(uint32_t number) {
  const uint32_t lost = static_cast<uint32_t>(lost_);
  if (number < low_)
    fail(victim_.harness.disordered, "a message after a later one", number);
  else if (number - lost > high_ && number >= lost)
    fail(victim_.harness.lost, "messages before this one, and it was not told", number);
  else if (number < lost || number - lost < low_)
    fail(victim_.harness.phantom, "told of more that are lost than there were", number);
  // Who overwrites says before how far, which is half a ring at most.
  if (lost > 0 && message_reader_.position <= position_ + channel_.capacity / 2)
    fail(victim_.harness.lost, "messages that nobody can have overwritten", number);
  position_ = message_reader_.position;
}

void Reader::check_nothing(Way way, uint32_t sent) {
  if (way == Way::get || sent > high_) fail(victim_.harness.lost, "what was sent is not there", sent);
}

void Reader::work(const std::string& focus) {
  if (focus == "steady") grow();
  becomes(State::ready);
  for (;;) {
    const bool stopping = victim_.stopped();
    const bool moves = focus != "steady" && chance(focus == "seat" ? 4 : 100);
    int64_t outcome = 0;
    if (stopping) {
      outcome = read(Way::wait, PIPC_FOR_EVER);
    } else if (moves) {
      leave();
      sit();
    } else if (latest() && chance(2)) {
      read(Way::get, 0);
    } else {
      read(chance(4) ? Way::look : Way::wait, patience());
    }
    // No writer that sits down later sends anything.
    if (stopping && outcome == -EPIPE) break;
    linger();
    victim_.finished();
  }
  leave();
}

void Reader::until_deserted() {
  becomes(State::ready);
  while (!victim_.stopped() && load(&me_.deserted) == 0) {
    if (latest() && chance(4))
      read(Way::get, 0);
    else
      read(Way::wait, PIPC_FOR_EVER);
  }
  rest_until_stopped();
  leave();
}

void Reader::some() {
  becomes(State::ready);
  while (!victim_.stopped() && load(&me_.given) <= channel::counted) {
    read(Way::wait, PIPC_FOR_EVER);
    if (chance(4)) usleep(victim_.below(4000));
  }
  rest_until_stopped();
  leave();
}

}  // namespace

void read_numbers(Victim& victim, uint32_t kind, const std::string& focus) {
  Reader(victim, kind).work(focus);
}
void read_numbers_to_the_end(Victim& victim, uint32_t kind) { Reader(victim, kind).until_deserted(); }
void read_some_numbers(Victim& victim, uint32_t kind) { Reader(victim, kind).some(); }

}  // namespace chaos::wide
