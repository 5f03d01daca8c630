#pragma once

#include <memory>

#include "core/channel/channel.h"
#include "core/segment/bell.h"
#include "core/segment/spin.h"
#include "core/wait.h"

namespace posix_ipc {

// A writer or a reader: pipc_side. The messages themselves JavaScript writes and reads; here it sits, waits
// and finds out whether the others live.
class ChannelSide {
 public:
  // EBUSY: another one sits on the only seat. EAGAIN: all seats are taken.
  static Result<std::unique_ptr<ChannelSide>> sit(std::shared_ptr<Channel> channel, uint32_t role);

  ChannelSide(const ChannelSide&) = delete;
  ChannelSide& operator=(const ChannelSide&) = delete;
  // In the midst of a turn that it shares with others it leaves as by death.
  ~ChannelSide();

  // What somebody wants to do, from `position` on where it is alone: a writer room for `size` bytes, a reader
  // a message. Of the other kinds a reader wants that the number of 64 bits is not `position` any more.
  struct Want {
    uint64_t position;
    uint32_t size;
  };
  // Of many: whether it has its turn now. `waiting`: the owner is told that somebody is going to sleep.
  Result<bool> begin_turn(bool waiting);
  // Until it can, and of many has its turn. EPIPE, unless `persistent`; ETIMEDOUT; EINTR where `patience`
  // heeds signals.
  Status wait(const Want& want, bool persistent, const Patience& patience);
  // Gives the turn back, with a ring for those who wait for it.
  void end_turn() { pipc_end_turn(&side_); }

  // pipc_alone().
  int alone() const { return pipc_alone(&side_); }
  // How many sit here as writers, or as readers.
  uint32_t count(uint32_t role) const { return pipc_count(&side_, role); }
  bool stale() const { return pipc_stale(&side_) != 0; }
  uint32_t mine() const { return pipc_mine(&side_.seat); }
  Bell bell() const { return Bell(side_.sleeps_at, side_.seat.descriptor, pipc_sound_of(side_.role)); }
  void ring_others() const { pipc_ring_others(&side_); }

 private:
  explicit ChannelSide(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}

  const char* verb() const;

  std::shared_ptr<Channel> channel_;
  pipc_side side_;
  bool seated_ = false;
};

}  // namespace posix_ipc
