// All filters by name.

import type { Filter } from "../evaluate/plugin.ts";
import { CHANCE_FILTERS } from "./chance.ts";
import { DATE_FILTERS } from "./dates.ts";
import { DEFAULT_FILTERS } from "./defaults.ts";
import { ENCODING_FILTERS } from "./encoding.ts";
import { MAPPING_FILTERS } from "./mappings.ts";
import { NUMBER_FILTERS } from "./numbers.ts";
import { PASSWORD_FILTERS } from "./passwords.ts";
import { PATH_FILTERS } from "./paths.ts";
import { QUERY_FILTERS } from "./query.ts";
import { REGEX_FILTERS } from "./regex.ts";
import { SEQUENCE_FILTERS } from "./sequences.ts";
import { SET_FILTERS } from "./sets.ts";
import { TEXT_FILTERS } from "./text.ts";
import { URLIZE_FILTERS } from "./urlize.ts";

export const FILTERS: Readonly<Record<string, Filter>> = {
  ...DEFAULT_FILTERS,
  ...TEXT_FILTERS,
  ...SEQUENCE_FILTERS,
  ...SET_FILTERS,
  ...MAPPING_FILTERS,
  ...NUMBER_FILTERS,
  ...REGEX_FILTERS,
  ...ENCODING_FILTERS,
  ...PATH_FILTERS,
  ...PASSWORD_FILTERS,
  ...DATE_FILTERS,
  ...CHANCE_FILTERS,
  ...QUERY_FILTERS,
  ...URLIZE_FILTERS,
};
