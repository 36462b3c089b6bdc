-- SPDX-License-Identifier: Apache-2.0
-- Made when a recording ends. Events have none: it would double the file, and a scan of a million takes 0.2 s.
CREATE INDEX tile_by_layer ON tile (layer);
CREATE INDEX tile_by_site ON tile (stack, tier);
CREATE INDEX instruction_by_layer ON instruction (layer);
CREATE INDEX energy_by_layer ON energy (layer);
CREATE INDEX unit_by_number ON unit (kind, number);
