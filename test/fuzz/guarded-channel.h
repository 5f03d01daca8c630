#pragma once

#include <memory>
#include <string>

#include "core/segment/c.h"

namespace fuzz {

// An open channel between two ranges that nobody may touch: who leaves the segment is killed.
class GuardedChannel {
 public:
  // Negative errno in `error`: nullptr.
  static std::unique_ptr<GuardedChannel> open(const std::string& name, int& error);
  GuardedChannel(const GuardedChannel&) = delete;
  GuardedChannel& operator=(const GuardedChannel&) = delete;
  ~GuardedChannel();

  pipc_channel& c() { return channel_; }
  // Ends the process where a payload is not within the data.
  void must_be_inside(const void* payload, uint32_t length) const;

 private:
  GuardedChannel() = default;

  pipc_channel channel_;
};

}  // namespace fuzz
