/* SPDX-License-Identifier: Apache-2.0
 *
 * Images made by hand; see fixture.h.
 */
#include "fixture.h"

#define PER_BAND(type, field, nominal, optimistic, conservative)                                                       \
  for (int band = 0; band < STRATA_N_BANDS; band++)                                                                    \
  field[band] = (type[]){ nominal, optimistic, conservative }[band]

/* The demonstrator of hardware-facts 10.4 (a), with arrays of 64 x 64 and one slice. */
static void
set_chip (StrataChipSpec *chip, int mesh_x, int mesh_y, int tiers)
{
  chip->name = "by hand";
  chip->title = chip->path = "";
  chip->mode = STRATA_CHIP_COMPOSED;
  chip->mesh_x = mesh_x;
  chip->mesh_y = mesh_y;
  chip->n_stacks = mesh_x * mesh_y;
  chip->tiers = tiers;
  chip->rows = chip->columns = 64;
  chip->slices = 1;
  chip->cell_bits = 4;
  chip->input_bits = chip->adc_bits = 8;
  chip->phase_bits = 1;
  chip->n_adc = 32;
  chip->summable_tiers = 1;
  chip->hub_x2 = mesh_x - 1;
  chip->hub_y2 = mesh_y - 1;
  chip->stack_buffer_bytes = 65536;
  chip->sram_bytes = 1 << 20;
  chip->sram_ports = 1;
  chip->clock_mhz = 500;
  chip->node_nm = 22;
  chip->vdd_v = 0.8;
  chip->alpha_toggle = 0.25;
  chip->c_on_ff = 0.4;
  chip->c_on_off_ratio = 60;
  chip->c_fix_ff = 73;
  chip->c_v0_ff = 3;
  chip->c_vt_ff = 0.06;
  PER_BAND (double, chip->v_in_v, 0.8, 0.6, 1.0);
  PER_BAND (double, chip->eta_recovery, 0, 0.5, 0);
  PER_BAND (double, chip->c_cell_ff, 0.5, 0.3, 1.0);
  PER_BAND (gint64, chip->t_phase_ps, 10000, 10000, 10000);
  PER_BAND (gint64, chip->t_adc_ps, 50000, 50000, 100000);
  PER_BAND (gint64, chip->t_select_ps, 50000, 20000, 1000000);
  PER_BAND (gint64, chip->t_post_ps, 20000, 20000, 20000);
  PER_BAND (gint64, chip->t_hop_ps, 2000, 2000, 2000);
  PER_BAND (double, chip->e_driver_fj, 50, 20, 150);
  PER_BAND (double, chip->e_adc_fj, 4000, 1000, 8000);
  PER_BAND (double, chip->e_post_fj, 400, 200, 800);
  PER_BAND (double, chip->e_buffer_fj_per_byte, 600, 400, 1200);
  PER_BAND (double, chip->e_sram_fj_per_byte, 3000, 3000, 3000);
  PER_BAND (double, chip->overhead, 0.3, 0.15, 0.6);
  PER_BAND (double, chip->e_select_fj, 3000, 3000, 3000);
  PER_BAND (double, chip->e_noc_fj_per_byte_hop, 800, 400, 1600);
  PER_BAND (double, chip->e_vector_fj, 1000, 1000, 1000);
  PER_BAND (double, chip->e_mac_fj, 300, 300, 300);
  PER_BAND (double, chip->e_host_fj_per_byte, 10000, 10000, 10000);
  PER_BAND (double, chip->p_leak_mw_per_mm2, 0.5, 0.2, 1.0);
  PER_BAND (double, chip->p_control_mw, 8, 4, 16);
  chip->f_gate = 0.1;
  chip->link_bytes_per_ns = 16;
  chip->vector_ops_per_s = 16e9;
  chip->mac_ops_per_s = 64e9;
  chip->host_bytes_per_ns = 0.05;
  chip->host_link = "QSPI";
  chip->cell_area_um2 = 1;
  chip->tier_pitch_nm = 60;
  chip->via_pitch_um = 0.25;
  chip->k_vertical_w_mk = 1.2;
  chip->k_inplane_w_mk = 10;
  chip->c_stack_j_m3k = 1.7e6;
  chip->silicon_um = 100;
  chip->k_silicon_w_mk = 130;
  chip->c_silicon_j_m3k = 1.63e6;
  chip->tim_um = 20;
  chip->k_tim_w_mk = 4;
  chip->c_tim_j_m3k = 4e6;
  chip->r_package_k_w = 35;
  chip->c_package_j_k = 1;
  chip->r_skin_k_w = 10;
  chip->f_skin = 1;
  chip->t_ambient_c = 40;
  chip->p_budget_mw = 100;
  chip->t_junction_max_c = 85;
  chip->t_skin_max_c = 43;
}

