-- SPDX-License-Identifier: Apache-2.0
-- Schema 4 of a Strata profile (*.strata). It only ever grows: a later version adds tables and columns, each with the
-- version that brought it where that is not 1.
-- PRAGMA application_id = 0x53545241 ("STRA"), PRAGMA user_version = the schema's version.
--
-- Units stand in names: _ps picoseconds from the start of the run, _fj femtojoules (1 mW x 1 ps = 1 fJ), _mw milliwatts,
-- _c degrees Celsius, _db decibels. NULL: none or unavailable, never 0.
-- Every row names the row above it: event -> instruction -> layer -> node of the ONNX graph; tile -> layer.

-- What identifies the run: model_path, model_digest, program_hash, chip_hash, seed, version ...
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the run.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,     -- 1
  name TEXT NOT NULL,
  model TEXT NOT NULL,
  fidelity INTEGER NOT NULL,  -- 0 estimate, 1 timing, 2 functional, 3 measured
  fidelity_name TEXT NOT NULL
) STRICT;

-- One row: the chip it ran on.
CREATE TABLE chip (
  id INTEGER PRIMARY KEY,     -- 1
  name TEXT NOT NULL,
  yaml TEXT NOT NULL,         -- its description as it was used
  mesh_x INTEGER NOT NULL,    -- stacks along x
  mesh_y INTEGER NOT NULL,    -- stacks along y
  n_stacks INTEGER NOT NULL,
  n_tiers INTEGER NOT NULL,   -- tiers per stack
  n_rows INTEGER NOT NULL,    -- rows of one array
  n_columns INTEGER NOT NULL, -- columns of one array
  hub_x2 INTEGER NOT NULL,    -- twice the hub's position on the mesh, in stacks
  hub_y2 INTEGER NOT NULL,
  power_budget_mw REAL        -- NULL: none
) STRICT;

-- Names for component numbers, in the order of the stacked area.
CREATE TABLE component (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,         -- "adc"
  meaning TEXT NOT NULL,
  is_static INTEGER NOT NULL  -- 1: drawn whether or not anything runs
) STRICT;

-- Names for kinds of units.
CREATE TABLE unit_kind (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;

-- Everything that can be busy: stacks, links, vector unit ...
CREATE TABLE unit (
  id INTEGER PRIMARY KEY,     -- dense from 0
  kind INTEGER NOT NULL REFERENCES unit_kind (id),
  number INTEGER NOT NULL,    -- stack number, link number ...
  x INTEGER,                  -- position on the mesh, in stacks
  y INTEGER,
  name TEXT NOT NULL          -- "stack 12"
) STRICT;

-- An operation of the quantised graph, in order of execution.
CREATE TABLE layer (
  id INTEGER PRIMARY KEY,     -- dense from 0
  node INTEGER,               -- index of its main ONNX node; NULL: made by the compiler
  name TEXT NOT NULL,         -- name of the ONNX node, or a made one
  op TEXT NOT NULL,           -- ONNX operator
  kind TEXT NOT NULL,         -- what executes it: "mvm", "mac", "add" ...
  stage TEXT NOT NULL,        -- stage of the network, for colour
  stage_index INTEGER NOT NULL,
  index_in_stage INTEGER NOT NULL,
  n_in_stage INTEGER NOT NULL,
  n_macs INTEGER NOT NULL,    -- multiply-accumulates per inference
  n_weights INTEGER NOT NULL,
  out_channels INTEGER NOT NULL,
  out_height INTEGER NOT NULL,
  out_width INTEGER NOT NULL,
  k INTEGER NOT NULL,         -- rows of its matrix, 0: none
  n INTEGER NOT NULL,         -- columns of its matrix
  n_tiles INTEGER NOT NULL,
  n_copies INTEGER NOT NULL,      -- copies of the whole matrix that work side by side
  n_row_copies INTEGER NOT NULL,  -- copies of the weights on free rows of an array
  n_reads INTEGER NOT NULL,       -- conversions averaged per result
  n_slices INTEGER NOT NULL,      -- arrays per weight
  utilisation REAL            -- used cells / cells of its arrays
) STRICT;

-- What a layer reads.
CREATE TABLE layer_input (
  layer INTEGER NOT NULL REFERENCES layer (id),
  position INTEGER NOT NULL,          -- 0 is the first input
  source INTEGER REFERENCES layer (id), -- NULL: input of the network
  PRIMARY KEY (layer, position)
) STRICT, WITHOUT ROWID;

-- A block of a layer's matrix on one array.
CREATE TABLE tile (
  id INTEGER PRIMARY KEY,     -- dense from 0
  layer INTEGER NOT NULL REFERENCES layer (id),
  copy INTEGER NOT NULL,      -- which copy of the matrix
  stack INTEGER NOT NULL,
  tier INTEGER NOT NULL,      -- 0 is nearest to the base die
  row0 INTEGER NOT NULL,      -- block of the K x N matrix
  n_rows INTEGER NOT NULL,
  col0 INTEGER NOT NULL,
  n_cols INTEGER NOT NULL,
  n_slices INTEGER NOT NULL,
  n_row_copies INTEGER NOT NULL,
  utilisation REAL,           -- used cells / cells of the array
  first_in_array INTEGER NOT NULL, -- since 2: lowest tile on the same array; itself where it is alone
  at_row INTEGER NOT NULL,    -- since 2: its first row of cells in the array
  at_col INTEGER NOT NULL     -- since 2: its first column of cells
) STRICT;

-- What a unit was told to do; executed in bursts.
CREATE TABLE instruction (
  id INTEGER PRIMARY KEY,     -- dense from 0
  layer INTEGER REFERENCES layer (id),
  tile INTEGER REFERENCES tile (id), -- NULL where it uses no array
  unit INTEGER NOT NULL REFERENCES unit (id),
  opcode TEXT NOT NULL,
  n_bursts INTEGER NOT NULL,
  n_actions INTEGER NOT NULL  -- per burst
) STRICT;

-- One burst of one instruction on one unit, or static energy of a unit in one power state. None at fidelity estimate.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,     -- order of recording
  start_ps INTEGER NOT NULL,
  duration_ps INTEGER NOT NULL,
  unit INTEGER NOT NULL REFERENCES unit (id),
  instruction INTEGER REFERENCES instruction (id), -- NULL: static energy
  layer INTEGER REFERENCES layer (id),             -- NULL: static energy
  burst INTEGER,
  tier INTEGER,
  n_actions INTEGER NOT NULL,
  energy_fj INTEGER NOT NULL, -- nominal
  flags INTEGER NOT NULL      -- 1: the stack switched tiers before it, 2: static energy
) STRICT;

