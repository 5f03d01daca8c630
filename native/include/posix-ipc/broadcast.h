/*
 * posix-ipc/broadcast.h: messages from one writer to any number of readers, each of whom sees each of them.
 * It is the Broadcast of the package posix-ipc for Node.js: either side may be either.
 *
 *   pipc_channel broadcast;                                     pipc_channel broadcast;
 *   pipc_create_broadcast(&broadcast, "/news", 1 << 16, 0600);  pipc_open_broadcast(&broadcast, "/news",
 * getuid()); pipc_broadcast_writer writer;                               pipc_broadcast_reader reader;
 *   pipc_open_broadcast_writer(&writer, &broadcast);            pipc_open_broadcast_reader(&reader,
 * &broadcast); pipc_announce_message(&writer, "hello", 5);                 uint64_t lost;
 *   pipc_close_broadcast_writer(&writer);                       char text[64];
 *   pipc_close(&broadcast);                                     ssize_t n = pipc_hear(&reader, text, sizeof
 * text, &lost, 1000);
 *
 * The writer waits for nobody: a reader that is overtaken by a whole ring is told how many messages it has
 * lost. Results are those of channel.h.
 */
#ifndef POSIX_IPC_BROADCAST_H
#define POSIX_IPC_BROADCAST_H

#include <posix-ipc/wide.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of pipc_header.wide. `intent` is how far the ring may be overwritten; `newest` where the last record begins
   that was finished. Positions count bytes and never wrap. */
enum { PIPC_TAIL = 0, PIPC_INTENT = 1, PIPC_NEWEST = 2 };

/* Before each message: its length; how many bytes before it the last one begins, 0 where there is none; its
   number, low word first. Numbers count messages from 0. */
enum { PIPC_MESSAGE = 16 };

static inline uint32_t pipc_message_size(uint32_t length) { return (length + PIPC_MESSAGE + 15) & ~15u; }

/* Half the ring with its header: the newest one is whole while the next is written. */
static inline uint32_t pipc_longest_message(const pipc_channel* broadcast) {
  return broadcast->capacity / 2 - PIPC_MESSAGE;
}

/* EINVAL: `capacity` is no power of two from 4 KiB to 1 GiB; and as pipc_create(). */
static inline int pipc_create_broadcast(pipc_channel* broadcast, const char* name, uint32_t capacity,
                                        mode_t mode) {
  return pipc_create_of(broadcast, PIPC_BROADCAST, name, capacity, 0, mode);
}

static inline int pipc_open_broadcast(pipc_channel* broadcast, const char* name, uid_t owner) {
  return pipc_open_of(broadcast, PIPC_BROADCAST, name, owner);
}

static inline unsigned char* pipc_message_at(const pipc_channel* broadcast, uint64_t position) {
  return broadcast->data + (position & (broadcast->capacity - 1));
}

static inline uint64_t pipc_number_at(const pipc_channel* broadcast, uint64_t position) {
  const unsigned char* const record = pipc_message_at(broadcast, position & ~(uint64_t)15);
  return (uint64_t)pipc_peek(record + 12) << 32 | pipc_peek(record + 8);
}

/* ---- the writer */

typedef struct {
  pipc_side side;
  uint64_t tail;
  uint64_t intent;
  uint64_t number;   /* of the next message */
  uint32_t previous; /* bytes of the last one, with what stands before it; 0: none was sent */
} pipc_broadcast_writer;

/* Where the last writer left off. It may have finished a record that it has not published: that one has the
   next number, and is written again. */
static inline int pipc_take_over(pipc_broadcast_writer* writer) {
  const pipc_channel* const broadcast = writer->side.channel;
  const pipc_header* const header = broadcast->header;
  uint64_t newest;
  if (pipc_read_wide(header->wide[PIPC_TAIL], &writer->tail) != 0 ||
      pipc_read_wide(header->wide[PIPC_INTENT], &writer->intent) != 0 ||
      pipc_read_wide(header->wide[PIPC_NEWEST], &newest) != 0 ||
      ((writer->tail | writer->intent | newest) & 15) != 0 || newest > writer->tail ||
      writer->intent < writer->tail || writer->intent - writer->tail > broadcast->capacity / 2)
    return pipc_bad(&writer->side);
  writer->number = pipc_number_at(broadcast, newest) +
                   (newest < writer->tail || (PIPC_MISTAKE(takeover_counts_on) && newest > 0));
  writer->previous = newest < writer->tail ? (uint32_t)(writer->tail - newest)
                                           : pipc_peek(pipc_message_at(broadcast, newest) + 4);
  return 0;
}

/* EBUSY: another writer sits there. EAGAIN: all 252 seats are taken. EBADMSG: positions that cannot be. */
static inline int pipc_open_broadcast_writer(pipc_broadcast_writer* writer, pipc_channel* broadcast) {
  int error = pipc_open_side(&writer->side, broadcast, PIPC_WRITER);
  if (error != 0) return error;
  error = pipc_take_over(writer);
  if (error != 0) pipc_leave_side(&writer->side);
  return error;
}

