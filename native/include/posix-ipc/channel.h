/*
 * posix-ipc/channel.h: a queue of messages in one POSIX shared memory segment, between unrelated processes;
 * for C (C11) and C++ (C++11) on Linux. One file, no dependency but the C library. It is the Channel of the
 * package posix-ipc for Node.js: either side may be either.
 *
 * gcc -I node_modules/posix-ipc/native/include program.c; examples/c of the sources has programs. A build
 * system finds this file by node -p "require.resolve('posix-ipc/channel.h')".
 *
 *   #define _GNU_SOURCE
 *   #include <posix-ipc/channel.h>
 *
 *   pipc_channel channel;                                pipc_channel channel;
 *   pipc_create(&channel, "/jobs", 1 << 16, 0, 0600);    pipc_open(&channel, "/jobs", getuid());
 *   pipc_writer writer;                                  pipc_reader reader;
 *   pipc_open_writer(&writer, &channel);                 pipc_open_reader(&reader, &channel);
 *                                                        char text[64];
 *   pipc_send(&writer, "hello", 5, PIPC_FOR_EVER);       ssize_t n = pipc_receive(&reader, text, 64, 1000);
 *   pipc_close_writer(&writer);                          pipc_close_reader(&reader);
 *   pipc_close(&channel);                                pipc_close(&channel);
 *
 * Every function gives 0, a length, or a negative errno. EAGAIN: full, or empty, or at this moment another
 * one's. EPIPE: the other side was there, and has gone. ETIMEDOUT. EINTR: a signal handler ran. EMSGSIZE:
 * longer than the channel, or than the buffer. EBUSY: the one seat is taken. EPROTO, EBADMSG: no channel, or
 * a damaged one. ESTALE: its file was truncated. A writer or a reader belongs to one thread at a time; a
 * channel may have many of either. A pipc_channel stays where it is in memory until they are closed. After
 * fork(2) all of them are the parent's: the child opens the channel anew, and closes none of what it
 * inherited.
 *
 * Whatever another process writes into the segment, no function here touches memory outside of it, or goes
 * round for ever. One that truncates the file ends this process by SIGBUS, unless the program catches that.
 */
#ifndef POSIX_IPC_CHANNEL_H
#define POSIX_IPC_CHANNEL_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef F_OFD_SETLK
#error "define _GNU_SOURCE before the first include: open file description locks are Linux's"
#endif

