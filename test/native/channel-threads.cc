#include <atomic>
#include <thread>
#include <vector>

#include "channel.h"

// Threads on one mapping, where ThreadSanitizer sees each access of both sides. What is passed on are plain
// bytes: that they are ordered is the channel's part alone.
namespace {

// Between these lengths, so that the ring wraps at every place.
constexpr uint32_t shortest_message = 12, longest_message = 600;

struct Message {
  uint32_t writer;
  uint32_t number;
  uint32_t length;
};

uint32_t length_of(uint32_t writer, uint32_t number) {
  return shortest_message + (number * 2654435761u + writer * 40503u) % (longest_message - shortest_message);
}

void fill(void* payload, uint32_t writer, uint32_t number) {
  const Message message = {writer, number, length_of(writer, number)};
  auto* const bytes = static_cast<unsigned char*>(payload);
  memcpy(bytes, &message, sizeof message);
  for (uint32_t at = sizeof message; at < message.length; at++)
    bytes[at] = static_cast<unsigned char>(writer + number + at);
}

Message checked(const void* payload, size_t length) {
  Message message;
  CHECK(length >= sizeof message);
  memcpy(&message, payload, sizeof message);
  CHECK(length == message.length && length == length_of(message.writer, message.number));
  const auto* const bytes = static_cast<const unsigned char*>(payload);
  for (uint32_t at = sizeof message; at < length; at++)
    CHECK(bytes[at] == static_cast<unsigned char>(message.writer + message.number + at));
  return message;
}

// In all ways of sending, one after the other.
void write_all(pipc_channel& channel, uint32_t id, uint32_t count, std::atomic<int>& ready, int parties) {
  Writer writer(channel);
  ready++;
  while (ready < parties) usleep(100);
  char buffer[3][longest_message];
  for (uint32_t number = 0; number < count;) {
    void* payload;
    switch (number % 5) {
      case 0:
        CHECK(pipc_claim(&writer, longest_message, &payload, long_enough) == 0);
        fill(payload, id, number);
        CHECK(pipc_commit(&writer, length_of(id, number)) == 0);
        number++;
        break;
      case 1: {
        iovec messages[3];
        for (uint32_t each = 0; each < 3; each++) {
          fill(buffer[each], id, number + each);
          messages[each] = {buffer[each], length_of(id, number + each)};
        }
        const ssize_t sent = pipc_try_send_many(&writer, messages, 3);
        CHECK(sent > 0 || sent == -EAGAIN);
        if (sent > 0) number += static_cast<uint32_t>(sent);
        if (sent == -EAGAIN) std::this_thread::yield();
        break;
      }
      default:
        fill(buffer[0], id, number);
        CHECK(pipc_send(&writer, buffer[0], length_of(id, number), long_enough) == 0);
        number++;
    }
    if (number % 997 == 0) usleep(1500);
  }
}

struct Got {
  std::vector<Message> messages;
};

int keep(void* context, const void* payload, uint32_t length) {
  static_cast<Got*>(context)->messages.push_back(checked(payload, length));
  return 0;
}

void read_all(pipc_channel& channel, std::vector<Message>& messages, std::atomic<int>& ready, int parties) {
  Reader reader(channel);
  ready++;
  while (ready < parties) usleep(100);
  Got got;
  char buffer[longest_message];
  for (uint32_t times = 0;; times++) {
    const void* payload;
    uint32_t length;
    if (times % 3 == 0) {
      CHECK(pipc_drain(&reader, keep, &got) >= 0);
      continue;
    }
    if (times % 3 == 1) {
      const ssize_t size = pipc_receive(&reader, buffer, sizeof buffer, long_enough);
      if (size == -EPIPE) break;
      CHECK(size >= 0);
      got.messages.push_back(checked(buffer, static_cast<size_t>(size)));
      continue;
    }
    const int error = pipc_lease(&reader, &payload, &length, long_enough);
    if (error == -EPIPE) break;
    CHECK(error == 0);
    got.messages.push_back(checked(payload, length));
    CHECK(pipc_release(&reader) == 0);
    if (times % 1009 == 2) usleep(1500);
  }
  messages = std::move(got.messages);
}

// Each message comes once, and at each reader those of one writer come in its order.
void all_arrive(uint32_t flags, uint32_t writers, uint32_t readers, uint32_t count) {
  Segment segment(flags);
  const int parties = static_cast<int>(writers + readers);
  std::atomic<int> ready{0};
  std::vector<std::vector<Message>> messages(readers);
  std::vector<std::thread> threads;
  for (uint32_t reader = 0; reader < readers; reader++)
    threads.emplace_back([&, reader] { read_all(segment.channel, messages[reader], ready, parties); });
  for (uint32_t id = 0; id < writers; id++)
    threads.emplace_back([&, id] { write_all(segment.channel, id, count, ready, parties); });
  for (std::thread& thread : threads) thread.join();

  std::vector<std::vector<bool>> seen(writers, std::vector<bool>(count));
  for (const auto& of_reader : messages) {
    std::vector<uint32_t> next(writers);
    for (const Message& message : of_reader) {
      CHECK(message.number >= next[message.writer] && !seen[message.writer][message.number]);
      next[message.writer] = message.number + 1;
      seen[message.writer][message.number] = true;
    }
  }
  for (const auto& of_writer : seen)
    for (const bool one : of_writer) CHECK(one);
}

// Many sit down and leave while others write: no access of theirs races.
void many_come_and_go() {
  Segment segment(PIPC_MANY_WRITERS | PIPC_MANY_READERS);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  threads.emplace_back([&] {
    while (!over) {
      const int error = send_text(writer, "message");
      CHECK(error == 0 || error == -EAGAIN);
    }
  });
  threads.emplace_back([&] {
    while (!over) (void)received(reader);
  });
  for (int times = 0; times < 3000; times++) {
    Writer other(segment.channel);
    Reader another(segment.channel);
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main() {
  all_arrive(0, 1, 1, 30000);
  all_arrive(PIPC_MANY_WRITERS, 3, 1, 6000);
  all_arrive(PIPC_MANY_READERS, 1, 3, 15000);
  all_arrive(PIPC_MANY_WRITERS | PIPC_MANY_READERS, 3, 3, 6000);
  many_come_and_go();
}
