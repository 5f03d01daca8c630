#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#include "side.h"

namespace chaos::channel {

using namespace posix_ipc;

namespace {

constexpr uint32_t batch_most = 8;

class Writer : Side {
 public:
  explicit Writer(Victim& victim) : Side(victim, PIPC_WRITER) { sit(); }

  void work(const std::string& focus);
  void until_deserted();
  void some();

 private:
  void sit() {
    begins(Phase::moving);
    increase(&journal_.came[PIPC_WRITER - 1]);
    sat_down(pipc_open_writer(&writer_, &channel_), "writer");
    is(Phase::idle);
  }
  void leave() {
    begins(Phase::moving);
    store(&me_.sitting, 0);
    pipc_close_writer(&writer_);
  }
  uint32_t some_length();
  // Message `number` of this writer into `message`.
  void compose(unsigned char* message, uint32_t length, uint32_t number);
  bool send_one(int milliseconds);
  bool send_crumb(int milliseconds);
  bool send_batch();
  int send(uint32_t length, int milliseconds);
  int write_in_place(uint32_t length, int milliseconds);
  bool ended(int outcome, uint32_t length);

  pipc_writer writer_;
  unsigned char message_[batch_most][PIPC_LEAST_CAPACITY];
};

uint32_t Writer::some_length() {
  if (chance(64)) return pipc_longest(&channel_);
  if (chance(16)) return 8 + victim_.below(2000);
  return 8 + victim_.below(400);
}

void Writer::compose(unsigned char* message, uint32_t length, uint32_t number) {
  const uint32_t id = victim_.number << 16 | number;
  memset(message, static_cast<int>(victim_.below(256)), length);
  for (uint32_t at = 8; at < length; at += 1 + victim_.below(64))
    message[at] = static_cast<unsigned char>(victim_.below(256));
  const uint32_t words[2] = {id, checksum(id, message, length)};
  memcpy(message, words, sizeof words);
}

// Whether it was sent. After EPIPE there was no room, unless somebody has come since.
bool Writer::ended(int outcome, uint32_t length) {
  if (outcome != -EPIPE) return judge(outcome, "send");
  told();
  if (pipc_try_send(&writer_, message_[0], length) != 0) return false;
  if (!came_since()) fail(victim_.harness.lost, "told that all have gone, and there was room", length);
  return true;
}

int Writer::send(uint32_t length, int milliseconds) {
  look_around();
  if (milliseconds == 0) return pipc_try_send(&writer_, message_[0], length);
  if (chance(4)) return write_in_place(length, milliseconds);
  return pipc_send(&writer_, message_[0], length, milliseconds);
}

int Writer::write_in_place(uint32_t length, int milliseconds) {
  void* payload;
  const uint32_t claimed = chance(2) ? length : (length + pipc_longest(&channel_)) / 2;
  const int error = pipc_claim(&writer_, claimed, &payload, milliseconds);
  // Smaller ones may have room all the same.
  if (error != 0) return error == -EPIPE && claimed != length ? -EAGAIN : error;
  memcpy(payload, message_[0], length);
  if (chance(4)) {
    (void)pipc_abort(&writer_);
    return -EAGAIN;
  }
  return pipc_commit(&writer_, length);
}

bool Writer::send_one(int milliseconds) {
  const uint32_t number = load(&me_.sent) + 1, length = some_length();
  compose(message_[0], length, number);
  store(&me_.until, number);
  begins(Phase::sending);
  const bool sent = ended(send(length, milliseconds), length);
  if (sent) store(&me_.sent, number);
  is(Phase::idle);
  return sent;
}

bool Writer::send_crumb(int milliseconds) {
  const uint32_t number = load(&me_.crumbs_sent) + 1, length = victim_.below(8);
  memset(message_[0], static_cast<int>(0xa0 + length), length);
  store(&me_.until, load(&me_.sent));
  store(&me_.crumbs_until, number);
  begins(Phase::sending);
  const bool sent = ended(send(length, milliseconds), length);
  if (sent)
    store(&me_.crumbs_sent, number);
  else
    store(&me_.crumbs_until, number - 1);
  is(Phase::idle);
  return sent;
}

bool Writer::send_batch() {
  const uint32_t first = load(&me_.sent) + 1, count = 2 + victim_.below(batch_most - 1);
  iovec messages[batch_most];
  for (uint32_t index = 0; index < count; index++) {
    messages[index] = {message_[index], 8 + victim_.below(300)};
    compose(message_[index], static_cast<uint32_t>(messages[index].iov_len), first + index);
  }
  store(&me_.until, first + count - 1);
  begins(Phase::sending);
  const ssize_t sent = pipc_try_send_many(&writer_, messages, count);
  const bool some = judge(sent, "sendMany");
  // First what is in doubt becomes less, then what is certain becomes more.
  store(&me_.until, first - 1 + (some ? static_cast<uint32_t>(sent) : 0));
  store(&me_.sent, load(&me_.until));
  is(Phase::idle);
  return some;
}

void Writer::work(const std::string& focus) {
  if (focus == "steady") grow();
  becomes(State::ready);
  while (!victim_.stopped()) {
    const bool moves = focus != "steady" && chance(focus == "seat" ? 4 : 100);
    if (moves) {
      leave();
      sit();
    } else if (load(&me_.sent) + batch_most >= numbers_most) {
      usleep(1000);
    } else if (chance(16)) {
      send_crumb(patience());
    } else if (chance(8)) {
      send_batch();
    } else {
      send_one(chance(4) ? 0 : patience());
    }
    linger();
    victim_.finished();
  }
  leave();
}

void Writer::until_deserted() {
  becomes(State::ready);
  while (!victim_.stopped() && load(&me_.deserted) == 0) {
    if (load(&me_.sent) + 1 < numbers_most)
      send_one(PIPC_FOR_EVER);
    else
      send_crumb(PIPC_FOR_EVER);
  }
  rest_until_stopped();
  leave();
}

void Writer::some() {
  becomes(State::ready);
  while (!victim_.stopped() && load(&me_.sent) < counted) {
    send_one(PIPC_FOR_EVER);
    if (chance(2)) usleep(victim_.below(4000));
  }
  rest_until_stopped();
  leave();
}

}  // namespace

void write_messages(Victim& victim, const std::string& focus) { Writer(victim).work(focus); }
void write_to_the_end(Victim& victim) { Writer(victim).until_deserted(); }
void write_some(Victim& victim) { Writer(victim).some(); }

}  // namespace chaos::channel
