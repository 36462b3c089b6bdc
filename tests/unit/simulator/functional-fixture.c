/* SPDX-License-Identifier: Apache-2.0 */
#include "functional-fixture.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* Uniform in lo … hi */
static int
pick (FunctionalFixture *fixture, int lo, int hi)
{
  return lo + (int) (strata_rng_uniform (strata_rng_key (77, 0), fixture->random++) * (hi - lo + 1));
}

FunctionalFixture *
functional_fixture_new (void)
{
  FunctionalFixture *fixture = g_new0 (FunctionalFixture, 1);
  StrataChipSpec *chip = &fixture->chip;

  fixture->arena = strata_arena_new ();
  fixture->tensors = g_array_new (FALSE, TRUE, sizeof (StrataQTensor));
  fixture->ops = g_array_new (FALSE, TRUE, sizeof (StrataQOp));
  fixture->tile = g_array_new (FALSE, TRUE, sizeof (StrataTile));
  fixture->instructions = g_array_new (FALSE, TRUE, sizeof (StrataInstruction));
  fixture->sites = g_array_new (FALSE, TRUE, sizeof (StrataSite));
  chip->name = "hand-made";
  chip->mesh_x = 8, chip->mesh_y = 8, chip->n_stacks = 64, chip->tiers = 16;
  chip->rows = 64, chip->columns = 32, chip->slices = 2, chip->cell_bits = 4;
  chip->input_bits = 8, chip->phase_bits = 1, chip->adc_bits = 8, chip->n_adc = 32;
  chip->v_in_v[0] = 0.8, chip->v_in_v[1] = 0.6, chip->v_in_v[2] = 1.0;
  chip->c_on_ff = 0.4, chip->c_on_off_ratio = 60, chip->c_fix_ff = 73, chip->c_vt_ff = 0.06;
  chip->t_ambient_c = 40;
  chip->cell_model = STRATA_CELL_SONOS;
  return fixture;
}

void
functional_fixture_free (FunctionalFixture *fixture)
{
  if (fixture == NULL)
    return;
  for (int i = 0; i < fixture->image.n_calibration * fixture->graph.n_inputs; i++)
    strata_array_free (fixture->image.calibration[i]);
  g_free (fixture->image.calibration);
  g_array_free (fixture->tensors, TRUE);
  g_array_free (fixture->ops, TRUE);
  g_array_free (fixture->tile, TRUE);
  g_array_free (fixture->instructions, TRUE);
  g_array_free (fixture->sites, TRUE);
  strata_arena_free (fixture->arena);
  g_free (fixture);
}

int
functional_fixture_input (FunctionalFixture *fixture, int channels, int height, int width)
{
  StrataQTensor tensor = {
    .name = "input", .channels = channels, .height = height, .width = width, .format = STRATA_FORMAT_F32, .producer = -1
  };

  g_array_append_val (fixture->tensors, tensor);
  return (int) fixture->tensors->len - 1;
}

static void
add_instruction (FunctionalFixture *fixture, StrataOpcode opcode, int op, int tile)
{
  StrataInstruction instruction = { .opcode = opcode, .op = op, .tile = tile, .n_bursts = 1, .n_actions = 1 };

  g_array_append_val (fixture->instructions, instruction);
}

