/* SPDX-License-Identifier: Apache-2.0
 *
 * Built-in architectures: standard networks by name, without a file.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-model.h>

G_BEGIN_DECLS

/**
 * strata_architecture_list_names:
 *
 * Lists the built-in architectures, small ones first. Thread-safe.
 *
 * Returns: (transfer none) (array zero-terminated=1): their names
 */
STRATA_API const char *const *strata_architecture_list_names (void);

/**
 * strata_architecture_get_description:
 * @name: the name of an architecture
 *
 * Returns: (transfer none) (nullable): what it is, a few words; %NULL where there is none of this name
 */
STRATA_API const char *strata_architecture_get_description (const char *name);

/**
 * strata_architecture_get_source:
 * @name: the name of an architecture
 *
 * Says where the published counts come from that a made model has exactly: strata_model_get_n_trainable() and
 * strata_model_get_n_macs().
 *
 * Returns: (transfer none) (nullable): a name or reference; %NULL where there is none of this name
 */
STRATA_API const char *strata_architecture_get_source (const char *name);

/**
 * strata_model_new_architecture:
 * @name: the name of an architecture
 * @seed: seed of its weights
 * @error: return location for a #GError
 *
 * Makes a standard network, for one input at a time. The model has no weights yet: structure, shapes and counts are
 * there, and strata_model_save() draws the weights while it writes them. Equal seeds give equal weights, whatever else
 * changes; activations on unit input stay of about unit scale. Fails with %STRATA_IMPORT_ERROR_NOT_FOUND, naming the
 * nearest. Does not block.
 *
 * Returns: (transfer full): the model
 */
STRATA_API StrataModel *
strata_model_new_architecture (const char *name, guint64 seed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_model_new_configuration:
 * @path: (type filename): a transformer's `config.json`, or `FILE#NAME`, one entry of a file that lists several
 * @options: (nullable): the dimensions `sequence` (tokens of a call), `past` (of a decode step) and `positions`
 * @seed: seed of its weights
 * @error: return location for a #GError
 *
 * Makes a transformer of its public configuration: Llama, Mistral, Mixtral, Qwen2, Gemma, Phi, GPT-2, BERT, DistilBERT,
 * MobileBERT, ViT, DeiT and Whisper. Weights are those of the `*.safetensors` beside a `config.json`; without them
 * there are none, and strata_model_save() draws them. strata_model_open() does the same with seed 0. Fails with
 * #StrataImportError. Blocks for the files.
 *
 * Returns: (transfer full): the model
 */
STRATA_API StrataModel *strata_model_new_configuration (const char *path,
                                                        StrataModelOptions *options,
                                                        guint64 seed,
                                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
