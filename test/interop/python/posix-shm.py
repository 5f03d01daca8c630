"""The same as test/interop/c/posix-shm.c: write, read or double NAME COUNT."""
import mmap
import os
import sys

import _posixshmem

import records

role, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
creates = os.O_CREAT | os.O_EXCL if role == 'write' else 0
descriptor = _posixshmem.shm_open(name, creates | os.O_RDWR, mode=0o600)
if role == 'write':
    os.ftruncate(descriptor, records.size_of(count))
with mmap.mmap(descriptor, records.size_of(count)) as view:
    records.apply(role, view, count)
