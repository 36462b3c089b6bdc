/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the target on one input and aborts where it held more memory than FUZZ_BYTES_PER_BYTE times the input, or took
 * more than FUZZ_SECONDS of processor time (wall time would blame the target for a busy machine). Memory is what
 * malloc has given out and not got back since the call began: the address sanitizer reports it to hooks; without it
 * the allocator is interposed. An input that holds too much is run once more before it is blamed.
 */
#include "fuzz.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FUZZ_BYTES_PER_BYTE 64
#if defined(__SANITIZE_ADDRESS__)
#define HAS_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_HOOKS 1
#endif
#endif
#ifdef HAS_HOOKS
/* Sanitizers take six times as long: the slowest input of the tests 0.9 s for 0.15. */
#define FUZZ_SECONDS 2.0
#else
#define FUZZ_SECONDS 1.0
#endif

/* One thread, so plain variables */
static gint64 n_live, n_peak;
static gboolean watching;

static void
count (gint64 n_bytes)
{
  n_live += n_bytes;
  n_peak = MAX (n_peak, n_live);
}

#ifdef HAS_HOOKS

#define N_SLOTS (1u << 20)

/* Blocks given out: open addressing, because the hook of free () is not told the size. */
typedef struct
{
  const volatile void *block;
  gsize n_bytes;
  guint run; /* in which the block was given out */
} Slot;

static Slot slots[N_SLOTS];
static guint n_slots_used, run;

int __sanitizer_install_malloc_and_free_hooks (void (*malloc_hook) (const volatile void *, gsize),
                                               void (*free_hook) (const volatile void *));

static guint
home_of (const volatile void *block)
{
  return (guint) (((guint64) block >> 4) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >> 44);
}

static void
on_malloc (const volatile void *block, gsize n_bytes)
{
  guint i = home_of (block);

  if (!watching || block == NULL || n_slots_used > N_SLOTS / 2)
    return;
  while (slots[i].block != NULL)
    i = (i + 1) % N_SLOTS;
  slots[i] = (Slot){ block, n_bytes, run };
  n_slots_used++;
  count ((gint64) n_bytes);
}

static void
on_free (const volatile void *block)
{
  guint i = home_of (block), next;

  while (slots[i].block != NULL && slots[i].block != block)
    i = (i + 1) % N_SLOTS;
  if (slots[i].block == NULL || block == NULL)
    return;
  if (slots[i].run == run)
    n_live -= (gint64) slots[i].n_bytes;
  n_slots_used--;
  /* close the gap: whatever probed past it moves up */
  for (next = (i + 1) % N_SLOTS; slots[next].block != NULL; next = (next + 1) % N_SLOTS)
    {
      guint home = home_of (slots[next].block);

      if ((next - home) % N_SLOTS < (next - i) % N_SLOTS)
        continue;
      slots[i] = slots[next];
      i = next;
    }
  slots[i].block = NULL;
}

static void
begin (void)
{
  static gboolean installed;

  if (!installed)
    __sanitizer_install_malloc_and_free_hooks (on_malloc, on_free);
  installed = TRUE;
  run++;
}

#else

/* Else the linker keeps them to the program, and what GLib allocates is not seen. */
#define EXPORTED __attribute__ ((visibility ("default")))

void *__libc_malloc (gsize n_bytes);
void *__libc_calloc (gsize n, gsize n_bytes);
void *__libc_realloc (void *block, gsize n_bytes);
void __libc_free (void *block);

EXPORTED void *
malloc (gsize n_bytes)
{
  void *block = __libc_malloc (n_bytes);

  if (watching && block != NULL)
    count ((gint64) malloc_usable_size (block));
  return block;
}

EXPORTED void *
calloc (gsize n, gsize n_bytes)
{
  void *block = __libc_calloc (n, n_bytes);

  if (watching && block != NULL)
    count ((gint64) malloc_usable_size (block));
  return block;
}

EXPORTED void *
realloc (void *block, gsize n_bytes)
{
  gint64 before = block == NULL ? 0 : (gint64) malloc_usable_size (block);
  void *moved = __libc_realloc (block, n_bytes);

  if (watching && moved != NULL)
    count ((gint64) malloc_usable_size (moved) - before);
  return moved;
}

EXPORTED void
free (void *block)
{
  if (watching && block != NULL)
    n_live -= (gint64) malloc_usable_size (block);
  __libc_free (block);
}

static void
begin (void)
{
}

#endif

/* GLib traps where it is told that messages are fatal, which libFuzzer does not take for a crash. */
static void
on_trap (int number)
{
  abort ();
}

/* Returns seconds. */
static double
run_once (const guint8 *bytes, gsize n_bytes)
{
  clock_t start = clock ();

  begin ();
  n_live = n_peak = 0;
  watching = TRUE;
  fuzz_one (bytes, n_bytes);
  watching = FALSE;
  return (double) (clock () - start) / CLOCKS_PER_SEC;
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize n_bytes)
{
  gint64 most = MAX (FUZZ_BYTES_PER_BYTE * (gint64) n_bytes, fuzz_floor_bytes);
  double seconds;

  signal (SIGTRAP, on_trap);
  seconds = run_once (bytes, n_bytes);
  /* what a library sets up in its first call, as oneDNN does for its products, is not there in a second */
  if (n_peak > most)
    run_once (bytes, n_bytes);
  if (n_peak > most)
    fprintf (stderr, "held %" G_GINT64_FORMAT " bytes for an input of %zu; %" G_GINT64_FORMAT " are allowed\n", n_peak,
             n_bytes, most);
  if (seconds > FUZZ_SECONDS)
    fprintf (stderr, "took %.2f s of processor time; %.2f are allowed\n", seconds, FUZZ_SECONDS);
  if (n_peak > most || seconds > FUZZ_SECONDS)
    abort ();
  return 0;
}
