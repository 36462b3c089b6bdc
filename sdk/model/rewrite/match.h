/* SPDX-License-Identifier: Apache-2.0
 *
 * What the recognition of patterns shares. A match collects the nodes of a pattern; it is fused where nobody else reads
 * what lies between them.
 */
#pragma once

#include "model/rewrite/state.h"

#define STRATA_MAX_MATCH 40

typedef struct
{
  int nodes[STRATA_MAX_MATCH];
  int n;
} StrataMatch;

void strata_match_add (StrataMatch *match, int node); /* once each */
/* TRUE if outputs of all nodes but @root are read by nodes of the match only. */
gboolean strata_match_is_closed (StrataRewriting *rw, const StrataMatch *match, int root);
/* Turns @root into @op, and removes the other nodes of the match. FALSE, and nothing changes, where the match is not
 * closed or the result would be of another type or shape. */
gboolean strata_match_fuse (StrataRewriting *rw,
                            StrataMatch *match,
                            int root,
                            StrataOp op,
                            const int *inputs,
                            int n_inputs,
                            const StrataAttr *attrs,
                            int n_attrs);

/* Removes the node that makes @value, if a rule made it and nobody reads it: for a pattern that was not fused after
 * all.
 * @value may be -1. */
void strata_match_drop (StrataRewriting *rw, int value);

/* The node that makes @value where it is an @op; -1 */
int strata_match_maker (const StrataRewriting *rw, int value, StrataOp op);
/* The node that makes one of the two inputs of @node where it is an @op, the first such; @other is the other input. */
int strata_match_side (const StrataRewriting *rw, int node, StrataOp op, int *other);
/* A constant of one element */
gboolean strata_match_number (const StrataRewriting *rw, int value, double *number);
/* @node has two inputs and one of them is a constant of one element; @other is the other. */
gboolean strata_match_number_side (const StrataRewriting *rw, int node, int *other, double *number);
/* Equal but for rounding of @value's type */
gboolean strata_match_near (const StrataRewriting *rw, int value, double number, double wanted);
gboolean strata_match_same_shape (const StrataRewriting *rw, int a, int b);
/* Reshape, Flatten, Squeeze, Unsqueeze: the order of elements stays. */
gboolean strata_match_is_reshape (StrataOp op);
/* Looks through reshapes that nobody else reads, and adds them. */
int strata_match_behind_reshapes (const StrataRewriting *rw, StrataMatch *match, int value);

/* The factors of a product: Mul, Div by a number, Pow by 2 or 3, as far as nobody else reads the parts */
typedef struct
{
  int factors[8];
  int n; /* 9: too many */
  double number;
} StrataProduct;

void strata_match_product (const StrataRewriting *rw, StrataMatch *match, int value, StrataProduct *product);
/* The factors of @node itself, which is a Mul or Div */
void strata_match_product_of (const StrataRewriting *rw, StrataMatch *match, int node, StrataProduct *product);
/* TRUE if @product is @number times @value to the power @n. */
gboolean
strata_match_is_power (const StrataRewriting *rw, const StrataProduct *product, double number, int value, int n);
