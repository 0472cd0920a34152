#include "tests/support/memory/peak_memory.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KORTVAKT_SANITIZER_ALLOCATES
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KORTVAKT_SANITIZER_ALLOCATES
#endif

namespace {

// Signed: what the loader took before we were asked may be given back through us.
std::atomic<ptrdiff_t> g_held{0};
std::atomic<ptrdiff_t> g_most{0};

void Take(size_t bytes) {
  const ptrdiff_t held = g_held += static_cast<ptrdiff_t>(bytes);
  ptrdiff_t most = g_most;
  while (held > most && !g_most.compare_exchange_weak(most, held)) {
  }
}

void GiveBack(size_t bytes) { g_held -= static_cast<ptrdiff_t>(bytes); }

}  // namespace

#ifdef KORTVAKT_SANITIZER_ALLOCATES

#include <sanitizer/allocator_interface.h>

namespace {

// The sanitizer's own functions stay; they tell us.
[[maybe_unused]] const int g_hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t size) { Take(size); },
    [](const volatile void* memory) {
      if (memory != nullptr) GiveBack(__sanitizer_get_allocated_size(const_cast<const void*>(memory)));
    });

}  // namespace

#else

// The program's own malloc stands before the C library's for all libraries, operator new
// included; glibc keeps its functions under these names for those who do so.
extern "C" {

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);

void* malloc(size_t size) {
  void* const memory = __libc_malloc(size);
  Take(malloc_usable_size(memory));
  return memory;
}

void* calloc(size_t count, size_t size) {
  void* const memory = __libc_calloc(count, size);
  Take(malloc_usable_size(memory));
  return memory;
}

void* realloc(void* memory, size_t size) {
  const size_t before = malloc_usable_size(memory);
  void* const moved = __libc_realloc(memory, size);
  if (moved == nullptr && size != 0) return nullptr;  // `memory` stays as it was
  // Both are held while the contents are copied, at the worst.
  Take(malloc_usable_size(moved));
  GiveBack(before);
  return moved;
}

void* memalign(size_t alignment, size_t size) {
  void* const memory = __libc_memalign(alignment, size);
  Take(malloc_usable_size(memory));
  return memory;
}

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, size_t alignment, size_t size) {
  void* const taken = memalign(alignment, size);
  if (taken == nullptr) return ENOMEM;
  *memory = taken;
  return 0;
}

void free(void* memory) {
  GiveBack(malloc_usable_size(memory));
  __libc_free(memory);
}

}  // extern "C"

#endif

namespace kortvakt::testing {

PeakMemory::PeakMemory() : before_(g_held) { g_most = before_; }

size_t PeakMemory::bytes() const { return static_cast<size_t>(std::max<ptrdiff_t>(g_most - before_, 0)); }

}  // namespace kortvakt::testing