int
functional_fixture_op (FunctionalFixture *fixture,
                       StrataQOpKind kind,
                       const int *inputs,
                       int n_inputs,
                       StrataQTensor out,
                       StrataWindow window)
{
  StrataQOp op = { .kind = kind, .onnx = "Hand", .node = -1, .n_inputs = n_inputs, .window = window };
  double *multiplier = strata_arena_array (fixture->arena, double, 1);

  op.name = strata_arena_printf (fixture->arena, "%s-%u", strata_qop_name (kind), fixture->ops->len);
  memcpy (op.inputs, inputs, sizeof (int) * (gsize) n_inputs);
  op.output = (int) fixture->tensors->len;
  op.clamp_lo = out.format == STRATA_FORMAT_I16 ? -32768 : -128;
  op.clamp_hi = out.format == STRATA_FORMAT_I16 ? 32767 : 127;
  op.clamp_lo_f = -INFINITY, op.clamp_hi_f = INFINITY;
  multiplier[0] = g_array_index (fixture->tensors, StrataQTensor, inputs[0]).scale / (out.scale > 0 ? out.scale : 1);
  op.multiplier = multiplier;
  for (int i = 0; i < n_inputs; i++)
    op.input_multiplier[i] =
      g_array_index (fixture->tensors, StrataQTensor, inputs[i]).scale / (out.scale > 0 ? out.scale : 1);
  out.name = op.name, out.producer = (int) fixture->ops->len;
  g_array_append_val (fixture->tensors, out);
  g_array_append_val (fixture->ops, op);
  if (kind != STRATA_QOP_QUANTISE && kind != STRATA_QOP_DEQUANTISE && kind != STRATA_QOP_RESHAPE
      && kind != STRATA_QOP_MVM && kind != STRATA_QOP_MAC)
    add_instruction (fixture, STRATA_OPCODE_VECTOR, out.producer, -1);
  return op.output;
}

StrataQOp *
functional_fixture_producer (FunctionalFixture *fixture, int tensor)
{
  return &g_array_index (fixture->ops, StrataQOp, g_array_index (fixture->tensors, StrataQTensor, tensor).producer);
}

/* Outputs fill about their range: the scale is set from the spread of a random sum. */
static void
fill_matrix (FunctionalFixture *fixture, StrataQOp *op, int n, int k, int weight_max)
{
  gint16 *weights = strata_arena_array (fixture->arena, gint16, n * k);
  gint32 *bias = strata_arena_array (fixture->arena, gint32, n);
  double *multiplier = strata_arena_array (fixture->arena, double, n);

  for (int i = 0; i < n * k; i++)
    weights[i] = (gint16) pick (fixture, -weight_max, weight_max);
  for (int j = 0; j < n; j++)
    {
      bias[j] = pick (fixture, -3000, 3000);
      multiplier[j] = (0.8 + 0.01 * (j % 40)) / (sqrt (k) * weight_max);
    }
  op->n = n, op->k = k, op->weights = weights, op->bias = bias, op->multiplier = multiplier;
  op->weight_max = weight_max, op->n_slices = 2, op->n_reads = 1;
}

int
functional_fixture_mvm (FunctionalFixture *fixture,
                        int input,
                        StrataQTensor out,
                        StrataWindow window,
                        int n_copies,
                        int n_row_copies,
                        int n_reads)
{
  const StrataQTensor in = g_array_index (fixture->tensors, StrataQTensor, input);
  const int k = in.channels * window.kernel_h * window.kernel_w, outputs = fixture->chip.columns / 2;
  int tensor = functional_fixture_op (fixture, STRATA_QOP_MVM, &input, 1, out, window);
  StrataQOp *op = functional_fixture_producer (fixture, tensor);
  int id = (int) fixture->ops->len - 1;

  fill_matrix (fixture, op, out.channels, k, 127);
  op->n_reads = n_reads;
  for (int copy = 0; copy < n_copies; copy++)
    for (int col = 0; col < op->n; col += outputs)
      for (int row = 0; row < k; row += fixture->chip.rows)
        {
          StrataTile tile = { .op = id,
                              .copy = copy,
                              .row0 = row,
                              .n_rows = MIN (fixture->chip.rows, k - row),
                              .col0 = col,
                              .n_cols = MIN (outputs, op->n - col),
                              .n_slices = 2,
                              .n_row_copies = n_row_copies };
          StrataSite site = { (int) fixture->tile->len % 64, (int) fixture->tile->len / 64 };

          g_array_append_val (fixture->tile, tile);
          g_array_append_val (fixture->sites, site);
          add_instruction (fixture, STRATA_OPCODE_MVM, id, (int) fixture->tile->len - 1);
        }
  add_instruction (fixture, STRATA_OPCODE_VECTOR, id, -1);
  return tensor;
}

