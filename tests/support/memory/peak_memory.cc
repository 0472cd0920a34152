#include "tests/support/memory/peak_memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> g_held{0};
std::atomic<size_t> g_most{0};

void* Counted(void* memory) {
  if (memory == nullptr) std::abort();
  const size_t held = g_held += malloc_usable_size(memory);
  size_t most = g_most;
  while (held > most && !g_most.compare_exchange_weak(most, held)) {
  }
  return memory;
}

void Free(void* memory) {
  if (memory != nullptr) g_held -= malloc_usable_size(memory);
  std::free(memory);
}

void* Aligned(size_t size, std::align_val_t alignment) {
  const size_t align = static_cast<size_t>(alignment);
  return Counted(std::aligned_alloc(align, (size + align - 1) / align * align));
}

}  // namespace

// The other forms (arrays, nothrow) call these; AddressSanitizer's own nothrow form
// does not, and its memory is given back by the delete below.
void* operator new(size_t size) { return Counted(std::malloc(size == 0 ? 1 : size)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void* operator new(size_t size, std::align_val_t alignment) { return Aligned(size, alignment); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { Free(memory); }

namespace kortvakt::testing {

PeakMemory::PeakMemory() : before_(g_held) { g_most = before_; }

size_t PeakMemory::bytes() const { return g_most - before_; }

}  // namespace kortvakt::testing
