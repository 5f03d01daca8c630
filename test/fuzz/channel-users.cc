#include "channel-users.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "caller.h"
#include "guarded-channel.h"

namespace fuzz {
namespace {

using posix_ipc::Result;
using posix_ipc::SystemError;

constexpr uint32_t most_messages = ChannelTarget::capacity / 8;

// What a function of the header answers.
template <typename Ask>
Result<ssize_t> ask(Caller& call, const char* name, Ask question) {
  return call(name, [&]() -> Result<ssize_t> {
    const ssize_t answer = question();
    if (answer < 0) return SystemError{static_cast<int>(-answer), name};
    return answer;
  });
}

int milliseconds_of(Random& random) {
  constexpr int choices[] = {0, 0, 1, 1, 2, 4};
  return random.one_of(choices);
}

uint32_t length_of(Random& random) {
  constexpr uint32_t choices[] = {0, 1, 8, 60, ChannelTarget::capacity - 8, ChannelTarget::capacity, ~0u};
  return random.one_in(3) ? random.one_of(choices) : random.below(ChannelTarget::capacity / 2);
}

class User {
 public:
  explicit User(const std::string& name) : name_(name), bytes_(ChannelTarget::capacity, 'x') {}
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  ~User() { leave(false); }

  // False: the channel is worth nothing at this moment.
  bool once(Caller& call) {
    if (!sit(call)) return channel_ != nullptr;
    const bool worth_it = writes_ ? write(call) : read(call);
    if (call.random.one_in(50)) {
      (void)ask(call, "pipc_alone", [&] { return pipc_alone(&side()); });
      (void)ask(call, "pipc_count", [&] { return pipc_count(&side(), PIPC_WRITER); });
    }
    if ((!worth_it && call.random.one_in(4)) || call.random.one_in(200)) leave(call.random.one_in(4));
    return true;
  }

 private:
  pipc_side& side() { return writes_ ? writer_.side : reader_.side; }

  bool sit(Caller& call) {
    if (seated_) return true;
    if (!channel_) {
      int error = 0;
      (void)ask(call, "pipc_open", [&] {
        channel_ = GuardedChannel::open(name_, error);
        return error;
      });
      if (!channel_) return false;
    }
    writes_ = call.random.one_in(2);
    pipc_channel* const channel = &channel_->c();
    const auto opened =
        writes_ ? ask(call, "pipc_open_writer", [&] { return pipc_open_writer(&writer_, channel); })
                : ask(call, "pipc_open_reader", [&] { return pipc_open_reader(&reader_, channel); });
    if (!opened.ok() && call.random.one_in(4)) channel_ = nullptr;
    seated_ = opened.ok();
    return seated_;
  }

  // `dead`: without a farewell, as by a kill.
  void leave(bool dead) {
    if (!seated_) return;
    seated_ = false;
    if (dead) {
      pipc_leave_seat(&side().seat);
      if (side().instance != -1) {
        PIPC_KEEP_IN_CHILD(side().instance);
        close(side().instance);
      }
    } else if (writes_) {
      pipc_close_writer(&writer_);
    } else {
      pipc_close_reader(&reader_);
    }
    channel_ = nullptr;
  }

  bool write(Caller& call) {
    Random& random = call.random;
    const uint32_t length = length_of(random);
    const int wait = milliseconds_of(random);
    void* payload = nullptr;
    switch (random.below(5)) {
      case 0:
        return ask(call, "pipc_try_send", [&] { return pipc_try_send(&writer_, bytes_.data(), length); })
            .ok();
      case 1:
        return ask(call, "pipc_send", [&] { return pipc_send(&writer_, bytes_.data(), length, wait); }).ok();
      case 2: {
        iovec parts[5];
        for (iovec& part : parts) part = {&bytes_[0], random.below(900)};
        return ask(call, "pipc_try_send_many", [&] { return pipc_try_send_many(&writer_, parts, 5); }).ok();
      }
      default:
        const auto claimed =
            random.one_in(2)
                ? ask(call, "pipc_try_claim", [&] { return pipc_try_claim(&writer_, length, &payload); })
                : ask(call, "pipc_claim", [&] { return pipc_claim(&writer_, length, &payload, wait); });
        if (!claimed.ok()) return random.one_in(2);
        channel_->must_be_inside(payload, length);
        memset(payload, 'y', length);
        if (random.one_in(16)) return false;
        if (random.one_in(4)) return ask(call, "pipc_abort", [&] { return pipc_abort(&writer_); }).ok();
        const uint32_t used = random.one_in(2) ? length : random.below(length + 1);
        return ask(call, "pipc_commit", [&] { return pipc_commit(&writer_, used); }).ok();
    }
  }

  bool read(Caller& call) {
    Random& random = call.random;
    const int wait = milliseconds_of(random);
    const size_t room = random.one_in(4) ? random.below(200) : bytes_.size();
    switch (random.below(4)) {
      case 0:
        return ask(call, "pipc_try_receive", [&] { return pipc_try_receive(&reader_, &bytes_[0], room); })
            .ok();
      case 1:
        return ask(call, "pipc_receive", [&] { return pipc_receive(&reader_, &bytes_[0], room, wait); }).ok();
      case 2:
        return ask(call, "pipc_drain",
                   [&] {
                     seen_ = 0;
                     return pipc_drain(&reader_, visit, this);
                   })
            .ok();
      default:
        return lease(call, wait);
    }
  }

  bool lease(Caller& call, int wait) {
    const void* payload = nullptr;
    uint32_t length = 0;
    const auto leased =
        call.random.one_in(2)
            ? ask(call, "pipc_try_lease", [&] { return pipc_try_lease(&reader_, &payload, &length); })
            : ask(call, "pipc_lease", [&] { return pipc_lease(&reader_, &payload, &length, wait); });
    if (!leased.ok()) return call.random.one_in(2);
    touch(payload, length);
    if (call.random.one_in(16)) return false;
    if (call.random.one_in(4))
      return ask(call, "pipc_put_back", [&] { return pipc_put_back(&reader_); }).ok();
    return ask(call, "pipc_release", [&] { return pipc_release(&reader_); }).ok();
  }

  static int visit(void* context, const void* payload, uint32_t length) {
    auto& user = *static_cast<User*>(context);
    user.touch(payload, length);
    if (++user.seen_ <= most_messages) return 0;
    std::fprintf(stderr, "a drain of more messages than there is room for\n");
    std::abort();
  }

  // Copied into a buffer that is just large enough: ASan would see one that is not.
  void touch(const void* payload, uint32_t length) {
    channel_->must_be_inside(payload, length);
    memcpy(&bytes_[0], payload, length);
  }

  std::string name_;
  std::string bytes_;
  std::unique_ptr<GuardedChannel> channel_;
  pipc_writer writer_;
  pipc_reader reader_;
  bool writes_ = false;
  bool seated_ = false;
  uint32_t seen_ = 0;
};

}  // namespace

void run_channel_users(Board& board, const std::vector<ChannelTarget>& targets, int process, uint64_t seed,
                       uint64_t stream) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < Board::threads; thread++) {
    const int index = process * Board::threads + thread;
    threads.emplace_back([&board, &targets, index, seed, stream] {
      Caller call(board, board.slots[index], Random(seed, stream + static_cast<uint64_t>(index)));
      while (!call.over()) {
        // So few that they meet.
        User user(targets[call.random.below(static_cast<uint32_t>(targets.size()))].name());
        for (int times = 0; times < 300 && !call.over(); times++)
          if (!user.once(call)) break;
        usleep(100);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(0);
}

}  // namespace fuzz