-- Energy by layer and component. The nominal column sums to the energy of all events, to the femtojoule.
CREATE TABLE energy (
  layer INTEGER REFERENCES layer (id), -- NULL: belongs to no layer
  component INTEGER NOT NULL REFERENCES component (id),
  nominal_fj INTEGER NOT NULL,
  optimistic_fj INTEGER NOT NULL,
  conservative_fj INTEGER NOT NULL,
  n_actions INTEGER NOT NULL
) STRICT;

-- Mean power of a component over [time_ps, time_ps + step_ps).
CREATE TABLE power (
  time_ps INTEGER NOT NULL,
  step_ps INTEGER NOT NULL,
  component INTEGER NOT NULL REFERENCES component (id),
  power_mw REAL NOT NULL
) STRICT;

-- Temperature of a place.
CREATE TABLE temperature (
  time_ps INTEGER,            -- NULL: steady state at the run's mean power
  node INTEGER NOT NULL,      -- 0 tier of a stack, 1 base under a stack, 2 junction (hottest), 3 package, 4 skin
  stack INTEGER,
  tier INTEGER,
  temperature_c REAL NOT NULL
) STRICT;

-- Since 4: continuous operation, switched on cold at 0: one rate until a limit is reached (the simulator's ideal
-- governor), nominal. In order, without gaps; the last spell lasts for ever. None at fidelity estimate.
CREATE TABLE spell (
  id INTEGER PRIMARY KEY,     -- dense from 0
  start_ps INTEGER NOT NULL,  -- from cold, not from the start of the run
  duration_ps INTEGER,        -- NULL: for ever
  interval_ps INTEGER,        -- between inferences; NULL: switched off, as no rate holds
  reason INTEGER NOT NULL,    -- what holds the rate: 0 nothing, 1 power budget, 2 junction, 3 skin, 4 thermal runaway
  reason_name TEXT NOT NULL,
  power_mw REAL NOT NULL,     -- mean: x duration is the energy; of one for ever that of the steady state
  junction_c REAL NOT NULL,   -- at its end
  skin_c REAL NOT NULL
) STRICT;

-- Since 4: temperatures while the spells run.
CREATE TABLE warming (
  time_ps INTEGER PRIMARY KEY, -- from cold
  junction_c REAL NOT NULL,
  skin_c REAL NOT NULL
) STRICT;

