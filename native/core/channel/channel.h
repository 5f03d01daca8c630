#pragma once

#include <memory>
#include <string>

#include "core/intent.h"
#include "core/mapping.h"
#include "core/owned.h"
#include "core/owner.h"
#include "core/result.h"
#include "core/segment/c.h"

namespace posix_ipc {

struct ChannelWish {
  Intent intent;
  // PIPC_CHANNEL, PIPC_LATEST, PIPC_BROADCAST.
  uint32_t kind;
  // Of a new one.
  uint32_t capacity;
  uint32_t flags;
  mode_t mode;
  OwnerRule owner;
};

// The segment of a channel, a latest value or a broadcast, open and mapped: pipc_channel.
class Channel {
 public:
  // EPROTO, EBADMSG: `fault` is set to the field that is wrong.
  static Result<std::shared_ptr<Channel>> obtain(const std::string& name, const ChannelWish& wish,
                                                 const char*& fault);

  bool created() const { return created_; }
  int descriptor() const { return descriptor_.get(); }
  pipc_channel& c() { return channel_; }
  // Handed over once, to whoever shows it to JavaScript; it must outlive this object.
  Mapping take_mapping() { return std::move(mapping_); }

 private:
  Channel(Descriptor descriptor, Mapping mapping, uint32_t kind, const pipc_header& header, bool created);

  static Result<std::shared_ptr<Channel>> attach(Descriptor descriptor, uint32_t kind,
                                                 const pipc_header& header, bool created);

  Descriptor descriptor_;
  Mapping mapping_;
  pipc_channel channel_;
  bool created_;
};

}  // namespace posix_ipc