static inline void pipc_close_broadcast_writer(pipc_broadcast_writer* writer) {
  pipc_leave_side(&writer->side);
}

/* 0; EMSGSIZE: longer than half the ring, less 16 bytes; ESTALE. Killed before the tail is stored, it has
 * sent nothing. */
static inline int pipc_announce_message(pipc_broadcast_writer* writer, const void* message, uint32_t length) {
  const pipc_channel* const broadcast = writer->side.channel;
  pipc_header* const header = broadcast->header;
  unsigned char* const record = pipc_message_at(broadcast, writer->tail);
  uint64_t end;
  if (length > pipc_longest_message(broadcast)) return -EMSGSIZE;
  if (pipc_stale(&writer->side)) return -ESTALE;
  end = writer->tail + pipc_message_size(length);
  /* Never lowered: a dead writer may have damaged as far as it said. */
  if (end > writer->intent && !PIPC_MISTAKE(no_intent))
    pipc_store_wide(header->wide[PIPC_INTENT], writer->intent = end);
  PIPC_AT(broadcast_intended);
  if (PIPC_MISTAKE(broadcast_published_early)) {
    pipc_store_wide(header->wide[PIPC_NEWEST], writer->tail);
    pipc_store_wide(header->wide[PIPC_TAIL], end);
  }
  pipc_fence_before_writing();
  pipc_poke(record, length);
  pipc_poke(record + 4, writer->previous);
  pipc_poke(record + 8, (uint32_t)writer->number);
  pipc_poke(record + 12, (uint32_t)(writer->number >> 32));
  pipc_copy_in(record + PIPC_MESSAGE, message, length);
  PIPC_AT(broadcast_written);
  pipc_store_wide(header->wide[PIPC_NEWEST], writer->tail);
  PIPC_AT(broadcast_finished);
  pipc_store_wide(header->wide[PIPC_TAIL], end);
  PIPC_AT(broadcast_published);
  writer->previous = pipc_message_size(length);
  writer->tail = end;
  writer->number++;
  if (!PIPC_MISTAKE(no_ring)) pipc_ring_others(&writer->side);
  return 0;
}

/* ---- readers */

typedef struct {
  pipc_side side;
  uint64_t position;
  uint64_t number; /* of the message that is expected there */
  uint64_t lost;   /* messages that were overwritten before this reader came to them, of all */
  uint64_t told;   /* of these */
} pipc_broadcast_reader;

/* How often a writer may overtake a reader in one call. */
enum { PIPC_LAPPED = 100000 };

/* What stands before the message at that position. EAGAIN: it was overwritten meanwhile. */
static inline int pipc_read_record(const pipc_side* side, uint64_t position, uint64_t* number,
                                   uint32_t* previous) {
  const pipc_channel* const broadcast = side->channel;
  uint64_t intent;
  *number = pipc_number_at(broadcast, position);
  *previous = pipc_peek(pipc_message_at(broadcast, position) + 4);
  pipc_fence_after_reading();
  if (pipc_read_wide(broadcast->header->wide[PIPC_INTENT], &intent) != 0 || intent < position)
    return pipc_bad(side);
  return intent - position > broadcast->capacity ? -EAGAIN : 0;
}

/* Where the newest record begins, and its number: of the last message, or of one that is about to be sent. */
static inline int pipc_find_newest(const pipc_side* side, uint64_t* position, uint64_t* number,
                                   uint32_t* previous) {
  int lapped;
  for (lapped = 0; lapped < PIPC_LAPPED; lapped++) {
    int error;
    if (pipc_read_wide(side->channel->header->wide[PIPC_NEWEST], position) != 0 || (*position & 15) != 0)
      break;
    error = pipc_read_record(side, *position, number, previous);
    if (error != -EAGAIN) return error;
  }
  return pipc_bad(side);
}

/* The last message that was sent; where the newest record is not, since its writer has died or is about to,
   the one before. */
static inline int pipc_find_last(const pipc_side* side, uint64_t* position, uint64_t* number) {
  const pipc_channel* const broadcast = side->channel;
  int lapped;
  for (lapped = 0; lapped < PIPC_LAPPED; lapped++) {
    uint64_t tail, before;
    uint32_t previous, other;
    int error = pipc_find_newest(side, position, number, &previous);
    if (error != 0) return error;
    if (pipc_read_wide(broadcast->header->wide[PIPC_TAIL], &tail) != 0) break;
    if (*position < tail || previous == 0) return 0;
    if (previous > broadcast->capacity / 2 || (previous & 15) != 0 || previous > *position) break;
    *position -= previous;
    error = pipc_read_record(side, *position, &before, &other);
    if (error == -EAGAIN) continue;
    if (error != 0) return error;
    if (before + 1 != *number) break;
    *number = before;
    return 0;
  }
  return pipc_bad(side);
}

