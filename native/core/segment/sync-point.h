#pragma once

#include <cstdint>

// The steps between which a process may be killed. Code, models and documents call them by these names; a
// chaos build (POSIX_IPC_CHAOS) notes the last one passed and can be told to die there.
namespace posix_ipc {

enum class SyncPoint : uint32_t {
  none,
  create_sized,
  create_initialised,
  create_linked,
  create_claimed,
  create_published,
  seat_locked,
  seat_numbered,
  seat_told,
  seat_released,
  bell_flagged,
  bell_looked,
  bell_counted,
  bell_taken,
  bell_rung,
  mutex_locked,
  mutex_waiting,
  mutex_inherited,
  mutex_consistent,
  mutex_unlocked,
  rw_flagged,
  rw_reading,
  rw_retreated,
  rw_claimed,
  rw_drained,
  rw_read_unlocked,
  rw_unlocked,
  barrier_arrived,
  barrier_opened,
  barrier_withdrawn,
  barrier_deserted,
  barrier_broken,
  barrier_reset,
  condition_noted,
  condition_released,
  condition_advanced,
  seat_roled,
  ring_written,
  ring_published,
  ring_copied,
  ring_advanced,
  ring_deserted,
  latest_filled,
  latest_published,
  latest_copied,
  broadcast_intended,
  broadcast_written,
  broadcast_finished,
  broadcast_published,
  broadcast_copied,
  count,
};

constexpr const char* sync_point_names[] = {
    "start",
    "create.sized",
    "create.initialised",
    "create.linked",
    "create.claimed",
    "create.published",
    "seat.locked",
    "seat.numbered",
    "seat.told",
    "seat.released",
    "bell.flagged",
    "bell.looked",
    "bell.counted",
    "bell.taken",
    "bell.rung",
    "mutex.locked",
    "mutex.waiting",
    "mutex.inherited",
    "mutex.consistent",
    "mutex.unlocked",
    "rw.flagged",
    "rw.reading",
    "rw.retreated",
    "rw.claimed",
    "rw.drained",
    "rw.read-unlocked",
    "rw.unlocked",
    "barrier.arrived",
    "barrier.opened",
    "barrier.withdrawn",
    "barrier.deserted",
    "barrier.broken",
    "barrier.reset",
    "condition.noted",
    "condition.released",
    "condition.advanced",
    "seat.roled",
    "ring.written",
    "ring.published",
    "ring.copied",
    "ring.advanced",
    "ring.deserted",
    "latest.filled",
    "latest.published",
    "latest.copied",
    "broadcast.intended",
    "broadcast.written",
    "broadcast.finished",
    "broadcast.published",
    "broadcast.copied",
};
static_assert(sizeof sync_point_names / sizeof *sync_point_names == static_cast<uint32_t>(SyncPoint::count));

#ifdef POSIX_IPC_CHAOS
// Of one process, in memory of the harness: a file (POSIX_IPC_CHAOS_PAGE) at an offset
// (POSIX_IPC_CHAOS_RECORD).
struct PointRecord {
  // The last point passed: of all, and since the process last began something (which sets it to 0).
  uint32_t last;
  uint32_t since;
  // Where it kills itself, at the how manyth passing; and there it has.
  uint32_t armed;
  uint32_t countdown;
  uint32_t died;
  // Where it is slow, and for how many microseconds.
  uint32_t nap_at;
  uint32_t nap;
  uint32_t reserved;
  // Which points have followed each one: a set of bits.
  uint32_t followers[static_cast<uint32_t>(SyncPoint::count)][2];
};

void at(SyncPoint point);
#else
inline void at(SyncPoint) {}
#endif

// Mistakes that a chaos build makes on purpose: `npm run chaos -- --broken` must find each of them.
enum class Mistake {
  none,
  publish_before_write,
  death_unreported,
  no_second_look,
  commit_before_write,
  no_last_look,
  latest_published_early,
  broadcast_published_early,
  no_intent,
  takeover_counts_on,
  no_ring,
};

#ifdef POSIX_IPC_MISTAKE
constexpr Mistake mistake = Mistake::POSIX_IPC_MISTAKE;
#else
constexpr Mistake mistake = Mistake::none;
#endif

}  // namespace posix_ipc
