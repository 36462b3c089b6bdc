/* SPDX-License-Identifier: Apache-2.0
 *
 * Models: imported networks.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-chip.h>
#include <strata/strata-model-options.h>
#include <strata/strata-program.h>
#include <strata/strata-rewrite.h>
#include <strata/strata-tensor.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_MODEL (strata_model_get_type ())

/**
 * StrataModel:
 *
 * A network read from an ONNX file (opset 1 to 28), or made from a built-in architecture: nodes in execution order,
 * shapes, constants. The file stays mapped while the object lives. Immutable and thread-safe.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataModel, strata_model, STRATA, MODEL, GObject)

/**
 * strata_model_open:
 * @path: (type filename): an ONNX file
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Imports a model: structure, names, shapes and types are checked, weights are not read. Fails with
 * %STRATA_IMPORT_ERROR or %G_IO_ERROR_CANCELLED. Blocks for the file.
 *
 * Returns: (transfer full): the model
 */
STRATA_API StrataModel *
strata_model_open (const char *path, GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_model_open_with:
 * @path: (type filename): an ONNX file
 * @options: (nullable): sizes and values that the file leaves open
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Imports a model whose open dimensions and conditions @options decide; see strata_model_open(). Blocks for the file.
 *
 * Returns: (transfer full): the model
 */
STRATA_API StrataModel *strata_model_open_with (const char *path,
                                                StrataModelOptions *options,
                                                GCancellable *cancellable,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_model_open_with_async:
 * @path: (type filename): an ONNX file
 * @options: (nullable): sizes and values that the file leaves open; not to be changed until done
 * @cancellable: (nullable): a #GCancellable
 * @callback: called in the thread-default main context when done
 * @user_data: for @callback
 *
 * Imports a model in a thread; see strata_model_open_with(); finish with strata_model_open_finish(). Does not block.
 */
STRATA_API void strata_model_open_with_async (const char *path,
                                              StrataModelOptions *options,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data);

/**
 * strata_model_is_source_of:
 * @self: a model
 * @program: a program
 *
 * Tells whether @program was compiled from the file that this model was read from, byte for byte (files of external
 * data apart). Reads the whole file; blocks for it. Thread-safe.
 *
 * Returns: %TRUE where it was
 */
STRATA_API gboolean strata_model_is_source_of (StrataModel *self, StrataProgram *program);

/**
 * strata_model_compute_digest:
 * @self: a model
 * @progress: (nullable) (scope call): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Computes the XXH3 digest of the model's file, files of external data apart. Reads the whole file and blocks for it.
 * Fails with %G_IO_ERROR_CANCELLED, or with %STRATA_IMPORT_ERROR where the model was made. Thread-safe.
 *
 * Returns: the digest, 0 on error
 */
STRATA_API guint64 strata_model_compute_digest (
  StrataModel *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error);

/**
 * strata_model_open_async:
 * @path: (type filename): an ONNX file
 * @cancellable: (nullable): a #GCancellable
 * @callback: called in the thread-default main context when done
 * @user_data: for @callback
 *
 * Imports a model in a thread; see strata_model_open(). Does not block.
 */
STRATA_API void
strata_model_open_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * strata_model_open_finish:
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the model
 */
STRATA_API StrataModel *strata_model_open_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * StrataModelSave:
 * @STRATA_MODEL_SAVE_DEFAULT: one file, or two where one would pass 2 GB, which is as much as ONNX files can hold
 * @STRATA_MODEL_SAVE_EXTERNAL: weights in a file NAME.data beside NAME.onnx, whatever their size
 *
 * How a model is written.
 */
typedef enum /*< flags >*/
{
  STRATA_MODEL_SAVE_DEFAULT = 0,
  STRATA_MODEL_SAVE_EXTERNAL = 1 << 0,
} StrataModelSave;

/**
 * strata_model_save:
 * @self: a model
 * @path: (type filename): file to write
 * @flags: how
 * @progress: (nullable) (scope call) (closure user_data): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Writes the model as ONNX, of its own opset: as it was read, with what import folded as constants, or as it was made,
 * with weights drawn from its seed. Weights stream: memory does not grow with them. The file is written under another
 * name and renamed, so that it is whole or absent. Fails with %STRATA_IMPORT_ERROR_VALUE where weights are neither
 * there nor to be drawn, %G_IO_ERROR where the place cannot be written or is full, %G_IO_ERROR_CANCELLED. Blocks.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_model_save (StrataModel *self,
                                       const char *path,
                                       StrataModelSave flags,
                                       StrataProgress progress,
                                       gpointer user_data,
                                       GCancellable *cancellable,
                                       GError **error);

/**
 * strata_model_save_async:
 * @self: a model
 * @path: (type filename): file to write
 * @flags: how
 * @cancellable: (nullable): a #GCancellable
 * @callback: called in the thread-default main context when done
 * @user_data: for @callback
 *
 * Writes the model in a thread; see strata_model_save(). Does not block.
 */
STRATA_API void strata_model_save_async (StrataModel *self,
                                         const char *path,
                                         StrataModelSave flags,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);

/**
 * strata_model_save_finish:
 * @self: a model
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_model_save_finish (StrataModel *self, GAsyncResult *result, GError **error);

/**
 * strata_model_has_weights:
 * @self: a model
 *
 * Tells whether every constant has its bytes. Those of a made model have not: its structure, counts and shapes are
 * there, and what needs values refuses. Thread-safe.
 *
 * Returns: %FALSE for a made model
 */
STRATA_API gboolean strata_model_has_weights (StrataModel *self);

/**
 * strata_model_is_made:
 * @self: a model
 *
 * Returns: %TRUE: built from a transformer's configuration, or as a standard architecture; %FALSE: read from an ONNX
 *   file
 */
STRATA_API gboolean strata_model_is_made (StrataModel *self);

/**
 * strata_model_get_path:
 * @self: a model
 *
 * Returns: (transfer none) (type filename): the file it was read from; the architecture of a made model
 */
STRATA_API const char *strata_model_get_path (StrataModel *self);

/**
 * strata_model_get_producer:
 * @self: a model
 *
 * Returns: (transfer none) (nullable): the tool that wrote the file, as it says itself
 */
STRATA_API const char *strata_model_get_producer (StrataModel *self);

/**
 * strata_model_get_opset:
 * @self: a model
 *
 * Returns: version of the default operator set
 */
STRATA_API int strata_model_get_opset (StrataModel *self);

/**
 * strata_model_get_n_parameters:
 * @self: a model
 *
 * Returns: weights and biases of convolutions and products, as published counts have them
 */
STRATA_API gint64 strata_model_get_n_parameters (StrataModel *self);

/**
 * strata_model_get_n_trainable:
 * @self: a model
 *
 * Counts all that training sets: weights and biases, gains and offsets of norms, embeddings, learned positions; not
 * running statistics, scales and zero points. A tensor that several nodes share counts once. Thread-safe.
 *
 * Returns: the count, as networks are published
 */
STRATA_API gint64 strata_model_get_n_trainable (StrataModel *self);

/**
 * strata_model_get_n_macs:
 * @self: a model
 *
 * Returns: multiply-accumulates of one inference
 */
STRATA_API gint64 strata_model_get_n_macs (StrataModel *self);

/**
 * strata_model_get_n_active_macs:
 * @self: a model
 *
 * A mixture of experts runs a few of its experts for each token; which, the input decides, but how many the model says.
 *
 * Returns: multiply-accumulates of one inference with those experts alone that are picked; without experts, all
 */
STRATA_API gint64 strata_model_get_n_active_macs (StrataModel *self);

/**
 * strata_model_get_n_nodes:
 * @self: a model
 *
 * Returns: number of operators
 */
STRATA_API guint strata_model_get_n_nodes (StrataModel *self);

/**
 * strata_model_get_node_name:
 * @self: a model
 * @node: less than strata_model_get_n_nodes ()
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_model_get_node_name (StrataModel *self, guint node);

/**
 * strata_model_get_node_op:
 * @self: a model
 * @node: less than strata_model_get_n_nodes ()
 *
 * Returns: (transfer none): its ONNX operator
 */
STRATA_API const char *strata_model_get_node_op (StrataModel *self, guint node);

/**
 * strata_model_get_node_macs:
 * @self: a model
 * @node: less than strata_model_get_n_nodes ()
 *
 * Returns: its multiply-accumulates; 0 for operators that have none
 */
STRATA_API gint64 strata_model_get_node_macs (StrataModel *self, guint node);

/**
 * strata_model_get_node_n_parameters:
 * @self: a model
 * @node: less than strata_model_get_n_nodes ()
 *
 * Returns: trained parameters that it reads; those that several nodes share are counted at each
 */
STRATA_API gint64 strata_model_get_node_n_parameters (StrataModel *self, guint node);

/**
 * strata_model_get_node_kind:
 * @self: a model
 * @node: less than strata_model_get_n_nodes ()
 *
 * Tells which units of a chip execute the operator, by its nature; whether the compiler has a mapping for it shows when
 * compiling.
 *
 * Returns: crossbars, digital MAC units, vector units, or none as it only moves elements
 */
STRATA_API StrataNodeKind strata_model_get_node_kind (StrataModel *self, guint node);

/**
 * strata_model_get_n_activations:
 * @self: a model
 * @n_peak: (out) (optional): most elements that are alive at once, in the order of the graph, inputs and outputs
 * included
 *
 * Counts what one inference writes: elements of all computed values, without views such as a Reshape's.
 *
 * Returns: elements written
 */
STRATA_API gint64 strata_model_get_n_activations (StrataModel *self, gint64 *n_peak);

/**
 * strata_model_get_n_folded:
 * @self: a model
 *
 * Returns: nodes of the file that depend on constants and shapes alone, and so are no operators of the model
 */
STRATA_API guint strata_model_get_n_folded (StrataModel *self);

/**
 * strata_model_get_node_shape:
 * @self: a model
 * @node: less than strata_model_get_n_nodes ()
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none): shape of its first output
 */
STRATA_API const gint64 *strata_model_get_node_shape (StrataModel *self, guint node, guint *n_dims);

/**
 * strata_model_get_n_inputs:
 * @self: a model
 *
 * Returns: number of inputs; initialisers that old files also list as inputs are not counted
 */
STRATA_API guint strata_model_get_n_inputs (StrataModel *self);

/**
 * strata_model_get_n_outputs:
 * @self: a model
 *
 * Returns: number of outputs
 */
STRATA_API guint strata_model_get_n_outputs (StrataModel *self);

/**
 * strata_model_get_input_name:
 * @self: a model
 * @index: less than strata_model_get_n_inputs ()
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_model_get_input_name (StrataModel *self, guint index);

/**
 * strata_model_get_input_place:
 * @self: a model
 * @index: less than strata_model_get_n_inputs ()
 *
 * Returns: its place among the inputs of the file, which differs from @index where values given at opening made inputs
 * constant
 */
STRATA_API guint strata_model_get_input_place (StrataModel *self, guint index);

/**
 * strata_model_get_n_bound:
 * @self: a model
 *
 * Returns: number of inputs of the file that values given at opening made constants of the model
 */
STRATA_API guint strata_model_get_n_bound (StrataModel *self);

/**
 * strata_model_get_bound_name:
 * @self: a model
 * @index: less than strata_model_get_n_bound ()
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_model_get_bound_name (StrataModel *self, guint index);

/**
 * strata_model_get_bound_place:
 * @self: a model
 * @index: less than strata_model_get_n_bound ()
 *
 * Returns: its place among the inputs of the file
 */
STRATA_API guint strata_model_get_bound_place (StrataModel *self, guint index);

/**
 * strata_model_dup_bound_value:
 * @self: a model
 * @index: less than strata_model_get_n_bound ()
 *
 * Returns: (transfer full): what it is; whoever gives that input to a run must give the same
 */
STRATA_API StrataTensor *strata_model_dup_bound_value (StrataModel *self, guint index) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_model_get_output_name:
 * @self: a model
 * @index: less than strata_model_get_n_outputs ()
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_model_get_output_name (StrataModel *self, guint index);

/**
 * strata_model_get_input_shape:
 * @self: a model
 * @index: less than strata_model_get_n_inputs ()
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none): its shape
 */
STRATA_API const gint64 *strata_model_get_input_shape (StrataModel *self, guint index, guint *n_dims);

/**
 * strata_model_get_output_shape:
 * @self: a model
 * @index: less than strata_model_get_n_outputs ()
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none): its shape
 */
STRATA_API const gint64 *strata_model_get_output_shape (StrataModel *self, guint index, guint *n_dims);

/**
 * strata_model_get_input_dtype:
 * @self: a model
 * @index: less than strata_model_get_n_inputs ()
 *
 * Returns: its element type
 */
STRATA_API StrataDtype strata_model_get_input_dtype (StrataModel *self, guint index);

/**
 * strata_model_get_output_dtype:
 * @self: a model
 * @index: less than strata_model_get_n_outputs ()
 *
 * Returns: its element type
 */
STRATA_API StrataDtype strata_model_get_output_dtype (StrataModel *self, guint index);

/**
 * strata_model_get_output_step:
 * @self: a model
 * @index: less than strata_model_get_n_outputs ()
 *
 * Returns: quantisation step of an output that a DequantizeLinear writes; 0 for a float output
 */
STRATA_API double strata_model_get_output_step (StrataModel *self, guint index);

/**
 * strata_model_get_n_quantised_layers:
 * @self: a model
 *
 * Returns: products and convolutions fed by quantised activations; 0 for a float model
 */
STRATA_API guint strata_model_get_n_quantised_layers (StrataModel *self);

/**
 * strata_model_get_arrays_required:
 * @self: a model
 * @chip: a chip
 *
 * Arrays that one copy of the model's constant matrices needs on a chip: pure geometry. Grouped convolutions and
 * everything else that digital units execute needs none. Does not block.
 *
 * Returns: the number of arrays
 */
STRATA_API gint64 strata_model_get_arrays_required (StrataModel *self, StrataChip *chip);

/**
 * strata_model_list_rewrites:
 * @self: a model
 * @error: return location for a #GError
 *
 * Lists what the clean-up does to the graph: constants folded, nodes that do nothing dropped, operators recognised that
 * the exporter wrote out, batch-norm folded into weights. The model itself stays as the file has it. The compiler folds
 * batch-norm, factors and terms at a later stage, and takes all other rewrites. Folding reads the weights it touches;
 * blocks for that. Thread-safe. Fails with %STRATA_IMPORT_ERROR_FORMAT.
 *
 * Returns: (transfer container) (element-type StrataRewrite): the rewrites, in order; empty where nothing is to do
 */
STRATA_API GPtrArray *strata_model_list_rewrites (StrataModel *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_model_run_reference:
 * @self: a model
 * @inputs: (element-type StrataTensor) (transfer none): one tensor per input, in order
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Executes the graph as ONNX defines it, in float32 on one thread of the host, without a chip. Fails with
 * %STRATA_DEVICE_ERROR_INPUT where a tensor does not fit. Blocks; several threads may run one model.
 *
 * Returns: (transfer full) (element-type StrataTensor): one tensor per output
 */
STRATA_API GPtrArray *strata_model_run_reference (StrataModel *self,
                                                  GPtrArray *inputs,
                                                  GCancellable *cancellable,
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