int
functional_fixture_mac (FunctionalFixture *fixture, int input, StrataQTensor out, StrataWindow window)
{
  const StrataQTensor in = g_array_index (fixture->tensors, StrataQTensor, input);
  int tensor = functional_fixture_op (fixture, STRATA_QOP_MAC, &input, 1, out, window);

  fill_matrix (fixture, functional_fixture_producer (fixture, tensor), out.channels,
               in.channels / window.groups * window.kernel_h * window.kernel_w, 127);
  add_instruction (fixture, STRATA_OPCODE_MAC, (int) fixture->ops->len - 1, -1);
  return tensor;
}

StrataArray *
functional_fixture_sample (const StrataImage *image, guint64 number)
{
  const StrataQTensor *info = &image->graph->tensors[image->graph->inputs[0]];
  const gint64 dims[] = { 1, info->channels, info->height, info->width };
  StrataArray *array = strata_array_new (STRATA_DTYPE_F32, 4, dims);

  strata_rng_normal (strata_rng_key (123, number), 0, array->data, (gsize) strata_qtensor_count (info));
  return array;
}

const StrataImage *
functional_fixture_image (FunctionalFixture *fixture, int output, int n_calibration)
{
  int *ends = strata_arena_array (fixture->arena, int, 2);

  ends[1] = output;
  fixture->graph = (StrataQGraph){ .arena = fixture->arena,
                                   .tensors = (StrataQTensor *) (gpointer) fixture->tensors->data,
                                   .ops = (StrataQOp *) (gpointer) fixture->ops->data,
                                   .n_tensors = (int) fixture->tensors->len,
                                   .n_ops = (int) fixture->ops->len,
                                   .inputs = ends,
                                   .n_inputs = 1,
                                   .outputs = ends + 1,
                                   .n_outputs = 1 };
  fixture->tiles.tiles = (StrataTile *) (gpointer) fixture->tile->data;
  fixture->tiles.n_tiles = (int) fixture->tile->len;
  fixture->placement.site = (StrataSite *) (gpointer) fixture->sites->data;
  fixture->placement.n_tiles = (int) fixture->tile->len;
  fixture->schedule.instructions = (StrataInstruction *) (gpointer) fixture->instructions->data;
  fixture->schedule.n_instructions = (int) fixture->instructions->len;
  fixture->image.chip = &fixture->chip, fixture->image.graph = &fixture->graph;
  fixture->image.tiles = &fixture->tiles, fixture->image.placement = &fixture->placement;
  fixture->image.schedule = &fixture->schedule;
  fixture->image.calibration = g_new0 (StrataArray *, MAX (n_calibration, 1));
  for (int i = 0; i < n_calibration; i++)
    fixture->image.calibration[i] = functional_fixture_sample (&fixture->image, 1000 + (guint64) i);
  fixture->image.n_calibration = n_calibration;
  return &fixture->image;
}

static StrataQTensor
codes (int channels, int height, int width, double scale, int zero_point)
{
  return (StrataQTensor){ .channels = channels,
                          .height = height,
                          .width = width,
                          .format = STRATA_FORMAT_I8,
                          .scale = scale,
                          .zero_point = zero_point };
}