static void
set_units (Fixture *fixture, int n_links)
{
  static const StrataUnitKind singular[] = { STRATA_UNIT_VECTOR, STRATA_UNIT_MAC,  STRATA_UNIT_HOST,
                                             STRATA_UNIT_BASE,   STRATA_UNIT_SRAM, STRATA_UNIT_DRAM };
  int n_stacks = fixture->chip.n_stacks, n_shared = n_stacks + n_links;
  StrataSchedule *schedule = &fixture->schedule;

  schedule->n_units = n_shared + (int) G_N_ELEMENTS (singular);
  schedule->units = strata_arena_array (fixture->arena, StrataUnitRecord, schedule->n_units);
  for (int i = 0; i < schedule->n_units; i++)
    {
      StrataUnitRecord *unit = &schedule->units[i];

      unit->id = i;
      unit->kind = i < n_stacks ? STRATA_UNIT_STACK : i < n_shared ? STRATA_UNIT_LINK : singular[i - n_shared];
      unit->index = i < n_stacks ? i : i < n_shared ? i - n_stacks : 0;
      unit->x = unit->y = -1;
      unit->name = strata_arena_printf (fixture->arena, "unit %d", i);
    }
}

Fixture *
fixture_new (int mesh_x, int mesh_y, int tiers)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->arena = strata_arena_new ();
  set_chip (&fixture->chip, mesh_x, mesh_y, tiers);
  fixture->chip.arena = fixture->arena;
  set_units (fixture, FIXTURE_N_LINKS);
  fixture->instructions = g_array_new (FALSE, TRUE, sizeof (StrataInstruction));
  fixture->dependences = g_array_new (FALSE, TRUE, sizeof (StrataDependence));
  fixture->routes = g_array_new (FALSE, TRUE, sizeof (int));
  fixture->buffers = g_array_new (FALSE, TRUE, sizeof (StrataBuffer));
  fixture->releases = g_array_new (FALSE, TRUE, sizeof (StrataDependence));
  fixture->places = g_array_new (FALSE, TRUE, sizeof (StrataRowPlace));
  fixture->tile = g_array_new (FALSE, TRUE, sizeof (StrataTile));
  fixture->sites = g_array_new (FALSE, TRUE, sizeof (StrataSite));
  fixture->ops = g_array_new (FALSE, TRUE, sizeof (StrataQOp));
  fixture->tensors = g_array_new (FALSE, TRUE, sizeof (StrataQTensor));
  return fixture;
}

void
fixture_set_links (Fixture *fixture, int n_links)
{
  set_units (fixture, n_links);
}

void
fixture_free (Fixture *fixture)
{
  if (fixture == NULL)
    return;
  g_array_unref (fixture->instructions);
  g_array_unref (fixture->dependences);
  g_array_unref (fixture->routes);
  g_array_unref (fixture->buffers);
  g_array_unref (fixture->releases);
  g_array_unref (fixture->places);
  g_array_unref (fixture->tile);
  g_array_unref (fixture->sites);
  g_array_unref (fixture->ops);
  g_array_unref (fixture->tensors);
  strata_arena_free (fixture->arena);
  g_free (fixture);
}

int
fixture_link (const Fixture *fixture, int link)
{
  return fixture->chip.n_stacks + link;
}

int
fixture_unit (const Fixture *fixture, StrataUnitKind kind)
{
  for (int i = 0; i < fixture->schedule.n_units; i++)
    if (fixture->schedule.units[i].kind == kind)
      return i;
  g_assert_not_reached ();
}

