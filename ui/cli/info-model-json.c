/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info MODEL --json`: what the page says, and every layer.
 */
#include "info-model.h"

static void
json_ports (JsonBuilder *builder, StrataModel *model, gboolean outputs)
{
  guint n = outputs ? strata_model_get_n_outputs (model) : strata_model_get_n_inputs (model);

  json_builder_set_member_name (builder, outputs ? "outputs" : "inputs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    {
      guint n_dims;
      const gint64 *dims =
        outputs ? strata_model_get_output_shape (model, i, &n_dims) : strata_model_get_input_shape (model, i, &n_dims);

      cli_json_port (
        builder, outputs ? strata_model_get_output_name (model, i) : strata_model_get_input_name (model, i),
        outputs ? strata_model_get_output_dtype (model, i) : strata_model_get_input_dtype (model, i), dims, n_dims);
    }
  json_builder_end_array (builder);
}

static void
json_layers (JsonBuilder *builder, StrataModel *model)
{
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_node_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      json_builder_begin_object (builder);
      cli_json_string (builder, "name", strata_model_get_node_name (model, i));
      cli_json_string (builder, "op", strata_model_get_node_op (model, i));
      cli_json_string (builder, "shape", shape);
      cli_json_int (builder, "macs", strata_model_get_node_macs (model, i));
      cli_json_int (builder, "parameters", strata_model_get_node_n_parameters (model, i));
      cli_json_string (builder, "unit", cli_kind_name (strata_model_get_node_kind (model, i)));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
json_shares (JsonBuilder *builder, StrataModel *model)
{
  CliShare shares[STRATA_N_NODE_KINDS] = { 0 };

  cli_count_shares (model, shares);
  json_builder_set_member_name (builder, "units");
  json_builder_begin_object (builder);
  for (int kind = 0; kind < STRATA_N_NODE_KINDS; kind++)
    {
      json_builder_set_member_name (builder, cli_kind_name (kind));
      json_builder_begin_object (builder);
      cli_json_int (builder, "nodes", shares[kind].n_nodes);
      cli_json_int (builder, "macs", shares[kind].macs);
      cli_json_int (builder, "parameters", shares[kind].parameters);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
json_fit (JsonBuilder *builder, StrataModel *model)
{
  json_builder_set_member_name (builder, "fit");
  json_builder_begin_object (builder);
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, NULL);
      gint64 required;

      if (chip == NULL)
        continue;
      required = strata_model_get_arrays_required (model, chip);
      json_builder_set_member_name (builder, *name);
      json_builder_begin_object (builder);
      cli_json_int (builder, "arrays_required", required);
      cli_json_int (builder, "arrays_total", strata_chip_get_n_arrays (chip));
      cli_json_bool (builder, "fits", required <= strata_chip_get_n_arrays (chip));
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
json_rewrites (JsonBuilder *builder, const GPtrArray *rewrites)
{
  json_builder_set_member_name (builder, "rewrites");
  json_builder_begin_array (builder);
  for (guint i = 0; i < rewrites->len; i++)
    {
      const StrataRewrite *rewrite = rewrites->pdata[i];

      json_builder_begin_object (builder);
      cli_json_string (builder, "rule", strata_rewrite_get_rule (rewrite));
      json_builder_set_member_name (builder, "nodes");
      json_builder_begin_array (builder);
      for (const char *const *name = strata_rewrite_get_nodes (rewrite); *name != NULL; name++)
        json_builder_add_string_value (builder, *name);
      json_builder_end_array (builder);
      cli_json_string (builder, "op", strata_rewrite_get_op (rewrite));
      cli_json_string (builder, "name", strata_rewrite_get_name (rewrite));
      cli_json_string (builder, "text", strata_rewrite_get_text (rewrite));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

void
cli_json_model (Cli *cli, StrataModel *model, const char *digest, const GPtrArray *rewrites)
{
  JsonBuilder *builder = cli_json_begin (cli);
  g_autoptr (GHashTable) counts = cli_count_operators (model);
  g_autoptr (GList) names = cli_sort_names (counts);
  gint64 peak, written = strata_model_get_n_activations (model, &peak);

  cli_json_string (builder, "kind", "model");
  cli_json_string (builder, "path", strata_model_get_path (model));
  cli_json_string (builder, "producer", strata_model_get_producer (model));
  if (digest != NULL)
    cli_json_string (builder, "digest", digest);
  cli_json_bool (builder, "made", strata_model_is_made (model));
  cli_json_bool (builder, "has_weights", strata_model_has_weights (model));
  cli_json_int (builder, "opset", strata_model_get_opset (model));
  cli_json_int (builder, "nodes", strata_model_get_n_nodes (model));
  cli_json_int (builder, "nodes_folded", strata_model_get_n_folded (model));
  cli_json_int (builder, "parameters", strata_model_get_n_parameters (model));
  cli_json_int (builder, "trainable", strata_model_get_n_trainable (model));
  cli_json_int (builder, "macs", strata_model_get_n_macs (model));
  cli_json_int (builder, "active_macs", strata_model_get_n_active_macs (model));
  cli_json_int (builder, "activations_written", written);
  cli_json_int (builder, "activations_peak", peak);
  cli_json_int (builder, "quantised_layers", strata_model_get_n_quantised_layers (model));
  json_ports (builder, model, FALSE);
  json_ports (builder, model, TRUE);
  json_builder_set_member_name (builder, "operators");
  json_builder_begin_object (builder);
  for (GList *l = names; l != NULL; l = l->next)
    cli_json_int (builder, l->data, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  json_builder_end_object (builder);
  json_shares (builder, model);
  json_layers (builder, model);
  json_fit (builder, model);
  if (rewrites != NULL)
    json_rewrites (builder, rewrites);
  cli_json_end (cli, builder);
}
