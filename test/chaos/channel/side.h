#pragma once

#include <string>
#include <vector>

#include "../work.h"
#include "journal.h"

namespace chaos::channel {

// Of the harness, which has made it.
void* map_memory(const std::string& name, size_t size);

// What writers and readers among the victims have in common: the channel, the journal, the judgement of
// EPIPE.
class Side {
 public:
  Side(Victim& victim, uint32_t role, uint32_t kind = PIPC_CHANNEL);

 protected:
  void begins(Phase phase) { victim_.begins(Object{}, static_cast<chaos::Phase>(phase)); }
  void is(Phase phase) { victim_.is(Object{}, static_cast<chaos::Phase>(phase)); }
  void fail(uint32_t& count, const char* what, uint32_t detail) {
    victim_.fail(count, what, object_count, detail);
  }
  // False: the call was refused for a reason that may be.
  bool judge(int64_t outcome, const char* what);
  void sat_down(int error, const char* what);
  bool chance(uint32_t of) { return victim_.below(of) == 0; }
  // Milliseconds: mostly for ever.
  int patience() { return chance(4) ? static_cast<int>(victim_.below(20)) : PIPC_FOR_EVER; }
  void linger();
  // Sometimes it has much memory: the more there is, the longer a death takes.
  void grow();
  void becomes(State state) { posix_ipc::store(&victim_.me.state, static_cast<uint32_t>(state)); }
  void rest_until_stopped();

  // Before a wait: who sits on the other side, and how many have come there.
  void look_around();
  // After a wait that ended with EPIPE: nobody of those sits there.
  void told();
  // Whether somebody may have come to the other side since then.
  bool came_since() const {
    if (posix_ipc::load(&journal_.last) != 0) return false;
    return coming_ || posix_ipc::load(&others_came()) != came_;
  }

  Victim& victim_;
  Journal& journal_;
  Record& me_;
  pipc_channel channel_;

 private:
  uint32_t& others_came() const { return journal_.came[pipc_other(role_) - 1]; }

  const uint32_t role_;
  uint32_t came_ = 0;
  bool coming_ = false;
  std::vector<uint32_t> seen_;
  std::vector<char> memory_;
};

// 32 bits that depend on the length and every byte after the first eight, which hold the id and this sum.
uint32_t checksum(uint32_t id, const unsigned char* message, uint32_t length);

// Roles. `focus`: the part that it does mostly; "steady": it keeps its seat.
void write_messages(Victim& victim, const std::string& focus);
void read_messages(Victim& victim, const std::string& focus);
// Sends, or receives, until all of the other side have gone; then it rests.
void write_to_the_end(Victim& victim);
void read_to_the_end(Victim& victim);
// Sends, or receives, so many, and rests.
constexpr uint32_t counted = 40;
void write_some(Victim& victim);
void read_some(Victim& victim);

}  // namespace chaos::channel
