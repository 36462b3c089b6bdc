/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph of a model as ONNX defines it: values, nodes in topological order, constants that point into the mapped
 * file. Built by the importer, frozen then. Ids are indices. Node i of the graph carries the index of the ONNX node it
 * came from, so that every later artefact can name it. The importer folds away Constant nodes, shape arithmetic and
 * reshapes of constants: their results are constants of the graph, so a value has data or a producer, never both.
 */
#pragma once

#include <gio/gio.h>

#include "base/arena.h"
#include "base/map.h"
#include "strata/strata-types.h"

#define STRATA_MAX_DIMS 8

typedef enum
{
#define STRATA_OP(id, ...) STRATA_OP_##id,
#include "model/ops.def"
#undef STRATA_OP
  STRATA_N_OPS,
} StrataOp;

/* A checkpoint's half precision */
typedef enum
{
  STRATA_NARROW_NONE,
  STRATA_NARROW_F16,
  STRATA_NARROW_BF16,
} StrataNarrow;

typedef struct _StrataUnaligned StrataUnaligned; /* unaligned.h */

/* What is known of the bytes of a constant that is weightless; few values have it, so it lies beside them */
typedef struct
{
  guint64 digest;     /* what strata_value_digest () gave for the bytes; 0: not known */
  const void *narrow; /* a float32 constant's values in half precision; NULL: none. strata_graph_widen () */
  StrataNarrow narrow_kind;
} StrataAbsent;

typedef struct
{
  const char *name; /* ONNX value name, unique */
  StrataDtype dtype;
  int n_dims; /* -1: not inferred yet */
  gint64 dims[STRATA_MAX_DIMS];
  const void *data;           /* constant's bytes, little-endian, C order; NULL: computed at run time */
  StrataUnaligned *unaligned; /* set where @data is not aligned to the element: read it by strata_value_bytes () then;
                                 never of a constant of at most 1024 bytes */
  const StrataAbsent *absent; /* of a weightless constant: what is known of its bytes; NULL: nothing */
  gsize n_bytes;
  guint weightless : 1; /* a constant of which only type and shape are known: a configuration without weights */
  guint is_nibble : 1;  /* a constant of 4-bit integers, here one to a byte as int8 or uint8 */
  guint is_trained : 1; /* a constant that was weightless and has its bytes from a checkpoint */
  int producer;         /* node id, -1: input or constant */
  int n_consumers;      /* node inputs that read it, and one more where it is an output of the graph */
} StrataValue;

typedef enum
{
  STRATA_ATTR_INT,
  STRATA_ATTR_FLOAT,
  STRATA_ATTR_STRING,
  STRATA_ATTR_INTS,
  STRATA_ATTR_FLOATS,
  STRATA_ATTR_TENSOR,
  STRATA_ATTR_STRINGS,
} StrataAttrKind;

typedef struct
{
  const char *name;
  StrataAttrKind kind;
  int n; /* elements of ints, floats or strings */
  gint64 i;
  float f;
  const char *s;
  const gint64 *ints;
  const float *floats;
  const char *const *strings;
  int tensor; /* value id of a constant */
} StrataAttr;

typedef struct
{
  StrataOp op;
  const char *name; /* ONNX node name; made unique as OP_INDEX where the file has none */
  int onnx_index;   /* position in the file */
  int n_inputs, n_outputs, n_attrs;
  int *inputs;  /* value ids; -1: optional input left out */
  int *outputs; /* value ids; -1: optional output left out */
  StrataAttr *attrs;
} StrataNode;

/* A file that constants point into */
typedef struct
{
  GBytes *bytes;         /* its map; borrowed from the graph's backing */
  const char *path;      /* in the graph's arena */
  StrataFileStamp stamp; /* of when it was mapped */
} StrataGraphFile;

/* A tensor in memory of the executor */
typedef struct
{
  StrataDtype dtype;
  int n_dims;
  gint64 dims[STRATA_MAX_DIMS];
  void *data; /* owned */
  gsize n_bytes;
} StrataArray;

/* An input of the file that is a constant of the graph, since its value was given at import */
typedef struct
{
  const char *name;
  int place; /* among the inputs of the file */
  StrataArray array;
} StrataBoundInput;

typedef struct
{
  StrataArena *arena;
  GPtrArray *backing; /* GMappedFile or GBytes that constants point into */
  GArray *files;      /* StrataGraphFile: those of @backing that are files, the model first; NULL: none */
  GPtrArray *lent;    /* GBytes: memory shared with the graph that this one was rewritten from; NULL: none */
  const char *path, *producer_name;
  const char *shapes; /* sizes that were given at import, NAME=SIZE a line; NULL: none */
  int opset;
  StrataValue *values;
  StrataNode *nodes;
  int n_values, n_nodes;
  int n_folded;          /* nodes of the file that are not in @nodes because the importer folded them */
  int *inputs, *outputs; /* value ids; initialisers listed as inputs are not counted */
  int n_inputs, n_outputs;
  int *input_places; /* place of each input among those of the file, where some were given at import; NULL: as here */
  const StrataBoundInput *bound; /* those that were given */
  int n_bound;
} StrataGraph;

