/* SPDX-License-Identifier: Apache-2.0
 *
 * Prepared float arithmetic: what depends on shapes and weights alone (code, order of the weights) is made once, then a
 * step runs as often as wanted. A step reads and writes tensors in an order of its choosing, so that neighbours need no
 * copies between them. Through oneDNN, in one thread: the order of a sum depends on shapes and instruction set alone.
 */
#pragma once

#include <glib.h>

#include "kernels/float-conv.h"

#define STRATA_FLOAT_MAX_DIMS 5

typedef struct _StrataFloatEngine StrataFloatEngine; /* outlives its steps */
typedef struct _StrataFloatLayout StrataFloatLayout; /* an order of elements; a step's lives as long as the step */
typedef struct _StrataFloatStep StrataFloatStep;     /* frozen: threads share it */
typedef struct _StrataFloatCall StrataFloatCall;     /* operands of a step on one thread */

typedef struct
{
  int n_dims;
  gint64 dims[STRATA_FLOAT_MAX_DIMS];
  const StrataFloatLayout *layout; /* NULL: C order */
} StrataFloatTensor;

/* What happens to each element before it is stored */
typedef enum
{
  STRATA_FLOAT_POST_ADD,   /* plus what the output held before */
  STRATA_FLOAT_POST_RELU,  /* alpha x below zero */
  STRATA_FLOAT_POST_CLIP,  /* to [alpha, beta] */
  STRATA_FLOAT_POST_SWISH, /* x times the logistic function of alpha x */
  STRATA_FLOAT_POST_SIGMOID,
  STRATA_FLOAT_POST_TANH,
  STRATA_FLOAT_POST_GELU, /* by the error function */
  STRATA_FLOAT_POST_HARD_SWISH,
} StrataFloatPostKind;

typedef struct
{
  StrataFloatPostKind kind;
  float alpha, beta;
} StrataFloatPost;

typedef enum
{
  STRATA_FLOAT_ADD,
  STRATA_FLOAT_SUB,
  STRATA_FLOAT_MUL,
  STRATA_FLOAT_DIV,
} StrataFloatBinary;

typedef enum
{
  STRATA_FLOAT_POOL_MAX,
  STRATA_FLOAT_POOL_AVERAGE,        /* over the cells inside the input */
  STRATA_FLOAT_POOL_AVERAGE_PADDED, /* over input and pads */
} StrataFloatPool;

StrataFloatEngine *strata_float_engine_new (void) G_GNUC_WARN_UNUSED_RESULT; /* NULL: the processor will not do */
void strata_float_engine_free (StrataFloatEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataFloatEngine, strata_float_engine_free)

/* Each returns NULL where the library has no fast code for it, or no memory; then the caller goes another way.
 *
 * Convolution of [batch, C, H, W], weights and bias (or NULL) as in strata_float_conv (); both are copied. The step may
 * want its input in another order than @in has: see strata_float_step_input (). */
StrataFloatStep *strata_float_step_conv (const StrataFloatEngine *engine,
                                         const StrataPlaneWindow *window,
                                         const StrataFloatTensor *in,
                                         const float *weights,
                                         const float *bias,
                                         const StrataFloatPost *posts,
                                         int n_posts) G_GNUC_WARN_UNUSED_RESULT;
/* @m rows of @k times a constant k x n matrix ([n][k] where @transposed), plus @bias (n, or NULL). In C order. */
StrataFloatStep *strata_float_step_product (const StrataFloatEngine *engine,
                                            gint64 m,
                                            gint64 k,
                                            gint64 n,
                                            gboolean transposed,
                                            const float *weights,
                                            const float *bias,
                                            const StrataFloatPost *posts,
                                            int n_posts) G_GNUC_WARN_UNUSED_RESULT;
StrataFloatStep *strata_float_step_pool (const StrataFloatEngine *engine,
                                         StrataFloatPool pool,
                                         const StrataPlaneWindow *window,
                                         const StrataFloatTensor *in) G_GNUC_WARN_UNUSED_RESULT;
/* scale[c] x + offset[c] per channel, with @relu not below zero; both are copied. */
StrataFloatStep *strata_float_step_affine (const StrataFloatEngine *engine,
                                           const StrataFloatTensor *in,
                                           const float *scale,
                                           const float *offset,
                                           gboolean relu) G_GNUC_WARN_UNUSED_RESULT;
/* Side by side along dimension @axis */
StrataFloatStep *strata_float_step_concat (const StrataFloatEngine *engine,
                                           int axis,
                                           const StrataFloatTensor *ins,
                                           int n_ins) G_GNUC_WARN_UNUSED_RESULT;
/* @a op @b; dimensions of @b may be 1. */
StrataFloatStep *strata_float_step_binary (const StrataFloatEngine *engine,
                                           StrataFloatBinary op,
                                           const StrataFloatTensor *a,
                                           const StrataFloatTensor *b) G_GNUC_WARN_UNUSED_RESULT;
/* The same tensor in order @to (NULL: C order) */
StrataFloatStep *strata_float_step_reorder (const StrataFloatEngine *engine,
                                            const StrataFloatTensor *in,
                                            const StrataFloatLayout *to) G_GNUC_WARN_UNUSED_RESULT;
void strata_float_step_free (StrataFloatStep *step);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataFloatStep, strata_float_step_free)

/* Orders of input @i and of the output; NULL: C order */
const StrataFloatLayout *strata_float_step_input (const StrataFloatStep *step, int i);
const StrataFloatLayout *strata_float_step_output (const StrataFloatStep *step);
/* Bytes of the output, and of scratch memory that a run needs */
gsize strata_float_step_n_bytes (const StrataFloatStep *step);
gsize strata_float_step_scratch (const StrataFloatStep *step);

/* The same order of dimensions and blocks for @tensor's shape, of as many dimensions; freed by _free. */
StrataFloatLayout *strata_float_layout_like (const StrataFloatLayout *layout,
                                             const StrataFloatTensor *tensor) G_GNUC_WARN_UNUSED_RESULT;
void strata_float_layout_free (StrataFloatLayout *layout);
gboolean strata_float_layout_equal (const StrataFloatLayout *a, const StrataFloatLayout *b);
/* Whether it holds each element once and nothing else, so that elementwise code need not know the order */
gboolean strata_float_layout_is_dense (const StrataFloatLayout *layout);

StrataFloatCall *strata_float_call_new (const StrataFloatStep *step) G_GNUC_WARN_UNUSED_RESULT; /* NULL: no memory */
void strata_float_call_free (StrataFloatCall *call);
/* @inputs, @output and @scratch aligned to 64 bytes where that can be; FALSE only where memory runs out. */
gboolean strata_float_call_run (StrataFloatCall *call, const void *const *inputs, void *output, void *scratch);