FunctionalFixture *
functional_fixture_network (void)
{
  const StrataWindow none = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 }, same = { 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  const StrataWindow depthwise = { 3, 3, 1, 1, 2, 1, 2, 1, 2, 1, 20 }, pool = { 3, 2, 2, 2, 1, 1, 1, 0, 1, 0, 1 };
  FunctionalFixture *fixture = functional_fixture_new ();
  StrataQTensor reals = { .channels = 10, .height = 1, .width = 1, .format = STRATA_FORMAT_F32 };
  int x = functional_fixture_input (fixture, 4, 8, 6), a, b;

  x = functional_fixture_op (fixture, STRATA_QOP_QUANTISE, &x, 1, codes (4, 8, 6, 0.03, 5), none);
  a = functional_fixture_mvm (fixture, x, codes (20, 8, 6, 0.05, -128), same, 1, 1, 1);
  b = functional_fixture_mac (fixture, a, codes (20, 8, 6, 0.04, -10), depthwise);
  b = functional_fixture_mvm (fixture, b, codes (20, 8, 6, 0.05, 3), same, 2, 1, 1);
  x = functional_fixture_op (fixture, STRATA_QOP_ADD, (int[]){ a, b }, 2, codes (20, 8, 6, 0.08, -20), none);
  x = functional_fixture_op (fixture, STRATA_QOP_MAX_POOL, &x, 1, codes (20, 4, 3, 0.08, -20), pool);
  x = functional_fixture_op (fixture, STRATA_QOP_RESHAPE, &x, 1, codes (240, 1, 1, 0.08, -20), none);
  x = functional_fixture_mvm (fixture, x, codes (10, 1, 1, 0.1, 0), none, 1, 1, 1);
  x = functional_fixture_op (fixture, STRATA_QOP_SOFTMAX, &x, 1, codes (10, 1, 1, 1 / 256.0, -128), none);
  x = functional_fixture_op (fixture, STRATA_QOP_DEQUANTISE, &x, 1, reals, none);
  functional_fixture_image (fixture, x, 8);
  return fixture;
}

/* --- interpreter --- */

typedef struct
{
  const StrataQGraph *graph;
  double **values;
} Interpreter;

static double
at (const Interpreter *in, int tensor, int c, int y, int x, double outside)
{
  const StrataQTensor *t = &in->graph->tensors[tensor];

  if (c < 0 || c >= t->channels || y < 0 || y >= t->height || x < 0 || x >= t->width)
    return outside;
  return in->values[tensor][(c * t->height + y) * t->width + x];
}

/* As rint in the default mode, written out */
static double
half_even (double v)
{
  double down = floor (v), rest = v - down;

  if (rest != 0.5)
    return rest < 0.5 ? down : down + 1;
  return fmod (down, 2) == 0 ? down : down + 1;
}

static double
finish (const StrataQTensor *out, const StrataQOp *op, double steps)
{
  return CLAMP (half_even (steps) + out->zero_point, op->clamp_lo, op->clamp_hi);
}

static double
product (const Interpreter *in, const StrataQOp *op, int n, int y, int x)
{
  const StrataQTensor *from = &in->graph->tensors[op->inputs[0]], *out = &in->graph->tensors[op->output];
  const StrataWindow *w = &op->window;
  int per_group = from->channels / w->groups, group = n / (op->n / w->groups), k = 0;
  gint64 sum = op->bias[n];

  for (int c = 0; c < per_group; c++)
    for (int ky = 0; ky < w->kernel_h; ky++)
      for (int kx = 0; kx < w->kernel_w; kx++)
        sum +=
          (gint64) op->weights[n * op->k + k++]
          * (gint64) (at (in, op->inputs[0], group * per_group + c, y * w->stride_h + ky * w->dilation_h - w->pad_top,
                          x * w->stride_w + kx * w->dilation_w - w->pad_left, from->zero_point)
                      - from->zero_point);
  if (out->format == STRATA_FORMAT_F32)
    return (double) CLAMP ((float) ((double) sum * op->multiplier[n]), op->clamp_lo_f, op->clamp_hi_f);
  return finish (out, op, (double) sum * op->multiplier[n]);
}

static double
pooled (const Interpreter *in, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *from = &in->graph->tensors[op->inputs[0]], *out = &in->graph->tensors[op->output];
  const StrataWindow *w = &op->window;
  double best = -1e9, sum = 0;
  int count = 0;

  for (int ky = 0; ky < w->kernel_h; ky++)
    for (int kx = 0; kx < w->kernel_w; kx++)
      {
        double v = at (in, op->inputs[0], c, y * w->stride_h + ky * w->dilation_h - w->pad_top,
                       x * w->stride_w + kx * w->dilation_w - w->pad_left, NAN);

        if (isnan (v))
          continue;
        best = MAX (best, v), sum += v - from->zero_point, count++;
      }
  return op->kind == STRATA_QOP_MAX_POOL ? best : finish (out, op, sum * op->multiplier[0] / count);
}

