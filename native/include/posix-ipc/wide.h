/*
 * posix-ipc/wide.h: what latest.h and broadcast.h share. Numbers of 64 bits that one process stores and all
 * may read, and copies of bytes that may be written meanwhile.
 */
#ifndef POSIX_IPC_WIDE_H
#define POSIX_IPC_WIDE_H

#include <posix-ipc/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- numbers: words {low, high, high}. There is a high word for each value of the top bit of the low word.
   The one that is not in use is stored before the low word moves to its half; so the low word alone commits,
   and no death leaves a number half stored */

enum { PIPC_LOW = 0, PIPC_HIGH = 1 };

/* Between two looks of a reader a number would have to move on by 2^31, this often. */
enum { PIPC_WIDE_LOOKS = 100 };

/* 0; EBADMSG: what stands there is no number that anybody stores. */
static inline int pipc_read_wide(const uint32_t* wide, uint64_t* number) {
  int look;
  for (look = 0; look < PIPC_WIDE_LOOKS; look++) {
    const uint32_t half = pipc_load(&wide[PIPC_LOW]) >> 31;
    const uint32_t high = pipc_load(&wide[PIPC_HIGH + half]);
    const uint32_t low = pipc_load(&wide[PIPC_LOW]);
    if (low >> 31 != half || pipc_load(&wide[PIPC_HIGH + half]) != high) continue;
    *number = (uint64_t)high << 32 | low;
    return 0;
  }
  return -EBADMSG;
}

/* By steps of less than 2^31, so that it passes each half. */
static inline void pipc_store_wide(uint32_t* wide, uint64_t number) {
  const uint32_t low = (uint32_t)number, high = (uint32_t)(number >> 32);
  uint32_t* const of_half = &wide[PIPC_HIGH + (low >> 31)];
  if (pipc_load(of_half) != high) pipc_store(of_half, high);
  pipc_store(&wide[PIPC_LOW], low);
}

/* ---- fences. A reader copies, and then looks whether the writer has begun to overwrite; a writer says so,
   and then overwrites. Whoever has copied a new byte must see what was said. ThreadSanitizer knows no fences;
   to it every access here is atomic, and that is all it asks */

#if defined(__SANITIZE_THREAD__)
#define PIPC_NO_FENCES
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PIPC_NO_FENCES
#endif
#endif

/* What was said before is seen by whoever sees a byte that is written after. */
static inline void pipc_fence_before_writing(void) {
#ifndef PIPC_NO_FENCES
  __atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}
static inline void pipc_fence_after_reading(void) {
#ifndef PIPC_NO_FENCES
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

/* ---- copies, by 8 bytes at a time, atomic and in no order. `shared` is aligned to 8, and may be read and
   written up to the next multiple of 8 */

typedef uint64_t __attribute__((may_alias)) pipc_eight;

static inline void pipc_copy_in(void* shared, const void* bytes, size_t length) {
  pipc_eight* const to = (pipc_eight*)shared;
  const size_t whole = length / 8, rest = length % 8;
  size_t index;
  uint64_t eight;
  for (index = 0; index < whole; index++) {
    memcpy(&eight, (const char*)bytes + 8 * index, 8);
    __atomic_store_n(&to[index], eight, __ATOMIC_RELAXED);
  }
  if (rest == 0) return;
  eight = 0;
  memcpy(&eight, (const char*)bytes + 8 * whole, rest);
  __atomic_store_n(&to[whole], eight, __ATOMIC_RELAXED);
}

static inline void pipc_copy_from(void* bytes, const void* shared, size_t length) {
  const pipc_eight* const from = (const pipc_eight*)shared;
  const size_t whole = length / 8, rest = length % 8;
  size_t index;
  uint64_t eight;
  for (index = 0; index < whole; index++) {
    eight = __atomic_load_n(&from[index], __ATOMIC_RELAXED);
    memcpy((char*)bytes + 8 * index, &eight, 8);
  }
  if (rest == 0) return;
  eight = __atomic_load_n(&from[whole], __ATOMIC_RELAXED);
  memcpy((char*)bytes + 8 * whole, &eight, rest);
}

static inline uint32_t pipc_peek(const void* shared) {
  return __atomic_load_n((const uint32_t*)shared, __ATOMIC_RELAXED);
}
static inline void pipc_poke(void* shared, uint32_t value) {
  __atomic_store_n((uint32_t*)shared, value, __ATOMIC_RELAXED);
}

/* Why a number that was read is none. */
static inline int pipc_bad(const pipc_side* side) { return pipc_stale(side) ? -ESTALE : -EBADMSG; }

#ifdef __cplusplus
}
#endif

#endif
