#pragma once

namespace posix_ipc {

// What a caller wants of a name or key: it must be new, it must be there, or either.
enum class Intent { create = 0, open = 1, open_or_create = 2 };

}  // namespace posix_ipc