static double
softmax (const Interpreter *in, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *from = &in->graph->tensors[op->inputs[0]], *out = &in->graph->tensors[op->output];
  double scale = from->format == STRATA_FORMAT_F32 ? 1 : from->scale, sum = 0;

  for (int i = 0; i < from->channels; i++)
    sum += exp (scale * (at (in, op->inputs[0], i, y, x, 0) - at (in, op->inputs[0], c, y, x, 0)));
  return out->format == STRATA_FORMAT_F32 ? 1 / sum : finish (out, op, 1 / sum / out->scale);
}

static double
activated (const StrataQOp *op, double v)
{
  switch (op->function)
    {
    case STRATA_FUNCTION_RELU:
      return v > 0 ? v : 0;
    case STRATA_FUNCTION_CLIP:
      return v < (double) op->clamp_lo_f   ? (double) op->clamp_lo_f
             : v > (double) op->clamp_hi_f ? (double) op->clamp_hi_f
                                           : v;
    case STRATA_FUNCTION_SIGMOID:
      return exp (v) / (1 + exp (v));
    default:
      return (exp (v) - exp (-v)) / (exp (v) + exp (-v));
    }
}

static double
added (const Interpreter *in, const StrataQOp *op, int c, int y, int x)
{
  double sum = 0;

  for (int i = 0; i < op->n_inputs; i++)
    sum +=
      (at (in, op->inputs[i], c, y, x, 0) - in->graph->tensors[op->inputs[i]].zero_point) * op->input_multiplier[i];
  return finish (&in->graph->tensors[op->output], op, sum);
}

static double
element (const Interpreter *in, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *from = &in->graph->tensors[op->inputs[0]], *out = &in->graph->tensors[op->output];
  double v = at (in, op->inputs[0], c, y, x, 0);

  switch (op->kind)
    {
    case STRATA_QOP_MVM:
    case STRATA_QOP_MAC:
      return product (in, op, c, y, x);
    case STRATA_QOP_ADD:
      return added (in, op, c, y, x);
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_AVG_POOL:
      return pooled (in, op, c, y, x);
    case STRATA_QOP_SOFTMAX:
      return softmax (in, op, c, y, x);
    case STRATA_QOP_MOVE:
      return at (in, op->inputs[0], c - op->offset_c, y * op->window.stride_h + op->offset_h,
                 x * op->window.stride_w + op->offset_w, from->zero_point);
    case STRATA_QOP_QUANTISE:
      return finish (out, op, v / out->scale);
    case STRATA_QOP_DEQUANTISE:
      return (double) (float) (from->scale * (v - from->zero_point));
    case STRATA_QOP_REQUANTISE:
      return finish (out, op, (v - from->zero_point) * op->multiplier[0]);
    case STRATA_QOP_ACTIVATE:
      return out->format == STRATA_FORMAT_F32
               ? activated (op, v)
               : finish (out, op, activated (op, from->scale * (v - from->zero_point)) / out->scale);
    default:
      return in->values[op->inputs[0]][(c * out->height + y) * out->width + x];
    }
}

double *
functional_fixture_interpret (const StrataQGraph *graph, const StrataArray *input, int tensor)
{
  Interpreter in = { graph, g_new0 (double *, graph->n_tensors) };
  double *result;

  in.values[graph->inputs[0]] = g_new (double, strata_array_count (input));
  for (int i = 0; i < strata_array_count (input); i++)
    in.values[graph->inputs[0]][i] = (double) ((const float *) input->data)[i];
  for (int i = 0; i < graph->n_ops; i++)
    {
      const StrataQTensor *out = &graph->tensors[graph->ops[i].output];
      double *to = in.values[graph->ops[i].output] = g_new (double, strata_qtensor_count (out));

      for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
          for (int x = 0; x < out->width; x++)
            *to++ = element (&in, &graph->ops[i], c, y, x);
    }
  result = g_steal_pointer (&in.values[tensor]);
  for (int i = 0; i < graph->n_tensors; i++)
    g_free (in.values[i]);
  g_free (in.values);
  return result;
}