int
fixture_op (Fixture *fixture, StrataQOpKind kind, int height, int width)
{
  int id = (int) fixture->ops->len;
  StrataQTensor tensor = { .channels = 32, .height = height, .width = width, .scale = 1, .producer = id };
  StrataQOp op = { .kind = kind, .onnx = "Conv", .node = id, .n = 32, .k = 9, .n_slices = 1, .n_reads = 1 };

  tensor.name = strata_arena_printf (fixture->arena, "t%d", id);
  op.name = strata_arena_printf (fixture->arena, "op%d", id);
  op.output = (int) fixture->tensors->len;
  op.inputs[0] = MAX (op.output - 1, 0);
  op.n_inputs = id > 0;
  g_array_append_val (fixture->tensors, tensor);
  g_array_append_val (fixture->ops, op);
  return id;
}

static int
add_instruction (Fixture *fixture, StrataInstruction instruction)
{
  instruction.from_node = instruction.to_node = -1;
  instruction.priority = (int) fixture->instructions->len;
  instruction.first_dependence = (int) fixture->dependences->len;
  instruction.buffer = -1;
  g_array_append_val (fixture->instructions, instruction);
  return (int) fixture->instructions->len - 1;
}

int
fixture_mvm (Fixture *fixture, int op, int stack, int tier, int n_bursts, gint64 n_mvms)
{
  StrataTile tile = { .op = op, .n_rows = 9, .n_cols = 32, .n_slices = 1, .n_row_copies = 1 };
  StrataSite site = { stack, tier };

  g_array_append_val (fixture->tile, tile);
  g_array_append_val (fixture->sites, site);
  return add_instruction (fixture, (StrataInstruction){ .opcode = STRATA_OPCODE_MVM,
                                                        .op = op,
                                                        .tile = (int) fixture->tile->len - 1,
                                                        .unit = stack,
                                                        .n_bursts = n_bursts,
                                                        .n_actions = n_mvms });
}

int
fixture_digital (Fixture *fixture, StrataOpcode opcode, int op, int n_bursts, gint64 n_actions)
{
  StrataUnitKind kind = opcode == STRATA_OPCODE_VECTOR ? STRATA_UNIT_VECTOR
                        : opcode == STRATA_OPCODE_MAC  ? STRATA_UNIT_MAC
                                                       : STRATA_UNIT_HOST;

  return add_instruction (fixture, (StrataInstruction){ .opcode = opcode,
                                                        .op = op,
                                                        .tile = -1,
                                                        .unit = fixture_unit (fixture, kind),
                                                        .n_bursts = n_bursts,
                                                        .n_actions = n_actions,
                                                        .sram_bytes = 64 });
}

int
fixture_transfer (
  Fixture *fixture, StrataOpcode opcode, int op, const int *links, int n_links, int n_bursts, gint64 n_bytes)
{
  int first = (int) fixture->routes->len;

  for (int i = 0; i < n_links; i++)
    {
      int unit = fixture_link (fixture, links[i]);

      g_array_append_val (fixture->routes, unit);
    }
  return add_instruction (fixture, (StrataInstruction){ .opcode = opcode,
                                                        .op = op,
                                                        .tile = -1,
                                                        .unit = fixture_link (fixture, links[0]),
                                                        .first_route = first,
                                                        .n_hops = n_links,
                                                        .n_bursts = n_bursts,
                                                        .n_actions = n_bytes });
}

void
fixture_after (Fixture *fixture, int producer, int multiply, int add)
{
  StrataDependence dependence = { .instruction = producer, .multiply = multiply, .add = add, .divide = 1 };

  g_array_append_val (fixture->dependences, dependence);
  g_array_index (fixture->instructions, StrataInstruction, fixture->instructions->len - 1).n_dependences++;
}

int
fixture_buffer (Fixture *fixture, int writer, int n_rows, gint64 row_bytes)
{
  StrataInstruction *x = &g_array_index (fixture->instructions, StrataInstruction, writer);
  StrataBuffer buffer = { .unit = fixture_unit (fixture, STRATA_UNIT_SRAM),
                          .op = -1,
                          .n_rows = n_rows,
                          .height = x->n_bursts,
                          .row_bytes = row_bytes,
                          .first_release = (int) fixture->releases->len };

  x->buffer = (int) fixture->buffers->len;
  x->n_buffers = x->row_step = 1;
  g_array_append_val (fixture->buffers, buffer);
  return x->buffer;
}

