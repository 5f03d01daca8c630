#include "targets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/posix/semaphore.h"

namespace fuzz {

using posix_ipc::Block;
using posix_ipc::BlockKind;
using posix_ipc::Descriptor;

namespace {

// A fuzzer that cannot make its files tests nothing.
void must(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::exit(2);
}

std::string bytes_of(const Block& block) { return {reinterpret_cast<const char*>(&block), sizeof block}; }

}  // namespace

Target Target::lock(const std::string& name, BlockKind kind) {
  Target target(What::lock, name, sizeof(Block));
  target.kind_ = kind;
  target.make();
  return target;
}

Target Target::memory(const std::string& name) {
  Target target(What::memory, name, memory_size);
  target.make();
  return target;
}

Target Target::semaphore(const std::string& name) {
  Target target(What::semaphore, name, sizeof(sem_t));
  target.make();
  return target;
}

std::string Target::path() const {
  return what_ == What::semaphore ? posix_ipc::posix::Semaphore::path(name_) : "/dev/shm" + name_;
}

// Takes the place of what is there: users create locks too.
void Target::make() {
  const std::string made = path() + ".new";
  descriptor_ = Descriptor(open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  must(bool(descriptor_), "open");
  write({0, pristine()});
  must(rename(made.c_str(), path().c_str()) == 0, "rename");
}

void Target::remove() const { unlink(path().c_str()); }

std::string Target::pristine() const {
  if (what_ == What::lock) return bytes_of(valid_block(kind_, parties));
  if (what_ == What::semaphore) {
    sem_t words;
    memset(&words, 0, sizeof words);
    must(sem_init(&words, 1, 1) == 0, "sem_init");
    return {reinterpret_cast<const char*>(&words), sizeof words};
  }
  std::string bytes(memory_size, '\0');
  uint32_t kind = 1;
  for (const uint64_t offset : placed_at)
    bytes.replace(offset, sizeof(Block), bytes_of(valid_block(static_cast<BlockKind>(kind++), parties)));
  return bytes;
}

void Target::write(const Write& write) const {
  must(pwrite(descriptor_.get(), write.bytes.data(), write.bytes.size(), static_cast<off_t>(write.offset)) ==
           static_cast<ssize_t>(write.bytes.size()),
       "pwrite");
}

// What a cut has left of it; zeros behind.
Block Target::block_at(uint64_t offset) const {
  Block block;
  memset(&block, 0, sizeof block);
  must(pread(descriptor_.get(), &block, sizeof block, static_cast<off_t>(offset)) != -1, "pread");
  return block;
}

void Target::spoil(Random& random) {
  if (random.one_in(400)) return replace(random);
  if (random.one_in(200)) {
    const uint64_t size = random.one_in(3) ? 0 : random.next() % (2 * size_);
    must(ftruncate(descriptor_.get(), static_cast<off_t>(size)) == 0, "ftruncate");
    return;
  }
  // Rings, and spurious ones: a read is heard by those who watch the file.
  char byte;
  if (random.one_in(10)) must(pread(descriptor_.get(), &byte, 1, 0) != -1, "pread");
  if (what_ == What::semaphore) return write(write_to_semaphore(random));
  if (what_ == What::lock) return write(write_to_block(random, block_at(0)));
  if (random.one_in(20)) return write(write_anywhere(random, memory_size));
  const uint64_t offset = random.one_of(placed_at);
  Write inside = write_to_block(random, block_at(offset));
  inside.offset += offset;
  write(inside);
}

// Another file under the name; those who have the old one keep it.
void Target::replace(Random& random) {
  // Users find nothing for a moment, and make one.
  if (random.one_in(2)) {
    remove();
    usleep(random.below(500));
  }
  make();
  if (random.one_in(2)) write({0, random_bytes(random, size_)});
}

void Target::heal(Random& random) {
  struct stat status;
  must(fstat(descriptor_.get(), &status) == 0, "fstat");
  const std::string whole = pristine();
  bool spoilt = static_cast<uint64_t>(status.st_size) != size_;
  if (what_ == What::lock && !spoilt) {
    const Block block = block_at(0);
    spoilt = block.magic != Block::published || block.layout != Block::layout_of(kind_);
  } else if (what_ == What::memory && !spoilt) {
    spoilt = random.one_in(20);
  } else if (!spoilt) {
    spoilt = random.one_in(10);
  }
  if (!spoilt || random.one_in(4)) return;
  if (random.one_in(2)) return make();
  must(ftruncate(descriptor_.get(), static_cast<off_t>(size_)) == 0, "ftruncate");
  write({0, whole});
}

}  // namespace fuzz
