#include "channel.h"

#include <signal.h>
#include <sys/time.h>

#include <vector>

namespace {

void messages_of_any_length_come_in_order() {
  Segment segment;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  for (size_t round = 0; round < 4; round++) {
    for (size_t length = 0; length <= 2000; length += 1 + length / 7) {
      const std::string text(length, static_cast<char>('a' + length % 26));
      CHECK(send_text(writer, text) == 0 && send_text(writer, text + "!") == 0);
      CHECK(received(reader) == text && received(reader) == text + "!");
    }
  }
  CHECK(received(reader) == error_text(EAGAIN));
}

void what_is_too_long_is_refused() {
  Segment segment;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  const std::string longest(smallest - PIPC_RECORD, 'x');
  void* payload;
  CHECK(send_text(writer, longest + "x") == -EMSGSIZE);
  CHECK(pipc_send(&writer, longest.data(), smallest, PIPC_FOR_EVER) == -EMSGSIZE);
  CHECK(pipc_try_claim(&writer, UINT32_MAX, &payload) == -EMSGSIZE);
  CHECK(send_text(writer, longest) == 0 && send_text(writer, "") == -EAGAIN);
  char little[8];
  CHECK(pipc_try_receive(&reader, little, sizeof little) == -EMSGSIZE);
  CHECK(pipc_receive(&reader, little, sizeof little, 10) == -EMSGSIZE);
  CHECK(received(reader) == longest);
}

void a_claim_is_seen_when_it_is_committed() {
  for (const uint32_t flags : {0u, uint32_t{PIPC_MANY_WRITERS}}) {
    Segment segment(flags);
    Reader reader(segment.channel);
    void* payload;
    {
      Writer writer(segment.channel);
      CHECK(pipc_commit(&writer, 0) == -EINVAL && pipc_abort(&writer) == -EINVAL);
      CHECK(pipc_try_claim(&writer, 100, &payload) == 0);
      memcpy(payload, "claimed", 7);
      CHECK(pipc_try_claim(&writer, 1, &payload) == -EBUSY && send_text(writer, "other") == -EBUSY);
      CHECK(pipc_send(&writer, "other", 5, 10) == -EBUSY);
      CHECK(received(reader) == error_text(EAGAIN));
      CHECK(pipc_commit(&writer, 101) == -EINVAL && pipc_commit(&writer, 7) == 0);
      CHECK(pipc_commit(&writer, 7) == -EINVAL);
      CHECK(received(reader) == "claimed");
      CHECK(pipc_claim(&writer, 8, &payload, 10) == 0 && pipc_abort(&writer) == 0);
      CHECK(pipc_try_claim(&writer, 8, &payload) == 0);
    }
    // Closed with the claim open: it was never there, and nobody is held up.
    Writer next(segment.channel);
    CHECK(received(reader) == error_text(EAGAIN));
    CHECK(send_text(next, "next") == 0 && received(reader) == "next");
  }
}

void a_lease_is_taken_when_it_is_released() {
  for (const uint32_t flags : {0u, uint32_t{PIPC_MANY_READERS}}) {
    Segment segment(flags);
    Writer writer(segment.channel);
    const void* payload;
    uint32_t length;
    {
      Reader reader(segment.channel);
      CHECK(pipc_release(&reader) == -EINVAL && pipc_put_back(&reader) == -EINVAL);
      CHECK(pipc_try_lease(&reader, &payload, &length) == -EAGAIN);
      CHECK(send_text(writer, "one") == 0 && send_text(writer, "two") == 0 &&
            send_text(writer, "three") == 0);
      CHECK(pipc_try_lease(&reader, &payload, &length) == 0 && length == 3 && !memcmp(payload, "one", 3));
      CHECK(received(reader) == error_text(EBUSY) && pipc_lease(&reader, &payload, &length, 10) == -EBUSY);
      CHECK(pipc_put_back(&reader) == 0 && pipc_put_back(&reader) == -EINVAL);
      CHECK(pipc_lease(&reader, &payload, &length, 10) == 0 && pipc_release(&reader) == 0);
      CHECK(pipc_release(&reader) == -EINVAL);
      CHECK(pipc_try_lease(&reader, &payload, &length) == 0 && !memcmp(payload, "two", 3));
    }
    Reader next(segment.channel);
    CHECK(received(next) == "two" && received(next) == "three");
  }
}

struct Seen {
  int count;
  int most;
  pipc_writer* writer;
};

int see(void* context, const void* payload, uint32_t length) {
  auto& seen = *static_cast<Seen*>(context);
  CHECK(length == sizeof(int) && memcmp(payload, &seen.count, sizeof(int)) == 0);
  seen.count++;
  // One that keeps up with the drain.
  if (seen.writer != nullptr) (void)pipc_try_send(seen.writer, &seen.most, sizeof(int));
  return seen.count == seen.most;
}

void a_drain_ends_at_what_was_there() {
  Segment segment;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  Seen seen = {0, -1, nullptr};
  CHECK(pipc_drain(&reader, see, &seen) == 0);
  for (int value = 0; value < 200; value++) CHECK(pipc_try_send(&writer, &value, sizeof value) == 0);
  seen.most = 70;
  CHECK(pipc_drain(&reader, see, &seen) == 70 && segment.channel.header->head == 70 * 16);
  seen = {70, -1, &writer};
  CHECK(pipc_drain(&reader, see, &seen) == 130);
  CHECK(pipc_drain(
            &reader, [](void*, const void*, uint32_t) { return 0; }, nullptr) == 130);
}

void many_messages_are_one_publication() {
  Segment segment;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  std::string text(1000, 'm');
  std::vector<iovec> messages(8, {&text[0], text.size()});
  CHECK(pipc_try_send_many(&writer, messages.data(), 0) == 0);
  CHECK(pipc_try_send_many(&writer, messages.data(), messages.size()) == 4);
  CHECK(pipc_try_send_many(&writer, messages.data(), messages.size()) == -EAGAIN);
  for (int message = 0; message < 4; message++) CHECK(received(reader) == text);
  CHECK(received(reader) == error_text(EAGAIN));
}

// Four of the eight fill an empty channel.
void of_many_messages_with_one_too_long_none_is_sent() {
  for (const uint32_t flags : {0u, uint32_t{PIPC_MANY_WRITERS}}) {
    Segment segment(flags);
    Writer writer(segment.channel);
    Reader reader(segment.channel);
    std::string text(1016, 'm'), too_long(smallest, 'l');
    for (size_t place = 0; place < 8; place++) {
      for (int present = 0; present <= 4; present++) {
        std::vector<iovec> messages(8, {&text[0], text.size()});
        messages[place] = {&too_long[0], smallest - PIPC_RECORD + 1};
        for (int message = 0; message < present; message++) CHECK(send_text(writer, text) == 0);
        CHECK(pipc_try_send_many(&writer, messages.data(), messages.size()) == -EMSGSIZE);
        CHECK(pipc_send_many(&writer, messages.data(), messages.size(), 5) == -EMSGSIZE);
        for (int message = 0; message < present; message++) CHECK(received(reader) == text);
        CHECK(received(reader) == error_text(EAGAIN));
      }
    }
  }
}

// Set where a channel comes to after 4 GiB.
void positions_go_round() {
  for (const uint32_t flags : {0u, uint32_t{PIPC_MANY_WRITERS | PIPC_MANY_READERS}}) {
    Segment segment(flags);
    segment.channel.header->tail = segment.channel.header->head = 0u - 4 * smallest - 8;
    Writer writer(segment.channel);
    Reader reader(segment.channel);
    for (size_t sent = 0; sent < 2000; sent++) {
      const std::string text(sent % 900, static_cast<char>(sent));
      CHECK(send_text(writer, text) == 0);
      if (sent % 2 == 0) continue;
      CHECK(received(reader).size() == (sent - 1) % 900 && received(reader) == text);
    }
    CHECK(segment.channel.header->tail < smallest * 1000);
  }
}

void seats_are_counted() {
  Segment one;
  {
    Writer writer(one.channel);
    Reader reader(one.channel);
    pipc_writer second;
    pipc_reader other;
    CHECK(pipc_open_writer(&second, &one.channel) == -EBUSY);
    CHECK(pipc_open_reader(&other, &one.channel) == -EBUSY);
    CHECK(pipc_count(&writer.side, PIPC_WRITER) == 1 && pipc_count(&writer.side, PIPC_READER) == 1);
  }
  Writer again(one.channel);

  Segment many(PIPC_MANY_WRITERS | PIPC_MANY_READERS);
  std::vector<pipc_writer> writers(PIPC_SEATS);
  for (pipc_writer& writer : writers) CHECK(pipc_open_writer(&writer, &many.channel) == 0);
  pipc_reader reader;
  CHECK(pipc_open_reader(&reader, &many.channel) == -EAGAIN);
  CHECK(pipc_count(&writers[0].side, PIPC_WRITER) == PIPC_SEATS);
  CHECK(send_text(writers[251], "last") == 0 && send_text(writers[0], "first") == 0);
  for (pipc_writer& writer : writers) pipc_close_writer(&writer);
  CHECK(pipc_open_reader(&reader, &many.channel) == 0);
  CHECK(received(reader) == "last" && received(reader) == "first");
  pipc_close_reader(&reader);
}

void what_is_no_channel_is_refused() {
  pipc_channel channel;
  const auto creates = [&](const std::string& name, uint32_t capacity, uint32_t flags) {
    return pipc_create(&channel, name.c_str(), capacity, flags, 0600);
  };
  for (const uint32_t capacity : {0u, 2048u, 4097u, 1u << 31, ~0u})
    CHECK(creates("/c", capacity, 0) == -EINVAL);
  CHECK(creates("/c", smallest, 4) == -EINVAL);
  for (const char* name : {"", "/", "c", "/a/b"}) CHECK(creates(name, smallest, 0) == -EINVAL);
  CHECK(creates("/" + std::string(300, 'n'), smallest, 0) == -ENAMETOOLONG);
  CHECK(pipc_open(&channel, "/pipc-core-none", getuid()) == -ENOENT);
  CHECK(pipc_unlink("/pipc-core-none") == -ENOENT && pipc_unlink("none") == -EINVAL);

  Segment segment;
  CHECK(creates(segment.name, smallest, 0) == -EEXIST);
  // Another's, unless root's.
  CHECK(pipc_open(&channel, segment.name.c_str(), getuid() + 1) == (getuid() == 0 ? 0 : -EPERM));
  if (getuid() == 0) pipc_close(&channel);
  segment.channel.header->capacity = 12345;
  CHECK(pipc_open(&channel, segment.name.c_str(), getuid()) == -EBADMSG);
  segment.channel.header->layout++;
  CHECK(pipc_open(&channel, segment.name.c_str(), getuid()) == -EPROTO);
}

// Positions, lengths and the magic word, as a hostile process leaves them.
void damage_is_told() {
  for (const uint32_t flags : {0u, uint32_t{PIPC_MANY_WRITERS | PIPC_MANY_READERS}}) {
    Segment segment(flags);
    pipc_header& header = *segment.channel.header;
    auto& length = *reinterpret_cast<uint32_t*>(segment.channel.data);
    Writer writer(segment.channel);
    {
      Reader reader(segment.channel);
      CHECK(send_text(writer, "x") == 0);
      for (const uint32_t wrong : {9u, smallest - 8, smallest, 1u << 31, ~0u, ~7u}) {
        pipc_store(&length, wrong);
        CHECK(received(reader) == error_text(EBADMSG) && received(reader, 10) == error_text(EBADMSG));
      }
      pipc_store(&header.magic, 0);
      CHECK(received(reader) == error_text(ESTALE) && send_text(writer, "x") == -ESTALE);
      pipc_store(&header.magic, PIPC_PUBLISHED);
      pipc_store(&length, 1);
      CHECK(received(reader) == "x");
      pipc_store(&header.tail, smallest + 24);
      CHECK(received(reader) == error_text(EBADMSG) && received(reader, 10) == error_text(EBADMSG));
      pipc_store(&header.tail, 16);
    }
    pipc_store(&header.head, 24);
    CHECK(pipc_send(&writer, std::string(smallest - 16, 'x').data(), smallest - 16, 10) == -EBADMSG);
    pipc_store(&header.head, 20);
    pipc_reader reader;
    CHECK(pipc_open_reader(&reader, &segment.channel) == (flags == 0 ? -EBADMSG : 0));
    if (flags == 0) continue;
    CHECK(received(reader) == error_text(EBADMSG));
    pipc_close_reader(&reader);
    // Whoever was refused has given its turn back.
    CHECK(pipc_load(&header.writer) == 0 && pipc_load(&header.reader) == 0);
  }
}

void waits_end_in_time() {
  Segment segment;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  const auto lasts = [](int milliseconds, const std::function<int()>& wait) {
    const int64_t start = pipc_now();
    CHECK(wait() == -ETIMEDOUT);
    CHECK(pipc_now() - start >= int64_t{milliseconds} * 1000000);
  };
  char buffer[8];
  const std::string big(3000, 'x');
  CHECK(send_text(writer, big) == 0);
  for (const int milliseconds : {0, 1, 5, 120})
    lasts(milliseconds, [&] { return pipc_send(&writer, big.data(), 3000, milliseconds); });
  CHECK(received(reader) == big);
  for (const int milliseconds : {0, 1, 5, 120})
    lasts(milliseconds, [&] { return static_cast<int>(pipc_receive(&reader, buffer, 8, milliseconds)); });
}

// Early, asleep by futex; and later, by inotify.
void a_signal_ends_a_wait() {
  Segment segment;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGALRM, &action, nullptr) == 0);
  for (const int milliseconds : {1, 50}) {
    // Again and again: the first may come before the sleep.
    const timeval span = {0, milliseconds * 1000};
    const itimerval timer = {span, span};
    CHECK(setitimer(ITIMER_REAL, &timer, nullptr) == 0);
    CHECK(received(reader, PIPC_FOR_EVER) == error_text(EINTR));
    const itimerval none = {};
    CHECK(setitimer(ITIMER_REAL, &none, nullptr) == 0);
  }
}

