#include <unistd.h>

#include <cstring>

#include "side.h"

namespace chaos::channel {

using namespace posix_ipc;

namespace {

class Reader : Side {
 public:
  explicit Reader(Victim& victim) : Side(victim, PIPC_READER) { sit(); }

  void work(const std::string& focus);
  void until_deserted();
  void some();

 private:
  void sit() {
    begins(Phase::moving);
    increase(&journal_.came[PIPC_READER - 1]);
    sat_down(pipc_open_reader(&reader_, &channel_), "reader");
    memset(last_, 0, sizeof last_);
    is(Phase::idle);
  }
  void leave() {
    begins(Phase::moving);
    store(&me_.sitting, 0);
    pipc_close_reader(&reader_);
  }
  // Its id, or `crumb`; 0 where it is damaged.
  uint32_t check(const unsigned char* message, uint32_t length);
  void in_order(uint32_t id);
  void note(uint32_t id);
  bool given(int64_t outcome);
  bool receive(int milliseconds);
  bool lease(int milliseconds);
  void drain();
  static int visit(void* reader, const void* payload, uint32_t length);

  pipc_reader reader_;
  // The last number of each writer.
  uint32_t last_[slots_most];
  unsigned char buffer_[PIPC_LEAST_CAPACITY];
};

uint32_t Reader::check(const unsigned char* message, uint32_t length) {
  uint32_t words[2];
  if (length < sizeof words) {
    for (uint32_t at = 0; at < length; at++) {
      if (message[at] == 0xa0 + length) continue;
      fail(victim_.harness.torn, "a short message", length);
      return 0;
    }
    return crumb;
  }
  memcpy(words, message, sizeof words);
  const uint32_t writer = words[0] >> 16, number = words[0] & 0xffff;
  if (writer < slots_most && number > 0 && number < numbers_most &&
      words[1] == checksum(words[0], message, length))
    return words[0];
  fail(victim_.harness.torn, "a message", length);
  return 0;
}

void Reader::in_order(uint32_t id) {
  if (id == 0 || id == crumb) return;
  uint32_t& last = last_[id >> 16];
  const uint32_t number = id & 0xffff;
  if (number <= last) fail(victim_.harness.disordered, "a message after a later one", id);
  // Alone it sees all of them.
  if (!reader_.side.many && last != 0 && number > last + 1)
    fail(victim_.harness.lost, "a message is left out", id);
  last = number;
}

void Reader::note(uint32_t id) {
  if (id == 0) return;
  if (id == crumb)
    increase(&me_.crumbs_given);
  else
    __atomic_fetch_add(&journal_.given[id >> 16][id & 0xffff], 1, __ATOMIC_SEQ_CST);
}

// After a call that copies. EPIPE: there was nothing, unless somebody has come since.
bool Reader::given(int64_t outcome) {
  if (outcome == -EPIPE) {
    told();
    outcome = pipc_try_receive(&reader_, buffer_, sizeof buffer_);
    if (outcome >= 0 && !came_since())
      fail(victim_.harness.lost, "told that all have gone, and there was a message", 0);
  }
  if (!judge(outcome, "receive")) return false;
  const uint32_t id = check(buffer_, static_cast<uint32_t>(outcome));
  store(&me_.given, id);
  note(id);
  in_order(id);
  return true;
}

bool Reader::receive(int milliseconds) {
  store(&me_.given, 0);
  look_around();
  begins(Phase::receiving);
  int64_t outcome;
  if (chance(16)) {
    // Too small for most: those stay.
    const size_t room = victim_.below(16);
    outcome = pipc_try_receive(&reader_, buffer_, room);
    if (outcome == -EMSGSIZE) outcome = -EAGAIN;
  } else if (milliseconds == 0) {
    outcome = pipc_try_receive(&reader_, buffer_, sizeof buffer_);
  } else {
    outcome = pipc_receive(&reader_, buffer_, sizeof buffer_, milliseconds);
  }
  const bool is_given = given(outcome);
  is(Phase::idle);
  return is_given;
}

bool Reader::lease(int milliseconds) {
  const void* payload;
  uint32_t length;
  store(&me_.given, 0);
  look_around();
  begins(Phase::taking);
  const int error = pipc_lease(&reader_, &payload, &length, milliseconds);
  if (error == -EPIPE) {
    begins(Phase::receiving);
    const bool is_given = given(error);
    is(Phase::idle);
    return is_given;
  }
  if (!judge(error, "lease")) {
    is(Phase::idle);
    return false;
  }
  if (chance(4)) {
    (void)pipc_put_back(&reader_);
    is(Phase::idle);
    return false;
  }
  const uint32_t id = check(static_cast<const unsigned char*>(payload), length);
  store(&me_.unreleased[0], id);
  store(&me_.unreleased_count, 1);
  is(Phase::leasing);
  note(id);
  store(&me_.given, id);
  in_order(id);
  linger();
  begins(Phase::releasing);
  (void)pipc_release(&reader_);
  is(Phase::idle);
  return true;
}

int Reader::visit(void* context, const void* payload, uint32_t length) {
  Reader& reader = *static_cast<Reader*>(context);
  Record& me = reader.me_;
  // The room of so many was given back.
  if (load(&me.unreleased_count) == unreleased_most) store(&me.unreleased_count, 0);
  const uint32_t count = load(&me.unreleased_count);
  reader.is(Phase::visiting);
  const uint32_t id = reader.check(static_cast<const unsigned char*>(payload), length);
  store(&me.unreleased[count], id);
  store(&me.unreleased_count, count + 1);
  reader.note(id);
  reader.in_order(id);
  if (reader.chance(64)) reader.linger();
  reader.is(Phase::draining);
  return reader.chance(128);
}

void Reader::drain() {
  store(&me_.unreleased_count, 0);
  begins(Phase::draining);
  judge(pipc_drain(&reader_, visit, this), "drain");
  is(Phase::idle);
}

void Reader::work(const std::string& focus) {
  if (focus == "steady") grow();
  becomes(State::ready);
  for (;;) {
    const uint32_t ends = load(&me_.deserted);
    const bool moves = focus != "steady" && chance(focus == "seat" ? 4 : 100);
    if (moves && !victim_.stopped()) {
      leave();
      sit();
    } else if (chance(8)) {
      drain();
    } else if (chance(4)) {
      lease(patience());
    } else {
      receive(chance(4) ? 0 : patience());
    }
    // The writers have ended, and left nothing.
    if (victim_.stopped() && load(&me_.deserted) != ends) break;
    linger();
    victim_.finished();
  }
  leave();
}

void Reader::until_deserted() {
  becomes(State::ready);
  while (!victim_.stopped() && load(&me_.deserted) == 0) receive(PIPC_FOR_EVER);
  rest_until_stopped();
  leave();
}

void Reader::some() {
  becomes(State::ready);
  for (uint32_t count = 0; !victim_.stopped() && count < counted;) {
    if (receive(PIPC_FOR_EVER)) count++;
    if (chance(2)) usleep(victim_.below(4000));
  }
  rest_until_stopped();
  leave();
}

}  // namespace

void read_messages(Victim& victim, const std::string& focus) { Reader(victim).work(focus); }
void read_to_the_end(Victim& victim) { Reader(victim).until_deserted(); }
void read_some(Victim& victim) { Reader(victim).some(); }

}  // namespace chaos::channel
