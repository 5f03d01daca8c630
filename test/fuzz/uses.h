#pragma once

#include "caller.h"
#include "core/posix/semaphore.h"
#include "core/posix/shared-memory.h"
#include "core/sync/barrier.h"
#include "core/sync/condition.h"
#include "core/sync/mutex.h"
#include "core/sync/rw-lock.h"

namespace fuzz {

// A few calls on a handle, in an order that the binding allows: each may be refused, each must come back.
// False: another handle is worth having, as the file of this one is lost.
bool use(Caller& call, posix_ipc::sync::Mutex& mutex);
bool use(Caller& call, posix_ipc::sync::RwLock& lock);
bool use(Caller& call, posix_ipc::sync::Barrier& barrier);
bool use(Caller& call, posix_ipc::sync::Condition& condition, posix_ipc::sync::Mutex& mutex);
bool use(Caller& call, posix_ipc::posix::Semaphore& semaphore);
bool use(Caller& call, posix_ipc::posix::SharedMemory& memory, posix_ipc::Mapping& mapping);

}  // namespace fuzz