#ifdef __cplusplus
extern "C" {
#define PIPC_STATIC_ASSERT static_assert
#else
#define PIPC_STATIC_ASSERT _Static_assert
#endif

/* Where a process may be killed: a test may define it and be told. The names are those of
 * docs/memory-order.md. */
#ifndef PIPC_AT
#define PIPC_AT(point) ((void)0)
#endif

/* A mistake that a test makes on purpose. */
#ifndef PIPC_MISTAKE
#define PIPC_MISTAKE(name) 0
#endif

/* ---- layout */

enum {
  PIPC_PUBLISHED = 0x43504950, /* "PIPC": the first word of a finished segment */
  PIPC_VERSION = 1,
  PIPC_CHANNEL = 5,   /* kind: 1 to 4 are the locks */
  PIPC_LATEST = 6,    /* latest.h */
  PIPC_BROADCAST = 7, /* broadcast.h */
  PIPC_SEATS = 252,
  PIPC_DATA = 8192, /* where the messages begin */
  PIPC_RECORD = 8,  /* before each message */
  PIPC_LEAST_CAPACITY = 4096,
  PIPC_MOST_CAPACITY = 1 << 30,
  PIPC_MOST_VALUE = 1 << 28, /* bytes of the longest latest value there may be */
  PIPC_CELLS = 4,            /* of a latest value */
  PIPC_FIRST_SEAT_BYTE = 1
};

/* Flags of a channel. Without them a second writer, or reader, is EBUSY. */
enum { PIPC_MANY_WRITERS = 1, PIPC_MANY_READERS = 2 };

/* What a seat is for: its `share`. */
enum { PIPC_WRITER = 1, PIPC_READER = 2 };

/* One seat. Whoever sits there holds the byte of the file that belongs to it; the words are for the others.
 */
typedef struct {
  uint32_t epoch; /* PIPC_OCCUPIED, and how many have sat here before: a new one is not taken for the last */
  uint32_t share;
  uint32_t pid, start; /* for people: nothing is decided by them; `start` is field 22 of /proc/PID/stat */
} pipc_seat_entry;

typedef struct {
  uint32_t sequence; /* futex word */
  uint32_t sleepers; /* who must be woken: PIPC_BY_FUTEX, PIPC_BY_INOTIFY */
} pipc_bell;

/* Every number in it may be garbage: each is read once, and checked before use. */
typedef struct {
  uint32_t magic, layout;
  uint32_t lock_bell[2];
  uint32_t flags;
  uint32_t capacity;
  uint32_t came[2]; /* how many writers, readers have ever sat down here */
  uint32_t died[2]; /* whether one has died whose seat was taken since: the lowest bit; above it, how many */
  uint32_t reserved[6];
  pipc_seat_entry seats[PIPC_SEATS];
  /* Each on two cache lines of its own: a prefetcher takes pairs. Positions count bytes and wrap at 2^32. */
  uint32_t tail; /* all before it is written */
  uint32_t pad_tail[31];
  uint32_t head; /* all before it is read */
  uint32_t pad_head[31];
  pipc_bell filled; /* readers sleep here */
  uint32_t pad_filled[30];
  pipc_bell emptied; /* writers sleep here */
  uint32_t pad_emptied[30];
  uint32_t writer; /* owner word: of the one writer for as long as it sits, of many for each message */
  uint32_t pad_writer[31];
  uint32_t reader; /* the same of readers */
  uint32_t pad_reader[31];
  uint32_t wide[3][32]; /* positions of 64 bits, of the kinds that have them: wide.h */
  uint32_t pad_end[736];
} pipc_header;

PIPC_STATIC_ASSERT(sizeof(pipc_header) == PIPC_DATA && offsetof(pipc_header, seats) == 64 &&
                       offsetof(pipc_header, tail) == 4096 && offsetof(pipc_header, reader) == 4736 &&
                       offsetof(pipc_header, wide) == 4864,
                   "the header is two pages");

/* ---- words: sequentially consistent, because "publish, then look who sleeps" against "say that I sleep,
 * then look again" needs it; acquire and release let both miss each other */

static inline uint32_t pipc_load(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void pipc_store(uint32_t* word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}
static inline uint32_t pipc_exchange(uint32_t* word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
static inline int pipc_exchange_if(uint32_t* word, uint32_t expected, uint32_t value) {
  return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline void pipc_increase(uint32_t* word) { __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST); }
static inline void pipc_set_bits(uint32_t* word, uint32_t bits) {
  __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static inline uint32_t pipc_layout_of(uint32_t kind) { return kind | PIPC_VERSION << 8 | PIPC_SEATS << 16; }

/* ---- fork(2): a child must not keep the descriptors of its parent's seats, or the parent would look alive
 */

#ifndef PIPC_CLOSE_IN_CHILD
typedef struct {
  pthread_mutex_t mutex;
  int* descriptors;
  size_t count, room;
  int armed;
} pipc_inheritance;

/* Weak: one for all files of a program, whichever opened a descriptor and whichever closes it. */
__attribute__((weak))
pipc_inheritance pipc_inheritance_of_program = {PTHREAD_MUTEX_INITIALIZER, NULL, 0, 0, 0};
static inline pipc_inheritance* pipc_inherited(void) { return &pipc_inheritance_of_program; }
/* Held across the fork, so that the child finds the list whole. */
static inline void pipc_before_fork(void) { pthread_mutex_lock(&pipc_inherited()->mutex); }
static inline void pipc_after_fork(void) { pthread_mutex_unlock(&pipc_inherited()->mutex); }
static inline void pipc_in_child(void) {
  pipc_inheritance* const list = pipc_inherited();
  while (list->count > 0) close(list->descriptors[--list->count]);
  pthread_mutex_unlock(&list->mutex);
}
static inline void pipc_close_in_child(int descriptor) {
  pipc_inheritance* const list = pipc_inherited();
  pthread_mutex_lock(&list->mutex);
  if (!list->armed) list->armed = pthread_atfork(pipc_before_fork, pipc_after_fork, pipc_in_child) == 0;
  if (list->count == list->room) {
    int* const more = (int*)realloc(list->descriptors, (2 * list->room + 8) * sizeof(int));
    if (more != NULL) {
      list->descriptors = more;
      list->room = 2 * list->room + 8;
    }
  }
  if (list->count < list->room) list->descriptors[list->count++] = descriptor;
  pthread_mutex_unlock(&list->mutex);
}
static inline void pipc_keep_in_child(int descriptor) {
  pipc_inheritance* const list = pipc_inherited();
  size_t index;
  pthread_mutex_lock(&list->mutex);
  for (index = 0; index < list->count; index++) {
    if (list->descriptors[index] == descriptor) list->descriptors[index--] = list->descriptors[--list->count];
  }
  pthread_mutex_unlock(&list->mutex);
}
#define PIPC_CLOSE_IN_CHILD(descriptor) pipc_close_in_child(descriptor)
#define PIPC_KEEP_IN_CHILD(descriptor) pipc_keep_in_child(descriptor)
#endif

/* ---- one byte of a file, locked through one open file description (F_OFD_SETLK, fcntl(2)): the kernel
 * releases it when the description ends, however its process ended */

static inline struct flock pipc_byte(short type, uint64_t byte) {
  struct flock range;
  memset(&range, 0, sizeof range);
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = (off_t)byte;
  range.l_len = 1;
  return range;
}

/* 1; 0 where another description has it; or an error. A description that asks twice is given it twice. */
static inline int pipc_take_byte(int descriptor, uint64_t byte) {
  struct flock range = pipc_byte(F_WRLCK, byte);
  if (fcntl(descriptor, F_OFD_SETLK, &range) == 0) return 1;
  return errno == EAGAIN || errno == EACCES ? 0 : -errno;
}

static inline void pipc_free_byte(int descriptor, uint64_t byte) {
  struct flock range = pipc_byte(F_UNLCK, byte);
  (void)fcntl(descriptor, F_OFD_SETLK, &range);
}

/* Whether another description has it. Where the kernel does not tell, it counts as held: no one is declared
   dead without proof. */
static inline int pipc_byte_held(int descriptor, uint64_t byte) {
  struct flock range = pipc_byte(F_WRLCK, byte);
  return fcntl(descriptor, F_OFD_GETLK, &range) == -1 || range.l_type != F_UNLCK;
}

static inline int pipc_open_again(const char* path) {
  int opened;
  do opened = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  while (opened == -1 && errno == EINTR);
  return opened == -1 ? -errno : opened;
}

/* By a name in /dev/shm that leads to it. ENOENT: none does. */
static inline int pipc_reopen_by_name(const struct stat* wanted) {
  DIR* const folder = opendir("/dev/shm");
  struct dirent* entry;
  int opened = -ENOENT;
  if (folder == NULL) return -errno;
  while (opened < 0 && (entry = readdir(folder)) != NULL) {
    char path[NAME_MAX + 16];
    struct stat found;
    if (entry->d_ino != wanted->st_ino) continue;
    snprintf(path, sizeof path, "/dev/shm/%s", entry->d_name);
    opened = pipc_open_again(path);
    if (opened < 0 ||
        (fstat(opened, &found) == 0 && found.st_ino == wanted->st_ino && found.st_dev == wanted->st_dev))
      continue;
    close(opened);
    opened = -ENOENT;
  }
  closedir(folder);
  return opened;
}

/* A description of its own of an open file: descriptors that are duplicated share their locks. ENOENT: there
   is no /proc, and no name either. */
static inline int pipc_reopen(int descriptor) {
  char path[32];
  struct stat wanted;
  int opened;
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  opened = pipc_open_again(path);
  if (opened != -ENOENT) return opened;
  return fstat(descriptor, &wanted) == -1 ? -errno : pipc_reopen_by_name(&wanted);
}

/* Gives a file its name: through /proc; where there is none, by right (CAP_DAC_READ_SEARCH), or ENOENT. */
static inline int pipc_link(int descriptor, const char* path) {
  char file[32];
  snprintf(file, sizeof file, "/proc/self/fd/%d", descriptor);
  if (linkat(AT_FDCWD, file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return 0;
  if (errno == ENOENT && linkat(descriptor, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0) return 0;
  return -errno;
}

/* ---- seats: one's place among the users of a segment; its byte is the only evidence of life, no pid and no
 * clock */

#define PIPC_OCCUPIED 0x80000000u
#define PIPC_NUMBER 0x000fffffu

/* Where the seats stand, in memory and in the file. */
typedef struct {
  pipc_seat_entry* entries;
  uint32_t count;
  uint64_t first_byte;
} pipc_seats;

typedef struct {
  int descriptor;
  pipc_seats seats;
  uint32_t index;
  uint32_t number; /* the low 20 bits of its epoch */
  uint32_t before; /* the share of the last occupant, where it has left no farewell; else 0 */
} pipc_seat;

/* Low 32 bits of field 22 of /proc/self/stat; 0 where there is no /proc. */
static inline uint32_t pipc_start_of_process(void) {
  char text[1024];
  const char* field;
  int number = 2;
  const int stat = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  const ssize_t length = stat == -1 ? -1 : read(stat, text, sizeof text - 1);
  if (stat != -1) close(stat);
  if (length <= 0) return 0;
  text[length] = 0;
  for (field = strrchr(text, ')'); field != NULL && number < 22; number++) field = strchr(field + 1, ' ');
  return field == NULL ? 0 : (uint32_t)strtoull(field, NULL, 10);
}

/* 0; EAGAIN: all are taken. `died`: whether the last occupant has left no farewell. */
static inline int pipc_take_seat(pipc_seat* seat, int file, pipc_seats seats, int* died) {
  /* Never the descriptor that is mapped: a map keeps the description, and with it the lock, after close(2).
   */
  const int descriptor = pipc_reopen(file);
  uint32_t index;
  if (descriptor < 0) return descriptor;
  for (index = 0; index < seats.count; index++) {
    pipc_seat_entry* const entry = &seats.entries[index];
    const int taken = pipc_take_byte(descriptor, seats.first_byte + index);
    uint32_t epoch;
    if (taken < 0) {
      close(descriptor);
      return taken;
    }
    if (taken == 0) continue;
    PIPC_AT(seat_locked);

    epoch = pipc_load(&entry->epoch);
    *died = (epoch & PIPC_OCCUPIED) != 0;
    seat->before = *died ? pipc_load(&entry->share) : 0;
    seat->descriptor = descriptor;
    seat->seats = seats;
    seat->index = index;
    seat->number = (epoch + 1) & PIPC_NUMBER;
    /* The number first: from now on whatever the last occupant held counts as left by a dead one. */
    pipc_store(&entry->epoch, PIPC_OCCUPIED | seat->number);
    PIPC_AT(seat_numbered);
    pipc_store(&entry->share, 0);
    pipc_store(&entry->pid, (uint32_t)getpid());
    pipc_store(&entry->start, pipc_start_of_process());
    PIPC_CLOSE_IN_CHILD(descriptor);
    return 0;
  }
  close(descriptor);
  return -EAGAIN;
}

static inline pipc_seat_entry* pipc_entry(const pipc_seat* seat) { return &seat->seats.entries[seat->index]; }

/* With a farewell nobody is told of a death. */
static inline void pipc_say_farewell(const pipc_seat* seat) {
  pipc_store(&pipc_entry(seat)->share, 0);
  pipc_store(&pipc_entry(seat)->epoch, seat->number);
  PIPC_AT(seat_released);
}

/* Without a farewell: as if its process had died. */
static inline void pipc_leave_seat(const pipc_seat* seat) {
  PIPC_KEEP_IN_CHILD(seat->descriptor);
  /* Explicitly, for the case that somebody has duplicated the descriptor. */
  pipc_free_byte(seat->descriptor, seat->seats.first_byte + seat->index);
  close(seat->descriptor);
}

/* Whether the one who sat at `index` as number `number` sits there still. */
static inline int pipc_alive(const pipc_seat* seat, uint32_t index, uint32_t number) {
  /* One's own byte looks free through one's own description. */
  if (index == seat->index) return number == seat->number;
  if (pipc_load(&seat->seats.entries[index].epoch) != (PIPC_OCCUPIED | number)) return 0;
  return pipc_byte_held(seat->descriptor, seat->seats.first_byte + index);
}

/* Whether somebody has left `index` without a farewell, and nobody sits there now. */
static inline int pipc_deserted(int descriptor, pipc_seats seats, uint32_t index) {
  const uint32_t epoch = pipc_load(&seats.entries[index].epoch);
  if ((epoch & PIPC_OCCUPIED) == 0 || pipc_byte_held(descriptor, seats.first_byte + index)) return 0;
  /* Or did it say farewell meanwhile? */
  return pipc_load(&seats.entries[index].epoch) == epoch;
}

/* ---- owner word: who has a lock. [waiters 1 | inconsistent 1 | seat + 1: 10 | number of its occupant: 20]
 */

#define PIPC_WAITERS 0x80000000u      /* somebody sleeps: whoever gives the word back rings */
#define PIPC_INCONSISTENT 0x40000000u /* an owner has died, and none has said since that all is in order */
#define PIPC_SEAT_SHIFT 20
#define PIPC_SEAT_MASK 1023u
#define PIPC_NOT_RECOVERABLE PIPC_SEAT_MASK /* in the place of a seat: given back in disorder, for ever */

static inline uint32_t pipc_mine(const pipc_seat* seat) {
  return (seat->index + 1) << PIPC_SEAT_SHIFT | seat->number;
}
static inline uint32_t pipc_owner_seat(uint32_t word) { return word >> PIPC_SEAT_SHIFT & PIPC_SEAT_MASK; }
static inline int pipc_owns(const uint32_t* word, const pipc_seat* seat) {
  return (pipc_load(word) & ~(PIPC_WAITERS | PIPC_INCONSISTENT)) == pipc_mine(seat);
}

/* 0: taken; 1: taken, and the last owner died; EAGAIN: a living one has it; ENOTRECOVERABLE; EBADMSG. By one
   who does not have it: a word that says otherwise is garbage, and is taken like a dead owner's. `waiting`:
   the owner is told that somebody is going to sleep. */
static inline int pipc_own(uint32_t* word, const pipc_seat* seat, int waiting) {
  for (;;) {
    const uint32_t seen = pipc_load(word), owner = pipc_owner_seat(seen);
    if (owner == PIPC_NOT_RECOVERABLE) return -ENOTRECOVERABLE;
    if (owner > seat->seats.count) return -EBADMSG;
    if (owner == 0) {
      if (!pipc_exchange_if(word, seen, pipc_mine(seat) | (seen & (PIPC_WAITERS | PIPC_INCONSISTENT))))
        continue;
      PIPC_AT(mutex_locked);
      return (seen & PIPC_INCONSISTENT) != 0;
    }
    if (pipc_owns(word, seat) || !pipc_alive(seat, owner - 1, seen & PIPC_NUMBER)) {
      /* Others may have been asleep already: they stay announced. */
      const uint32_t disorder = PIPC_MISTAKE(death_unreported) ? 0 : PIPC_INCONSISTENT;
      if (!pipc_exchange_if(word, seen, pipc_mine(seat) | disorder | PIPC_WAITERS)) continue;
      PIPC_AT(mutex_inherited);
      return disorder != 0;
    }
    if (waiting && (seen & PIPC_WAITERS) == 0) {
      if (!pipc_exchange_if(word, seen, seen | PIPC_WAITERS)) continue;
      PIPC_AT(mutex_waiting);
    }
    return -EAGAIN;
  }
}

/* What an owner makes of its word. */
enum { PIPC_GIVE_BACK, PIPC_ABANDON, PIPC_MAKE_CONSISTENT };

/* 1: somebody waits, and a ring is due; 0; EBADMSG: the word does not say that it is ours. */
static inline int pipc_change_word(uint32_t* word, const pipc_seat* seat, int how) {
  for (;;) {
    const uint32_t seen = pipc_load(word);
    uint32_t next = 0;
    if ((seen & ~(PIPC_WAITERS | PIPC_INCONSISTENT)) != pipc_mine(seat)) return -EBADMSG;
    if (how == PIPC_ABANDON) next = PIPC_INCONSISTENT;
    if (how == PIPC_MAKE_CONSISTENT) next = seen & ~PIPC_INCONSISTENT;
    if (how == PIPC_GIVE_BACK && (seen & PIPC_INCONSISTENT) != 0)
      next = PIPC_NOT_RECOVERABLE << PIPC_SEAT_SHIFT;
    if (pipc_exchange_if(word, seen, next)) return (seen & PIPC_WAITERS) != 0;
  }
}

static inline int pipc_disown(uint32_t* word, const pipc_seat* seat) {
  /* The usual case first. */
  const int due =
      pipc_exchange_if(word, pipc_mine(seat), 0) ? 0 : pipc_change_word(word, seat, PIPC_GIVE_BACK);
  PIPC_AT(mutex_unlocked);
  return due;
}

/* ---- the bell: how those who sleep are woken. A wake-up is a hint: whoever is woken looks again */

enum {
  PIPC_BY_FUTEX = 1,  /* threads asleep on `sequence` (futex(2)) */
  PIPC_BY_INOTIFY = 2 /* who watches the file (inotify(7)): event loops, and threads whose sleep is long */
};

/* How a bell sounds to those who watch the file: one byte is read, or one is written. */
enum { PIPC_RING_BY_READ = IN_ACCESS, PIPC_RING_BY_WRITE = IN_MODIFY };

/* After something has changed that others may sleep for. Costs one look where nobody sleeps. */
static inline void pipc_ring(pipc_bell* bell, int descriptor, int how) {
  uint32_t sleepers;
  char byte = 0;
  ssize_t done = 0;
  if (pipc_load(&bell->sleepers) == 0) return;
  /* Taken away, and not only read: a sleeper that was killed costs one ring, not every one. Before the count:
     a sleeper that has read the new count already must find its flag still there, for the next who rings. */
  sleepers = pipc_exchange(&bell->sleepers, 0);
  PIPC_AT(bell_taken);
  pipc_increase(&bell->sequence);
  PIPC_AT(bell_counted);
  /* All of them: one that is woken alone and killed would leave the others asleep. */
  if ((sleepers & PIPC_BY_FUTEX) != 0)
    syscall(SYS_futex, &bell->sequence, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  if ((sleepers & PIPC_BY_INOTIFY) != 0) {
    /* The last byte of the header means nothing. */
    done = how == PIPC_RING_BY_READ ? pread(descriptor, &byte, 1, 0)
                                    : pwrite(descriptor, &byte, 1, PIPC_DATA - 1);
  }
  (void)done;
  PIPC_AT(bell_rung);
}

/* "I am going to sleep": after it the caller looks again, and only then sleeps. Gives the futex word's value.
 */
static inline uint32_t pipc_announce(pipc_bell* bell, uint32_t how) {
  const uint32_t sequence = pipc_load(&bell->sequence);
  pipc_set_bits(&bell->sleepers, how);
  PIPC_AT(bell_flagged);
  return sequence;
}

/* Moments are nanoseconds of CLOCK_MONOTONIC. */
#define PIPC_NEVER INT64_MAX

static inline int64_t pipc_now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return (int64_t)moment.tv_sec * 1000000000 + moment.tv_nsec;
}

static inline struct timespec pipc_left(int64_t until) {
  const int64_t now = pipc_now(), left = until > now ? until - now : 0;
  struct timespec span;
  span.tv_sec = (time_t)(left / 1000000000);
  span.tv_nsec = (long)(left % 1000000000);
  return span;
}

/* Until it rings or `until`; 0 after a signal. EFAULT, of a file that was truncated, ends the sleep like a
   ring: the look that follows finds out. */
static inline int pipc_sleep_by_futex(pipc_bell* bell, uint32_t sequence, int64_t until) {
  const struct timespec left = pipc_left(until);
  return syscall(SYS_futex, &bell->sequence, FUTEX_WAIT, sequence, until == PIPC_NEVER ? NULL : &left, NULL,
                 0) != -1 ||
         errno != EINTR;
}

/* One blocking wait of a thread at a bell. First by futex, which hands over fastest; a sleep that gets longer
   goes on by inotify, which hears deaths too. Where there is no inotify instance to be had, in short sleeps.
 */
enum { PIPC_FUTEX_FIRST, PIPC_INOTIFY, PIPC_FUTEX_ONLY };

typedef struct {
  pipc_bell* bell;
  int descriptor;  /* of the bell's file */
  uint32_t events; /* that wake it */
  int* instance;   /* of inotify; -1 before one was needed */
  int phase;
  uint32_t sequence;
  int watch;
  unsigned looks;
  int64_t next_look;
} pipc_sleeper;

/* Milliseconds after which a sleeper looks again, from the start of its sleep and from every close that it
   hears: the byte of a process that was killed comes free a little after the last event of its death. */
static inline int64_t pipc_later_look(unsigned number) {
  return number == 0 ? 1 : number == 1 ? 10 : number == 2 ? 100 : -1;
}

static inline void pipc_look_later(pipc_sleeper* sleeper) {
  const int64_t after = pipc_later_look(sleeper->looks);
  sleeper->next_look = after == -1 ? PIPC_NEVER : pipc_now() + after * 1000000;
  if (after != -1) sleeper->looks++;
}

static inline void pipc_begin_sleep(pipc_sleeper* sleeper, pipc_bell* bell, int descriptor, uint32_t events,
                                    int* instance) {
  memset(sleeper, 0, sizeof *sleeper);
  sleeper->bell = bell;
  sleeper->descriptor = descriptor;
  sleeper->events = events | IN_CLOSE_WRITE;
  sleeper->instance = instance;
  sleeper->watch = -1;
  sleeper->next_look = PIPC_NEVER;
}

static inline void pipc_end_sleep(const pipc_sleeper* sleeper) {
  if (sleeper->watch != -1) inotify_rm_watch(*sleeper->instance, sleeper->watch);
}

/* Before the sleep is announced: what happens from then on is heard. */
static inline void pipc_watch(pipc_sleeper* sleeper) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", sleeper->descriptor);
  if (*sleeper->instance == -1) {
    *sleeper->instance = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (*sleeper->instance != -1) PIPC_CLOSE_IN_CHILD(*sleeper->instance);
  }
  sleeper->watch = inotify_add_watch(*sleeper->instance, path, sleeper->events);
  if (sleeper->watch == -1) sleeper->phase = PIPC_FUTEX_ONLY;
  sleeper->looks = 0;
  pipc_look_later(sleeper);
}

static inline void pipc_announce_sleep(pipc_sleeper* sleeper) {
  if (sleeper->phase == PIPC_INOTIFY && sleeper->watch == -1) pipc_watch(sleeper);
  sleeper->sequence =
      pipc_announce(sleeper->bell, sleeper->phase == PIPC_INOTIFY ? PIPC_BY_INOTIFY : PIPC_BY_FUTEX);
}

static inline int pipc_sleep_by_inotify(pipc_sleeper* sleeper, int64_t until) {
  struct pollfd ready;
  const int64_t end = until < sleeper->next_look ? until : sleeper->next_look;
  const struct timespec left = pipc_left(end);
  int closed = 0;
  ssize_t length;
  union {
    struct inotify_event event;
    char bytes[4096];
  } buffer;
  ready.fd = *sleeper->instance;
  ready.events = POLLIN;
  if (ppoll(&ready, 1, end == PIPC_NEVER ? NULL : &left, NULL) == -1) return errno != EINTR;
  while ((length = read(*sleeper->instance, buffer.bytes, sizeof buffer)) > 0) {
    ssize_t offset = 0;
    while (offset < length) {
      struct inotify_event event;
      memcpy(&event, buffer.bytes + offset, sizeof event);
      closed |= (event.mask & (IN_CLOSE_WRITE | IN_Q_OVERFLOW)) != 0;
      offset += (ssize_t)(sizeof event + event.len);
    }
  }
  if (closed) sleeper->looks = 0;
  if (closed || (sleeper->next_look != PIPC_NEVER && pipc_now() >= sleeper->next_look))
    pipc_look_later(sleeper);
  return 1;
}

/* After pipc_announce_sleep() and another look. 0, with errno EINTR, after a signal. */
static inline int pipc_sleep(pipc_sleeper* sleeper, int64_t until) {
  /* Nanoseconds. A hand-over mostly takes less than the first; the second bounds what a death costs those who
     cannot hear of it. */
  const int64_t first = 1000000, without_inotify = 50000000;
  int64_t slice;
  int undisturbed;
  PIPC_AT(bell_looked);
  if (sleeper->phase == PIPC_INOTIFY) return pipc_sleep_by_inotify(sleeper, until);
  slice = pipc_now() + (sleeper->phase == PIPC_FUTEX_FIRST ? first : without_inotify);
  undisturbed = pipc_sleep_by_futex(sleeper->bell, sleeper->sequence, until < slice ? until : slice);
  if (sleeper->phase == PIPC_FUTEX_FIRST && pipc_now() >= slice) sleeper->phase = PIPC_INOTIFY;
  return undisturbed;
}

/* ---- looking again and again for a short time, before a sleep whose wake-up costs some 30 us between two
 * idle CPUs. How long is learned: what came in time once will again; what did not is not waited for */

typedef struct {
  uint32_t budget; /* nanoseconds */
  uint32_t left_out;
} pipc_spin;

enum {
  PIPC_SHORTEST_SPIN = 1000,
  PIPC_FIRST_SPIN = 10000,
  PIPC_LONGEST_SPIN = 30000,
  PIPC_SPINS_LEFT_OUT = 15
};

static inline int pipc_worth_spinning(pipc_spin* spin) {
  if (spin->budget >= PIPC_SHORTEST_SPIN) return 1;
  if (spin->left_out++ < PIPC_SPINS_LEFT_OUT) return 0;
  spin->left_out = 0;
  spin->budget = 2 * PIPC_SHORTEST_SPIN;
  return 1;
}

static inline void pipc_spin_hit(pipc_spin* spin, int64_t took) {
  const uint32_t older = spin->budget - spin->budget / 8;
  const uint32_t wanted = took < PIPC_LONGEST_SPIN / 2 ? 2 * (uint32_t)took : (uint32_t)PIPC_LONGEST_SPIN;
  spin->budget = older > wanted ? older : wanted;
  if (spin->budget < PIPC_SHORTEST_SPIN) spin->budget = PIPC_SHORTEST_SPIN;
  if (spin->budget > PIPC_LONGEST_SPIN) spin->budget = PIPC_LONGEST_SPIN;
}

static inline void pipc_spin_miss(pipc_spin* spin) { spin->budget /= 2; }

static inline void pipc_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* ---- the segment */

/* Mapped: the header, then the data; of a channel and a broadcast twice in a row, so that no message is ever
 * in two pieces. */
typedef struct {
  int descriptor;
  pipc_header* header;
  unsigned char* data;
  uint32_t kind;
  /* As they were found when it was opened; what the segment says now is no concern of anybody. */
  uint32_t capacity, flags;
} pipc_channel;

static inline int pipc_good_capacity(uint32_t kind, uint64_t capacity) {
  if (kind == PIPC_LATEST) return capacity >= 1 && capacity <= PIPC_MOST_VALUE;
  return capacity >= PIPC_LEAST_CAPACITY && capacity <= PIPC_MOST_CAPACITY &&
         (capacity & (capacity - 1)) == 0;
}

/* One cell of a latest value: its length, and its bytes, on cache lines of its own. */
static inline uint32_t pipc_cell_size(uint32_t capacity) { return (capacity + PIPC_RECORD + 63) & ~63u; }

static inline uint32_t pipc_data_size(uint32_t kind, uint32_t capacity) {
  return kind == PIPC_LATEST ? PIPC_CELLS * pipc_cell_size(capacity) : capacity;
}
static inline int pipc_mapped_twice(uint32_t kind) { return kind != PIPC_LATEST; }
static inline size_t pipc_mapped_size(uint32_t kind, uint32_t capacity) {
  return PIPC_DATA + (pipc_mapped_twice(kind) ? 2 : 1) * (size_t)pipc_data_size(kind, capacity);
}

/* What the first words of a new segment are. */
static inline void pipc_fill_header(pipc_header* header, uint32_t kind, uint32_t capacity, uint32_t flags) {
  memset(header, 0, sizeof *header);
  header->magic = PIPC_PUBLISHED;
  header->layout = pipc_layout_of(kind);
  header->flags = flags;
  header->capacity = capacity;
}

/* What is wrong with a file that should be a segment of that kind: the field, or NULL. EPROTO: it is
   something else, or a newer one; EBADMSG: it is damaged. */
static inline const char* pipc_fault(const pipc_header* header, uint32_t kind, const struct stat* status,
                                     int* error) {
  const uint32_t flags = kind == PIPC_CHANNEL ? PIPC_MANY_WRITERS | PIPC_MANY_READERS : 0;
  *error = EPROTO;
  if (!S_ISREG(status->st_mode)) return "file type";
  if (status->st_size < PIPC_DATA) return "size";
  if (header->magic != PIPC_PUBLISHED) return "magic";
  if ((header->layout & 255) != kind) return "kind";
  if (header->layout != pipc_layout_of(kind)) return "layout version";
  *error = EBADMSG;
  if (!pipc_good_capacity(kind, header->capacity)) return "capacity";
  if ((header->flags & ~flags) != 0) return "flags";
  if (status->st_size != PIPC_DATA + (off_t)pipc_data_size(kind, header->capacity)) return "size";
  *error = 0;
  return NULL;
}

/* Maps the header and, once or twice, the data: MAP_FAILED, and errno. One munmap(2) of pipc_mapped_size()
 * undoes it. */
static inline void* pipc_map(int descriptor, uint32_t kind, uint32_t capacity) {
  const size_t size = pipc_mapped_size(kind, capacity),
               once = PIPC_DATA + (size_t)pipc_data_size(kind, capacity);
  char* const base = (char*)mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  const int access = PROT_READ | PROT_WRITE, how = MAP_SHARED | MAP_FIXED;
  if ((void*)base == MAP_FAILED) return MAP_FAILED;
  if (mmap(base, once, access, how, descriptor, 0) == MAP_FAILED ||
      (pipc_mapped_twice(kind) &&
       mmap(base + once, capacity, access, how, descriptor, PIPC_DATA) == MAP_FAILED)) {
    const int error = errno;
    munmap(base, size);
    errno = error;
    return MAP_FAILED;
  }
  return base;
}

static inline int pipc_attach(pipc_channel* channel, int descriptor, uint32_t kind,
                              const pipc_header* header) {
  void* const base = pipc_map(descriptor, kind, header->capacity);
  if (base == MAP_FAILED) return -errno;
  channel->descriptor = descriptor;
  channel->header = (pipc_header*)base;
  channel->data = (unsigned char*)base + PIPC_DATA;
  channel->kind = kind;
  channel->capacity = header->capacity;
  channel->flags = header->flags;
  return 0;
}

static inline int pipc_path(char* path, size_t room, const char* name) {
  if (name[0] != '/' || name[1] == 0 || strchr(name + 1, '/') != NULL) return -EINVAL;
  return snprintf(path, room, "/dev/shm%s", name) < (int)room && strlen(name + 1) <= NAME_MAX ? 0
                                                                                              : -ENAMETOOLONG;
}

/* A new one under a name as shm_open(3) takes it. The file is made without a name and linked to it when it is
   finished: nobody ever opens half of one. EEXIST; ENOSPC; EINVAL. `mode` is not subject to the umask: who
   may use it may read and write it. */
static inline int pipc_create_of(pipc_channel* channel, uint32_t kind, const char* name, uint32_t capacity,
                                 uint32_t flags, mode_t mode) {
  char path[NAME_MAX + 16];
  pipc_header header;
  int descriptor, error = pipc_path(path, sizeof path, name);
  if (error != 0) return error;
  if (!pipc_good_capacity(kind, capacity) || flags > (PIPC_MANY_WRITERS | PIPC_MANY_READERS)) return -EINVAL;
  descriptor = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor == -1) return -errno;
  pipc_fill_header(&header, kind, capacity, flags);
  error = posix_fallocate(descriptor, 0, PIPC_DATA + (off_t)pipc_data_size(kind, capacity));
  if (error == 0 && pwrite(descriptor, &header, sizeof header, 0) != (ssize_t)sizeof header) error = errno;
  if (error == 0 && fchmod(descriptor, mode) == -1) error = errno;
  if (error == 0) error = -pipc_attach(channel, descriptor, kind, &header);
  if (error == 0) {
    error = -pipc_link(descriptor, path);
    if (error != 0) munmap(channel->header, pipc_mapped_size(kind, capacity));
  }
  if (error != 0) close(descriptor);
  return -error;
}

static inline int pipc_create(pipc_channel* channel, const char* name, uint32_t capacity, uint32_t flags,
                              mode_t mode) {
  return pipc_create_of(channel, PIPC_CHANNEL, name, capacity, flags, mode);
}

/* One that is there. ENOENT; EPERM: it belongs to another than `owner` or root (a name belongs to whoever
   takes it first); EPROTO; EBADMSG. */
static inline int pipc_open_of(pipc_channel* channel, uint32_t kind, const char* name, uid_t owner) {
  char path[NAME_MAX + 16];
  pipc_header header;
  struct stat status;
  int descriptor, error = pipc_path(path, sizeof path, name);
  if (error != 0) return error;
  /* A FIFO under the name must not hold us up. */
  descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor == -1) return -errno;
  memset(&header, 0, sizeof header);
  if (fstat(descriptor, &status) == -1)
    error = errno;
  else if (status.st_uid != owner && status.st_uid != 0)
    error = EPERM;
  else if (S_ISREG(status.st_mode) && pread(descriptor, &header, sizeof header, 0) == -1)
    error = errno;
  else
    (void)pipc_fault(&header, kind, &status, &error);
  if (error == 0) error = -pipc_attach(channel, descriptor, kind, &header);
  if (error != 0) close(descriptor);
  return -error;
}

static inline int pipc_open(pipc_channel* channel, const char* name, uid_t owner) {
  return pipc_open_of(channel, PIPC_CHANNEL, name, owner);
}

/* After its writers and readers. */
static inline void pipc_close(pipc_channel* channel) {
  munmap(channel->header, pipc_mapped_size(channel->kind, channel->capacity));
  close(channel->descriptor);
  channel->header = NULL;
}

/* Takes the name away. Whoever has it open keeps it. */
static inline int pipc_unlink(const char* name) {
  char path[NAME_MAX + 16];
  const int error = pipc_path(path, sizeof path, name);
  return error != 0 ? error : unlink(path) == 0 ? 0 : -errno;
}

/* ---- a side: what writers and readers have in common */

typedef struct {
  pipc_channel* channel;
  pipc_seat seat;
  uint32_t role;
  int many;       /* shares the right to write, or to read, with others: has it for one message at a time */
  uint32_t* word; /* NULL of one who needs no right: readers of other kinds change nothing */
  pipc_bell* sleeps_at;
  pipc_bell* rings;
  int instance;   /* of inotify */
  int persistent; /* to be set: goes on waiting when all of the other side have gone, instead of EPIPE */
  int kept_out;   /* when it last asked for its turn, another one had it */
  pipc_spin spin;
} pipc_side;

/* Writers sleep until something is read. */
static inline int pipc_sound_of(uint32_t role) {
  return role == PIPC_WRITER ? PIPC_RING_BY_WRITE : PIPC_RING_BY_READ;
}
static inline uint32_t pipc_other(uint32_t role) { return PIPC_WRITER + PIPC_READER - role; }

static inline void pipc_ring_others(const pipc_side* side) {
  pipc_ring(side->rings, side->seat.descriptor, pipc_sound_of(pipc_other(side->role)));
}
static inline void pipc_ring_own(const pipc_side* side) {
  pipc_ring(side->sleeps_at, side->seat.descriptor, pipc_sound_of(side->role));
}

static inline void pipc_leave_side(pipc_side* side) {
  if (side->word != NULL && !side->many && pipc_owns(side->word, &side->seat))
    (void)pipc_disown(side->word, &side->seat);
  pipc_say_farewell(&side->seat);
  pipc_leave_seat(&side->seat);
  /* Who waits for this one judges anew. */
  pipc_ring(side->rings, side->channel->descriptor, pipc_sound_of(pipc_other(side->role)));
  pipc_ring(side->sleeps_at, side->channel->descriptor, pipc_sound_of(side->role));
  if (side->instance != -1) {
    PIPC_KEEP_IN_CHILD(side->instance);
    close(side->instance);
  }
}

/* How many sit there as writers, or as readers, at this moment. */
static inline uint32_t pipc_count(const pipc_side* side, uint32_t role) {
  const pipc_header* const header = side->channel->header;
  uint32_t index, count = 0;
  for (index = 0; index < PIPC_SEATS; index++) {
    const int own = index == side->seat.index;
    if (pipc_load(&header->seats[index].share) != role) continue;
    count += own || pipc_byte_held(side->seat.descriptor, PIPC_FIRST_SEAT_BYTE + index);
  }
  return count;
}

/* Counted first, so that pipc_begin_stream() cannot take it for one that it knows. */
static inline void pipc_record_death(uint32_t* died) {
  (void)__atomic_fetch_add(died, 2, __ATOMIC_SEQ_CST);
  pipc_set_bits(died, 1);
}

/* The first of its role begins a new stream: the deaths that ended the last one have been told. Which those
 * are is read before the look at who lives, and forgiven where it is still so: who has died since belongs to
 * the new one. */
static inline void pipc_begin_stream(const pipc_side* side) {
  pipc_header* const header = side->channel->header;
  const pipc_seats seats = {header->seats, PIPC_SEATS, PIPC_FIRST_SEAT_BYTE};
  uint32_t* const died = &header->died[side->role - 1];
  const uint32_t deaths = pipc_load(died);
  uint32_t index, left[PIPC_SEATS];
  for (index = 0; index < PIPC_SEATS; index++) {
    const uint32_t epoch = pipc_load(&seats.entries[index].epoch);
    const int deserted = pipc_load(&seats.entries[index].share) == side->role &&
                         pipc_deserted(side->seat.descriptor, seats, index);
    left[index] = deserted && index != side->seat.index ? epoch : 0;
  }
  if (pipc_count(side, side->role) != 0) return;
  if (deaths & 1) (void)pipc_exchange_if(died, deaths, deaths - 1);
  for (index = 0; index < PIPC_SEATS; index++)
    if (left[index] & PIPC_OCCUPIED)
      (void)pipc_exchange_if(&seats.entries[index].epoch, left[index], left[index] & PIPC_NUMBER);
}

/* The word of the only seat for a role. Whoever takes the seat of a dead occupant holds its byte before it
   has stored its own number, and looks like that occupant meanwhile: EAGAIN only where it stays so. */
static inline int pipc_own_side(const pipc_side* side) {
  const struct timespec span = {0, 500000};
  int looks, owned = pipc_own(side->word, &side->seat, 0);
  for (looks = 0; owned == -EAGAIN && looks < 10; looks++) {
    (void)nanosleep(&span, NULL);
    owned = pipc_own(side->word, &side->seat, 0);
  }
  return owned;
}

static inline int pipc_open_side(pipc_side* side, pipc_channel* channel, uint32_t role) {
  pipc_header* const header = channel->header;
  const pipc_seats seats = {header->seats, PIPC_SEATS, PIPC_FIRST_SEAT_BYTE};
  int died = 0, error = pipc_take_seat(&side->seat, channel->descriptor, seats, &died);
  if (error != 0) return error;
  side->channel = channel;
  side->role = role;
  side->many = (channel->flags & (role == PIPC_WRITER ? PIPC_MANY_WRITERS : PIPC_MANY_READERS)) != 0;
  side->word = role == PIPC_WRITER ? &header->writer : channel->kind == PIPC_CHANNEL ? &header->reader : NULL;
  side->sleeps_at = role == PIPC_WRITER ? &header->emptied : &header->filled;
  side->rings = role == PIPC_WRITER ? &header->filled : &header->emptied;
  side->instance = -1;
  side->persistent = 0;
  side->kept_out = 0;
  side->spin.budget = PIPC_FIRST_SPIN;
  side->spin.left_out = 0;
  /* Its death would be forgotten with its seat. */
  if (side->seat.before == PIPC_WRITER || side->seat.before == PIPC_READER)
    pipc_record_death(&header->died[side->seat.before - 1]);
  if (side->word != NULL && !side->many) {
    const int owned = pipc_own_side(side);
    if (owned == 1) (void)pipc_change_word(side->word, &side->seat, PIPC_MAKE_CONSISTENT);
    if (owned < 0) {
      pipc_leave_side(side);
      return owned == -EAGAIN ? -EBUSY : owned;
    }
  }
  pipc_begin_stream(side);
  pipc_store(&pipc_entry(&side->seat)->share, role);
  PIPC_AT(seat_roled);
  /* After the role, and before the bells: whoever judges by the seats looks at it before and after. */
  pipc_increase(&header->came[role - 1]);
  /* Those who wait for this seat's last occupant, who looked alive again once this one had the byte. */
  pipc_ring_others(side);
  pipc_ring_own(side);
  PIPC_AT(seat_told);
  return 0;
}

/* Whether all of the other side have gone: 0 where one lives, or none has ever come; 1; 2: and one of them
   died. What they have done before is to be looked at once more after that. */
static inline int pipc_alone(const pipc_side* side) {
  const uint32_t other = pipc_other(side->role);
  pipc_header* const header = side->channel->header;
  const pipc_seats seats = {header->seats, PIPC_SEATS, PIPC_FIRST_SEAT_BYTE};
  const uint32_t came = pipc_load(&header->came[other - 1]);
  uint32_t index;
  int died;
  if (came == 0) return 0;
  died = (pipc_load(&header->died[other - 1]) & 1) != 0;
  for (index = 0; index < PIPC_SEATS; index++) {
    if (index == side->seat.index || (pipc_load(&seats.entries[index].epoch) & PIPC_OCCUPIED) == 0 ||
        pipc_load(&seats.entries[index].share) != other)
      continue;
    if (pipc_byte_held(side->seat.descriptor, PIPC_FIRST_SEAT_BYTE + index)) return 0;
    if (pipc_deserted(side->seat.descriptor, seats, index)) died = 1;
  }
  /* One may have sat down behind this look while another left before it. */
  if (pipc_load(&header->came[other - 1]) != came) return 0;
  PIPC_AT(ring_deserted);
  return died ? 2 : 1;
}

/* The right to write, or to read: 0; EAGAIN. */
static inline int pipc_begin_turn(pipc_side* side, int waiting) {
  int owned;
  if (!side->many) return 0;
  owned = pipc_own(side->word, &side->seat, waiting);
  side->kept_out = owned == -EAGAIN;
  /* Its owner died in its turn. What it had published is right, and the rest is not there. */
  if (owned == 1) {
    (void)pipc_change_word(side->word, &side->seat, PIPC_MAKE_CONSISTENT);
    PIPC_AT(mutex_consistent);
  }
  return owned < 0 ? owned : 0;
}

/* Of many: whether there is room for `size` bytes, or a message. Without the turn: two that took it only to
   find nothing would wake each other for ever. One's own position first: what has moved on since is no
   nothing. */
static inline int pipc_worth_a_turn(pipc_side* side, uint32_t size) {
  const pipc_header* const header = side->channel->header;
  const uint32_t capacity = side->channel->capacity;
  const int writes = side->role == PIPC_WRITER;
  const uint32_t own = pipc_load(writes ? &header->tail : &header->head);
  const uint32_t other = pipc_load(writes ? &header->head : &header->tail);
  const uint32_t used = writes ? own - other : other - own;
  side->kept_out = 0;
  /* What cannot be is for the one who has the turn to tell. */
  return used > capacity || pipc_load(&header->magic) != PIPC_PUBLISHED ||
         (writes ? size <= capacity - used : used > 0);
}

static inline void pipc_end_turn(const pipc_side* side) {
  if (side->many && pipc_disown(side->word, &side->seat) == 1) pipc_ring_own(side);
}

static inline int pipc_stale(const pipc_side* side) {
  return pipc_load(&side->channel->header->magic) != PIPC_PUBLISHED;
}

/* ---- writers */

typedef struct {
  pipc_side side;
  uint32_t tail;
  uint32_t head;    /* the readers', as last seen */
  uint32_t claimed; /* payload bytes of the open claim */
  int open;
} pipc_writer;

static inline uint32_t pipc_record_size(uint32_t length) { return (length + PIPC_RECORD + 7) & ~7u; }
static inline uint32_t pipc_longest(const pipc_channel* channel) { return channel->capacity - PIPC_RECORD; }

/* EBUSY: another writer sits on the only seat. EAGAIN: all 252 seats are taken. EBADMSG: positions that
 * cannot be. */
static inline int pipc_open_writer(pipc_writer* writer, pipc_channel* channel) {
  const int error = pipc_open_side(&writer->side, channel, PIPC_WRITER);
  if (error != 0) return error;
  writer->open = 0;
  writer->tail = pipc_load(&channel->header->tail);
  writer->head = pipc_load(&channel->header->head);
  /* Of many the two move on between these looks; each turn begins by reading them anew. */
  if (writer->side.many) return 0;
  if (writer->tail - writer->head <= channel->capacity && ((writer->tail | writer->head) & 7) == 0) return 0;
  pipc_leave_side(&writer->side);
  return -EBADMSG;
}

static inline void pipc_close_writer(pipc_writer* writer) {
  if (writer->open) pipc_end_turn(&writer->side);
  pipc_leave_side(&writer->side);
}

/* Whether `size` bytes are free. */
static inline int pipc_room(pipc_writer* writer, uint32_t size) {
  const uint32_t capacity = writer->side.channel->capacity;
  uint32_t used = writer->tail - writer->head;
  if (used <= capacity && size <= capacity - used) return 0;
  writer->head = pipc_load(&writer->side.channel->header->head);
  used = writer->tail - writer->head;
  if (used > capacity) return -EBADMSG;
  return size <= capacity - used ? 0 : -EAGAIN;
}

static inline int pipc_try_turn_to_write(pipc_writer* writer, uint32_t size, int waiting) {
  int error;
  if (writer->open) return -EBUSY;
  if (writer->side.many && !pipc_worth_a_turn(&writer->side, size)) return -EAGAIN;
  error = pipc_begin_turn(&writer->side, waiting);
  if (error != 0) return error;
  if (writer->side.many) {
    writer->tail = pipc_load(&writer->side.channel->header->tail);
    /* Anew: the others may have gone round since, and then an old one looks like a new one. */
    writer->head = pipc_load(&writer->side.channel->header->head);
    if ((writer->tail & 7) != 0) error = -EBADMSG;
  }
  if (error == 0) error = pipc_room(writer, size);
  if (error == 0 && pipc_stale(&writer->side)) error = -ESTALE;
  if (error != 0) pipc_end_turn(&writer->side);
  return error;
}

/* Room for a message of `length` bytes, to be written in place; nobody sees it before pipc_commit(). One at a
 * time. */
static inline int pipc_try_claim_as(pipc_writer* writer, uint32_t length, void** payload, int waiting) {
  const pipc_channel* const channel = writer->side.channel;
  int error;
  if (length > pipc_longest(channel)) return -EMSGSIZE;
  error = pipc_try_turn_to_write(writer, pipc_record_size(length), waiting);
  if (error != 0) return error;
  writer->claimed = length;
  writer->open = 1;
  if (PIPC_MISTAKE(commit_before_write)) {
    pipc_store(&channel->header->tail, writer->tail + pipc_record_size(length));
    PIPC_AT(ring_published);
  }
  *payload = channel->data + (writer->tail & (channel->capacity - 1)) + PIPC_RECORD;
  return 0;
}

static inline int pipc_try_claim(pipc_writer* writer, uint32_t length, void** payload) {
  return pipc_try_claim_as(writer, length, payload, 0);
}

/* One record more before the writer's own tail; not visible yet. */
static inline void pipc_put_length(pipc_writer* writer, uint32_t length) {
  const pipc_channel* const channel = writer->side.channel;
  uint32_t* const record = (uint32_t*)(void*)(channel->data + (writer->tail & (channel->capacity - 1)));
  /* Whole, also for one who reads where nothing was published. */
  __atomic_store_n(&record[0], length, __ATOMIC_RELAXED);
  __atomic_store_n(&record[1], 0, __ATOMIC_RELAXED);
  writer->tail += pipc_record_size(length);
}

/* The commit: one store. A writer that is killed before it has written nothing. */
static inline void pipc_publish(const pipc_writer* writer) {
  PIPC_AT(ring_written);
  pipc_store(&writer->side.channel->header->tail, writer->tail);
  PIPC_AT(ring_published);
  pipc_end_turn(&writer->side);
  pipc_ring_others(&writer->side);
}

/* The first `length` bytes of the claim are a message. EINVAL: more than was claimed, or no claim is open. */
static inline int pipc_commit(pipc_writer* writer, uint32_t length) {
  if (!writer->open || length > writer->claimed) return -EINVAL;
  writer->open = 0;
  pipc_put_length(writer, length);
  pipc_publish(writer);
  return 0;
}

/* The claim is given back, and was never there. */
static inline int pipc_abort(pipc_writer* writer) {
  if (!writer->open) return -EINVAL;
  writer->open = 0;
  pipc_end_turn(&writer->side);
  return 0;
}

static inline int pipc_try_send(pipc_writer* writer, const void* message, uint32_t length) {
  void* payload;
  const int error = pipc_try_claim(writer, length, &payload);
  if (error != 0) return error;
  if (length > 0) memcpy(payload, message, length);
  return pipc_commit(writer, length);
}

static inline ssize_t pipc_try_send_many_as(pipc_writer* writer, const struct iovec* messages, size_t count,
                                            int waiting) {
  const pipc_channel* const channel = writer->side.channel;
  size_t sent = 0;
  int error;
  if (count == 0) return 0;
  for (; sent < count; sent++) {
    if (messages[sent].iov_len > pipc_longest(channel)) return -EMSGSIZE;
  }
  error = pipc_try_turn_to_write(writer, pipc_record_size((uint32_t)messages[0].iov_len), waiting);
  if (error != 0) return error;
  for (sent = 0; sent < count; sent++) {
    const uint32_t length = (uint32_t)messages[sent].iov_len;
    if (pipc_room(writer, pipc_record_size(length)) != 0) break;
    if (length > 0)
      memcpy(channel->data + (writer->tail & (channel->capacity - 1)) + PIPC_RECORD, messages[sent].iov_base,
             length);
    pipc_put_length(writer, length);
  }
  pipc_publish(writer);
  return (ssize_t)sent;
}

/* As many of the messages, from the first on, as there is room for, made visible by one store: how many.
   EMSGSIZE where any of them is too long, room or not: then none is sent. */
static inline ssize_t pipc_try_send_many(pipc_writer* writer, const struct iovec* messages, size_t count) {
  return pipc_try_send_many_as(writer, messages, count, 0);
}

/* ---- readers */

typedef struct {
  pipc_side side;
  uint32_t head;
  uint32_t tail;   /* the writers', as last seen */
  uint32_t leased; /* bytes of the record that is leased */
  int open;
} pipc_reader;

/* EBUSY: another reader sits on the only seat. EAGAIN: all 252 seats are taken. EBADMSG: positions that
 * cannot be. */
static inline int pipc_open_reader(pipc_reader* reader, pipc_channel* channel) {
  const int error = pipc_open_side(&reader->side, channel, PIPC_READER);
  if (error != 0) return error;
  reader->open = 0;
  reader->head = reader->tail = pipc_load(&channel->header->head);
  if (reader->side.many || (reader->head & 7) == 0) return 0;
  pipc_leave_side(&reader->side);
  return -EBADMSG;
}

static inline void pipc_close_reader(pipc_reader* reader) {
  if (reader->open) pipc_end_turn(&reader->side);
  pipc_leave_side(&reader->side);
}

/* The record at the reader's head: its payload and length, in place. EAGAIN: there is none. */
static inline int pipc_look(pipc_reader* reader, const void** payload, uint32_t* length) {
  const pipc_channel* const channel = reader->side.channel;
  const unsigned char* record;
  uint32_t found;
  if (reader->head == reader->tail) {
    reader->tail = pipc_load(&channel->header->tail);
    if (reader->head == reader->tail) return pipc_stale(&reader->side) ? -ESTALE : -EAGAIN;
    if (reader->tail - reader->head > channel->capacity) {
      reader->tail = reader->head;
      return pipc_stale(&reader->side) ? -ESTALE : -EBADMSG;
    }
  }
  record = channel->data + (reader->head & (channel->capacity - 1));
  found = __atomic_load_n((const uint32_t*)(const void*)record, __ATOMIC_RELAXED);
  if (found > pipc_longest(channel) || pipc_record_size(found) > reader->tail - reader->head)
    return pipc_stale(&reader->side) ? -ESTALE : -EBADMSG;
  /* Zeros in place of a file that was truncated are empty messages. */
  if (found == 0 && pipc_stale(&reader->side)) return -ESTALE;
  *length = found;
  *payload = record + PIPC_RECORD;
  return 0;
}

/* The next message in place, for as long as it is not released: the writers wait for its room, and of many
   readers the others. It may change under its reader's eyes where a writer is hostile. */
static inline int pipc_try_lease_as(pipc_reader* reader, const void** payload, uint32_t* length,
                                    int waiting) {
  int error;
  if (reader->open) return -EBUSY;
  if (reader->side.many && !pipc_worth_a_turn(&reader->side, 0)) return -EAGAIN;
  error = pipc_begin_turn(&reader->side, waiting);
  if (error != 0) return error;
  if (reader->side.many) {
    reader->head = pipc_load(&reader->side.channel->header->head);
    reader->tail = reader->head;
    if ((reader->head & 7) != 0) error = -EBADMSG;
  }
  if (error == 0) error = pipc_look(reader, payload, length);
  if (error != 0) {
    pipc_end_turn(&reader->side);
    return error;
  }
  reader->leased = pipc_record_size(*length);
  reader->open = 1;
  return 0;
}

static inline int pipc_try_lease(pipc_reader* reader, const void** payload, uint32_t* length) {
  return pipc_try_lease_as(reader, payload, length, 0);
}

/* It is read: its room is the writers' again. A reader that is killed before leaves it to the next one. */
static inline int pipc_release(pipc_reader* reader) {
  if (!reader->open) return -EINVAL;
  reader->open = 0;
  PIPC_AT(ring_copied);
  reader->head += reader->leased;
  pipc_store(&reader->side.channel->header->head, reader->head);
  PIPC_AT(ring_advanced);
  pipc_end_turn(&reader->side);
  pipc_ring_others(&reader->side);
  return 0;
}

/* The lease ends, and the message is the next one again. */
static inline int pipc_put_back(pipc_reader* reader) {
  if (!reader->open) return -EINVAL;
  reader->open = 0;
  pipc_end_turn(&reader->side);
  return 0;
}

/* Copies the leased message: its length; EMSGSIZE where it does not fit, and then it stays. */
static inline ssize_t pipc_copy_out(pipc_reader* reader, const void* payload, uint32_t length, void* buffer,
                                    size_t room) {
  if (length > room) {
    (void)pipc_put_back(reader);
    return -EMSGSIZE;
  }
  if (length > 0) memcpy(buffer, payload, length);
  (void)pipc_release(reader);
  return (ssize_t)length;
}

/* The next message, copied, and then taken: its length. */
static inline ssize_t pipc_try_receive(pipc_reader* reader, void* buffer, size_t room) {
  const void* payload;
  uint32_t length;
  const int error = pipc_try_lease(reader, &payload, &length);
  return error != 0 ? error : pipc_copy_out(reader, payload, length, buffer, room);
}

/* Every message that is there now, in place; their room is given back at the latest after every 64th: those
   of a reader that is killed meanwhile come again. How many; what `visit` gives other than 0 ends it after
   that message. `visit` leaves the reader alone. */
static inline ssize_t pipc_drain(pipc_reader* reader,
                                 int (*visit)(void* context, const void* payload, uint32_t length),
                                 void* context) {
  pipc_header* const header = reader->side.channel->header;
  const void* payload;
  uint32_t length;
  ssize_t count = 0;
  uint32_t end;
  int error = pipc_try_lease(reader, &payload, &length);
  if (error != 0) return error == -EAGAIN ? 0 : error;
  end = reader->tail;
  for (;;) {
    const int enough = visit(context, payload, length);
    reader->head += reader->leased;
    count++;
    if ((count & 63) == 0) pipc_store(&header->head, reader->head);
    if (enough || reader->head == end || pipc_look(reader, &payload, &length) != 0) break;
    reader->leased = pipc_record_size(length);
  }
  reader->leased = 0;
  (void)pipc_release(reader);
  return count;
}

/* ---- waiting */

/* Nanoseconds. */
enum { PIPC_NAP = 50000 };

/* In place of milliseconds. */
#define PIPC_FOR_EVER (-1)

static inline int64_t pipc_deadline(int milliseconds) {
  return milliseconds < 0 ? PIPC_NEVER : pipc_now() + (int64_t)milliseconds * 1000000;
}

/* One attempt of a wait: EAGAIN where it has to go on. */
typedef int (*pipc_attempt)(pipc_side* side, void* context, int waiting);

static inline int pipc_spin_for(pipc_side* side, pipc_attempt attempt, void* context) {
  int64_t start, now;
  if (!pipc_worth_spinning(&side->spin)) return -EAGAIN;
  start = now = pipc_now();
  do {
    int look;
    for (look = 0; look < 16; look++) {
      const int outcome = attempt(side, context, 0);
      if (outcome != -EAGAIN) {
        pipc_spin_hit(&side->spin, pipc_now() - start);
        return outcome;
      }
      pipc_pause();
    }
    now = pipc_now();
  } while (now - start < (int64_t)side->spin.budget);
  pipc_spin_miss(&side->spin);
  return -EAGAIN;
}

/* Of many: whoever has the turn has it for less than a microsecond, and most often wants it again at once. It
   gets on best undisturbed: the others stand back for some thousand messages, and nobody has to be woken. */
static inline int pipc_nap_for(pipc_side* side, pipc_attempt attempt, void* context) {
  int nap, outcome = -EAGAIN;
  for (nap = 0; nap < 8 && outcome == -EAGAIN && side->many && pipc_owner_seat(pipc_load(side->word)) != 0;
       nap++) {
    struct timespec span;
    span.tv_sec = 0;
    span.tv_nsec = PIPC_NAP;
    (void)nanosleep(&span, NULL);
    outcome = attempt(side, context, 0);
  }
  return outcome;
}

/* Announces a sleep, and looks once more: EAGAIN where it is time to sleep. EPIPE. */
static inline int pipc_last_look(pipc_sleeper* sleeper, pipc_side* side, pipc_attempt attempt,
                                 void* context) {
  int outcome;
  pipc_announce_sleep(sleeper);
  outcome = PIPC_MISTAKE(no_second_look) ? -EAGAIN : attempt(side, context, 1);
  if (outcome != -EAGAIN || side->persistent || !pipc_alone(side)) return outcome;
  /* What the others had done before they went counts. */
  if (!PIPC_MISTAKE(no_last_look)) outcome = attempt(side, context, 1);
  /* Nobody knows what the one whose turn it is leaves behind: its end is heard. */
  return outcome == -EAGAIN && !side->kept_out ? -EPIPE : outcome;
}

/* Until `attempt` gives something else than EAGAIN. EPIPE, ETIMEDOUT, EINTR. */
static inline int pipc_wait(pipc_side* side, pipc_attempt attempt, void* context, int64_t until) {
  pipc_sleeper sleeper;
  int outcome = attempt(side, context, 0);
  if (outcome == -EAGAIN) outcome = pipc_nap_for(side, attempt, context);
  if (outcome == -EAGAIN) outcome = pipc_spin_for(side, attempt, context);
  if (outcome != -EAGAIN) return outcome;
  pipc_begin_sleep(&sleeper, side->sleeps_at, side->seat.descriptor, (uint32_t)pipc_sound_of(side->role),
                   &side->instance);
  do {
    outcome = pipc_last_look(&sleeper, side, attempt, context);
    if (outcome != -EAGAIN) break;
    if (until != PIPC_NEVER && pipc_now() >= until)
      outcome = -ETIMEDOUT;
    else if (!pipc_sleep(&sleeper, until))
      outcome = -EINTR;
    else
      /* Before another announcement: one that is left behind costs the other side a ring for nobody. */
      outcome = attempt(side, context, 0);
  } while (outcome == -EAGAIN);
  pipc_end_sleep(&sleeper);
  return outcome;
}

typedef struct {
  uint32_t length;
  void** payload;
  const void** leased;
  uint32_t* found;
} pipc_wish;

static inline int pipc_attempt_claim(pipc_side* side, void* context, int waiting) {
  const pipc_wish* const wish = (const pipc_wish*)context;
  return pipc_try_claim_as((pipc_writer*)side, wish->length, wish->payload, waiting);
}

static inline int pipc_attempt_lease(pipc_side* side, void* context, int waiting) {
  const pipc_wish* const wish = (const pipc_wish*)context;
  return pipc_try_lease_as((pipc_reader*)side, wish->leased, wish->found, waiting);
}

/* pipc_try_claim(), for at most so many milliseconds. */
static inline int pipc_claim(pipc_writer* writer, uint32_t length, void** payload, int milliseconds) {
  pipc_wish wish;
  memset(&wish, 0, sizeof wish);
  wish.length = length;
  wish.payload = payload;
  return pipc_wait(&writer->side, pipc_attempt_claim, &wish, pipc_deadline(milliseconds));
}

static inline int pipc_send(pipc_writer* writer, const void* message, uint32_t length, int milliseconds) {
  void* payload;
  const int error = pipc_claim(writer, length, &payload, milliseconds);
  if (error != 0) return error;
  if (length > 0) memcpy(payload, message, length);
  return pipc_commit(writer, length);
}

typedef struct {
  const struct iovec* messages;
  size_t count, sent;
} pipc_parcel;

static inline int pipc_attempt_send_many(pipc_side* side, void* context, int waiting) {
  pipc_parcel* const parcel = (pipc_parcel*)context;
  const ssize_t sent = pipc_try_send_many_as((pipc_writer*)side, parcel->messages + parcel->sent,
                                             parcel->count - parcel->sent, waiting);
  if (sent < 0) return (int)sent;
  parcel->sent += (size_t)sent;
  return parcel->sent == parcel->count ? 0 : -EAGAIN;
}

/* All of them, in order, as room comes, for at most so many milliseconds: how many, like write(2). Fewer than
   `count`: what ended it is the answer to the next call. EMSGSIZE for any of them, before any is sent. */
static inline ssize_t pipc_send_many(pipc_writer* writer, const struct iovec* messages, size_t count,
                                     int milliseconds) {
  pipc_parcel parcel;
  int error;
  parcel.messages = messages;
  parcel.count = count;
  parcel.sent = 0;
  error = pipc_wait(&writer->side, pipc_attempt_send_many, &parcel, pipc_deadline(milliseconds));
  return parcel.sent > 0 ? (ssize_t)parcel.sent : error;
}

/* pipc_try_lease(), for at most so many milliseconds. */
static inline int pipc_lease(pipc_reader* reader, const void** payload, uint32_t* length, int milliseconds) {
  pipc_wish wish;
  memset(&wish, 0, sizeof wish);
  wish.leased = payload;
  wish.found = length;
  return pipc_wait(&reader->side, pipc_attempt_lease, &wish, pipc_deadline(milliseconds));
}

static inline ssize_t pipc_receive(pipc_reader* reader, void* buffer, size_t room, int milliseconds) {
  const void* payload;
  uint32_t length;
  const int error = pipc_lease(reader, &payload, &length, milliseconds);
  return error != 0 ? error : pipc_copy_out(reader, payload, length, buffer, room);
}

#ifdef __cplusplus
}
#endif

#endif
