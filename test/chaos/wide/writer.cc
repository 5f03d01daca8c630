#include <unistd.h>

#include <cstring>

#include "numbers.h"

namespace chaos::wide {

using namespace posix_ipc;
using channel::Phase;

Side::Side(Victim& victim, uint32_t role, uint32_t kind)
    : channel::Side(victim, role, kind),
      numbers_(*static_cast<Numbers*>(channel::map_memory(victim.prefix + "-n", sizeof(Numbers)))) {}

namespace {

class Writer : Side {
 public:
  Writer(Victim& victim, uint32_t kind) : Side(victim, PIPC_WRITER, kind) { sit(); }

  void work(const std::string& focus);
  void some();

 private:
  void sit();
  void leave();
  uint32_t next() const {
    const uint64_t number = latest() ? value_writer_.version + 1 : message_writer_.number;
    return static_cast<uint32_t>(number - first_number);
  }
  void take_over();
  void send_one();
  // More than the ring, or the cells, hold: readers are overtaken.
  void send_burst() {
    for (uint32_t count = 8 + victim_.below(64); count > 0 && !full(); count--) send_one();
  }
  bool full() const { return next() + 1 >= numbers_most; }

  pipc_latest_writer value_writer_;
  pipc_broadcast_writer message_writer_;
  uint32_t attempts_ = 0;
};

void Writer::sit() {
  begins(Phase::moving);
  increase(&journal_.came[PIPC_WRITER - 1]);
  sat_down(latest() ? pipc_open_latest_writer(&value_writer_, &channel_)
                    : pipc_open_broadcast_writer(&message_writer_, &channel_),
           "writer");
  take_over();
  is(Phase::idle);
}

void Writer::leave() {
  begins(Phase::moving);
  store(&me_.sitting, 0);
  pipc_leave_side(latest() ? &value_writer_.side : &message_writer_.side);
}

// What the last writer had sent is sent, and what it had not even begun is not.
void Writer::take_over() {
  const uint32_t number = next();
  if (number < load(&numbers_.sent)) fail(victim_.harness.duplicated, "a number comes again", number);
  if (number > load(&numbers_.begun)) fail(victim_.harness.phantom, "a number was left out", number);
  if (load(&me_.first) == 0) store(&me_.first, number + 1);
  store(&numbers_.begun, number);
  store(&numbers_.sent, number);
}

void Writer::send_one() {
  unsigned char message[longest];
  const uint32_t number = next(), id = victim_.number << 24 | ++attempts_;
  const uint32_t length = chance(16) ? longest : head + victim_.below(400);
  memset(message, static_cast<int>(id & 255), length);
  memcpy(message + 8, &number, sizeof number);
  for (uint32_t at = head; at < length; at += 1 + victim_.below(64))
    message[at] = static_cast<unsigned char>(victim_.below(256));
  const uint32_t words[2] = {id, channel::checksum(id, message, length)};
  memcpy(message, words, sizeof words);

  store(&numbers_.sender[number], id);
  store(&numbers_.begun, number + 1);
  store(&me_.until, number + 1);
  begins(Phase::sending);
  const int error = latest() ? pipc_set(&value_writer_, message, length)
                             : pipc_announce_message(&message_writer_, message, length);
  if (error != 0) fail(victim_.harness.corrupt, "send", static_cast<uint32_t>(-error));
  store(&numbers_.sent, number + 1);
  is(Phase::idle);
}

void Writer::work(const std::string& focus) {
  if (focus == "steady") grow();
  becomes(State::ready);
  while (!victim_.stopped()) {
    if (focus != "steady" && chance(focus == "seat" || focus == "mutex" ? 4 : 100)) {
      leave();
      sit();
    } else if (full()) {
      usleep(1000);
    } else if (chance(16)) {
      send_burst();
    } else {
      send_one();
    }
    linger();
    victim_.finished();
  }
  leave();
}

void Writer::some() {
  becomes(State::ready);
  while (!victim_.stopped() && next() <= channel::counted) {
    // Before the last one readers sleep, and do not look by themselves any more.
    usleep(next() == channel::counted ? 200000 : chance(2) ? victim_.below(4000) : 0);
    send_one();
  }
  rest_until_stopped();
  leave();
}

}  // namespace

void write_numbers(Victim& victim, uint32_t kind, const std::string& focus) {
  Writer(victim, kind).work(focus);
}
void write_some_numbers(Victim& victim, uint32_t kind) { Writer(victim, kind).some(); }

}  // namespace chaos::wide