/* Its first message is the next that is sent. */
static inline int pipc_join(pipc_broadcast_reader* reader) {
  uint64_t tail, newest, number;
  uint32_t previous;
  int error;
  if (pipc_read_wide(reader->side.channel->header->wide[PIPC_TAIL], &tail) != 0 || (tail & 15) != 0)
    return pipc_bad(&reader->side);
  error = pipc_find_newest(&reader->side, &newest, &number, &previous);
  if (error != 0) return error;
  reader->position = newest < tail ? tail : newest;
  reader->number = newest < tail ? number + 1 : number;
  reader->lost = reader->told = 0;
  return 0;
}

/* EAGAIN: all 252 seats are taken. EBADMSG: positions that cannot be. */
static inline int pipc_open_broadcast_reader(pipc_broadcast_reader* reader, pipc_channel* broadcast) {
  int error = pipc_open_side(&reader->side, broadcast, PIPC_READER);
  if (error != 0) return error;
  error = pipc_join(reader);
  if (error != 0) pipc_leave_side(&reader->side);
  return error;
}

static inline void pipc_close_broadcast_reader(pipc_broadcast_reader* reader) {
  pipc_leave_side(&reader->side);
}

/* On from the last message: what lies between is lost. It is not the newest record, which may never be sent.
 */
static inline int pipc_skip_to_last(pipc_broadcast_reader* reader) {
  uint64_t position, number;
  const int error = pipc_find_last(&reader->side, &position, &number);
  if (error != 0) return error;
  if (position <= reader->position || number <= reader->number) return pipc_bad(&reader->side);
  reader->lost += number - reader->number;
  reader->position = position;
  reader->number = number;
  return 0;
}

/* The message at the reader's position: its length; EAGAIN: it was overwritten meanwhile; EMSGSIZE, and it
 * stays. */
static inline ssize_t pipc_take_message(pipc_broadcast_reader* reader, void* buffer, size_t room) {
  const pipc_channel* const broadcast = reader->side.channel;
  const unsigned char* const record = pipc_message_at(broadcast, reader->position);
  const uint32_t length = pipc_peek(record);
  const uint64_t number = pipc_number_at(broadcast, reader->position);
  const int possible = length <= pipc_longest_message(broadcast);
  uint64_t intent;
  if (possible && length <= room) pipc_copy_from(buffer, record + PIPC_MESSAGE, length);
  PIPC_AT(broadcast_copied);
  pipc_fence_after_reading();
  /* Nothing is concluded before this look. */
  if (pipc_read_wide(broadcast->header->wide[PIPC_INTENT], &intent) != 0 || intent < reader->position)
    return pipc_bad(&reader->side);
  if (intent - reader->position > broadcast->capacity) return -EAGAIN;
  if (!possible || number != reader->number || pipc_stale(&reader->side)) return pipc_bad(&reader->side);
  if (length > room) return -EMSGSIZE;
  reader->position += pipc_message_size(length);
  reader->number++;
  return (ssize_t)length;
}

/* The next message: its length; `lost` is how many were overwritten between the one before and it. EAGAIN:
   there is none. EMSGSIZE: it is longer than the buffer, and stays. */
static inline ssize_t pipc_try_hear(pipc_broadcast_reader* reader, void* buffer, size_t room,
                                    uint64_t* lost) {
  int lapped;
  for (lapped = 0; lapped < PIPC_LAPPED; lapped++) {
    uint64_t tail;
    ssize_t length;
    int error;
    if (pipc_read_wide(reader->side.channel->header->wide[PIPC_TAIL], &tail) != 0)
      return pipc_bad(&reader->side);
    if (tail == reader->position) return pipc_stale(&reader->side) ? -ESTALE : -EAGAIN;
    length = pipc_take_message(reader, buffer, room);
    if (length >= 0) {
      *lost = reader->lost - reader->told;
      reader->told = reader->lost;
    }
    if (length != -EAGAIN) return length;
    error = pipc_skip_to_last(reader);
    if (error != 0) return error;
  }
  return -EBADMSG;
}

typedef struct {
  void* buffer;
  size_t room;
  uint64_t* lost;
  ssize_t length;
} pipc_message_wish;

static inline int pipc_attempt_hear(pipc_side* side, void* context, int waiting) {
  pipc_message_wish* const wish = (pipc_message_wish*)context;
  (void)waiting;
  wish->length = pipc_try_hear((pipc_broadcast_reader*)side, wish->buffer, wish->room, wish->lost);
  return wish->length < 0 ? (int)wish->length : 0;
}

/* pipc_try_hear(), for at most so many milliseconds. EPIPE: the writer has gone. */
static inline ssize_t pipc_hear(pipc_broadcast_reader* reader, void* buffer, size_t room, uint64_t* lost,
                                int milliseconds) {
  pipc_message_wish wish;
  int error;
  wish.buffer = buffer;
  wish.room = room;
  wish.lost = lost;
  wish.length = 0;
  error = pipc_wait(&reader->side, pipc_attempt_hear, &wish, pipc_deadline(milliseconds));
  return error != 0 ? error : wish.length;
}

#ifdef __cplusplus
}
#endif

#endif