-- What a layer's values lose against exact integers with the same inputs; fidelity functional only.
CREATE TABLE accuracy (
  layer INTEGER NOT NULL REFERENCES layer (id),
  snr_db REAL,
  clip_fraction REAL,
  max_abs_error REAL
) STRICT;

-- Since 3: analog noise of a layer as the compiler reckoned with it, nominal; _db: signal over noise. No rows where it
-- had no calibration samples.
CREATE TABLE noise (
  layer INTEGER PRIMARY KEY REFERENCES layer (id),
  n_reads INTEGER NOT NULL,    -- conversions that are averaged
  adc_bits INTEGER NOT NULL,   -- of the converter
  sound_bits INTEGER NOT NULL, -- of them, those whose rounding is not drowned in the other noise of a read
  snr_db REAL,                 -- of the mean of n_reads; NULL: no noise; so below
  effective_bits REAL,         -- (snr_db - 1.76) / 6.02
  thermal_db REAL,             -- kT/C of one read
  cells_db REAL,               -- read noise of the cells, one read
  converter_db REAL,           -- rounding of the converter, one read
  lasting_db REAL,             -- what averaging does not lower: programming, clipping
  rounding_db REAL,            -- of weights and input codes: there without analog noise too
  share REAL NOT NULL,         -- of all analog noise that arrives at the output, 0 to 1
  drowned_fj REAL NOT NULL     -- energy per inference of the bits below the noise floor
) STRICT;

-- A named number of the run. "limit_max_X" and "limit_min_X" bind the figure X.
CREATE TABLE figure (
  name TEXT PRIMARY KEY,      -- "latency_ps"
  position INTEGER NOT NULL,  -- order of recording
  unit TEXT NOT NULL,         -- "ps"
  nominal REAL,
  optimistic REAL,
  conservative REAL,
  fidelity INTEGER NOT NULL,  -- as run.fidelity
  source TEXT NOT NULL        -- formula or measurement, in words
) STRICT, WITHOUT ROWID;

-- Advice.
CREATE TABLE finding (
  id INTEGER PRIMARY KEY,     -- order of recording
  rule TEXT NOT NULL,
  severity INTEGER NOT NULL,  -- 0 note, 1 advice, 2 warning
  layer INTEGER REFERENCES layer (id), -- NULL: the run
  evidence TEXT NOT NULL,
  action TEXT NOT NULL,
  gain REAL,                  -- expected fraction gained
  gain_of TEXT NOT NULL       -- "latency", "energy", "accuracy"
) STRICT;

-- Since 2: what the compiler decided and why. By layer, the run first; within a layer by kind.
CREATE TABLE decision (
  id INTEGER PRIMARY KEY,     -- dense from 0
  reason TEXT NOT NULL,       -- "copies", "site", "limit" ...
  meaning TEXT NOT NULL,      -- the reason as a phrase
  layer INTEGER REFERENCES layer (id), -- NULL: the run
  tile INTEGER REFERENCES tile (id),   -- NULL: the whole layer, or the run
  value INTEGER NOT NULL,     -- what was chosen, in the reason's unit: copies, reads, bytes, stack x tiers + tier ...
  text TEXT NOT NULL          -- one sentence with the numbers that decided
) STRICT;

-- Since 2: other ways that were tried or computed. NULL: not known.
CREATE TABLE alternative (
  decision INTEGER NOT NULL REFERENCES decision (id),
  position INTEGER NOT NULL,  -- from 0
  what TEXT NOT NULL,         -- "2 copies", "digital units"
  latency_ps INTEGER,
  interval_ps INTEGER,
  energy_fj INTEGER,
  n_arrays INTEGER,
  verdict TEXT NOT NULL,      -- why it was not taken
  PRIMARY KEY (decision, position)
) STRICT, WITHOUT ROWID;

