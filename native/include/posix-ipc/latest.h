/*
 * posix-ipc/latest.h: the latest value of something, from one writer to any number of readers. It is the
 * Latest of the package posix-ipc for Node.js: either side may be either.
 *
 *   pipc_channel latest;                                pipc_channel latest;
 *   pipc_create_latest(&latest, "/price", 64, 0600);    pipc_open_latest(&latest, "/price", getuid());
 *   pipc_latest_writer writer;                          pipc_latest_reader reader;
 *   pipc_open_latest_writer(&writer, &latest);          pipc_open_latest_reader(&reader, &latest);
 *   pipc_set(&writer, "12.50", 5);                      char text[64];
 *   pipc_close_latest_writer(&writer);                  ssize_t n = pipc_get(&reader, text, sizeof text);
 *   pipc_close(&latest);                                n = pipc_next(&reader, text, sizeof text, 1000);
 *
 * Neither waits for the other. A value is in one of four cells; the counter says which, and how many there
 * were. Results are those of channel.h.
 */
#ifndef POSIX_IPC_LATEST_H
#define POSIX_IPC_LATEST_H

#include <posix-ipc/wide.h>

#ifdef __cplusplus
extern "C" {
#endif

/* EINVAL: `size`, in bytes, of the longest value, is not from 1 to PIPC_MOST_VALUE; and as pipc_create(). */
static inline int pipc_create_latest(pipc_channel* latest, const char* name, uint32_t size, mode_t mode) {
  return pipc_create_of(latest, PIPC_LATEST, name, size, 0, mode);
}

static inline int pipc_open_latest(pipc_channel* latest, const char* name, uid_t owner) {
  return pipc_open_of(latest, PIPC_LATEST, name, owner);
}

static inline unsigned char* pipc_cell(const pipc_channel* latest, uint64_t version) {
  return latest->data + (size_t)(version % PIPC_CELLS) * pipc_cell_size(latest->capacity);
}

/* ---- the writer */

typedef struct {
  pipc_side side;
  uint64_t version; /* of the value that is published; 0: none */
} pipc_latest_writer;

/* EBUSY: another writer sits there. EAGAIN: all 252 seats are taken. */
static inline int pipc_open_latest_writer(pipc_latest_writer* writer, pipc_channel* latest) {
  int error = pipc_open_side(&writer->side, latest, PIPC_WRITER);
  if (error != 0) return error;
  error = pipc_read_wide(latest->header->wide[0], &writer->version);
  if (error != 0) pipc_leave_side(&writer->side);
  return error;
}

static inline void pipc_close_latest_writer(pipc_latest_writer* writer) { pipc_leave_side(&writer->side); }

/* 0; EMSGSIZE: longer than the values of this segment may be; ESTALE. A writer that is killed before the
   counter is stored has changed nothing, and the next one fills the same cell. */
static inline int pipc_set(pipc_latest_writer* writer, const void* value, uint32_t length) {
  const pipc_channel* const latest = writer->side.channel;
  unsigned char* const cell = pipc_cell(latest, writer->version + 1);
  if (length > latest->capacity) return -EMSGSIZE;
  if (pipc_stale(&writer->side)) return -ESTALE;
  if (PIPC_MISTAKE(latest_published_early)) pipc_store_wide(latest->header->wide[0], writer->version + 1);
  /* The counter of the value before, whose stores made this cell one that nobody may read. */
  pipc_fence_before_writing();
  pipc_poke(cell, length);
  pipc_copy_in(cell + PIPC_RECORD, value, length);
  PIPC_AT(latest_filled);
  writer->version++;
  pipc_store_wide(latest->header->wide[0], writer->version);
  PIPC_AT(latest_published);
  if (!PIPC_MISTAKE(no_ring)) pipc_ring_others(&writer->side);
  return 0;
}

/* ---- readers */

typedef struct {
  pipc_side side;
  uint64_t version; /* of the value that it has got last; 0: none */
} pipc_latest_reader;

/* How often a writer may overtake a reader while it copies, in one call. */
enum { PIPC_OVERTAKEN = 100000 };

/* EAGAIN: all 252 seats are taken. */
static inline int pipc_open_latest_reader(pipc_latest_reader* reader, pipc_channel* latest) {
  reader->version = 0;
  return pipc_open_side(&reader->side, latest, PIPC_READER);
}

static inline void pipc_close_latest_reader(pipc_latest_reader* reader) { pipc_leave_side(&reader->side); }

/* The value of that version: its length; EAGAIN: it was overwritten meanwhile; EMSGSIZE, where it does not
 * fit. */
static inline ssize_t pipc_get_version(pipc_latest_reader* reader, uint64_t version, void* buffer,
                                       size_t room) {
  const pipc_channel* const latest = reader->side.channel;
  const unsigned char* const cell = pipc_cell(latest, version);
  const uint32_t length = pipc_peek(cell);
  uint64_t now;
  if (length <= latest->capacity && length <= room) pipc_copy_from(buffer, cell + PIPC_RECORD, length);
  PIPC_AT(latest_copied);
  pipc_fence_after_reading();
  if (pipc_read_wide(latest->header->wide[0], &now) != 0 || now < version) return pipc_bad(&reader->side);
  /* The cell is filled again once `version + 3` is published. */
  if (now > version + 2) return -EAGAIN;
  if (length > latest->capacity || pipc_stale(&reader->side)) return pipc_bad(&reader->side);
  if (length > room) return -EMSGSIZE;
  reader->version = version;
  return (ssize_t)length;
}

/* The newest value, if it is newer than `than`: its length. EAGAIN: there is none. */
static inline ssize_t pipc_get_newer(pipc_latest_reader* reader, uint64_t than, void* buffer, size_t room) {
  int overtaken;
  for (overtaken = 0; overtaken < PIPC_OVERTAKEN; overtaken++) {
    uint64_t version;
    ssize_t length;
    if (pipc_read_wide(reader->side.channel->header->wide[0], &version) != 0 || version < reader->version)
      return pipc_bad(&reader->side);
    if (version <= than) return pipc_stale(&reader->side) ? -ESTALE : -EAGAIN;
    length = pipc_get_version(reader, version, buffer, room);
    if (length != -EAGAIN) return length;
  }
  return -EBADMSG;
}

/* The newest value, also one that this reader has got before. EAGAIN: there was none yet. */
static inline ssize_t pipc_get(pipc_latest_reader* reader, void* buffer, size_t room) {
  return pipc_get_newer(reader, 0, buffer, room);
}

/* The newest value, if this reader has not got it yet; else EAGAIN. */
static inline ssize_t pipc_try_next(pipc_latest_reader* reader, void* buffer, size_t room) {
  return pipc_get_newer(reader, reader->version, buffer, room);
}

typedef struct {
  void* buffer;
  size_t room;
  ssize_t length;
} pipc_value_wish;

static inline int pipc_attempt_next(pipc_side* side, void* context, int waiting) {
  pipc_value_wish* const wish = (pipc_value_wish*)context;
  (void)waiting;
  wish->length = pipc_try_next((pipc_latest_reader*)side, wish->buffer, wish->room);
  return wish->length < 0 ? (int)wish->length : 0;
}

/* pipc_try_next(), for at most so many milliseconds. EPIPE: the writer has gone. */
static inline ssize_t pipc_next(pipc_latest_reader* reader, void* buffer, size_t room, int milliseconds) {
  pipc_value_wish wish;
  int error;
  wish.buffer = buffer;
  wish.room = room;
  wish.length = 0;
  error = pipc_wait(&reader->side, pipc_attempt_next, &wish, pipc_deadline(milliseconds));
  return error != 0 ? error : wish.length;
}

#ifdef __cplusplus
}
#endif

#endif