void the_end_of_the_others_is_told_after_their_messages() {
  Segment segment;
  {
    // None has come yet: that is no end.
    Reader reader(segment.channel);
    CHECK(received(reader, 5) == error_text(ETIMEDOUT));
    {
      Writer writer(segment.channel);
      CHECK(send_text(writer, "last words") == 0);
    }
    CHECK(received(reader, long_enough) == "last words");
    CHECK(received(reader, PIPC_FOR_EVER) == error_text(EPIPE) && pipc_alone(&reader.side) == 1);
    reader.side.persistent = 1;
    CHECK(received(reader, 5) == error_text(ETIMEDOUT));
  }
  Writer writer(segment.channel);
  const std::string big(3000, 'x');
  CHECK(send_text(writer, big) == 0);
  CHECK(pipc_send(&writer, big.data(), 3000, PIPC_FOR_EVER) == -EPIPE);
  writer.side.persistent = 1;
  CHECK(pipc_send(&writer, big.data(), 3000, 5) == -ETIMEDOUT);
}

}  // namespace

int main() {
  messages_of_any_length_come_in_order();
  what_is_too_long_is_refused();
  a_claim_is_seen_when_it_is_committed();
  a_lease_is_taken_when_it_is_released();
  a_drain_ends_at_what_was_there();
  many_messages_are_one_publication();
  of_many_messages_with_one_too_long_none_is_sent();
  positions_go_round();
  seats_are_counted();
  what_is_no_channel_is_refused();
  damage_is_told();
  waits_end_in_time();
  a_signal_ends_a_wait();
  the_end_of_the_others_is_told_after_their_messages();
}
