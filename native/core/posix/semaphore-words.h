#pragma once

#include <semaphore.h>

#include "core/mapping.h"
#include "core/wait.h"

// What sleeps and wakes at a process-shared semaphore, in a file that a peer may overwrite or cut off at any
// moment. glibc's own calls hand one of its words to futex(2) as it stands, and an answer that they do not
// expect ends the process (abort(3)) or keeps them in a loop. So they are not called where their words are
// known; what is done to the words is the same, so that users of the C library are woken and wake. musl's
// calls take anything.
namespace posix_ipc::posix {

// sem_post(3): 0, or -1 and errno.
int post(sem_t* words);

// sem_wait(3), until a deadline: 0, or -1 and errno; ESTALE where `mapping`, in which the words lie, is
// broken: no post arrives there.
int wait(sem_t* words, const Deadline& deadline, const Mapping& mapping);

}  // namespace posix_ipc::posix
