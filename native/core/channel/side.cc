#include "core/channel/side.h"

#include <posix-ipc/wide.h>

namespace posix_ipc {
namespace {

// Of a latest value or a broadcast: whether something has come since.
int judge_wide(const pipc_side& side, const ChannelSide::Want& want) {
  uint64_t number = want.position;
  const int error = pipc_read_wide(side.channel->header->wide[0], &number);
  if (pipc_stale(&side)) return -ESTALE;
  if (error != 0) return error;
  return number != want.position ? 0 : -EAGAIN;
}

// Whether it can, as of the other side's position against this one's.
int judge(const pipc_side& side, const ChannelSide::Want& want) {
  if (side.channel->kind != PIPC_CHANNEL) return judge_wide(side, want);
  const pipc_header& header = *side.channel->header;
  const uint32_t capacity = side.channel->capacity;
  const bool writes = side.role == PIPC_WRITER;
  const uint32_t* const own = writes ? &header.tail : &header.head;
  const uint32_t position = side.many ? pipc_load(own) : static_cast<uint32_t>(want.position);
  const uint32_t others = pipc_load(writes ? &header.head : &header.tail);
  const uint32_t used = writes ? position - others : others - position;
  if (pipc_stale(&side)) return -ESTALE;
  if (used > capacity) return -EBADMSG;
  return (writes ? want.size <= capacity - used : used > 0) ? 0 : -EAGAIN;
}

int look(pipc_side* side, void* context, int waiting) {
  const auto& want = *static_cast<const ChannelSide::Want*>(context);
  if (side->many && !pipc_worth_a_turn(side, want.size)) return -EAGAIN;
  int outcome = pipc_begin_turn(side, waiting);
  if (outcome != 0) return outcome;
  outcome = judge(*side, want);
  if (outcome != 0) pipc_end_turn(side);
  return outcome;
}

}  // namespace

Result<std::unique_ptr<ChannelSide>> ChannelSide::sit(std::shared_ptr<Channel> channel, uint32_t role) {
  std::unique_ptr<ChannelSide> side(new ChannelSide(std::move(channel)));
  const int error = pipc_open_side(&side->side_, &side->channel_->c(), role);
  if (error != 0) return SystemError{-error, role == PIPC_WRITER ? "writer" : "reader"};
  side->seated_ = true;
  return side;
}

ChannelSide::~ChannelSide() {
  if (!seated_) return;
  if (side_.many && pipc_owns(side_.word, &side_.seat))
    pipc_leave_seat(&side_.seat);
  else
    pipc_leave_side(&side_);
}

const char* ChannelSide::verb() const {
  if (side_.role == PIPC_WRITER) return "send";
  return side_.channel->kind == PIPC_LATEST ? "next" : "receive";
}

Result<bool> ChannelSide::begin_turn(bool waiting) {
  const int outcome = pipc_begin_turn(&side_, waiting);
  if (outcome == -EAGAIN) return false;
  if (outcome != 0) return SystemError{-outcome, verb()};
  return true;
}

Status ChannelSide::wait(const Want& want, bool persistent, const Patience& patience) {
  const char* const name = verb();
  Want copy = want;
  int outcome = look(&side_, &copy, 0);
  if (outcome == -EAGAIN) outcome = pipc_nap_for(&side_, look, &copy);
  if (outcome == -EAGAIN) outcome = pipc_spin_for(&side_, look, &copy);
  if (outcome == 0) return done();
  if (outcome != -EAGAIN) return SystemError{-outcome, name};

  pipc_sleeper sleeper;
  pipc_begin_sleep(&sleeper, side_.sleeps_at, side_.seat.descriptor, bell().events(), inotify_of_thread());
  const Status status = block(patience, name, [&](const Deadline& until) {
    for (;;) {
      outcome = pipc_last_look(&sleeper, &side_, look, &copy);
      if (outcome == -EPIPE && persistent) outcome = -EAGAIN;
      if (outcome != -EAGAIN) return 0;
      if (until.passed()) {
        errno = ETIMEDOUT;
        return -1;
      }
      // A signal: block() decides whether it ends the wait.
      if (!pipc_sleep(&sleeper, moment_of(until))) return -1;
      // Before another announcement: one that is left behind costs the other side a ring for nobody.
      outcome = look(&side_, &copy, 0);
      if (outcome != -EAGAIN) return 0;
    }
  });
  pipc_end_sleep(&sleeper);
  if (!status.ok()) return status.error();
  if (outcome != 0) return SystemError{-outcome, name};
  return done();
}

}  // namespace posix_ipc
