#include <sys/stat.h>

#include <string>
#include <thread>

#include "channel.h"
#include "process.h"

namespace {

pid_t child_with(const Segment& segment, const std::function<void(pipc_channel&)>& body) {
  return child([&] {
    pipc_channel channel;
    CHECK(pipc_open(&channel, segment.name.c_str(), getuid()) == 0);
    body(channel);
  });
}

// _exit(2) in the midst of it: no farewell is said.
void the_death_of_the_writer_is_told(uint32_t flags) {
  Segment segment(flags);
  Reader reader(segment.channel);
  ends_well(child_with(segment, [](pipc_channel& channel) {
    pipc_writer writer;
    void* payload;
    CHECK(pipc_open_writer(&writer, &channel) == 0);
    CHECK(send_text(writer, "sent") == 0 && pipc_try_claim(&writer, 100, &payload) == 0);
    memset(payload, 'x', 100);
  }));
  CHECK(received(reader, long_enough) == "sent");
  CHECK(received(reader, PIPC_FOR_EVER) == error_text(EPIPE) && pipc_alone(&reader.side) == 2);
  // The next one begins where the dead one's last message ends.
  Writer next(segment.channel);
  CHECK(received(reader) == error_text(EAGAIN) && received(reader, 5) == error_text(ETIMEDOUT));
  CHECK(send_text(next, "went on") == 0 && received(reader, long_enough) == "went on");
}

void a_sleeper_is_told_of_a_death() {
  Segment segment;
  auto& ready = shared()->counters[0];
  for (const bool writes : {false, true}) {
    ready = 0;
    const pid_t other = child_with(segment, [&](pipc_channel& channel) {
      pipc_writer writer;
      pipc_reader reader;
      CHECK((writes ? pipc_open_writer(&writer, &channel) : pipc_open_reader(&reader, &channel)) == 0);
      ready = 1;
      pause();
    });
    until(ready, 1);
    std::thread killer([&] {
      usleep(50000);
      kill_and_reap(other);
    });
    if (writes) {
      Reader reader(segment.channel);
      CHECK(received(reader, PIPC_FOR_EVER) == error_text(EPIPE));
    } else {
      const std::string big(3000, 'x');
      Writer writer(segment.channel);
      CHECK(send_text(writer, big) == 0);
      CHECK(pipc_send(&writer, big.data(), 3000, PIPC_FOR_EVER) == -EPIPE);
    }
    killer.join();
    if (!writes) {
      Reader rest(segment.channel);
      CHECK(received(rest).size() == 3000);
    }
  }
}

void a_turn_is_inherited() {
  Segment segment(PIPC_MANY_WRITERS | PIPC_MANY_READERS);
  auto& ready = shared()->counters[1];
  Writer writer(segment.channel);
  Reader reader(segment.channel);
  for (const bool writes : {true, false}) {
    ready = 0;
    CHECK(send_text(writer, "kept") == 0);
    const pid_t other = child_with(segment, [&](pipc_channel& channel) {
      pipc_writer theirs;
      pipc_reader mine;
      void* payload;
      const void* leased;
      uint32_t length;
      if (writes) {
        CHECK(pipc_open_writer(&theirs, &channel) == 0 && pipc_try_claim(&theirs, 64, &payload) == 0);
        memset(payload, 'x', 64);
      } else {
        CHECK(pipc_open_reader(&mine, &channel) == 0 && pipc_try_lease(&mine, &leased, &length) == 0);
      }
      ready = 1;
      pause();
    });
    until(ready, 1);
    CHECK((writes ? error_text(-send_text(writer, "busy")) : received(reader)) == error_text(EAGAIN));
    if (writes) {
      CHECK(pipc_send(&writer, "busy", 4, 5) == -ETIMEDOUT);
    } else {
      CHECK(received(reader, 5) == error_text(ETIMEDOUT));
    }
    std::thread killer([&] {
      usleep(30000);
      kill_and_reap(other);
    });
    if (writes) CHECK(pipc_send(&writer, "next", 4, PIPC_FOR_EVER) == 0);
    // What the dead one had leased is the next message again.
    CHECK(received(reader, PIPC_FOR_EVER) == "kept");
    if (writes) CHECK(received(reader) == "next");
    killer.join();
  }
  CHECK(received(reader) == error_text(EAGAIN));
}

// fork(2) without exec: the child has copies of all descriptors, and with them the locks of their bytes.
void a_forked_child_keeps_no_seat() {
  Segment segment;
  auto& forked = shared()->counters[2];
  Reader reader(segment.channel);
  forked = 0;
  const pid_t parent = child_with(segment, [&](pipc_channel& channel) {
    Writer writer(channel);
    CHECK(send_text(writer, "sent") == 0);
    child([&] {
      forked = getpid();
      pause();
    });
    pause();
  });
  until(forked, 1);
  CHECK(received(reader) == "sent" && received(reader, 5) == error_text(ETIMEDOUT));
  kill_and_reap(parent);
  CHECK(received(reader, PIPC_FOR_EVER) == error_text(EPIPE));
  CHECK(kill(forked, SIGKILL) == 0);
}

void a_forked_child_takes_no_seat_along() {
  Segment segment;
  Reader reader(segment.channel);
  Writer writer(segment.channel);
  ends_well(child([] {}));
  kill_and_reap(child([] { pause(); }));
  CHECK(received(reader, 20) == error_text(ETIMEDOUT));
  CHECK(send_text(writer, "still here") == 0 && received(reader) == "still here");
}

// A descriptor that was given up is no concern of a child, whatever has its number by then.
void a_forked_child_keeps_what_is_not_a_seat() {
  Segment segment;
  int seat;
  {
    Writer writer(segment.channel);
    seat = writer.side.seat.descriptor;
  }
  CHECK(dup2(segment.channel.descriptor, seat) == seat);
  ends_well(child([&] {
    struct stat status;
    CHECK(fstat(seat, &status) == 0);
  }));
  close(seat);
}

}  // namespace

int main() {
  shared();
  the_death_of_the_writer_is_told(0);
  the_death_of_the_writer_is_told(PIPC_MANY_WRITERS | PIPC_MANY_READERS);
  a_sleeper_is_told_of_a_death();
  a_turn_is_inherited();
  a_forked_child_keeps_no_seat();
  a_forked_child_takes_no_seat_along();
  a_forked_child_keeps_what_is_not_a_seat();
}