/* Reads and checks a model: structure, names, single assignment, no cycles, initialisers, shapes and types. Weights are
 * not touched. @cancellable may be NULL. Blocking. Errors: STRATA_IMPORT_ERROR, "FILE: node NAME (Op, opset N): …". */
StrataGraph *strata_onnx_load (const char *path, GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from memory. @origin stands for the path in messages. */
StrataGraph *strata_onnx_parse (GBytes *bytes, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The operators that the importer accepts, "Add, AveragePool, …". (transfer full) */
char *strata_op_list (void) G_GNUC_WARN_UNUSED_RESULT;
void strata_graph_free (StrataGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataGraph, strata_graph_free)

/* What to do where a weightless constant is to be computed with, for an error's end */
#define STRATA_WEIGHTS_REMEDY                                                                                          \
  "put the checkpoint (*.safetensors) beside the configuration, or write the model with seeded weights "               \
  "(strata model make --config)"

/* Gives weightless constants that have narrow values their float32 bytes: what executing, compiling and writing need
 * first, and counting and timing do not. Costs twice the narrow bytes of memory. No other thread may use @graph. */
gboolean strata_graph_widen (StrataGraph *graph, GError **error);

gboolean strata_graph_check (const StrataGraph *graph, GError **error);
/* Refuses NaN and infinite weights, naming the tensor and the element; where only masks and bounds are read, infinities
 * pass. Reads every float constant. */
gboolean strata_graph_check_weights (const StrataGraph *graph, GError **error);
/* All of a graph but its path: a line per input, constant, node and output, constants that nothing reads left out;
 * those of more than 16 elements by their digest, so every constant's bytes are read once. The same graph gives the
 * same text everywhere. */
char *strata_graph_print (const StrataGraph *graph) G_GNUC_WARN_UNUSED_RESULT;
/* Reads what strata_graph_print () wrote; constants that stand there by their digest are weightless. Nothing
 * is folded. Errors: STRATA_IMPORT_ERROR, "graph:LINE: …". */
StrataGraph *strata_graph_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Of the printed form: structure, names and the digests of constants; a graph that was read back has that of the first.
 */
guint64 strata_graph_hash (const StrataGraph *graph);
/* The same with digests of constants from @digest, which has to tell apart what strata_value_digest () does. */
typedef guint64 (*StrataDigestFunc) (const StrataValue *value, gpointer user_data);
guint64 strata_graph_hash_by (const StrataGraph *graph, StrataDigestFunc digest, gpointer user_data);
/* XXH3 of a constant's type, dimensions and bytes, never 0; of a weightless one as it was read, 0 where not known. */
guint64 strata_value_digest (const StrataValue *value);
/* Notes that @bytes, of the backing, is the map of the file @path. */
void strata_graph_add_file (StrataGraph *graph, GBytes *bytes, const char *path, const StrataFileStamp *stamp);
/* The inputs that were given at import, NAME=NUMBER,… a line, without those of more than STRATA_BOUND_SHOWN elements
 * that differ; NULL: none */
#define STRATA_BOUND_SHOWN 4096
char *strata_graph_print_bound (const StrataGraph *graph) G_GNUC_WARN_UNUSED_RESULT;
/* XXH3 of the file's bytes, without external data; 0 where the graph is of no file. Reads them all. */
guint64 strata_graph_digest (const StrataGraph *graph);

const char *strata_op_name (StrataOp op); /* ONNX name */
gint64 strata_value_count (const StrataValue *value);
/* A constant's bytes, aligned to its element: @value->data, or a copy that is made at the first call and kept with the
 * graph. From any thread. NULL where it is no constant, or memory does not suffice for the copy. */
const void *strata_value_bytes (const StrataValue *value);
int strata_graph_find_value (const StrataGraph *graph, const char *name); /* -1: none */
const StrataAttr *strata_node_attr (const StrataNode *node, const char *name);
gint64 strata_node_int (const StrataNode *node, const char *name, gint64 fallback);
float strata_node_float (const StrataNode *node, const char *name, float fallback);
const char *strata_node_string (const StrataNode *node, const char *name, const char *fallback);

/* Exact integers as published: weights and biases of Conv, Gemm, MatMul (QDQ: the integers behind DequantizeLinear,
 * scales and zero points not counted; batch-norm not counted).
 * What lies on crossbars, and how files with batch-norm folded are published. */
gint64 strata_graph_n_parameters (const StrataGraph *graph);
/* All that training sets, as networks are published: weights and biases, gains and offsets of norms, embeddings,
 * learned positions and tokens. Not running statistics, scales and zero points, masks, rotary tables, shapes. A tensor
 * that several nodes share counts once. A weightless constant is trained, wherever it is read; one with bytes is told
 * by its place, so that a normalisation of the input, written as Mul and Add, counts too. */
gint64 strata_graph_n_trainable (const StrataGraph *graph);
gint64 strata_node_n_trainable (const StrataGraph *graph, int node); /* shared ones at each node */
/* The constant that a value is, or is decoded, re-ordered or broadcast from; -1: computed from inputs */
int strata_graph_find_constant (const StrataGraph *graph, int value);
/* Multiply-accumulates of convolutions, products, recurrent layers and attention; of a Loop or If, none */
gint64 strata_graph_n_macs (const StrataGraph *graph);
gint64 strata_node_n_macs (const StrataGraph *graph, int node);
/* A mixture of experts is written densely: every expert runs, and its result counts by a weight that is zero unless
 * TopK picked it for the token. What a node of one expert alone costs a chip that skips the others is @k / @n of it. */
typedef struct
{
  int *k, *n; /* per node; 1 and 1 outside of experts */
} StrataExperts;

void strata_experts_clear (StrataExperts *experts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StrataExperts, strata_experts_clear)
/* Multiply-accumulates of what is used: strata_graph_n_macs () where there are no experts */
gint64 strata_graph_n_active_macs (const StrataGraph *graph);

/* Constant matrices that a node multiplies vectors by, as crossbars hold them: @count of @k rows and @n columns */
typedef struct
{
  gint64 k, n, count;
} StrataMatrix;

#define STRATA_MAX_MATRICES 2

/* Fills @matrices and returns how many kinds there are; 0 for nodes that crossbars do not take, as grouped
 * convolutions and products of computed values. */
int strata_node_matrices (const StrataGraph *graph, int node, StrataMatrix matrices[STRATA_MAX_MATRICES]);
/* Which units of a chip execute a node */
StrataNodeKind strata_node_kind (const StrataGraph *graph, int node);
/* Elements that nodes write (constants and moves that share bytes not counted), and the most that are alive at once in
 * the order of the graph. */
void strata_graph_n_activations (const StrataGraph *graph, gint64 *n_written, gint64 *n_peak);

/* A window (Conv, pooling) with auto_pad resolved. */
typedef struct
{
  int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int pad_top, pad_left, pad_bottom, pad_right, groups;
} StrataWindow;

/* Of a 2-D (or 1-D, as height 1) Conv, MaxPool or AveragePool node. */
gboolean strata_node_window (const StrataGraph *graph, int node, StrataWindow *window, GError **error);

StrataArray *strata_array_new (StrataDtype dtype, int n_dims, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;
StrataArray *strata_array_copy (const StrataArray *array) G_GNUC_WARN_UNUSED_RESULT;
void strata_array_free (StrataArray *array);
gint64 strata_array_count (const StrataArray *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataArray, strata_array_free)

/* An input that is given at import and becomes a constant of the graph, such as the shape operand of a lone Reshape. */
typedef struct
{
  const char *name;
  const StrataArray *array; /* copied; NULL: the input is @numbers */
  const double *numbers;    /* one for every element, or one per element */
  int n_numbers;
  gboolean is_hint; /* passed over where the input is of another type or number of dimensions */
} StrataBinding;

/* Dimensions that the file leaves open */
typedef struct
{
  const char *name; /* of an input, or of a symbolic dimension */
  int n_dims;       /* of the input; 0: @name is a dimension, and dims[0] its size */
  gint64 dims[STRATA_MAX_DIMS];
  gboolean is_hint; /* passed over where the model has no such input or dimension, or it is not open */
} StrataShapeBinding;

typedef struct
{
  const StrataBinding *values;
  int n_values;
  const StrataShapeBinding *shapes;
  int n_shapes;
} StrataImportOptions;

/* Names of the inputs of a model, initialisers not counted, in the file's order; whatever else is wrong with it.
 * (transfer full), NULL-terminated. */
char **strata_onnx_input_names (GBytes *bytes, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;

StrataGraph *
strata_onnx_load_with (const char *path, const StrataImportOptions *options, GCancellable *cancellable, GError **error);
/* The same from memory, where there is no folder for external data. */
StrataGraph *strata_onnx_parse_with (GBytes *bytes,
                                     const char *origin,
                                     const StrataImportOptions *options,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Called with every computed value; for calibration. */
typedef void (*StrataObserveFunc) (const StrataGraph *graph, int value, const StrataArray *array, gpointer user_data);

/* Executes the graph as ONNX defines it, float32 arithmetic, one thread, deterministic on one ISA. @inputs: one per
 * graph->inputs, of the declared type and shape. @outputs: one per graph->outputs, (transfer full). Reentrant: several
 * threads may run one graph. */
gboolean strata_graph_run (const StrataGraph *graph,
                           const StrataArray *const *inputs,
                           StrataArray **outputs,
                           StrataObserveFunc observe,
                           gpointer user_data,
                           GCancellable *cancellable,
                           GError **error);
