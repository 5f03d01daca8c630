// Reads one channel and writes another: what comes in small letters goes on in capitals.
//
//   g++ -std=c++11 -I native/include -o filter examples/c/filter.cc && ./filter /FROM /TO
#include <posix-ipc/channel.h>

#include <cctype>
#include <stdexcept>
#include <string>

// Errors as exceptions, and what was opened is closed at the end of its block.
int checked(const char* call, int answer) {
  if (answer < 0) throw std::runtime_error(std::string(call) + ": " + strerror(-answer));
  return answer;
}

struct Channel : pipc_channel {
  explicit Channel(const char* name) {
    int error = pipc_create(this, name, 1 << 16, 0, 0600);
    if (error == -EEXIST) error = pipc_open(this, name, getuid());
    checked(name, error);
  }
  // Writers and readers point at it.
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() { pipc_close(this); }
};

struct Writer : pipc_writer {
  explicit Writer(Channel& channel) { checked("pipc_open_writer", pipc_open_writer(this, &channel)); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { pipc_close_writer(this); }
};

struct Reader : pipc_reader {
  explicit Reader(Channel& channel) { checked("pipc_open_reader", pipc_open_reader(this, &channel)); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { pipc_close_reader(this); }
};

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: filter /FROM /TO\n");
    return 2;
  }
  try {
    Channel from(argv[1]);
    Channel to(argv[2]);
    Reader reader(from);
    Writer writer(to);
    for (;;) {
      const void* message;
      uint32_t length;
      // Read where it lies. It stays the next message until it is released: if this process is killed before,
      // whoever takes its place gets it once more.
      const int error = pipc_lease(&reader, &message, &length, PIPC_FOR_EVER);
      if (error == -EPIPE) break;
      checked("pipc_lease", error);
      std::string text(static_cast<const char*>(message), length);
      for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
      checked("pipc_send", pipc_send(&writer, text.data(), length, PIPC_FOR_EVER));
      pipc_release(&reader);
    }
    pipc_unlink(argv[1]);
  } catch (const std::exception& error) {
    fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
