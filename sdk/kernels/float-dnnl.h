/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that call oneDNN share; nobody else includes it. The library runs on OpenMP, and asks the calling
 * thread how many threads it may have: each call into it is made between _enter and _leave, which say one.
 */
#pragma once

#include <dnnl.h>

#include "kernels/float-step.h"

/* Makes the calling thread's OpenMP one thread wide. Returns what it was, for _leave. */
int strata_dnnl_enter (void);
void strata_dnnl_leave (int n_threads);

struct _StrataFloatEngine
{
  dnnl_engine_t engine;
  dnnl_primitive_attr_t attr; /* scratch memory comes from the caller, so that threads share a step */
};

struct _StrataFloatLayout
{
  dnnl_memory_desc_t desc;
};

/* An operand that a step owns: weights in the library's order */
typedef struct
{
  int arg;
  void *data;
  dnnl_memory_t memory;
} StrataFloatHeld;

#define STRATA_FLOAT_MAX_HELD 4

struct _StrataFloatStep
{
  const StrataFloatEngine *engine;
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
  int n_inputs;
  int *args;                  /* of the inputs */
  StrataFloatLayout *layouts; /* of the inputs, then of the output */
  gsize scratch;
  int n_held;
  StrataFloatHeld held[STRATA_FLOAT_MAX_HELD];
};

dnnl_memory_desc_t strata_float_tensor_desc (const StrataFloatTensor *tensor);
/* The same shape in whatever order suits the library */
dnnl_memory_desc_t strata_float_tensor_any (const StrataFloatTensor *tensor);
dnnl_memory_desc_t strata_float_vector_desc (gint64 n);

/* Takes @desc; NULL where it cannot be made. @args: of the inputs; their and the output's orders are asked of @desc. */
StrataFloatStep *
strata_float_step_new (const StrataFloatEngine *engine, dnnl_primitive_desc_t desc, int n_inputs, const int *args);
/* Whether only a plain loop stands behind it, which no caller wants */
gboolean strata_float_desc_is_slow (const_dnnl_primitive_desc_t desc);
/* Copies @values, in C order as @from says, into the order @to. FALSE: no memory. */
gboolean strata_float_step_hold (
  StrataFloatStep *step, int arg, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, const float *values);
/* Attributes of @engine with @posts after the arithmetic; NULL where one of them is unknown */
dnnl_primitive_attr_t strata_float_attr_new (const StrataFloatPost *posts, int n_posts);
