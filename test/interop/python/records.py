"""What test/interop/c/posix-shm.c and sysv-shm.c do with mapped bytes: numbers first, then texts of 24 bytes."""
import struct

TEXT = 24


def size_of(count):
    return count * (4 + TEXT)


def apply(role, view, count):
    for i in range(count):
        number, text = 4 * i, 4 * count + TEXT * i
        if role == 'write':
            struct.pack_into('i', view, number, i * i - 1000)
            struct.pack_into(f'{TEXT}s', view, text, f'Message-{i}'.encode())
        elif role == 'double':
            struct.pack_into('i', view, number, 2 * struct.unpack_from('i', view, number)[0])
        else:
            value = struct.unpack_from('i', view, number)[0]
            words = struct.unpack_from(f'{TEXT}s', view, text)[0].rstrip(b'\0').decode()
            print(value, words)
