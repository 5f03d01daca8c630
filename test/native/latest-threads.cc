// A writer that waits for nobody and a reader, as two threads on one mapping: what ThreadSanitizer judges.
#include <cstdint>
#include <thread>
#include <vector>

#include "check.h"
#include "core/segment/c.h"

#include <posix-ipc/broadcast.h>
#include <posix-ipc/latest.h>

namespace {

constexpr uint32_t longest = 500;
constexpr int accepted = 2000;

// Of its number: as many words, which count up from it.
uint32_t fill(std::vector<uint32_t>& words, uint64_t number) {
  const uint32_t count = 1 + static_cast<uint32_t>(number % longest);
  for (uint32_t word = 0; word < count; word++) words[word] = static_cast<uint32_t>(number) + word;
  return 4 * count;
}

bool whole(const std::vector<uint32_t>& words, uint64_t number, ssize_t length) {
  const uint32_t count = 1 + static_cast<uint32_t>(number % longest);
  for (uint32_t word = 0; word < count; word++) {
    if (words[word] != static_cast<uint32_t>(number) + word) return false;
  }
  return length == 4 * count;
}

void latest_value() {
  pipc_channel latest;
  const std::string name = unique_name("latest");
  CHECK(pipc_create_latest(&latest, name.c_str(), 4 * longest, 0600) == 0);
  CHECK(pipc_unlink(name.c_str()) == 0);
  bool enough = false;
  std::thread thread([&] {
    pipc_latest_writer writer;
    CHECK(pipc_open_latest_writer(&writer, &latest) == 0);
    std::vector<uint32_t> words(longest);
    while (!__atomic_load_n(&enough, __ATOMIC_RELAXED))
      CHECK(pipc_set(&writer, words.data(), fill(words, writer.version + 1)) == 0);
    pipc_close_latest_writer(&writer);
  });
  pipc_latest_reader reader;
  CHECK(pipc_open_latest_reader(&reader, &latest) == 0);
  std::vector<uint32_t> words(longest);
  for (int got = 0; got < accepted; got++) {
    const uint64_t before = reader.version;
    const ssize_t length = pipc_next(&reader, words.data(), 4 * longest, PIPC_FOR_EVER);
    CHECK(length > 0 && reader.version > before && whole(words, reader.version, length));
  }
  __atomic_store_n(&enough, true, __ATOMIC_RELAXED);
  thread.join();
  while (pipc_next(&reader, words.data(), 4 * longest, PIPC_FOR_EVER) != -EPIPE) continue;
  pipc_close_latest_reader(&reader);
  pipc_close(&latest);
}

void broadcast_messages() {
  pipc_channel broadcast;
  const std::string name = unique_name("broadcast");
  CHECK(pipc_create_broadcast(&broadcast, name.c_str(), 1 << 14, 0600) == 0);
  CHECK(pipc_unlink(name.c_str()) == 0);
  pipc_broadcast_reader reader;
  CHECK(pipc_open_broadcast_reader(&reader, &broadcast) == 0);
  constexpr uint64_t all = 100000;
  std::thread thread([&] {
    pipc_broadcast_writer writer;
    CHECK(pipc_open_broadcast_writer(&writer, &broadcast) == 0);
    std::vector<uint32_t> words(longest);
    while (writer.number < all)
      CHECK(pipc_announce_message(&writer, words.data(), fill(words, writer.number)) == 0);
    pipc_close_broadcast_writer(&writer);
  });
  std::vector<uint32_t> words(longest);
  uint64_t lost, expected = 0, got = 0;
  ssize_t length;
  while ((length = pipc_hear(&reader, words.data(), 4 * longest, &lost, PIPC_FOR_EVER)) != -EPIPE) {
    CHECK(length > 0 && reader.number - 1 == expected + lost && whole(words, reader.number - 1, length));
    expected = reader.number;
    got++;
  }
  thread.join();
  CHECK(got + reader.lost == all);
  pipc_close_broadcast_reader(&reader);
  pipc_close(&broadcast);
}

}  // namespace

int main() {
  latest_value();
  broadcast_messages();
  return 0;
}
