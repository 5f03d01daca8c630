#pragma once

// Seats, bells, owner words and the channel are said once, in the header that C programs use. Here core gives
// it what such a program does without: sync points to be killed at, and one list of descriptors for fork(2),
// whichever file opened them.

#include "core/segment/fork.h"
#include "core/segment/sync-point.h"

#define PIPC_AT(point) ::posix_ipc::at(::posix_ipc::SyncPoint::point)
#define PIPC_MISTAKE(name) (::posix_ipc::mistake == ::posix_ipc::Mistake::name)
#define PIPC_CLOSE_IN_CHILD(descriptor) ::posix_ipc::close_in_child(descriptor)
#define PIPC_KEEP_IN_CHILD(descriptor) ::posix_ipc::keep_in_child(descriptor)

#include <posix-ipc/channel.h>
