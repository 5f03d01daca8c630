#pragma once

// The header as a program in C or C++ has it: without core, and without its fork(2) handlers.
#include <posix-ipc/channel.h>

#include <functional>
#include <string>

#include "check.h"

constexpr int long_enough = 60000;
constexpr uint32_t smallest = PIPC_LEAST_CAPACITY;

// A channel under a name of its own, for one test.
struct Segment {
  explicit Segment(uint32_t flags = 0, uint32_t capacity = smallest) : name(next_name()) {
    CHECK(pipc_create(&channel, name.c_str(), capacity, flags, 0600) == 0);
  }
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment() {
    CHECK(pipc_unlink(name.c_str()) == 0);
    pipc_close(&channel);
  }

  static std::string next_name() {
    static int count = 0;
    return unique_name(("channel-" + std::to_string(count++)).c_str());
  }

  std::string name;
  pipc_channel channel;
};

struct Writer : pipc_writer {
  explicit Writer(pipc_channel& channel) : pipc_writer() { CHECK(pipc_open_writer(this, &channel) == 0); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { pipc_close_writer(this); }
};

struct Reader : pipc_reader {
  explicit Reader(pipc_channel& channel) : pipc_reader() { CHECK(pipc_open_reader(this, &channel) == 0); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { pipc_close_reader(this); }
};

inline int send_text(pipc_writer& writer, const std::string& text) {
  return pipc_try_send(&writer, text.data(), static_cast<uint32_t>(text.size()));
}

// The next message, or the error in words.
inline std::string received(pipc_reader& reader, int milliseconds = 0) {
  char buffer[smallest];
  const ssize_t length = milliseconds == 0 ? pipc_try_receive(&reader, buffer, sizeof buffer)
                                           : pipc_receive(&reader, buffer, sizeof buffer, milliseconds);
  return length < 0 ? strerror(static_cast<int>(-length)) : std::string(buffer, static_cast<size_t>(length));
}

inline std::string error_text(int number) { return strerror(number); }