void
fixture_release (Fixture *fixture, int reader, int multiply, int add)
{
  StrataDependence release = { .instruction = reader, .multiply = multiply, .add = add, .divide = 1 };

  g_array_append_val (fixture->releases, release);
  g_array_index (fixture->buffers, StrataBuffer, fixture->buffers->len - 1).n_releases++;
}

void
fixture_place (Fixture *fixture, int buffer, int row, gint64 offset)
{
  StrataRowPlace place = { buffer, row, offset };

  g_array_append_val (fixture->places, place);
}

void
fixture_priority (Fixture *fixture, int instruction, int priority)
{
  g_array_index (fixture->instructions, StrataInstruction, instruction).priority = priority;
}

static void
set_tiles (Fixture *fixture)
{
  StrataTileSet *tiles = &fixture->tiles;

  tiles->tiles = (StrataTile *) fixture->tile->data;
  tiles->n_tiles = (int) fixture->tile->len;
  tiles->arrays_required = tiles->n_tiles;
  tiles->n_ops = (int) fixture->ops->len;
  tiles->op_first = strata_arena_array (fixture->arena, int, tiles->n_ops + 1);
  for (int op = 0; op <= tiles->n_ops; op++)
    while (tiles->op_first[op] < tiles->n_tiles && tiles->tiles[tiles->op_first[op]].op < op)
      tiles->op_first[op]++;
}

const StrataImage *
fixture_image (Fixture *fixture)
{
  fixture->graph.ops = (StrataQOp *) fixture->ops->data;
  fixture->graph.n_ops = (int) fixture->ops->len;
  fixture->graph.tensors = (StrataQTensor *) fixture->tensors->data;
  fixture->graph.n_tensors = (int) fixture->tensors->len;
  set_tiles (fixture);
  fixture->placement.site = (StrataSite *) fixture->sites->data;
  fixture->placement.n_tiles = fixture->tiles.n_tiles;
  fixture->schedule.instructions = (StrataInstruction *) fixture->instructions->data;
  fixture->schedule.n_instructions = (int) fixture->instructions->len;
  fixture->schedule.dependences = (StrataDependence *) fixture->dependences->data;
  fixture->schedule.n_dependences = (int) fixture->dependences->len;
  fixture->schedule.routes = (int *) fixture->routes->data;
  fixture->schedule.n_routes = (int) fixture->routes->len;
  fixture->schedule.buffers = (StrataBuffer *) fixture->buffers->data;
  fixture->schedule.n_buffers = (int) fixture->buffers->len;
  fixture->schedule.releases = (StrataDependence *) fixture->releases->data;
  fixture->schedule.n_releases = (int) fixture->releases->len;
  fixture->schedule.places = (StrataRowPlace *) fixture->places->data;
  fixture->schedule.n_places = (int) fixture->places->len;
  fixture->image.chip = &fixture->chip;
  fixture->image.graph = &fixture->graph;
  fixture->image.tiles = &fixture->tiles;
  fixture->image.placement = &fixture->placement;
  fixture->image.schedule = &fixture->schedule;
  fixture->image.model_name = (char *) "by hand";
  return &fixture->image;
}

StrataTiming *
fixture_time (Fixture *fixture, int n_inferences, gboolean unlimited)
{
  StrataTimingOptions options = { .n_inferences = n_inferences, .unlimited = unlimited };
  g_autoptr (GError) error = NULL;
  StrataTiming *timing = strata_timing_run (fixture_image (fixture), &options, &error);

  g_assert_no_error (error);
  g_assert_nonnull (timing);
  return timing;
}

const StrataEventRecord *
fixture_event (const StrataTiming *timing, int instruction, int burst)
{
  for (gsize i = 0; i < timing->n_events; i++)
    if (timing->events[i].instruction == instruction && timing->events[i].burst == burst)
      return &timing->events[i];
  g_assert_not_reached ();
}