-- A stretch in which events were lost.
CREATE TABLE drop_record (
  unit INTEGER NOT NULL REFERENCES unit (id),
  from_ps INTEGER NOT NULL,
  to_ps INTEGER NOT NULL,
  n_dropped INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;

-- Written last: rows and sum of the first energy column of each table, so that a file that lost some is noticed.
CREATE TABLE seal (
  name TEXT PRIMARY KEY,      -- a table
  n_rows INTEGER NOT NULL,
  sum_fj INTEGER NOT NULL     -- 0 where the table has no energy
) STRICT, WITHOUT ROWID;

-- One row per layer: when, how long, how much.
CREATE VIEW layer_summary AS
SELECT layer.id AS layer, layer.name, layer.op, layer.kind, layer.stage,
       e.start_ps, e.end_ps, e.end_ps - e.start_ps AS span_ps, e.busy_ps, coalesce (e.n_events, 0) AS n_events,
       coalesce (g.nominal_fj, 0) AS energy_fj, coalesce (g.nominal_fj, 0) * 1e-15 AS energy_j,
       coalesce (g.optimistic_fj, 0) AS optimistic_fj, coalesce (g.conservative_fj, 0) AS conservative_fj,
       layer.n_macs, layer.n_weights, layer.n_tiles, coalesce (t.n_stacks, 0) AS n_stacks, layer.utilisation,
       a.snr_db, a.clip_fraction
FROM layer
LEFT JOIN (SELECT layer, min (start_ps) AS start_ps, max (start_ps + duration_ps) AS end_ps, sum (duration_ps) AS busy_ps,
                  count (*) AS n_events
           FROM event WHERE layer IS NOT NULL GROUP BY layer) AS e ON e.layer = layer.id
LEFT JOIN (SELECT layer, sum (nominal_fj) AS nominal_fj, sum (optimistic_fj) AS optimistic_fj,
                  sum (conservative_fj) AS conservative_fj
           FROM energy WHERE layer IS NOT NULL GROUP BY layer) AS g ON g.layer = layer.id
LEFT JOIN (SELECT layer, count (DISTINCT stack) AS n_stacks FROM tile GROUP BY layer) AS t ON t.layer = layer.id
LEFT JOIN accuracy AS a ON a.layer = layer.id;

-- Energy by layer and component with names; layer NULL: belongs to no layer.
CREATE VIEW layer_energy AS
SELECT energy.layer, layer.name AS layer_name, component.name AS component, component.is_static,
       nominal_fj AS energy_fj, nominal_fj * 1e-15 AS energy_j, optimistic_fj, conservative_fj, energy.n_actions
FROM energy
JOIN component ON component.id = energy.component
LEFT JOIN layer ON layer.id = energy.layer;

-- Energy of the run by component.
CREATE VIEW component_energy AS
SELECT component.name AS component, component.is_static, coalesce (sum (nominal_fj), 0) AS energy_fj,
       coalesce (sum (nominal_fj), 0) * 1e-15 AS energy_j, coalesce (sum (optimistic_fj), 0) AS optimistic_fj,
       coalesce (sum (conservative_fj), 0) AS conservative_fj
FROM component
LEFT JOIN energy ON energy.component = component.id
GROUP BY component.id ORDER BY component.id;

-- What stands on which array.
CREATE VIEW tile_sites AS
SELECT tile.stack, tile.tier, unit.x, unit.y, tile.id AS tile, tile.layer, layer.name AS layer_name, tile.utilisation
FROM tile
JOIN layer ON layer.id = tile.layer
LEFT JOIN unit ON unit.kind = 0 AND unit.number = tile.stack
ORDER BY tile.stack, tile.tier, tile.id;

-- Since 2: decisions with the names of their layers, a row per alternative and one where there is none.
CREATE VIEW decision_summary AS
SELECT decision.id AS decision, decision.layer, layer.name AS layer_name, decision.tile, decision.reason, decision.value,
       decision.text, alternative.what AS alternative, alternative.latency_ps, alternative.interval_ps,
       alternative.energy_fj, alternative.n_arrays, alternative.verdict
FROM decision
LEFT JOIN layer ON layer.id = decision.layer
LEFT JOIN alternative ON alternative.decision = decision.id
ORDER BY decision.id, alternative.position;

-- How busy each unit was, without static energy; busy_fraction is of the time from the first start to the last end.
CREATE VIEW unit_busy AS
SELECT unit.id AS unit, unit.name, unit_kind.name AS kind, coalesce (e.n_events, 0) AS n_events,
       coalesce (e.busy_ps, 0) AS busy_ps, coalesce (e.energy_fj, 0) AS energy_fj,
       coalesce (e.busy_ps, 0) * 1.0 / nullif (s.span_ps, 0) AS busy_fraction
FROM unit
JOIN unit_kind ON unit_kind.id = unit.kind
LEFT JOIN (SELECT unit, count (*) AS n_events, sum (duration_ps) AS busy_ps, sum (energy_fj) AS energy_fj
           FROM event WHERE flags & 2 = 0 GROUP BY unit) AS e ON e.unit = unit.id
CROSS JOIN (SELECT max (start_ps + duration_ps) - min (start_ps) AS span_ps FROM event) AS s;
